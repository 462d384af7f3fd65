"""Video-MMLU beyond what every benchmark owes: frames of real files, notes, what a rule cannot tell, and its mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from benchmarks.video_mmlu import DESCRIBE, VIDEO_MMLU, headline
from benchmarks.video_mmlu_answers import is_value
from reward_service.types import Reference
from rfteval import runner
from rfteval.benchmark import LoadRequest
from rfteval.errors import ImageError, InputFileError, SourceError
from rfteval.metrics import Item
from rfteval.models.asked import failed, pictures_of
from rfteval.plan import Plan
from rfteval.types import Prompt, Response, Sample, Sampling
from tests.benchmarks.case import load, score, shown, write
from tests.benchmarks.cases.video_mmlu import CASES, pair, row
from tests.moving_pictures import number_of, write_video

CASE = CASES[0]
VALUE = Reference(answer="1")
SENTENCE = pair("What does it show?", "That odd numbers accumulate to perfect squares.")


def loaded(folder: Path, *rows: Mapping[str, object], split: str = "quiz") -> list[Sample]:
    write(folder, CASE, list(rows))
    return list(VIDEO_MMLU.load(LoadRequest(split=split, data=str(folder))))


def test_a_video_has_many_questions_and_its_frames_come_before_each(tmp_path: Path) -> None:
    (tmp_path / "youtube_videos").mkdir()
    write_video(tmp_path / "youtube_videos" / "a.mkv", 30)
    samples = loaded(tmp_path, row("a", "Math", pair("One?", "1"), pair("Two?", "2"), notes=1))
    assert [(sample.id, sample.tags["video"]) for sample in samples] == [("a-1", "a"), ("a-2", "a")]
    prompt = VIDEO_MMLU.prompts["official-8"](samples[1])
    assert shown(prompt) == "[[?]]" * 8 + "Two?\nAnswer briefly and directly in one sentence."
    assert [number_of(picture) for picture in pictures_of(prompt, None)] == [3, 6, 10, 13, 16, 20, 23, 26]
    assert len(load(tmp_path, CASE, limit=1)) == 1


def test_notes_are_asked_once_a_video_and_only_a_judge_can_score_them(tmp_path: Path) -> None:
    rows = [row("a", "Math", SENTENCE), row("b", "Physics", SENTENCE, notes=0)]
    (sample,) = loaded(tmp_path, *rows, split="notes")  # of b nothing is asked
    assert shown(VIDEO_MMLU.prompts["official"](sample)) == "[[?]]" * 16 + DESCRIBE
    assert sample.reference.answer == "1. What is shown 1?\n   Ball 1\n2. What is shown 2?\n   Ball 2"
    for profile in ("judge", "rules-and-judge"):
        (component,) = VIDEO_MMLU.profiles[profile].components(sample)
        assert component.verifier == "llm_judge" and "threshold" not in component.parameters  # a share counts
    verdict = score(CASE, sample, "Ball 1, Ball 2.", "rules")
    assert not verdict.status.scored and "no rule can tell" in verdict.reason


def test_a_sentence_is_never_wrong_by_a_rule(tmp_path: Path) -> None:
    sentence, value = loaded(tmp_path, row("a", "Math", SENTENCE, pair("How many?", "12")))
    assert not score(CASE, sentence, "Odd numbers add up to squares.", "rules").status.scored
    assert score(CASE, value, "The number is 12.", "rules").correct
    assert score(CASE, value, "The number is 13.", "rules").score == 0


@pytest.mark.parametrize(
    "answer",
    [
        *("12", "3.5 m/s", "$x^2 + 1$", "\\frac{\\pi}{2}", "y = sin(x)", "2:1", "-3"),
        *("F = ma", "AB = CD", "OF = IN", "y = mx + b"),
    ],
)
def test_values_are_compared_by_rule(answer: str) -> None:
    assert is_value(answer)


@pytest.mark.parametrize(
    "answer",
    [
        *("Blue", "A circle", "12 apples", "x", "The limit is 2.", "", "To eliminate HBr."),
        *("It is 5", "No, x=2", "x is 2", "2 or 3"),
    ],
)
def test_words_are_left_to_a_judge(answer: str) -> None:
    assert not is_value(answer)


def test_disciplines_are_read_from_their_own_file(tmp_path: Path) -> None:
    """As the hub keeps them; there one video goes by its title in one file."""
    rows = [
        {key: value for key, value in row(name, "", pair("?", "1")).items() if key != "discipline"}
        for name in ("a", "Maclaurin_Series_Visualization")
    ]
    labels = [{"video_id": "a", "label": "Physics"}, {"video_id": "PE_0n9Ph_PQ", "label": "Math"}] * 2
    (tmp_path / "video_sources.jsonl").write_text("".join(json.dumps(label) + "\n" for label in labels))
    assert [sample.tags["discipline"] for sample in loaded(tmp_path, *rows)] == ["Physics", "Math"]
    (tmp_path / "video_sources.jsonl").unlink()
    with pytest.raises(SourceError, match=r"video_sources\.jsonl"):
        load(tmp_path, CASE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"discipline": "Poetry"}, r"discipline of 'a' must be one of Math, Physics, Chemistry, found 'Poetry'"),
        ({"reasoning_qa": "none"}, "'reasoning_qa' must be a list of questions"),
        ({"reasoning_qa": ["none"]}, "reasoning_qa 1: 'question' must be a text"),
        ({"video_id": "../../etc/passwd"}, "leads out of the snapshot"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, wrong: Mapping[str, object], message: str) -> None:
    with pytest.raises(InputFileError, match=message):
        loaded(tmp_path, {**row("a", "Math", SENTENCE), **wrong})


def test_without_a_folder_it_is_said_how_to_get_one() -> None:
    with pytest.raises(SourceError, match="unpack its videos into youtube_videos"):
        VIDEO_MMLU.load(LoadRequest(split="quiz"))


class Looker:
    """A model that looks at its pictures as a backend does, and says which frame it saw last."""

    identity: Mapping[str, object] = {"model": "looker"}

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        for prompt in prompts:
            try:
                last = number_of(pictures_of(prompt, None)[-1])
            except ImageError as error:
                yield failed(prompt.sample_id, 0, str(error))
            else:
                yield Response(sample_id=prompt.sample_id, text=f"It is frame {last}.", finish_reason="stop")


def test_a_run_counts_a_missing_and_a_damaged_video_and_goes_on(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "run"
    (data / "youtube_videos").mkdir(parents=True)
    whole = write_video(data / "youtube_videos" / "whole.mp4", 30)
    (data / "youtube_videos" / "cut.mp4").write_bytes(whole.read_bytes()[:900])
    question = pair("Which frame is the last?", "28")  # of 30, the sixteenth of seventeen steps
    loaded(data, row("whole", "Math", question, SENTENCE), *(row(name, "Math", question) for name in ("cut", "absent")))
    report = runner.run(Plan(benchmark="video-mmlu", data=str(data), out=out), Looker())
    assert dict(report.statuses) == {"CORRECT": 1, "ERROR": 1, "MODEL_ERROR": 2} and report.anatomy.items == 4
    records = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()[1:]]
    errors = {each["sample_id"]: each["response"]["error"] for each in records}
    assert errors["whole-1"] is None
    assert "'cut.mp4'" in errors["cut-1"] and "'absent.mp4' cannot be read: No such file" in errors["absent-1"]


def test_the_mean_of_disciplines_weighs_them_alike() -> None:
    """Three of four right in Math, none of one in Physics, one of one in Chemistry: 75, 0 and 100."""
    scores = {"Math": (1, 1, 1, 0), "Physics": (0,), "Chemistry": (1,)}
    samples, items = {}, []
    for discipline, each in scores.items():
        for number, value in enumerate(each):
            key = f"{discipline}{number}"
            samples[key] = Sample(
                id=key, question="?", reference=VALUE, tags={"discipline": discipline, "video": key, "answer": "value"}
            )
            status = "CORRECT" if value else "INCORRECT"
            items.append(Item(sample_id=key, index=0, status=status, score=float(value), reason=""))
    metrics = {metric.name: metric for metric in headline(items, samples)}
    assert metrics["mean of disciplines"].value == pytest.approx(175 / 3) and metrics["Math"].value == 75
    items[-1] = Item(sample_id="Chemistry0", index=0, status="ERROR", score=None, reason="no judge")
    metrics = {metric.name: metric for metric in headline(items, samples)}
    assert metrics["mean of disciplines"].value is None and metrics["Chemistry"].value is None
    assert metrics["Chemistry"].note == "1 of 1 responses have no score"
