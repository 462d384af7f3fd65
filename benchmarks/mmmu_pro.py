"""MMMU-Pro: 1730 questions of MMMU that need their pictures, with up to 10 options, with 4, or inside a screenshot.

Source: MMMU-Benchmark/MMMU, mmmu-pro/prompts.yaml, mmmu-pro/infer/infer_transformers.py (order of pictures) and
mmmu-pro/evaluate.py (the official profiles); QwenLM/Qwen3-VL, evaluation/mmmu_pro/run_mmmu_pro.py (how Qwen asks). The
published headline is the mean of standard (10 options) and vision.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from benchmarks.mmmu import (
    DOMAIN_OF,
    PICTURES,
    TOKEN,
    images_of,
    lettered,
    listed,
    official_profiles,
    require_letter,
)
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES
from benchmarks.subjects import numbered_images
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import ImagePart, Message, Prompt, Sample, TextPart

HUB = HubSource(
    repository="MMMU/MMMU_Pro",
    revision="563f3e84bb3b90893083a1f039cfa13077f2302b",
    columns=("id", "options", "answer", "subject"),
    images=("image", *(f"image_{number}" for number in range(1, PICTURES + 1))),
)
LAST_LINE = (
    "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER "
    "is one of options."
)
STANDARD = {
    "direct": "Answer with the option letter from the given choices directly.",
    "cot": f"Answer the preceding multiple choice question. {LAST_LINE} Think step by step before answering.",
}
VISION = {
    "direct": f"Answer with the option letter from the given choices directly. {LAST_LINE}",
    "cot": f"Write out the multiple-choice question in the image and then solve it. {LAST_LINE} Think step by step "
    "before answering.",
}
QWEN_STANDARD = "Please select the correct answer from the options."
QWEN_VISION = "Identify the problem and solve it. Think step by step before answering."


def _loader(source: HubSource) -> Callable[[LoadRequest], Sequence[Sample]]:
    def load(request: LoadRequest) -> Sequence[Sample]:
        rows = unique(read_split(source, request, "give a local snapshot with --data DIR"), "id")
        return [sample_of(row) for row in rows]

    return load


def sample_of(row: Row) -> Sample:
    """The sample of one row of any of the three settings. Raises InputFileError naming the row and the column."""
    choices = lettered(listed(row, "options"))
    answer, question = row.text("answer"), row.optional_text("question")
    require_letter(row, choices, answer)
    screenshot = row.image("image")
    images = numbered_images(row, PICTURES) if screenshot is None else {0: screenshot}
    subject = row.text("subject")
    return Sample(
        id=row.text("id"),
        question=question,
        reference=Reference(answer=answer, kind="choice", choices=choices, question=question),
        images=tuple(images.values()),
        tags={
            "subject": subject,
            "domain": DOMAIN_OF.get(subject, "other"),
            "difficulty": row.optional_text("topic_difficulty"),
            "options": str(len(choices)),
            "picture": picture_key(images.values(), row.text("id")),
        },
        fields={"images": images},
    )


def _ask_standard(instruction: str) -> Callable[[Sample], Prompt]:
    """Question, options and instruction, then the pictures in the order of their tokens, one again for each token."""

    def ask(sample: Sample) -> Prompt:
        options = "\n".join(f"{choice.label}. {choice.text}" for choice in sample.reference.choices)
        text = f"{sample.question}\n{options}\n{instruction}"
        images = images_of(sample)
        numbers = [int(number) for number in TOKEN.findall(text)]
        pictures = (ImagePart(image=images[number]) for number in numbers if number in images)
        message = Message(role="user", parts=(TextPart(text=TOKEN.sub("<image>", text)), *pictures))
        return Prompt(sample_id=sample.id, messages=(message,))

    return ask


def ask_as_qwen(sample: Sample) -> Prompt:
    """As Qwen's released script: every picture by its number, then question, options and request, tokens and all."""
    options = "\n".join(f"{choice.label}. {choice.text}" for choice in sample.reference.choices)
    return pictures_first(sample, f"{sample.question}\n{options}\n{QWEN_STANDARD}")


def ask_screenshot_as_qwen(sample: Sample) -> Prompt:
    """As Qwen's released script: the screenshot, then the request."""
    return pictures_first(sample, QWEN_VISION)


def _ask_vision(instruction: str) -> Callable[[Sample], Prompt]:
    """The instruction, then the screenshot that holds question and options."""

    def ask(sample: Sample) -> Prompt:
        pictures = (ImagePart(image=image) for image in sample.images)
        message = Message(role="user", parts=(TextPart(text=instruction), *pictures))
        return Prompt(sample_id=sample.id, messages=(message,))

    return ask


def _benchmark(name: str, config: str, prompts: Mapping[str, Callable[[Sample], Prompt]]) -> Benchmark:
    return Benchmark(
        name=name,
        title=f"MMMU-Pro, {config}",
        homepage="https://mmmu-benchmark.github.io",
        licence="Apache-2.0; pictures by their sources, see the disclaimers of the repository",
        citation="Yue et al., MMMU-Pro: A More Robust Multi-discipline Multimodal Understanding Benchmark, ACL 2025, "
        "arXiv:2409.02813",
        splits=("test",),
        default_split="test",
        load=_loader(dataclasses.replace(HUB, config=config)),
        prompts=prompts,
        default_prompt="cot",
        profiles={profile.name: profile for profile in (RULES, *official_profiles("mmmu_pro_official"))},
        default_profile="rules",
        breakdowns=("domain", "subject", "difficulty", "options"),
        cluster_key="picture",
        outputs=OutputFormat(sample_id="id", text="response", verdict="if_right"),
    )


_STANDARD_PROMPTS = {name: _ask_standard(instruction) for name, instruction in STANDARD.items()} | {
    "qwen-vl": ask_as_qwen
}
_VISION_PROMPTS = {name: _ask_vision(instruction) for name, instruction in VISION.items()} | {
    "qwen-vl": ask_screenshot_as_qwen
}
MMMU_PRO_STANDARD10 = _benchmark("mmmu-pro-standard10", "standard (10 options)", _STANDARD_PROMPTS)
MMMU_PRO_STANDARD4 = _benchmark("mmmu-pro-standard4", "standard (4 options)", _STANDARD_PROMPTS)
MMMU_PRO_VISION = _benchmark("mmmu-pro-vision", "vision", _VISION_PROMPTS)
