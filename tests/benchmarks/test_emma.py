"""EMMA and EMMA-mini: the published fast rule on the released runs row by row, prompts, loading, validity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import BENCHMARKS
from benchmarks.emma import EMMA, EMMA_MINI, SUBJECTS, query_of
from reward_service.limits import Budget
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.official.number_words import value_in_words
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.types import ImagePart, Response, Sample, TextPart

# Run → (rows, correct by the authors' verdicts, rows that the published script of today finds right and they did not).
# Those rows are numbers in words ("Ten" for 10), which the script has read only since after these runs were scored.
QWEN_72B = "Qwen2.5-VL-72B-Instruct_Coding_Chemistry_Physics_Math"
THINKING = "gemini-2.0-flash-thinking-exp-1219"
RUNS = {
    "InternVL2_5_CoT": (400, 110, ()),
    "InternVL2_5_Direct": (400, 141, ()),
    "InternVL2_Direct": (400, 102, ()),
    "InternVL3-78B_Math_Coding_Direct": (200, 68, ()),
    "InternVL3-78B_Physics_Chemistry_CoT": (200, 88, ()),
    "InternVL3-78B_Physics_Chemistry_Direct": (200, 86, ()),
    "Llava_Direct": (400, 109, ()),
    f"{QWEN_72B}_CoT": (400, 157, ()),
    f"{QWEN_72B}_Direct": (400, 162, ()),
    "Qwen_Direct": (400, 149, ()),
    "claude_Direct": (400, 136, ()),
    f"{THINKING}_Chemistry_CoT": (100, 41, ("chem_520", "chem_324")),
    f"{THINKING}_Coding_CoT": (100, 41, ()),
    f"{THINKING}_Math_CoT": (100, 28, ("Math_589", "Math_698", "Math_690")),
    f"{THINKING}_Physics_CoT": (100, 57, ()),
    "gemini_CoT": (400, 145, ("Math_698", "Math_728", "Math_772", "chem_324")),
    "gpt_CoT": (400, 144, ()),
    "gpt_Direct": (400, 141, ()),
}
# Judged by GPT and not by the rule: 101 of 400 by the judge, 86 by the rule.
JUDGED = ("Llava_CoT", 101, 86)


def row(pid: str, subject: str, answer: str, options: list[str], **others: object) -> dict[str, Any]:
    return {
        "pid": pid,
        "question": f"<image_1> What is {pid}?",
        "options": options,
        "answer": answer,
        "solution": None,
        "subject": subject,
        "task": "task",
        "category": "Legend; 3D" if subject == "Coding" else "Path Tracing",
        "source": "synthetic",
        "type": "Multiple Choice" if options else "Open-ended",
        "context": "",
        **others,
    }


# Rows in the columns of luckychao/EMMA-mini, written for this test.
ROWS = [
    row("Math_1", "Math", "5", []),
    row("Math_2", "Math", "B", ["$\\frac{1}{2}$", "$50(5-\\sqrt{5})$", "3"]),
    row("phy_1", "Physics", "C", ["<image_2>", "<image_3>", "<image_2>"], context="A ray <image_4> enters."),
    row("chem_1", "Chemistry", "12", []),
    row("coding_1", "Coding", "A", ["A", "B", "C", "D"]),
]


def loaded(folder: Path, rows: list[dict[str, Any]]) -> list[Sample]:
    (folder / "test.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    return list(EMMA_MINI.load(LoadRequest(split="test", data=str(folder))))


def score(sample: Sample, text: str, profile: str) -> Verdict:
    (component,) = EMMA_MINI.profiles[profile].components(sample)
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, text, sample.reference, parameters, Budget())


def released(run: str, shared_data: Path, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Sample]]:
    """The rows of a run, and the samples that they hold themselves (the questions are released beside the answers)."""
    lines = (shared_data / "emma_mini" / "outputs" / f"{run}.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return rows, {sample.id: sample for sample in loaded(folder, rows)}


def test_they_are_listed() -> None:
    assert EMMA in BENCHMARKS and EMMA_MINI in BENCHMARKS


@pytest.mark.data
@pytest.mark.parametrize("run", RUNS)
def test_every_row_of_the_released_runs(run: str, shared_data: Path, tmp_path: Path) -> None:
    rows, samples = released(run, shared_data, tmp_path)
    size, correct, in_words = RUNS[run]
    assert (len(rows), sum(each["official_correct"] for each in rows)) == (size, correct)
    later = []
    for each in rows:
        text, sample = each["response"] or "", samples[each["pid"]]
        then, now = score(sample, text, "official-2024"), score(sample, text, "official")
        assert then.status.scored and then.correct == each["official_correct"], (each["pid"], then)
        if now.correct != then.correct:
            assert now.rule == "emma.words"
            later.append(each["pid"])
    assert sorted(later) == sorted(in_words)


@pytest.mark.data
def test_the_run_that_gpt_judged_is_another_matter(shared_data: Path, tmp_path: Path) -> None:
    run, by_judge, by_rule = JUDGED
    rows, samples = released(run, shared_data, tmp_path)
    verdicts = [score(samples[each["pid"]], each["response"] or "", "official") for each in rows]
    assert (sum(each["official_correct"] for each in rows), sum(verdict.correct for verdict in verdicts)) == (
        by_judge,
        by_rule,
    )


@pytest.mark.data
def test_real_references_said_as_models_say_them(shared_data: Path, tmp_path: Path) -> None:
    _, by_id = released("gpt_Direct", shared_data, tmp_path)
    samples = list(by_id.values())
    subjects = [sample.tags["subject"] for sample in samples]
    assert [subjects.count(subject) for subject in SUBJECTS] == [100] * 4
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        for profile in ("rules", "official"):
            said = f"So we get\n\\boxed{{{sample.reference.answer}}}"
            assert score(sample, said, profile).correct, (sample.id, profile)
            if other.reference.answer != sample.reference.answer:
                said = f"So we get\n\\boxed{{{other.reference.answer}}}"
                assert not score(sample, said, profile).correct, (sample.id, profile)


@pytest.mark.parametrize("profile", EMMA_MINI.profiles)
def test_the_reference_is_right_and_anothers_is_not(profile: str, tmp_path: Path) -> None:
    samples = loaded(tmp_path, ROWS)
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        for said in (f"\\boxed{{{sample.reference.answer}}}", f"The answer is {sample.reference.answer}."):
            assert score(sample, said, profile).correct, (sample.id, said)
        said = f"\\boxed{{{other.reference.answer}}}"
        assert score(sample, said, profile).status is Status.INCORRECT, (sample.id, said)


CHOICE = 'Answer with the option\'s letter from the given choices and put the letter in one "\\boxed{}". '
OPEN = 'Answer the question using a single word or phrase and put the answer in one "\\boxed{}". '
STEPS = "Please solve the problem step by step."


def test_queries_to_the_letter(tmp_path: Path) -> None:
    """The authors' template is YAML, which folds: the blank lines of the file are single line breaks in the query."""
    free, text, *_ = loaded(tmp_path, ROWS)
    assert query_of(free, "step-by-step") == f"\n<image_1> What is Math_1?\n{OPEN}{STEPS}"
    assert query_of(text, "direct") == (
        "\n<image_1> What is Math_2?\nA: $\\frac{1}{2}$\nB: $50(5-\\sqrt{5})$\nC: 3\n\n"
        + CHOICE
        + "Please ensure that "
        "your output only contains the final answer without any additional content (such as intermediate reasoning "
        "steps)."
    )


