"""What a training set is: one value that says how to stream its samples and how to ask them.

A sample of a training set carries in `Sample.fields` what a model is to say: "trace", the reasoning in a few words, and
"final", what stands in the answer. Samples about one picture follow each other and share its `Image`, so that a trainer
can look at a picture once for all of its questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rfteval.types import Prompt, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A stream of samples. `stream(split, seed)` may be endless; equal arguments give equal samples, in any process.

    `words` are the words that vary in its texts (names, colours), for building a tokenizer; `whole` are regular
    expressions of texts that never vary, which may be one token each.
    """

    name: str
    summary: str
    licence: str
    splits: tuple[str, ...]
    stream: Callable[[str, int], Iterator[Sample]]
    prompt: Callable[[Sample], Prompt]
    words: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
