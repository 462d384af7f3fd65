"""SEED-Bench: questions with four options about pictures (dimensions 1 to 9) and videos (10 to 12), in generation mode.

Source: lmms-eval/tasks/seedbench/utils.py (prompt and first-letter rule) on lmms-lab/SEED-Bench, which keeps frames of
the videos as pictures. The authors' own score is another one, of likelihoods: benchmarks/seed_bench_likelihood.py. The
metrics here are named seed_gen, so that the two are never compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import UNPINNED
from reward_service.types import Choice, Reference
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, Metric
from rfteval.errors import InputFileError
from rfteval.metrics import Item, tally
from rfteval.rows import HubSource, Row
from rfteval.sources import numbered, read_split
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="lmms-lab/SEED-Bench",
    revision="main",
    columns=(
        *("question_id", "question", "choice_a", "choice_b", "choice_c", "choice_d", "answer", "image", "data_id"),
        *("data_type", "question_type_id"),
    ),
    images=("image",),
)
DIMENSIONS = (
    *("scene understanding", "instance identity", "instance attributes", "instance location", "instances counting"),
    *("spatial relation", "instance interaction", "visual reasoning", "text understanding", "action recognition"),
    *("action prediction", "procedure understanding"),
)
LETTERS = "ABCD"


def load(request: LoadRequest) -> Sequence[Sample]:
    """The questions; an identifier that the data set gave twice has "#2". Raises SourceError and InputFileError."""
    rows = read_split(HUB, request, "give a local snapshot with --data DIR")
    return [sample_of(sample_id, row) for sample_id, row in numbered(rows, "question_id")]


def sample_of(sample_id: str, row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    answer, number = row.text("answer"), row.optional_integer("question_type_id") or 0
    if answer not in tuple(LETTERS):
        raise InputFileError(f"{row.place}: 'answer' must be a letter from A to D, found {answer!r}")
    if not 1 <= number <= len(DIMENSIONS):
        raise InputFileError(f"{row.place}: 'question_type_id' must be from 1 to {len(DIMENSIONS)}, found {number}")
    question = row.text("question")
    images = row.images("image")
    return Sample(
        id=sample_id,
        question=question,
        reference=Reference(
            answer=answer,
            kind="choice",
            choices=tuple(Choice(label=letter, text=row.text(f"choice_{letter.lower()}")) for letter in LETTERS),
            question=question,
        ),
        images=images,
        tags={
            "data_type": row.text("data_type"),
            "dimension": DIMENSIONS[number - 1],
            "picture": picture_key(images, row.identifier("data_id")),
        },
    )


def ask(sample: Sample) -> Prompt:
    """Pictures, question, options and the request for a letter."""
    options = "\n".join(f"{choice.label}. {choice.text}" for choice in sample.reference.choices)
    request = "Answer with the option's letter from the given choices directly."
    return pictures_first(sample, f"{sample.question}\n{options}\n{request}")


def headline(items: Sequence[Item], samples: Mapping[str, Sample], *, prefix: str = "seed_gen") -> tuple[Metric, ...]:
    """Accuracy over all, pictures and videos, under names that say by `prefix` how options were chosen."""
    metrics = []
    for kind in ("all", "image", "video"):
        found = tally(item for item in items if kind in ("all", samples[item.sample_id].tags["data_type"]))
        value = None if found.accuracy is None else 100 * found.accuracy
        metrics.append(Metric(name=f"{prefix}_{kind}", value=value, highest=100, samples=found.samples))
    return tuple(metrics)


SEED_BENCH = Benchmark(
    name="seed-bench",
    title="SEED-Bench, generation mode",
    homepage="https://github.com/AILab-CVC/SEED-Bench",
    licence="research, not commercial (Tencent licence in the repository); pictures and videos by their sources",
    citation="Li et al., SEED-Bench: Benchmarking Multimodal Large Language Models, CVPR 2024, arXiv:2307.16125",
    splits=("test",),
    default_split="test",
    load=load,
    prompts={"lmms-eval": ask},
    default_prompt="lmms-eval",
    profiles={
        "rules": RULES,
        "first-letter": official(
            "seed_bench_first_letter", "as lmms-eval: the first character of the response", name="first-letter"
        ),
    },
    default_profile="rules",
    breakdowns=("data_type", "dimension"),
    cluster_key="picture",
    headline=headline,
    anchors=(
        Anchor(
            model="GPT-4V",
            score=67.28,
            of="accuracy % over all, generation",
            source="its released answers (evaluate_result/SEED-Bench-1/GPT-4V.json), counted in 2026-11",
        ),
    ),
    quirks=(
        UNPINNED,
        "the authors' score is by likelihood and is not comparable with this one: seed-bench-likelihood",
        "by the first letter 'The answer is B' is T, and wrong",
        "LLaVA-1.5-7B by lmms-eval: 60.49 in its table, 53.58 and 50.99 at batch sizes 1 and 2 by a user (issue 236)",
    ),
)
