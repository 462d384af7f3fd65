"""MathVerse: 788 problems of plane geometry, solid geometry and functions, each in five versions that move what is said
from the text into the picture; and the same problems without a picture.

Source: ZrrSkywalker/MathVerse, README.md and output_templates/ (columns and queries), evaluation/score_answer_s2.py
(quick match and totals), evaluation/prompts.py (what the judge is told).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from benchmarks.options import choice_reference
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, judged, stored
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="AI4Math/MathVerse",
    revision="3bc86196678bad115a923d2851c6821dbe235939",  # as three public projects pin it; the hub was not asked
    columns=(
        *("sample_index", "problem_index", "problem_version", "question", "image", "answer", "question_type"),
        *("metadata", "query_wo", "query_cot"),
    ),
    images=("image",),
)
TYPES = ("multi-choice", "free-form")
CRITERION = (
    "Score 1 where the final answer of the response is consistent with the reference, 0 where it is not. They are "
    "consistent only where they match completely. For a question with options its letter or the option's content "
    "counts; for any other the same meaning in another form is consistent, such as 0.5m and 50cm."
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The samples of a split, which the hub keeps as a configuration of the same name. Raises as `read_split`."""
    source = dataclasses.replace(HUB, config=request.split)
    rows = unique(read_split(source, request, "give a local snapshot with --data DIR"), "sample_index")
    return [sample_of(row) for row in rows]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column.

    The question of the version "Vision Only" is in its picture and nowhere else; the column `question_for_eval`, where
    a row has it, says it for those who score.
    """
    kind = row.text("question_type")
    if kind not in TYPES:
        raise InputFileError(f"{row.place}: question_type must be one of {', '.join(TYPES)}, found {kind!r}")
    question, answer = row.text("question"), row.text("answer")
    asked = row.optional_text("question_for_eval") or question
    choice = kind == "multi-choice"
    images = row.one_image("image")
    metadata = row.inner("metadata")
    return Sample(
        id=row.identifier("sample_index"),
        question=question,
        reference=choice_reference(asked, answer) if choice else Reference(answer=answer, question=asked),
        images=images,
        tags={
            "version": row.text("problem_version"),
            "subject": metadata.text("subject"),
            "subfield": metadata.text("subfield"),
            "question_type": kind,
            "problem": row.identifier("problem_index"),
            "picture": picture_key(images, row.identifier("problem_index")),
        },
        fields={"query_wo": row.text("query_wo"), "query_cot": row.text("query_cot")},
    )


def _asker(column: str) -> Callable[[Sample], Prompt]:
    return lambda sample: pictures_first(sample, str(sample.fields[column]))


MATHVERSE = Benchmark(
    name="mathverse",
    title="MathVerse",
    homepage="https://mathverse-cuhk.github.io",
    licence="MIT (the repository); pictures by their source data sets",
    citation="Zhang et al., MathVerse: Does Your Multi-modal LLM Truly See the Diagrams in Visual Math Problems?, "
    "ECCV 2024, arXiv:2403.14624",
    splits=("testmini", "testmini_text_only"),
    default_split="testmini",
    load=load,
    prompts={"official": _asker("query_cot"), "official-direct": _asker("query_wo")},
    default_prompt="official",
    profiles={
        "rules": RULES,
        "official-quick-match": stored(
            "exact_text",
            "the script's --quick_match: the stored extraction equal to the answer, character by character",
            name="official-quick-match",
            field="extraction",
        ),
        "judge": judged(CRITERION),
    },
    default_profile="rules",
    breakdowns=("version", "subject", "subfield", "question_type"),
    cluster_key="problem",  # its five versions have one answer
    outputs=OutputFormat(sample_id="sample_index", text="model_answer"),
    quirks=(
        "the published score ('w/o') is a GPT's judgement of what another GPT extracted; profile judge is the closest",
        "the score is over the five versions with a picture; testmini_text_only is reported apart",
        "Vision Only has an empty question: its text is in the picture alone",
        "Qwen3-VL-30B-Thinking is published as 79.6, and a user measured 69.42 (QwenLM/Qwen3-VL issue 1665)",
    ),
)
