"""ZeroBench: 100 questions on 1 to 3 large pictures that no model could answer at its release, and 334 subquestions.

Source: arXiv:2502.09696 and the hub's card (prompt in VLMEvalKit's form, split names, exact match of what stands in
curly braces, pass@1, pass@5 and 5/5). The authors' repository was not at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb

from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import NO_OUTPUTS, UNPINNED
from reward_service.types import Reference
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, Metric
from rfteval.metrics import Item
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="jonathan-roberts1/zerobench",
    revision="main",
    columns=("question_id", "question_text", "question_images", "question_answer"),
    images=("question_images_decoded",),
)
REQUEST = "\n\n\nLet's think step by step and give the final answer in curly braces,\nlike this: {final answer}"
DRAWS = 5


def load(request: LoadRequest) -> Sequence[Sample]:
    """The questions of a split. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    rows = unique(read_split(HUB, request, "give a local snapshot with --data DIR"), "question_id")
    return [sample_of(row) for row in rows]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    question, sample_id = row.text("question_text"), row.identifier("question_id")
    images = row.images("question_images_decoded", "question_images")
    return Sample(
        id=sample_id,
        question=question,
        reference=Reference(answer=row.identifier("question_answer"), question=question),
        images=images,
        tags={"main_question": sample_id.split("_")[0], "picture": picture_key(images, sample_id)},
    )


def ask(sample: Sample) -> Prompt:
    """The pictures in order, the question, and the request for an answer in curly braces."""
    return pictures_first(sample, f"{sample.question}{REQUEST}")


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """pass@1 over all responses, pass@5 and 5/5 over the questions with five scored ones or more.

    Both are unbiased: of n responses with c right, a draw of five holds a right one with 1 - C(n-c,5)/C(n,5) (Chen et
    al., arXiv:2107.03374), and only right ones with C(c,5)/C(n,5).
    """
    right: dict[str, list[bool]] = {}
    for item in items:
        if item.score is not None:
            right.setdefault(item.sample_id, []).append(item.score >= 1)
    enough = [(len(each), sum(each)) for each in right.values() if len(each) >= DRAWS]
    ways = [(comb(n - c, DRAWS) / comb(n, DRAWS), comb(c, DRAWS) / comb(n, DRAWS)) for n, c in enough]
    note = "" if enough else f"needs {DRAWS} responses to a question: --samples {DRAWS} --temperature 0.7 --top-p 0.95"
    singles = [sum(each) / len(each) for each in right.values()]
    return (
        Metric(
            name="pass@1",
            value=100 * sum(singles) / len(singles) if singles else None,
            highest=100,
            samples=len(singles),
            note="published for greedy decoding",
        ),
        Metric(
            name="pass@5",
            value=100 * sum(1 - none for none, _ in ways) / len(ways) if ways else None,
            highest=100,
            samples=len(ways),
            note=note,
        ),
        Metric(
            name="5/5 reliability",
            value=100 * sum(every for _, every in ways) / len(ways) if ways else None,
            highest=100,
            samples=len(ways),
            note=note,
        ),
    )


ZEROBENCH = Benchmark(
    name="zerobench",
    title="ZeroBench",
    homepage="https://zerobench.github.io",
    licence="as the hub's card states it; pictures by their attributions",
    citation="Roberts et al., ZeroBench: An Impossible Visual Benchmark for Contemporary Large Multimodal Models, "
    "arXiv:2502.09696",
    splits=("zerobench", "zerobench_subquestions"),
    default_split="zerobench",
    load=load,
    prompts={"official": ask},
    default_prompt="official",
    profiles={
        "rules": RULES,
        "official": official("zerobench_official", "what the last curly braces hold, equal to the answer"),
        "vlmevalkit": official(
            "zerobench_official",
            "as VLMEvalKit: the answer anywhere in what the braces hold, so that 1 is right in 11.90",
            name="vlmevalkit",
            match="part",
        ),
    },
    default_profile="official",
    cluster_key="main_question",
    headline=headline,
    anchors=(
        Anchor(model="all 20 of the paper", score=0.0, of="pass@1 %, greedy", source="arXiv:2502.09696, abstract"),
    ),
    quirks=(
        NO_OUTPUTS,
        UNPINNED,
        "100 questions: one is a point, and at 5 % the interval is about 4 points wide to each side",
        "lmms-eval asks for the answer alone with 128 tokens; evalscope compresses the pictures and asks a judge",
    ),
)
