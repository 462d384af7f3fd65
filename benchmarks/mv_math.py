"""MV-MATH: 2009 school problems with 2 to 8 pictures each: 1109 with options, 800 with one answer, 100 in steps.

Source: eternal8080/MV-MATH, data/MV-MATH.json (columns and counts), models/ (prompts, see `mv_math_prompts`) and
evaluation/ (what the judge is told, and how the three kinds are put together). The authors ask DeepSeek about every
response. A letter needs no judge and an answer in one step can be compared; the 100 problems in steps cannot, so that
they are unscored without a judge rather than wrong.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from benchmarks.mv_math_answers import single_reference
from benchmarks.mv_math_prompts import EXAMPLES, SYSTEM
from benchmarks.options import choice_reference
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import LEFT_TO_A_JUDGE, judged
from benchmarks.quirks import NO_OUTPUTS, UNPINNED
from benchmarks.subjects import interleaved
from reward_service.types import Component, Reference
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, Metric, OutputFormat, Profile
from rfteval.errors import InputFileError, SourceError
from rfteval.metrics import Item, tally
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Image, Message, Prompt, Sample, TextPart

HUB = HubSource(
    repository="PeijieWang/MV-MATH",
    revision="main",
    columns=(
        *("problem_id", "question", "input_image", "answer_type", "difficulty", "grade", "subject"),
        *("image_relavance", "answer"),
    ),
    images=("input_image",),
)
REPOSITORY = dataclasses.replace(HUB, files=("data/MV-MATH.json", "MV-MATH.json"))  # as cloned, with images/ beside
TOKEN = re.compile(r"<image_(\d+)>")
BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
PARTS = {"choice": "multiple choice", "single-step": "one step", "multi-step": "several steps"}
CRITERION = (
    "Score 1 where the final answer of the response is the reference, in whatever form; for a question with options "
    "its letter or its content counts. Of a question in several numbered steps every step must be right. Else 0."
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The problems. Raises SourceError and InputFileError, see `rfteval.sources.read_split`.

    A snapshot without pictures can be scored; from the hub, rows that name pictures and hold none are an error, since
    a model would be asked without them.
    """
    source = HUB if request.data is None else REPOSITORY
    rows = list(unique(read_split(source, request, "give a local snapshot with --data DIR"), "problem_id"))
    samples = [sample_of(row) for row in rows]
    bare = next((sample for sample in samples if not sample.images), None)
    if request.data is None and bare is not None:
        raise SourceError(
            f"{HUB.repository}: problem {bare.id} has no pictures in this table; download the repository with its "
            "pictures and name its folder with --data DIR"
        )
    return samples


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    part, answer, question = row.text("answer_type"), row.text("answer").strip(), row.text("question")
    if part not in PARTS:
        raise InputFileError(f"{row.place}: 'answer_type' must be one of {', '.join(PARTS)}, found {part!r}")
    reference = Reference(answer=answer, question=question)
    if part == "choice":
        reference = choice_reference(question, answer)
    elif part == "single-step":
        reference = single_reference(answer, question)
    images = _pictures(row)
    return Sample(
        id=row.identifier("problem_id"),
        question=question,
        reference=reference,
        images=images,
        tags={
            "part": PARTS[part],
            "difficulty": row.text("difficulty"),
            "grade": row.text("grade"),
            "subject": row.text("subject"),
            "pictures": "dependent" if row.identifier("image_relavance") == "1" else "independent",
            "picture": picture_key(images, row.identifier("problem_id")),
        },
        fields={"answer_type": part},
    )


def _pictures(row: Row) -> tuple[Image, ...]:
    """The pictures in order: encoded in the row, or by file names beside the rows or in the folder `images`."""
    value = row.values.get("input_image")
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        names = [str(name) for name in value]
        if row.folder is not None and not all((row.folder / PurePosixPath(name)).is_file() for name in names):
            names = [f"images/{name}" for name in names]
        row = dataclasses.replace(row, values={"input_image": names})
    return row.images("input_image")


