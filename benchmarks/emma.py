"""EMMA: 2788 questions of mathematics, physics, chemistry and coding that need text and pictures together; EMMA-mini
has 100 of each subject.

Source: EMMA-Bench/EMMA, data_utils.py and configs/gpt.yaml (prompts), models/gpt.py (order of text and pictures) and
evaluation/evaluate.py (the official profiles, of which the GPT judge is not one).
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

from benchmarks.pictures import picture_key
from benchmarks.profiles import RULES, official
from benchmarks.subjects import interleaved, numbered_images, read_subjects
from reward_service.types import Choice, Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import unique
from rfteval.types import Image, Message, Prompt, Sample, Tag

SUBJECTS = ("Math", "Physics", "Chemistry", "Coding")
COLUMNS = ("pid", "question", "options", "answer", "subject", "category", "type")
PICTURES = 5
TOKEN = re.compile(r"<image_(\d+)>")

# The YAML file folds its lines: one blank line there is one line break, none is a blank.
MULTIPLE_CHOICE = 'Answer with the option\'s letter from the given choices and put the letter in one "\\boxed{}". '
OPEN = 'Answer the question using a single word or phrase and put the answer in one "\\boxed{}". '
STRATEGIES = {
    "step-by-step": "Please solve the problem step by step.",
    "direct": "Please ensure that your output only contains the final answer without any additional content "
    "(such as intermediate reasoning steps).",
}


def _loader(source: HubSource) -> Callable[[LoadRequest], Sequence[Sample]]:
    def load(request: LoadRequest) -> Sequence[Sample]:
        rows = read_subjects(source, SUBJECTS, request, "give a local snapshot with --data DIR")
        return [sample_of(row) for row in unique(rows, "pid")]

    return load


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    options = row.texts("options")
    multiple = row.text("type").lower() == "multiple choice"
    answer = row.text("answer")
    labels = string.ascii_uppercase[: len(options)]
    if multiple and (len(answer) != 1 or answer.upper() not in labels):
        found = f"{len(options)} options and the answer {answer!r}"
        raise InputFileError(f"{row.place}: a multiple-choice row's answer is a letter of its options, found {found}")
    images = numbered_images(row, PICTURES)
    question = row.text("question")
    choices = tuple(Choice(label=label, text=text) for label, text in zip(labels, options, strict=True))
    return Sample(
        id=row.text("pid"),
        question=question,
        reference=Reference(
            answer=answer,
            kind="choice" if multiple else "auto",
            choices=choices if multiple else (),
            question=question,
        ),
        images=tuple(images.values()),
        tags=_tags(row, images),
        fields={"context": row.optional_text("context"), "images": images},
    )


def _tags(row: Row, images: dict[int, Image]) -> dict[str, Tag]:
    """The groups of evaluation/calculate_acc.py, a question of coding in several; and the first picture's content."""
    subject = row.text("subject")
    names = [name.strip() for name in row.optional_text("category").split(";") if name.strip()]
    task = row.optional_text("task")
    return {
        "subject": subject,
        "type": row.text("type").lower(),
        "category": tuple(f"{subject}_{name}" for name in names),
        "task": (f"{subject}_{task}",) if task else (),
        "picture": picture_key(images.values(), row.text("pid")),
    }


def query_of(sample: Sample, strategy: str) -> str:
    """The query with its picture tokens, as data_utils.py builds it."""
    head = f"{sample.fields['context']}\n{sample.question}\n"
    if not sample.reference.choices:
        return f"{head}{OPEN}{STRATEGIES[strategy]}"
    options = "".join(f"{choice.label}: {choice.text}\n" for choice in sample.reference.choices)
    return f"{head}{options}\n{MULTIPLE_CHOICE}{STRATEGIES[strategy]}"


def _asker(strategy: str) -> Callable[[Sample], Prompt]:
    def ask(sample: Sample) -> Prompt:
        images = sample.fields["images"]
        if not isinstance(images, dict):
            raise TypeError(f"sample {sample.id}: its numbered pictures are kept in a dict")
        parts = interleaved(query_of(sample, strategy), TOKEN, images)
        return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))

    return ask


PROFILES = (
    RULES,
    official("emma_official", "the published fast extraction and comparison"),
    official(
        "emma_official",
        "as official, before numbers in words were read",
        name="official-2024",
        number_words=False,
    ),
)


def _benchmark(name: str, title: str, source: HubSource) -> Benchmark:
    return Benchmark(
        name=name,
        title=title,
        homepage="https://emma-benchmark.github.io",
        licence="none stated in the repository; questions and pictures by their source data sets",
        citation="Hao et al., Can MLLMs Reason in Multimodality? EMMA: An Enhanced MultiModal ReAsoning Benchmark, "
        "ICML 2025, arXiv:2501.05444",
        splits=("test",),
        default_split="test",
        load=_loader(source),
        prompts={strategy: _asker(strategy) for strategy in STRATEGIES},
        default_prompt="step-by-step",
        profiles={profile.name: profile for profile in PROFILES},
        default_profile="rules",
        breakdowns=("subject", "type", "category", "task"),
        cluster_key="picture",
        outputs=OutputFormat(sample_id="pid", text="response", verdict="official_correct"),
    )


def _source(repository: str, revision: str) -> HubSource:
    images = tuple(f"image_{number}" for number in range(1, PICTURES + 1))
    return HubSource(repository=repository, revision=revision, columns=COLUMNS, images=images, config=SUBJECTS[0])


EMMA = _benchmark("emma", "EMMA", _source("luckychao/EMMA", "6c87aec9048c489108170088e50b768646b5bcf9"))
EMMA_MINI = _benchmark(
    "emma-mini", "EMMA-mini", _source("luckychao/EMMA-mini", "6b9ae9a74733bb57f0b741213f8d0ec9ebae067a")
)
