"""Video-MMLU: lectures of mathematics, physics and chemistry, seen as frames; a quiz about each, or notes of it.

Source: Espere-1119-Song/Video-MMLU, README.md and EVAL.md (the judge), post_eval/eval_reason_qa.py and
calculate_scores.py (what is judged, and the mean over disciplines), add_source.py (where disciplines are kept);
open-compass/VLMEvalKit, vlmeval/dataset/video_mmlu.py, by the same authors (prompts, 16 or 64 frames). The videos come
as archives, so they are unpacked by hand: `--data` names the folder that has video_mmlu.jsonl, video_sources.jsonl and
youtube_videos/.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.profiles import LEFT_TO_A_JUDGE, judged
from benchmarks.quirks import NO_OUTPUTS
from benchmarks.video_mmlu_answers import is_value, unquoted
from reward_service.types import Component, Reference
from rfteval.benchmark import Benchmark, LoadRequest, Metric, Profile
from rfteval.errors import InputFileError, SourceError
from rfteval.metrics import Item, tally
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

REPOSITORY = "Enxin/Video-MMLU"
REVISION = "f626a2e2fa6411ecc06be176c31501f1fc700d15"  # as a public audit of its files pins it; the hub was not asked
HUB = HubSource(
    repository=REPOSITORY,
    revision=REVISION,
    columns=("video_id", "caption", "captions_qa", "reasoning_qa"),
    files=("video_mmlu.jsonl",),
)
DISCIPLINES = HubSource(
    repository=REPOSITORY, revision=REVISION, columns=("video_id", "label"), files=("video_sources.jsonl",)
)
# One video has a title for its identifier in one of the two files (the same audit).
ALIASES = {"Maclaurin_Series_Visualization": "PE_0n9Ph_PQ", "PE_0n9Ph_PQ": "Maclaurin_Series_Visualization"}
WAYS_OUT = f"download {REPOSITORY}, unpack its videos into youtube_videos/, and name the folder with --data DIR"
FOLDER = "youtube_videos"
ENDINGS = (".mp4", ".MP4", ".mkv")  # as the authors' task for lmms-eval looks for them
FRAMES = 16
SUBJECTS = ("Math", "Physics", "Chemistry")

BRIEFLY = "Answer briefly and directly in one sentence."
# The first of 24 requests, of which the authors draw one without a seed.
DESCRIBE = (
    "The images are given containing equally spaced video frames. Please imagine the video based on the sequence of "
    "frames, and provide a faithfully detailed description of this video in more than three sentences."
)
QUIZ_CRITERION = (
    "Score 1 where the response says everything that the reference answer says, in whatever words, and nothing beside "
    "the point; else 0. A named concept, formula, number or object that is missing or another one makes it 0."
)
NOTES_CRITERION = (
    "The response describes a lecture video that you cannot see. The reference lists questions with their answers. "
    "Answer each question from the response alone. The score is the share of the questions that it answers rightly; "
    "text shown in the video must be given letter by letter, anything else in whatever words."
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The quiz questions, or one sample a video for its notes. Raises SourceError and InputFileError.

    A video that is missing or damaged is no error here: each of its questions becomes a failed response that says so.
    """
    if request.data is None:
        raise SourceError(f"the videos of {REPOSITORY} come as archives and are not downloaded: {WAYS_OUT}")
    whole = dataclasses.replace(request, limit=None)
    rows = list(unique(read_split(HUB, whole, WAYS_OUT), "video_id"))
    labels = {}
    if any("discipline" not in row.values for row in rows):
        labels = {row.text("video_id"): row.text("label") for row in read_split(DISCIPLINES, whole, WAYS_OUT)}
    make = _quiz if request.split == "quiz" else _notes
    samples = (sample for row in rows for sample in make(row, _discipline(row, labels)))
    return list(islice(samples, request.limit))


def _discipline(row: Row, labels: Mapping[str, str]) -> str:
    name = row.text("video_id")
    found = row.optional_text("discipline") or labels.get(name) or labels.get(ALIASES.get(name, ""))
    if found not in SUBJECTS:
        raise InputFileError(
            f"{row.place}: the discipline of {name!r} must be one of {', '.join(SUBJECTS)}, found {found!r}"
        )
    return found


def _pairs(row: Row, column: str) -> Iterator[tuple[str, str]]:
    """(question, answer) of each in `column`."""
    listed = row.values.get(column)
    if not isinstance(listed, list):
        raise InputFileError(f"{row.place}: {column!r} must be a list of questions with answers")
    for number, values in enumerate(listed, start=1):
        inner = Row(place=f"{row.place}, {column} {number}", values=values if isinstance(values, dict) else {})
        yield unquoted(inner.text("question")), unquoted(inner.text("answer"))


def _quiz(row: Row, discipline: str) -> Iterator[Sample]:
    video = row.text("video_id")
    for number, (question, answer) in enumerate(_pairs(row, "reasoning_qa"), start=1):
        yield Sample(
            id=f"{video}-{number}",
            question=question,
            reference=Reference(answer=answer, question=question),
            tags={"discipline": discipline, "video": video, "answer": "value" if is_value(answer) else "sentence"},
            fields={"part": "quiz", "video": _path(row)},
        )


