"""MME: 1187 pictures in 14 subtasks, each asked about twice, once with the answer yes and once with no.

Source: lmms-lab/MME on the hub (the pictures and questions of BradyFU/Awesome-Multimodal-Large-Language-Models) and
lmms-eval/tasks/mme/utils.py (subtasks, scores and its own prompt). A subtask's score is its accuracy plus the share of
pictures with both answers right, in percent: at most 200. The sums over ten subtasks of perception and four of
cognition are what is published. None of these is an accuracy, and none may be averaged with one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import NO_OUTPUTS
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest, Metric
from rfteval.errors import InputFileError
from rfteval.metrics import Item
from rfteval.rows import HubSource, Row
from rfteval.sources import numbered, read_split
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="lmms-lab/MME",
    revision="d6c9023f017b564f7b3ccccf5348166bce8fdbcd",  # as a public project pins it; the hub was not asked
    columns=("question_id", "image", "question", "answer", "category"),
    images=("image",),
)
SUBTASKS = {
    "perception": (
        *("existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"),
    ),
    "cognition": ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"),
}
ENDING = " Please answer yes or no."


def load(request: LoadRequest) -> Sequence[Sample]:
    """The questions. The two about a picture have its name as identifier, the second with "#2".

    Raises SourceError and InputFileError, see `rfteval.sources.read_split`.
    """
    rows = read_split(HUB, request, "give a local snapshot with --data DIR")
    return [sample_of(sample_id, row) for sample_id, row in numbered(rows, "question_id")]


def sample_of(sample_id: str, row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    answer, category = row.text("answer"), row.text("category")
    if answer.lower().strip().strip(".") not in ("yes", "no"):
        raise InputFileError(f"{row.place}: 'answer' must be Yes or No, found {answer!r}")
    part = next((part for part, names in SUBTASKS.items() if category in names), None)
    if part is None:
        raise InputFileError(f"{row.place}: 'category' is none of MME's 14 subtasks, found {category!r}")
    question = row.text("question").strip()
    images = row.one_image("image")
    return Sample(
        id=sample_id,
        question=question,
        reference=Reference(answer=answer, kind="boolean", question=question),
        images=images,
        tags={
            "category": category,
            "part": part,
            "pair": f"{category}/{row.text('question_id')}",
            "picture": picture_key(images, row.text("question_id")),
        },
    )


def ask_official(sample: Sample) -> Prompt:
    """The picture and the question, which ends in the request for yes or no."""
    return pictures_first(sample, sample.question)


def ask_as_lmms_eval(sample: Sample) -> Prompt:
    """lmms-eval takes that request away and asks for a word or phrase."""
    text = f"{sample.question.replace(ENDING, '')}\nAnswer the question using a single word or phrase."
    return pictures_first(sample, text)


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """Perception, cognition, their sum, and every subtask.

    A pair counts where both its questions have a scored response of the same index; a part has a value where each of
    its subtasks has such a pair.
    """
    pairs: dict[tuple[str, str, int], list[float]] = {}
    for item in items:
        tags = samples[item.sample_id].tags
        if item.score is not None:
            pairs.setdefault((str(tags["category"]), str(tags["pair"]), item.index), []).append(item.score)
    whole: dict[str, list[list[float]]] = {}
    for (category, _, _), scores in pairs.items():
        if len(scores) == 2:
            whole.setdefault(category, []).append(scores)
    subtasks = {name: _subtask(name, whole.get(name, [])) for names in SUBTASKS.values() for name in names}
    parts = tuple(_sum(part, [subtasks[name] for name in names]) for part, names in SUBTASKS.items())
    return (*parts, _sum("perception + cognition", parts), *subtasks.values())


def _subtask(name: str, pairs: Sequence[Sequence[float]]) -> Metric:
    if not pairs:
        return Metric(name=name, value=None, highest=200, samples=0, note="no picture with both answers scored")
    accuracy = 100 * sum(sum(pair) for pair in pairs) / (2 * len(pairs))
    both = 100 * sum(min(pair) >= 1 for pair in pairs) / len(pairs)
    note = f"acc {accuracy:.2f} + acc+ {both:.2f}"
    return Metric(name=name, value=accuracy + both, highest=200, samples=2 * len(pairs), note=note)


def _sum(name: str, parts: Sequence[Metric]) -> Metric:
    values = [part.value for part in parts if part.value is not None]
    lacking = len(parts) - len(values)
    return Metric(
        name=name,
        value=None if lacking else sum(values),
        highest=sum(part.highest for part in parts),
        samples=sum(part.samples for part in parts),
        note=f"{lacking} of {len(parts)} parts have no pair of scored answers" if lacking else "",
    )


MME = Benchmark(
    name="mme",
    title="MME",
    homepage="https://github.com/BradyFU/Awesome-Multimodal-Large-Language-Models",
    licence="none read; the authors give the pictures for research",
    citation="Fu et al., MME: A Comprehensive Evaluation Benchmark for Multimodal Large Language Models, "
    "arXiv:2306.13394",
    splits=("test",),
    default_split="test",
    load=load,
    prompts={"official": ask_official, "lmms-eval": ask_as_lmms_eval},
    default_prompt="official",
    profiles={
        "rules": RULES,
        "official": official("mme_official", "yes or no in the first four characters of the response"),
    },
    default_profile="official",
    breakdowns=("part", "category"),
    cluster_key="picture",
    headline=headline,
    quirks=(
        NO_OUTPUTS,
        "the official rule reads four characters: score a thinking model with --profile rules",
        "celebrity questions make some models refuse",
        "VLMEvalKit pairs by picture path, so that a cut or repeated picture changes its acc+",
    ),
)