def write_table(folder: Path, rows: list[dict[str, Any]]) -> None:
    picture = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    for subject in SUBJECTS:
        chosen = [each for each in rows if each["subject"] == subject]
        table = pyarrow.table({name: [each[name] for each in chosen] for name in rows[0]})
        for number in range(1, 6):
            cells = [
                {"bytes": f"{each['pid']} {number}".encode(), "path": None} if number < 5 else None for each in chosen
            ]
            table = table.append_column(f"image_{number}", pyarrow.array(cells, picture))
        (folder / subject).mkdir()
        pyarrow.parquet.write_table(table, folder / subject / "test-00000-of-00001.parquet")


def test_pictures_stand_where_their_tokens_stood_and_may_recur(tmp_path: Path) -> None:
    """As models/gpt.py: text and pictures in the order of the tokens, in the context and the options too."""
    write_table(tmp_path, ROWS)
    samples = EMMA_MINI.load(LoadRequest(split="test", data=str(tmp_path)))
    assert [sample.id for sample in samples] == [each["pid"] for each in ROWS]
    (message,) = EMMA_MINI.prompts["direct"](samples[2]).messages
    shown = [part.text if isinstance(part, TextPart) else part.image.data for part in message.parts]
    assert shown[:2] == ["A ray ", b"phy_1 4"]
    assert shown[3:10] == [b"phy_1 1", " What is phy_1?\nA: ", b"phy_1 2", "\nB: ", b"phy_1 3", "\nC: ", b"phy_1 2"]
    assert samples[2].images[0].data == b"phy_1 1" and len(samples[2].images) == 4
    assert samples[4].tags["task"] == ("Coding_task",)
    assert samples[4].tags["category"] == ("Coding_Legend", "Coding_3D")
    assert len(EMMA_MINI.load(LoadRequest(split="test", data=str(tmp_path), limit=3))) == 3


