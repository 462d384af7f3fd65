"""OlympiadBench: problems of mathematics and physics from olympiads and entrance examinations, in English and Chinese,
with and without pictures. The open-ended ones are asked here: proofs cannot be scored by a rule.

Source: OpenBMB/OlympiadBench, inference/judge.py and inference/calculate_accuracy.py. Prompts are in
olympiadbench_prompts.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from benchmarks.olympiadbench_prompts import asker
from benchmarks.pictures import picture_key
from benchmarks.profiles import RULES
from benchmarks.quirks import NO_OUTPUTS
from benchmarks.subjects import numbered_images, read_subjects
from reward_service.types import Component, Reference
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, Metric, Profile
from rfteval.errors import InputFileError
from rfteval.metrics import Item
from rfteval.rows import HubSource, Row
from rfteval.types import Sample

PICTURES = 9
SETS = (
    *("OE_MM_maths_en_COMP", "OE_MM_maths_zh_CEE", "OE_MM_maths_zh_COMP", "OE_MM_physics_en_COMP"),
    *("OE_MM_physics_zh_CEE", "OE_TO_maths_en_COMP", "OE_TO_maths_zh_CEE", "OE_TO_maths_zh_COMP"),
    *("OE_TO_physics_en_COMP", "OE_TO_physics_zh_CEE"),
)
HUB = HubSource(
    repository="Hothan/OlympiadBench",
    revision="91184b52131e7fc9455fef848035173aea8cc01a",  # as a public project pins it; the hub was not asked
    columns=(
        *("id", "question", "context", "final_answer", "modality", "difficulty", "is_multiple_answer", "unit"),
        *("answer_type", "error", "subfield", "subject", "language"),
    ),
    images=tuple(f"image_{number}" for number in range(1, PICTURES + 1)),
    config=SETS[0],
)
SPLITS = ("all", "maths-en", "maths-zh", "physics-en", "physics-zh")


def load(request: LoadRequest) -> Sequence[Sample]:
    """The problems of a subject and language, or all. Raises SourceError and InputFileError.

    The hub keeps every set under the split "train"; a snapshot may also be one file of them all.
    """
    sets = tuple(name for name in SETS if request.split == "all" or request.split.replace("-", "_") in name)
    rows = read_subjects(HUB, sets, dataclasses.replace(request, split="train", limit=None), "give it with --data DIR")
    wanted = (sample for sample in map(sample_of, rows) if str(sample.tags["set"]) in sets)
    return list(wanted)[: request.limit]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    answers = row.texts("final_answer")
    if len(answers) != 1:
        raise InputFileError(f"{row.place}: 'final_answer' must be a list of one text, found {len(answers)}")
    subject = "maths" if row.text("subject").lower().startswith("math") else "physics"
    language = "zh" if row.text("language").lower() in ("chinese", "zh") else "en"
    modality = "MM" if row.text("modality").lower().startswith("multi") else "TO"
    origin = "COMP" if row.text("difficulty").lower().startswith("comp") else "CEE"
    name = f"OE_{modality}_{subject}_{language}_{origin}"
    question, context = row.text("question"), row.optional_text("context")
    images = numbered_images(row, PICTURES)
    sample_id = f"{name}-{row.identifier('id')}"
    return Sample(
        id=sample_id,
        question=question,
        reference=Reference(
            answer=answers[0],
            tolerance=_tolerance(row),
            unit=row.optional_text("unit"),
            question=question,
        ),
        images=tuple(images.values()),
        tags={
            **{"set": name, "subject": subject, "language": language, "modality": modality, "origin": origin},
            **{"subfield": row.optional_text("subfield"), "answer_type": row.text("answer_type")},
            "picture": picture_key(images.values(), sample_id),
        },
        fields={
            "images": images,
            "problem": f"{context}\n{question}" if context and subject == "physics" else question,
            "multiple": row.values.get("is_multiple_answer") is True,
            "precision": row.optional_text("error"),
        },
    )


def _tolerance(row: Row) -> float | None:
    """The one precision of an answer that is one number; several are known to the published rule alone."""
    error = row.optional_text("error")
    if not error or "," in error:
        return None
    try:
        return float(error)
    except ValueError:
        raise InputFileError(
            f"{row.place}: 'error' must be a number, or several with commas, found {error!r}"
        ) from None


def _components(sample: Sample) -> tuple[Component, ...]:
    """The published judge with the sample's precision; a tuple is judged with the default one, as in judge.py."""
    parameters: dict[str, object] = {"language": sample.tags["language"]}
    if sample.fields["precision"] and "Tuple" not in str(sample.tags["answer_type"]):
        parameters["precision"] = sample.fields["precision"]
    return (Component(verifier="olympiadbench_official", parameters=parameters),)


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """The published average, which leaves out what has no response: a refusal that says nothing raises it."""
    scores = [item.score for item in items if item.score is not None and item.status != "NO_ANSWER"]
    return (
        Metric(
            name="accuracy as published",
            value=100 * sum(scores) / len(scores) if scores else None,
            highest=100,
            samples=len(scores),
            note="the published script leaves out responses without an answer",
        ),
    )


_README = "README of OpenBMB/OlympiadBench, as read in 2026-11"
OLYMPIADBENCH = Benchmark(
    name="olympiadbench",
    title="OlympiadBench",
    homepage="https://github.com/OpenBMB/OlympiadBench",
    licence="MIT (the repository); problems and pictures by their contests and examinations",
    citation="He et al., OlympiadBench: A Challenging Benchmark for Promoting AGI with Olympiad-Level Bilingual "
    "Multimodal Scientific Problems, ACL 2024, arXiv:2402.14008",
    splits=SPLITS,
    default_split="all",
    load=load,
    prompts={"official": asker(system=True), "official-without-system": asker(system=False)},
    default_prompt="official",
    profiles={
        "rules": RULES,
        "official": Profile(
            name="official",
            summary="the published extraction and judge, as the script calls it: the model's answer first",
            components=_components,
        ),
    },
    default_profile="rules",
    breakdowns=("subject", "language", "modality", "origin", "set", "subfield", "answer_type"),
    cluster_key="picture",
    headline=headline,
    anchors=(
        Anchor(model="GPT-4o", score=25.89, of="average accuracy % (maths 32.48, physics 13.10)", source=_README),
        Anchor(model="GPT-4V", score=17.97, of="average accuracy % (maths 21.70, physics 10.74)", source=_README),
        Anchor(model="Qwen-VL-Max", score=10.09, of="average accuracy % (maths 12.65, physics 5.09)", source=_README),
        Anchor(model="Claude 3 Opus", score=7.65, of="average accuracy % (maths 9.06, physics 4.93)", source=_README),
    ),
    quirks=(
        NO_OUTPUTS,
        "the official judge takes a number a hundred times too large or small as right",
        "lmms-eval samples at temperature 1 with a repetition penalty of 1.2 and judges by a model: another protocol",
    ),
)