def _notes(row: Row, discipline: str) -> Iterator[Sample]:
    video = row.text("video_id")
    lines = [
        f"{number}. {question}\n   {answer}" for number, (question, answer) in enumerate(_pairs(row, "captions_qa"), 1)
    ]
    if lines:  # a few videos have no question about their notes, so that nothing could be said of them
        yield Sample(
            id=video,
            question=DESCRIBE,
            reference=Reference(answer="\n".join(lines), kind="text", question=DESCRIBE),
            tags={"discipline": discipline, "video": video, "answer": "notes"},
            fields={"part": "notes", "video": _path(row)},
        )


def _path(row: Row) -> str:
    """The video's path, whether it is there or not. Raises InputFileError where it leads out of the snapshot."""
    names = [f"{FOLDER}/{row.text('video_id')}{ending}" for ending in ENDINGS]
    found = [dataclasses.replace(row, values={"video_id": name}).image("video_id") for name in names]
    paths = [str(image.path) for image in found if image is not None]
    return next((path for path in paths if Path(path).is_file()), paths[0])


def _asker(frames: int, request: str) -> Callable[[Sample], Prompt]:
    """Frames in order, then the question with `request` behind it, or the request for a description."""

    def ask(sample: Sample) -> Prompt:
        shown = (
            ImagePart(image=Image(path=str(sample.fields["video"]), frame=(number, frames))) for number in range(frames)
        )
        text = DESCRIBE if sample.fields["part"] == "notes" else f"{sample.question}\n{request}"
        return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=(*shown, TextPart(text=text))),))

    return ask


RULE = (Component(verifier="auto"),)
QUIZ = judged(QUIZ_CRITERION)
NOTES = Component(verifier="llm_judge", parameters={"rubric": NOTES_CRITERION})


def _judged(sample: Sample) -> tuple[Component, ...]:
    return (NOTES,) if sample.fields["part"] == "notes" else QUIZ.components(sample)


def _rules(sample: Sample) -> tuple[Component, ...]:
    return RULE if sample.tags["answer"] == "value" else LEFT_TO_A_JUDGE


def _rules_and_judge(sample: Sample) -> tuple[Component, ...]:
    return RULE if sample.tags["answer"] == "value" else _judged(sample)


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """Accuracy in each discipline and the mean of the three, as the authors publish them, which is no micro average."""
    metrics = []
    for subject in SUBJECTS:
        found = tally(item for item in items if samples[item.sample_id].tags["discipline"] == subject)
        value = None if found.accuracy is None else 100 * found.accuracy
        lacking = found.items - found.scored
        note = f"{lacking} of {found.items} responses have no score" if lacking else ""
        metrics.append(Metric(name=subject, value=value, highest=100, samples=found.samples, note=note))
    values = [metric.value for metric in metrics if metric.value is not None]
    mean = sum(values) / len(SUBJECTS) if len(values) == len(SUBJECTS) else None
    partly = [metric.name for metric in metrics if metric.note or metric.value is None]
    note = f"not of all responses: {', '.join(partly)}" if partly else ""
    count = sum(metric.samples for metric in metrics)
    return (Metric(name="mean of disciplines", value=mean, highest=100, samples=count, note=note), *metrics)


VIDEO_MMLU = Benchmark(
    name="video-mmlu",
    title="Video-MMLU",
    homepage="https://www.enxinsong.com/Video-MMLU-web/",
    licence="Apache-2.0 (the data set's card); videos from YouTube, with their makers' rights",
    citation="Song et al., Video-MMLU: A Massive Multi-Discipline Lecture Understanding Benchmark, arXiv:2504.14693",
    splits=("quiz", "notes"),
    default_split="quiz",
    load=load,
    prompts={
        "official": _asker(FRAMES, BRIEFLY),
        **{f"official-{frames}": _asker(frames, BRIEFLY) for frames in (1, 8, 32, 64)},
        "lmms-eval": _asker(FRAMES, f"\n {BRIEFLY}"),
    },
    default_prompt="official",
    profiles={
        "rules": Profile(
            name="rules",
            summary="numbers and formulas by our rules; sentences and notes have no score",
            components=_rules,
        ),
        "rules-and-judge": Profile(
            name="rules-and-judge",
            summary="numbers and formulas by our rules, sentences and notes by the server's judge",
            components=_rules_and_judge,
        ),
        "judge": dataclasses.replace(QUIZ, components=_judged),
    },
    default_profile="rules",
    breakdowns=("discipline", "answer"),
    cluster_key="video",
    headline=headline,
    quirks=(
        NO_OUTPUTS,
        "the published score is Qwen2.5-72B-Instruct's judgement by the authors' criterion; ours has other words",
        "the authors have one call answer questions from the notes and another judge each: `judge` asks once",
        "models on the leaderboard saw different numbers of frames: compare with the same prompt only",
        "the authors let a model write 64 tokens in the quiz; the published mean of 0 to 5 is not made",
    ),
)
