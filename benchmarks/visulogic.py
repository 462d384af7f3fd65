"""VisuLogic: 1000 puzzles of visual logic in six kinds, question and four options in one picture.

Source: VisuLogic-Benchmark/VisuLogic-Eval, models/prompts.py and models/openai_api.py (prompt) and
evaluation/eval_model.py (the official profile and the tags); VLMEvalKit, dataset/image_mcq.py `VisuLogic` (its prompt).
The hub keeps data.jsonl beside images.zip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.options import pictured_reference
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import NO_OUTPUTS
from rfteval.benchmark import Anchor, Benchmark, LoadRequest
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="VisuLogic/VisuLogic",
    revision="3e483f8cca0bc766ecc5f70299f2b8a34b5035ca",  # as two public projects pin it; the hub was not asked
    columns=("question", "image_path", "id", "tag", "label"),
    files=("data.jsonl",),
    archives=("images.zip",),
)
REASONING = (
    "Solve the complex visual logical reasoning problem through step-by-step reasoning.{}Think about the reasoning "
    "process first and answer the question following this format: Answer: \\boxed{{$LETTER}}{}"
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The puzzles. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    rows = unique(read_split(HUB, request, "give a local snapshot with --data DIR"), "id")
    return [sample_of(row) for row in rows]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    question = row.text("question")
    images = row.one_image("image_path")
    return Sample(
        id=row.identifier("id"),
        question=question,
        reference=pictured_reference(row.text("label").strip().upper(), question, f"{row.place}: 'label'"),
        images=images,
        tags={"tag": row.text("tag"), "picture": picture_key(images, row.identifier("id"))},
    )


def _asker(blank: str, stop: str) -> Callable[[Sample], Prompt]:
    return lambda sample: pictures_first(sample, f"{sample.question}\n{REASONING.format(blank, stop)}")


_PAGE = "project page, as read in 2026-11"
VISULOGIC = Benchmark(
    name="visulogic",
    title="VisuLogic",
    homepage="https://visulogic-benchmark.github.io/VisuLogic",
    licence="none read; puzzles from Chinese civil-service examinations",
    citation="Xu et al., VisuLogic: A Benchmark for Evaluating Visual Reasoning in Multi-modal Large Language Models, "
    "arXiv:2504.15279",
    splits=("test",),
    default_split="test",
    load=load,
    prompts={"official": _asker(" ", "."), "vlmevalkit": _asker("", "")},
    default_prompt="official",
    profiles={
        "rules": RULES,
        "official": official("visulogic_official", "the published rules; what they leave to GPT-4o-mini is wrong here"),
    },
    default_profile="rules",
    breakdowns=("tag",),
    cluster_key="picture",
    anchors=(
        Anchor(model="human", score=51.4, of="accuracy %", source=_PAGE),
        Anchor(model="InternVL2.5-38B with RL", score=31.1, of="accuracy %", source=_PAGE),
        Anchor(model="Qwen2.5-VL-7B with RL", score=28.0, of="accuracy %", source=_PAGE),
        Anchor(model="GPT-4o", score=26.3, of="accuracy %", source=_PAGE),
        Anchor(model="random", score=24.9, of="accuracy %", source=_PAGE),
    ),
    quirks=(
        NO_OUTPUTS,
        "the authors ask GPT-4o-mini where their rules read nothing: count the rule visulogic.undecided",
        "lmms-eval asks for the letter alone, 64 tokens long",
    ),
)