def test_without_pictures_responses_can_still_be_scored(tmp_path: Path) -> None:
    sample = loaded(tmp_path, ROWS)[0]
    (message,) = EMMA_MINI.prompts["direct"](sample).messages
    assert (
        sample.images == ()
        and sample.tags["picture"] == sample.id
        and not any(isinstance(part, ImagePart) for part in message.parts)
    )
    assert score(sample, Response(sample_id=sample.id, text="5").text, "official").correct


def test_a_missing_subject_is_an_error(tmp_path: Path) -> None:
    write_table(tmp_path, ROWS)
    (tmp_path / "Coding" / "test-00000-of-00001.parquet").unlink()
    with pytest.raises(SourceError, match="no split 'test'"):
        EMMA_MINI.load(LoadRequest(split="test", data=str(tmp_path)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": "D"}, "a letter of its options, found 3 options and the answer 'D'"),
        ({"options": None}, "found 0 options"),
        ({"type": 1}, "'type' must be a text"),
    ],
)
def test_a_bad_row_is_named_with_its_line(change: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=said) as caught:
        loaded(tmp_path, [ROWS[0], ROWS[1] | change])
    assert "test.jsonl:2" in str(caught.value)


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("B", "B"),
        ("b", "B"),
        ("B: the second", "B"),
        ("B. the second", "B"),
        ("3.50", "3.50"),
        ("\\boxed{A} or rather \\boxed{\\text{B} }", "B"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("\\boxed{1} then \\boxed{2", "1"),
        ("The final answer is 2.5 cm", "2"),
        ("The correct answer is\n D.", "d"),
        ("the answer is (B)", "(b)"),
    ],
)
def test_answers_read_by_the_published_steps(response: str, answer: str) -> None:
    verifier = registry.get("emma_official")
    verdict = registry.run(verifier, response, Reference(answer="?"), verifier.parameters(), Budget())
    assert verdict.extracted == answer


# Values by word2number 1.1.
WORDS = {
    "three": 3,
    "Twenty-three": 23,
    "two million three thousand": 2_004_003,
    "one hundred and five": 105,
    "five hundred thousand": 500_000,
    "two point five": 2.5,
    "two point ten": 2,
    "point": 0,
    "million two": None,
    "one two three four five": 1,
    "no number": None,
    "two hundred twenty one thousand": 221_000,
}


@pytest.mark.parametrize(("text", "value"), WORDS.items())
def test_numbers_in_words_are_those_of_the_package(text: str, value: float | None) -> None:
    assert value_in_words(text) == value


@given(st.text(alphabet="AB.:\\boxed{}text answer is\n0123", max_size=60))
def test_any_text_ends_scored(text: str) -> None:
    verifier = registry.get("emma_official")
    assert registry.run(verifier, text, Reference(answer="3"), verifier.parameters(), Budget()).status.scored


@pytest.mark.parametrize("text", ["\\boxed{" * 100_000, "answer is " * 90_000, "one " * 200_000, "{" * 900_000])
def test_long_texts_end(text: str) -> None:
    verifier = registry.get("emma_official")
    assert registry.run(verifier, text, Reference(answer="3"), verifier.parameters(), Budget()).status.scored