def ask_official(sample: Sample) -> Prompt:
    """A system text, the pictures, two examples and the question with its tokens, by the kind of question."""
    part = str(sample.fields["answer_type"])
    asked = pictures_first(sample, f"{EXAMPLES[part]}\nQuestion: {sample.question}")
    system = Message(role="system", parts=(TextPart(text=SYSTEM[part]),))
    return dataclasses.replace(asked, messages=(system, *asked.messages))


def ask_interleaved(sample: Sample) -> Prompt:
    """The question with each picture where its token stands, and the request for a boxed answer; not the authors'."""
    images = dict(enumerate(sample.images, start=1))
    parts = interleaved(f"{sample.question}\n\n{BOXED}", TOKEN, images)
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


JUDGED = judged(CRITERION)


RULE = (Component(verifier="auto"),)


def _rules(sample: Sample) -> tuple[Component, ...]:
    return LEFT_TO_A_JUDGE if sample.fields["answer_type"] == "multi-step" else RULE


def _rules_and_judge(sample: Sample) -> tuple[Component, ...]:
    return JUDGED.components(sample) if sample.fields["answer_type"] == "multi-step" else RULE


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """The score over all problems, as the authors weigh it, and each kind's; a kind nothing of which was scored lacks.

    The published question completeness rate is the accuracy in several steps; its step accuracy rate is not made.
    """
    metrics = []
    for part in ("all", *PARTS.values()):
        chosen = [item for item in items if part in ("all", samples[item.sample_id].tags["part"])]
        found = tally(chosen)
        value = None if found.accuracy is None else 100 * found.accuracy
        lacking = found.items - found.scored
        note = f"{lacking} of {found.items} responses have no score" if lacking else ""
        metrics.append(Metric(name=part, value=value, highest=100, samples=found.samples, note=note))
    return tuple(metrics)


_README = "README of eternal8080/MV-MATH, as read in 2026-11"
MV_MATH = Benchmark(
    name="mv-math",
    title="MV-MATH",
    homepage="https://eternal8080.github.io/MV-MATH.github.io",
    licence="MIT (the repository); problems from Chinese school examinations",
    citation="Wang et al., MV-MATH: Evaluating Multimodal Math Reasoning in Multi-Visual Contexts, CVPR 2025, "
    "arXiv:2502.20808",
    splits=("train",),
    default_split="train",
    load=load,
    prompts={"official": ask_official, "interleaved": ask_interleaved},
    default_prompt="official",
    profiles={
        "rules": Profile(
            name="rules",
            summary="letters and single answers by our rules; answers in several steps have no score",
            components=_rules,
        ),
        "rules-and-judge": Profile(
            name="rules-and-judge",
            summary="letters and single answers by our rules, answers in several steps by the server's judge",
            components=_rules_and_judge,
        ),
        "judge": JUDGED,
    },
    default_profile="rules",
    breakdowns=("part", "subject", "difficulty", "grade", "pictures"),
    cluster_key="picture",
    outputs=OutputFormat(sample_id="problem_id", text="model_answer"),
    headline=headline,
    anchors=(
        Anchor(model="human", score=76.0, of="accuracy %, about", source=_README),
        Anchor(model="Seed1.5-VL (thinking)", score=72.9, of="accuracy %, judged", source=_README),
        Anchor(model="Qwen-VL-Max", score=42.4, of="accuracy %, judged", source=_README),
        Anchor(model="Claude 3.5 Sonnet", score=33.9, of="accuracy %, judged", source=_README),
        Anchor(model="QVQ-72B-Preview", score=29.3, of="accuracy %, judged", source=_README),
    ),
    quirks=(
        NO_OUTPUTS,
        UNPINNED,
        "the hub's split and picture column are as a public download script reads them, not as seen on the hub",
        "the published script adds the key of the problems in steps under another name than it writes, so as 0 right",
        "some single answers are sentences, which our rules compare as text: compare with --profile judge",
    ),
)
