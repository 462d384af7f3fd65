"""MM-IQ: 2710 puzzles of abstract reasoning in eight patterns, with the options inside the picture.

Source: AceCHQ/MMIQ, mmiq/utils/data_utils.py (the prompt is the question as it is stored) and mmiq/utils/eval_utils.py
(the official profile).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.options import pictured_reference
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import UNPINNED
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, OutputFormat
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="huanqia/MM-IQ",
    revision="main",
    columns=("category", "question", "image", "data_id", "answer"),
    images=("image",),
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The puzzles of a split. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    rows = unique(read_split(HUB, request, "give a local snapshot with --data DIR"), "data_id")
    return [sample_of(row) for row in rows]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    question = row.text("question")
    images = row.one_image("image")
    return Sample(
        id=row.identifier("data_id"),
        question=question,
        reference=pictured_reference(row.text("answer"), question, f"{row.place}: 'answer'"),
        images=images,
        tags={"category": row.text("category"), "picture": picture_key(images, row.identifier("data_id"))},
        fields={name: row.optional_text(name) or question for name in ("question_en", "question_zh")},
    )


def _asker(column: str) -> Callable[[Sample], Prompt]:
    return lambda sample: pictures_first(sample, str(sample.fields[column]))


_PAGE = "project page, as read in 2026-11"
MM_IQ = Benchmark(
    name="mm-iq",
    title="MM-IQ",
    homepage="https://acechq.github.io/MMIQ-benchmark",
    licence="Apache-2.0",
    citation="Cai et al., MM-IQ: Benchmarking Human-Like Abstraction and Reasoning in Multimodal Models, "
    "arXiv:2502.00698",
    splits=("test", "train"),
    default_split="test",
    load=load,
    prompts={
        "official": lambda sample: pictures_first(sample, sample.question),
        "english": _asker("question_en"),
        "chinese": _asker("question_zh"),
    },
    default_prompt="official",
    profiles={
        "rules": RULES,
        "official": official("mm_iq_official", "the published parsing; no option read is wrong"),
        "official-2025": official(
            "mm_iq_official",
            "as official, before a letter in a box counted first",
            name="official-2025",
            boxed=False,
        ),
    },
    default_profile="rules",
    breakdowns=("category",),
    cluster_key="picture",
    outputs=OutputFormat(sample_id="data_id", text="response"),
    anchors=(
        Anchor(model="human", score=51.27, of="accuracy %", source=_PAGE),
        Anchor(model="best of the first paper", score=27.49, of="accuracy %", source=_PAGE),
        Anchor(model="best of the second version", score=33.17, of="accuracy %", source=_PAGE),
        Anchor(model="random", score=25.0, of="accuracy %", source=_PAGE),
    ),
    quirks=(
        UNPINNED,
        "the official parser takes the article 'A' for option A, and cuts a response at several phrases in turn",
        "the answers are public in the authors' repository",
    ),
)
