"""MDK12-Bench: school questions of six disciplines from primary to high school, in five kinds, some with pictures.

Source: LanceZPF/MDK12, MDK12EvalHub/vlmeval/dataset/__init__.py, image_base.py and text_mcq.py (columns and prompts),
quick-inference-qwenvl.py (the columns of a row), count_all_acc_per_disc.py (file names and averages). The published
score lets GPT-4o grade what is no single letter; `judge` is the closest. No data set on the hub could be confirmed, so
that the tables are read from a folder alone.
"""

from __future__ import annotations

import ast
import base64
import binascii
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.options import choice_reference
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES
from benchmarks.quirks import NO_OUTPUTS
from reward_service.types import Choice, Component, Reference
from rfteval.benchmark import Benchmark, LoadRequest, Metric, Profile
from rfteval.errors import SourceError
from rfteval.metrics import Item
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Image, Prompt, Sample

TABLES = HubSource(
    repository="LanceZPF/MDK12",
    revision="",
    columns=("index", "question", "year", "difficulty_level", "answer"),
)
STAGES = {"GS": "primary school", "MS": "middle school", "HS": "high school"}
DISCIPLINES = {
    "MA": "mathematics",
    "PH": "physics",
    "CH": "chemistry",
    "BI": "biology",
    "GE": "geography",
    "IT": "information science",
}
KINDS = ("fill_in_the_blank", "calculation", "multiple_answer_choice", "single_answer_choice", "true_false")
MODALITIES = ("multi_modal", "single_modal")
NAME = re.compile(rf"({'|'.join(STAGES)})({'|'.join(DISCIPLINES)})_({'|'.join(KINDS)})_({'|'.join(MODALITIES)})")
SELECT = "Please select the correct answer from the options above."
OTHER_ROW = 64  # a shorter text in the column of pictures is the index of the row that has the picture
CRITERION = (
    "Score how right the final answer of the response is, from 0.0 (totally wrong) to 1.0 (totally right), by the "
    "reference. Of several parts or blanks the share that is right counts."
)
WAYS_OUT = (
    "the authors give the tables as zip files in their repository: unpack one and name its folder with --data DIR"
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The questions of every table of the folder whose name says what it holds, of one modality or both.

    Raises SourceError (no folder given, nothing there, columns missing) and InputFileError (a malformed table).
    """
    if request.data is None:
        raise SourceError(f"MDK12-Bench is not read from the hub: {WAYS_OUT}")
    folder = Path(request.data)
    files = [folder] if folder.is_file() else sorted(folder.glob("*.tsv"))
    named = [(file, found) for file in files if (found := NAME.search(file.name))]
    chosen = [(file, found) for file, found in named if request.split in ("all", found.group(4))]
    if not chosen:
        holds = ", ".join(file.name for file in files[:5]) or "no .tsv file"
        raise SourceError(
            f"{folder} has no table of {request.split!r}: wanted names such as HSMA_true_false_multi_modal.tsv, it "
            f"holds {holds}; {WAYS_OUT}"
        )
    samples = (sample for file, found in chosen for sample in _samples_of(file, found, request))
    return list(islice(samples, request.limit))


def _samples_of(file: Path, name: re.Match[str], request: LoadRequest) -> Iterator[Sample]:
    one = LoadRequest(split=request.split, data=str(file))
    rows = list(unique(read_split(TABLES, one, WAYS_OUT), "index"))
    pictures = {row.text("index"): row.optional_text("image") for row in rows}
    for row in rows:
        stored = pictures[row.text("index")]
        yield sample_of(row, name, pictures.get(stored, stored) if len(stored) <= OTHER_ROW else stored)


def sample_of(row: Row, name: re.Match[str], picture: str) -> Sample:
    """The sample of one row of the table of that name. Raises InputFileError naming the row and the column."""
    stage, discipline, kind, modality = name.groups()
    question, answer = row.text("question"), row.text("answer").strip()
    sample_id = f"{name.group()}-{row.text('index')}"
    choices = tuple(
        Choice(label=letter, text=row.text(letter)) for letter in string.ascii_uppercase if row.values.get(letter)
    )
    if kind.endswith("_choice"):
        reference = (
            Reference(answer=answer, kind="choice", choices=choices, question=question)
            if choices
            else choice_reference(question, answer)
        )
    else:
        reference = Reference(answer=answer, kind="boolean" if kind == "true_false" else "auto", question=question)
    images = _decoded(row, picture)
    return Sample(
        id=sample_id,
        question=question,
        reference=reference,
        images=images,
        tags={
            **{"discipline": DISCIPLINES[discipline], "stage": STAGES[stage], "kind": kind, "modality": modality},
            **{"subject": f"{stage}{discipline}", "table": name.group(), "year": row.text("year")},
            **{"difficulty": row.text("difficulty_level"), "picture": picture_key(images, sample_id)},
        },
        fields={"has_options": bool(choices)},
    )


def _decoded(row: Row, stored: str) -> tuple[Image, ...]:
    """Pictures in base 64, one or a list as Python writes it. What is no base 64 stays as it is, for a model to refuse.

    A short text is a name that no row answers to: there is no picture.
    """
    if len(stored) <= OTHER_ROW and not stored.startswith("["):
        return ()
    try:
        found = ast.literal_eval(stored) if stored.startswith("[") else [stored]
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = [stored]
    return tuple(row.picture(_bytes(str(part))) for part in found)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()


def ask_official(sample: Sample) -> Prompt:
    """The pictures, the question, and where the table has options those and a request; nothing else is asked for."""
    if not sample.fields["has_options"]:
        return pictures_first(sample, sample.question)
    options = "".join(f"{choice.label}. {choice.text}\n" for choice in sample.reference.choices)
    return pictures_first(sample, f"Question: {sample.question}\nOptions:\n{options}{SELECT} \n")


def _judged(sample: Sample) -> tuple[Component, ...]:
    if sample.tags["kind"] in ("single_answer_choice", "true_false"):
        return (Component(verifier="auto"),)
    return (Component(verifier="llm_judge", parameters={"rubric": CRITERION}),)


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """The published averages: of the tables' accuracies, and by discipline of its stages' averages of tables.

    Every table counts alike, however many questions it has.
    """
    tables: dict[tuple[str, str, str], list[float]] = {}
    for item in items:
        tags = samples[item.sample_id].tags
        if item.score is not None:
            key = (str(tags["discipline"]), str(tags["subject"]), str(tags["table"]))
            tables.setdefault(key, []).append(item.score)
    means = {key: sum(scores) / len(scores) for key, scores in tables.items()}
    whole = Metric(
        name="average of tables",
        value=100 * _mean(means.values()) if means else None,
        highest=100,
        samples=sum(map(len, tables.values())),
        note=f"of {len(tables)} tables, each counted alike",
    )
    parts = []
    for discipline in DISCIPLINES.values():
        subjects = sorted({key[1] for key in means if key[0] == discipline})
        averages = [_mean(value for key, value in means.items() if key[1] == subject) for subject in subjects]
        size = sum(len(scores) for key, scores in tables.items() if key[0] == discipline)
        if averages:
            parts.append(Metric(name=discipline, value=100 * _mean(averages), highest=100, samples=size))
    return (whole, *parts)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


MDK12 = Benchmark(
    name="mdk12",
    title="MDK12-Bench",
    homepage="https://github.com/LanceZPF/MDK12",
    licence="none at the top of the repository; questions from school examinations",
    citation="Zhou et al., MDK12-Bench: A Multi-Discipline Benchmark for Evaluating Reasoning in Multimodal Large "
    "Language Models, arXiv:2504.05782",
    splits=("all", *MODALITIES),
    default_split="all",
    load=load,
    prompts={"official": ask_official},
    default_prompt="official",
    profiles={
        "rules": RULES,
        "judge": Profile(
            name="judge",
            summary="letters, yes and no by our rules, all else graded by the model at the server's endpoint",
            components=_judged,
        ),
    },
    default_profile="rules",
    breakdowns=("discipline", "stage", "kind", "modality", "difficulty", "year"),
    cluster_key="picture",
    headline=headline,
    quirks=(
        NO_OUTPUTS,
        "no revision is pinned, since no data set on the hub could be confirmed: note which zip file was unpacked",
        "the published score grades blanks and calculations by GPT-4o, in tenths; our rules compare them whole",
        "the published script leaves out of true_false what it reads neither yes nor no from, and weighs tables alike",
        "the columns are those that the authors' scripts read; no table was at hand",
    ),
)
