"""SEED-Bench by likelihood, as its authors score it: the option is chosen whose text the model would most likely write.

Source: AILab-CVC/SEED-Bench, EVALUATION.md and eval.py (the option of the least loss), model/instruct_blip_interface.py
(prompt and sum of the first version), SEED-Bench-2/model/llava_v2_interface.py (bare question) and the verifier's
sources. Samples are those of `seed-bench`. The model must tell likelihoods, which a server does not: `--backend
transformers`. The metrics are named seed_ppl, so that nobody takes them for those of generated answers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

from benchmarks.pictures import pictures_first
from benchmarks.profiles import official
from benchmarks.quirks import NO_OUTPUTS, UNPINNED
from benchmarks.seed_bench import SEED_BENCH, headline
from rfteval.types import Prompt, Sample


def _asker(template: str) -> Callable[[Sample], Prompt]:
    """Pictures, the question in `template`, and every option's text to be weighed behind them."""

    def ask(sample: Sample) -> Prompt:
        prompt = pictures_first(sample, template.format(question=sample.question))
        return dataclasses.replace(prompt, options=tuple(choice.text for choice in sample.reference.choices))

    return ask


SEED_BENCH_LIKELIHOOD = dataclasses.replace(
    SEED_BENCH,
    name="seed-bench-likelihood",
    title="SEED-Bench, by likelihood",
    prompts={"official": _asker("Question: {question}\nAnswer:"), "official-llava": _asker("{question}")},
    default_prompt="official",
    profiles={
        "official": official("likeliest_option", "the sum over an option's tokens and its end, as for InstructBLIP"),
        "official-llava": official(
            "likeliest_option",
            "the mean over an option's tokens and its end, as the second version has for LLaVA-1.5",
            name="official-llava",
            per_token=True,
        ),
        "official-qwen": official(
            "likeliest_option",
            "the mean over an option's tokens alone, as the second version has for Qwen-VL-Chat",
            name="official-qwen",
            per_token=True,
            end=False,
        ),
    },
    default_profile="official",
    headline=partial(headline, prefix="seed_ppl"),
    anchors=(),
    quirks=(
        NO_OUTPUTS,
        UNPINNED,
        "the authors' interfaces differ in the loss that they compare; a run is scored by each with `rfteval rescore`",
        "a chat model's template stands before and behind the question, which the authors' InstructBLIP did not have",
        "the authors show a video by 8 frames; the hub's rows hold frames that were taken before",
    ),
    ranked=True,
)
