"""A new embedded model: tokenizer from the texts of a source, random weights, processor."""

from __future__ import annotations

from itertools import islice
from typing import Any

from rfteval.errors import UsageError
from rfteval.types import TextPart
from training.embedded.architecture import build_model, build_processor
from training.embedded.phrases import build as build_tokenizer
from training.sft_config import BuildSettings
from training.sft_examples import FromDataset, Source, response_of


def built(settings: BuildSettings, source: Source) -> tuple[Any, Any]:
    """(model, processor). Raises UsageError for a source other than a data set."""
    if not isinstance(source, FromDataset):
        raise UsageError("model.build makes a tokenizer from a data set: set data.dataset, or model.path")
    origin, config = source.source, source.config
    texts: list[str] = []
    for sample in islice(origin.stream(config.data.split, config.seed), settings.tokenizer_samples):
        parts = origin.prompt(sample).messages[-1].parts
        texts += [part.text for part in parts if isinstance(part, TextPart)]
        texts.append(response_of(sample, "tagged"))
        texts.append(response_of(sample, "plain").removeprefix(str(sample.fields["trace"])))
    tokenizer = build_tokenizer(texts, origin.words, origin.whole, settings.shape.vocabulary)
    model = build_model(settings.shape, tokenizer, settings.seed)
    return model, build_processor(settings.shape, tokenizer)
