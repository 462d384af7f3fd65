"""MMMU-Pro: the published rule on the released GPT-4o runs, prompts and the order of pictures, loading, validity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from benchmarks import BENCHMARKS
from benchmarks.mmmu_pro import MMMU_PRO_STANDARD4, MMMU_PRO_STANDARD10, MMMU_PRO_VISION
from reward_service.limits import Budget
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.errors import InputFileError
from rfteval.types import Sample, TextPart

# Run → (benchmark, correct by the authors' verdicts, random draws, of which theirs were right, expected correct).
RUNS = {
    "gpt-4o_standard10_cot": (MMMU_PRO_STANDARD10, 952, 0, 0, 952.0),
    "gpt-4o_vision_direct": (MMMU_PRO_VISION, 734, 47, 9, 732.368),
}
# Its options are a list inside a list, so the authors' script knows one option, A, and no response can be right (B is).
# It is read as three options here, and "Answer: B" is right.
NESTED = "validation_Accounting_29"


def row(sample_id: str, answer: str, choices: list[str], question: str, subject: str) -> dict[str, Any]:
    return {
        "id": sample_id,
        "question": question,
        "options": repr(choices),
        "explanation": "?",
        "img_type": "['Plots']",
        "answer": answer,
        "topic_difficulty": "Easy",
        "subject": subject,
    }


# Rows in the columns of MMMU/MMMU_Pro, written for this test.
LETTERS = "ABCDEFGHIJ"
ROWS = [
    row("test_History_1", "J", [f"reason {letter}" for letter in LETTERS], "Why is <image 1>?", "History"),
    row("test_Music_2", "B", ["<image 2>", "<image 1>", "<image 4>", "<image 3>"], "Like <image 1>?", "Music"),
    row("validation_Math_3", "A", ["$\\frac{1}{2}$", "$2$"], "How much is <image 1>?", "Math"),
]


def write_table(folder: Path, config: str, pictures: list[str]) -> None:
    cell = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    names = [name for name in ROWS[0] if pictures != ["image"] or name != "question"]
    table = pyarrow.table({name: [each[name] for each in ROWS] for name in names})
    for name in pictures:
        cells = [{"bytes": f"{each['id']} {name}".encode(), "path": None} for each in ROWS]
        table = table.append_column(name, pyarrow.array(cells, cell))
    (folder / config).mkdir()
    pyarrow.parquet.write_table(table, folder / config / "test-00000-of-00001.parquet")


def loaded(benchmark: Benchmark, folder: Path, rows: list[dict[str, Any]]) -> list[Sample]:
    (folder / "test.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    return list(benchmark.load(LoadRequest(split="test", data=str(folder))))


def score(benchmark: Benchmark, sample: Sample, text: str, profile: str) -> Verdict:
    (component,) = benchmark.profiles[profile].components(sample)
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, text, sample.reference, parameters, Budget())


def asked(benchmark: Benchmark, sample: Sample, protocol: str) -> list[object]:
    (message,) = benchmark.prompts[protocol](sample).messages
    return [part.text if isinstance(part, TextPart) else part.image.data for part in message.parts]


def test_they_are_listed() -> None:
    for benchmark in (MMMU_PRO_STANDARD10, MMMU_PRO_STANDARD4, MMMU_PRO_VISION):
        assert benchmark in BENCHMARKS


@pytest.mark.data
@pytest.mark.parametrize("run", RUNS)
def test_every_row_of_the_released_runs(run: str, shared_data: Path, tmp_path: Path) -> None:
    """Every row whose verdict was not drawn has the authors' option and verdict; the others give a range."""
    benchmark, correct, draws, lucky, expectation = RUNS[run]
    lines = (shared_data / "mmmu_pro" / "outputs" / f"{run}.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    samples = loaded(benchmark, tmp_path, rows)
    assert (len(rows), sum(each["if_right"] for each in rows)) == (1730, correct)
    drawn = []
    certain = 0
    expected = 0.0
    for each, sample in zip(rows, samples, strict=True):
        verdict = score(benchmark, sample, each["response"], "official")
        if each["id"] == NESTED:
            assert not each["if_right"] and len(sample.reference.choices) == 3
            continue
        expected += verdict.score or 0.0
        if "random-fallback" in verdict.flags:
            drawn.append(each["if_right"])
        else:
            assert (verdict.extracted, verdict.correct) == (each["pred_indexs"], each["if_right"]), each["id"]
            certain += verdict.correct
    assert (len(drawn), sum(drawn), certain) == (draws, lucky, correct - lucky)
    assert expected == pytest.approx(expectation, abs=1e-3)


@pytest.mark.parametrize("profile", MMMU_PRO_VISION.profiles)
def test_the_reference_is_right_and_anothers_is_not(profile: str, tmp_path: Path) -> None:
    samples = loaded(MMMU_PRO_STANDARD10, tmp_path, ROWS)
    for sample in samples:
        for choice in sample.reference.choices:
            for said in (f"It is clear.\nAnswer: {choice.label}", f"The answer is ({choice.label})"):
                verdict = score(MMMU_PRO_STANDARD10, sample, said, profile)
                assert verdict.correct is (choice.label == sample.reference.answer), (sample.id, said, verdict)


@pytest.mark.data
@pytest.mark.parametrize("profile", ["rules", "official"])
def test_real_references_said_as_models_say_them(profile: str, shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "mmmu_pro" / "outputs" / "gpt-4o_standard10_cot.jsonl").read_text().splitlines()
    samples = loaded(MMMU_PRO_STANDARD10, tmp_path, [json.loads(line) for line in lines])
    for sample in samples[::5]:
        wrong = next(choice.label for choice in sample.reference.choices if choice.label != sample.reference.answer)
        right = score(MMMU_PRO_STANDARD10, sample, f"So.\nAnswer: {sample.reference.answer}", profile)
        assert right.correct, (sample.id, right)
        assert not score(MMMU_PRO_STANDARD10, sample, f"So.\nAnswer: {wrong}", profile).correct, sample.id


def test_pictures_follow_the_text_in_the_order_of_their_tokens(tmp_path: Path) -> None:
    """Options are shuffled, so the order may be 1, 2, 1, 4, 3; each token is `<image>` in the text."""
    write_table(tmp_path, "standard (10 options)", [f"image_{number}" for number in range(1, 5)])
    samples = MMMU_PRO_STANDARD10.load(LoadRequest(split="test", data=str(tmp_path)))
    text, *pictures = asked(MMMU_PRO_STANDARD10, samples[1], "direct")
    assert text == (
        "Like <image>?\nA. <image>\nB. <image>\nC. <image>\nD. <image>\n"
        "Answer with the option letter from the given choices directly."
    )
    assert pictures == [f"test_Music_2 image_{number}".encode() for number in (1, 2, 1, 4, 3)]
    cot, _ = asked(MMMU_PRO_STANDARD10, samples[2], "cot")
    assert cot == (
        "How much is <image>?\nA. $\\frac{1}{2}$\nB. $2$\nAnswer the preceding multiple choice question. The last line "
        "of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of "
        "options. Think step by step before answering."
    )


def test_vision_shows_a_screenshot_and_no_question(tmp_path: Path) -> None:
    write_table(tmp_path, "vision", ["image"])
    (sample, *_) = MMMU_PRO_VISION.load(LoadRequest(split="test", data=str(tmp_path)))
    assert asked(MMMU_PRO_VISION, sample, "direct") == [
        "Answer with the option letter from the given choices directly. The last line of your response should be of "
        "the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of options.",
        b"test_History_1 image",
    ]
    (text, _) = asked(MMMU_PRO_VISION, sample, "cot")
    assert str(text).startswith("Write out the multiple-choice question in the image and then solve it. The last line")


@pytest.mark.parametrize(
    ("response", "label", "step"),
    [
        ("Answer: C", "C", "answer_line"),
        ("(A) is wrong.\nAnswer: (B)", "B", "answer_line"),
        ("Answer: A or C", "C", "letter"),  # two letters after it, so they are looked for everywhere, the last counts
        ("Answer: A. Because", "A", "letter_and_stop"),  # "Because" holds a B
        ("So C.", "C", "letter"),  # the full stop at the end is stripped
        ("NASA says so", "A", "letter"),  # a capital at the end of a word counts
        ("I say C.\nor not", "C", "letter_and_stop"),
        ("it must be the blue one, surely", "B", "option_text"),
        ("I cannot tell", None, "random_fallback"),
    ],
)
def test_steps_of_the_rule(response: str, label: str | None, step: str) -> None:
    verifier = registry.get("mmmu_pro_official")
    choices = tuple(
        Choice(label=letter, text=text) for letter, text in zip("ABC", ["red", "blue", "lime"], strict=True)
    )
    reference = Reference(answer="B", choices=choices)
    verdict = registry.run(verifier, response, reference, verifier.parameters(), Budget())
    assert (verdict.extracted, verdict.rule) == (label, f"mmmu_pro.{step}")
    assert verdict.status.scored and verdict.correct is (label == "B")


def test_a_reference_without_its_option_is_ours() -> None:
    verifier = registry.get("mmmu_pro_official")
    reference = Reference(answer="B", choices=(Choice(label="A", text="one"),))
    verdict = registry.run(verifier, "A", reference, verifier.parameters(), Budget())
    assert verdict.status is Status.INVALID_REFERENCE


def test_a_bad_row_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="none of the 2 options' letters") as caught:
        loaded(MMMU_PRO_VISION, tmp_path, [ROWS[0], ROWS[2] | {"answer": "C"}])
    assert "test.jsonl:2" in str(caught.value)
