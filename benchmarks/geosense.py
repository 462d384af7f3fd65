"""GeoSense: 1789 geometry problems with a picture each, in English and in Chinese; here the final answer alone.

Source: OpenStellarTeam/GeoSense, Readme.md (prompt, layout of outputs) and eval/GeoSense_EN.py (columns, how the judge
is asked). Which principles a response names and applies (GPI, GPA) takes a judge for every one of 5556; not made here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from benchmarks.options import choice_reference, letters_of, options_of
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import judged
from benchmarks.quirks import NO_OUTPUTS, UNPINNED
from reward_service.types import Component, Reference
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, Profile
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import numbered, read_split
from rfteval.types import Image, Prompt, Sample

HUB = HubSource(
    repository="OpenStellarTeam/GeoSense",
    revision="main",
    columns=("img_path", "question", "answer"),
    files=("geosense_{split}.jsonl",),
    folders=("imgs",),
)
PROMPT = (
    "Please reason step by step to arrive at the final answer. Note that you should clearly use theorems (or "
    "definitions) in the reasoning process, and explain how the theorem (or definition) specifically applies to this "
    "problem.\n\nThe question to be answered is: {question}"
)
CRITERION = "Score 1 where the final answer of the response is the reference, in whatever form. Else 0."


def load(request: LoadRequest) -> Sequence[Sample]:
    """The problems in one language. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    rows = read_split(HUB, request, "give a local snapshot with --data DIR")
    return [sample_of(sample_id, row) for sample_id, row in numbered(rows, "img_path")]


def sample_of(sample_id: str, row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    question, path = row.text("question"), row.text("img_path")
    reference = _reference(question, _answer(row))
    images = _pictures(row, path)
    return Sample(
        id=sample_id,
        question=question,
        reference=reference,
        images=images,
        tags={
            "kind": "multiple choice" if reference.kind == "choice" else "free form",
            "source": path.partition("/")[0],
            "picture": picture_key(images, path),
        },
    )


def _answer(row: Row) -> str:
    value = row.values.get("answer")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or not str(value).strip():
        raise InputFileError(f"{row.place}: 'answer' must be a text or a number, found {value!r}")
    return str(value).strip()


def _reference(question: str, answer: str) -> Reference:
    """A choice where the answer names an option, by its letter or its text. "AB" without options is a segment."""
    choices = options_of(question)
    letters = letters_of(answer)
    if len(letters) == 1 or (letters and choices):
        return choice_reference(question, answer)
    named = [choice.label for choice in choices if choice.text.rstrip(" .") == answer.rstrip(" .")]
    if len(named) == 1:
        return choice_reference(question, named[0])
    return Reference(answer=answer, question=question)


def _pictures(row: Row, path: str) -> tuple[Image, ...]:
    return dataclasses.replace(row, values={"img_path": f"imgs/{path}"}).one_image("img_path")


def ask_official(sample: Sample) -> Prompt:
    """The picture, then the authors' request for theorems and the question, in either language."""
    return pictures_first(sample, PROMPT.format(question=sample.question))


_PAGE = "main table of gfzshiwai.github.io/GeoSense_Project, as read in 2026-11"
GEOSENSE = Benchmark(
    name="geosense",
    title="GeoSense (final answer)",
    homepage="https://gfzshiwai.github.io/GeoSense_Project/",
    licence="CC BY-NC-SA 4.0 (the data, by the hub's card); MIT (the repository)",
    citation="Xu et al., GeoSense: Evaluating Identification and Application of Geometric Principles in Multimodal "
    "Reasoning, 2025, arXiv:2504.12597",
    splits=("en", "ch"),
    default_split="en",
    load=load,
    prompts={"official": ask_official},
    default_prompt="official",
    profiles={
        "rules": Profile(
            name="rules",
            summary="the final answer by our rules: a letter where the answer is an option, else its value",
            components=lambda sample: (Component(verifier="auto"),),
        ),
        "judge": judged(CRITERION),
    },
    default_profile="rules",
    breakdowns=("kind", "source"),
    cluster_key="picture",
    anchors=(
        Anchor(model="Gemini-2.0-pro-flash", score=74.1, of="ACC, all, judged %", source=_PAGE),
        Anchor(model="Claude 3.7 Sonnet", score=57.6, of="ACC, all, judged %", source=_PAGE),
    ),
    quirks=(
        NO_OUTPUTS,
        UNPINNED,
        "no row was at hand: that the question is in the column 'question' and that answers are letters or values is "
        "assumed; a file without that column is refused by name",
        "ACC alone; GPI, GPA and the average of the three need a judge and are not made",
        "the published score asks GPT-4o five times and takes three votes; the published script scores the first 20 "
        "responses alone, and of problems that share a picture the last one",
        "the one published prompt is in English; whether the Chinese questions were asked with it is not said",
    ),
)
