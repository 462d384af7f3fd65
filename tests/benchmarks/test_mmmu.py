"""MMMU: the published rule with its random fallback, prompts and the order of pictures, loading, validity."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import BENCHMARKS
from benchmarks.mmmu import MMMU, SUBJECTS, query_of
from reward_service.limits import Budget
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.official.mmmu_parsing import parse_open
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError
from rfteval.types import ImagePart, Sample, TextPart

OFFICIAL = registry.get("mmmu_official")


def judge(text: str, reference: Reference, **parameters: object) -> Verdict:
    return registry.run(OFFICIAL, text, reference, registry.parameters_for(OFFICIAL, parameters), Budget())


def options(*texts: str) -> tuple[Choice, ...]:
    return tuple(Choice(label=letter, text=text) for letter, text in zip("ABCDEFGHIJ", texts, strict=False))


def row(sample_id: str, answer: str, choices: list[str], question: str = "What is <image 1>?") -> dict[str, Any]:
    return {
        "id": sample_id,
        "question": question,
        "options": repr(choices),
        "explanation": "",
        "img_type": "['Plots']",
        "answer": answer,
        "topic_difficulty": "Easy",
        "question_type": "multiple-choice" if choices else "open",
        "subfield": "Auditing",
    }


# Rows in the columns of MMMU/MMMU, written for this test.
ROWS = [
    row("validation_Accounting_1", "B", ["$6", "$7", "$8", "$9"]),
    row("validation_Art_Theory_2", "C", ["<image 3>", "<image 2>", "<image 1>"], "Which one continues <image 1>?"),
    row("validation_Math_3", "1.06", []),
    row("validation_Physics_4", "['24/7', '3.429']", []),
    row("validation_Sociology_5", "A", ["Durkheim's anomie", "Weber's cage"]),
]


def loaded(folder: Path, rows: list[dict[str, Any]]) -> list[Sample]:
    (folder / "validation.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    return list(MMMU.load(LoadRequest(split="validation", data=str(folder))))


def score(sample: Sample, text: str, profile: str) -> Verdict:
    (component,) = MMMU.profiles[profile].components(sample)
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, text, sample.reference, parameters, Budget())


@pytest.fixture(scope="module")
def qwen(shared_data: Path) -> list[tuple[str, Reference]]:
    """The released run of Qwen-VL-Chat: responses, subject by subject, and what they are judged against."""
    found = []
    for line in (shared_data / "mmmu" / "outputs" / "qwen_vl.jsonl").read_text().splitlines():
        stored = json.loads(line)
        answers = stored["answer"] if isinstance(stored["answer"], list) else [stored["answer"]]
        choices = tuple(Choice(label=label, text=text) for label, text in stored.get("index2ans", {}).items())
        found.append(
            (stored["response"], Reference(answer=answers[0], alternatives=tuple(answers[1:]), choices=choices))
        )
    return found


def test_it_is_listed() -> None:
    assert MMMU in BENCHMARKS and len(SUBJECTS) == 30


@pytest.mark.data
def test_the_authors_seed_gives_the_published_325(qwen: list[tuple[str, Reference]]) -> None:
    """`random.choice` of one generator seeded with 42, asked once for each response that names no option."""
    generator = random.Random(42)
    correct = 0
    for text, reference in qwen:
        verdict = judge(text, reference)
        if "random-fallback" in verdict.flags:
            drawn = generator.choice([choice.label for choice in reference.choices])
            verdict = judge(text, reference, fallback="drawn", drawn=drawn)
        correct += verdict.correct
    assert (len(qwen), correct) == (900, 325)


@pytest.mark.data
def test_expectation_and_range_of_the_released_run(qwen: list[tuple[str, Reference]]) -> None:
    verdicts = [judge(text, reference) for text, reference in qwen]
    assert sum("random-fallback" in verdict.flags for verdict in verdicts) == 48
    assert sum(verdict.score or 0.0 for verdict in verdicts) == pytest.approx(323.25, abs=1e-9)
    for fallback, correct in (("wrong", 309), ("right", 357)):
        assert sum(judge(text, reference, fallback=fallback).correct for text, reference in qwen) == correct


@pytest.mark.parametrize("profile", MMMU.profiles)
def test_the_reference_is_right_and_anothers_is_not(profile: str, tmp_path: Path) -> None:
    samples = loaded(tmp_path, ROWS)
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        answer, another = sample.reference.answer, other.reference.answer
        shown = f"({answer})" if sample.reference.choices else answer
        assert score(sample, f"The answer is {shown}", profile).correct, sample.id
        wrong = f"The answer is ({another})" if other.reference.choices else f"The answer is {another}"
        verdict = score(sample, wrong, "official-low" if profile == "official-high" else profile)
        assert not verdict.correct and verdict.status.scored, (sample.id, verdict)


@pytest.mark.parametrize("profile", MMMU.profiles)
def test_a_withheld_answer_is_never_scored(profile: str, tmp_path: Path) -> None:
    for sample in loaded(tmp_path, [each | {"answer": "?"} for each in ROWS]):
        assert score(sample, "The answer is (A)?", profile).status is Status.INVALID_REFERENCE


@pytest.mark.data
def test_real_references_said_as_models_say_them(qwen: list[tuple[str, Reference]]) -> None:
    for _, reference in qwen:
        said = f"The answer is ({reference.answer})." if reference.choices else f"The answer is {reference.answer}"
        assert judge(said, reference).correct, reference
        for other in ("A", "B"):
            if reference.choices and other != reference.answer:
                assert not judge(f"The answer is ({other}).", reference).correct


def text_of(parts: tuple[TextPart | ImagePart, ...]) -> list[object]:
    return [part.text if isinstance(part, TextPart) else part.image.data for part in parts]


def test_pictures_stand_where_their_tokens_stand(tmp_path: Path) -> None:
    picture = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    for subject in SUBJECTS:
        chosen = [each for each in ROWS if each["id"].split("_", 1)[1].rsplit("_", 1)[0] == subject]
        table = pyarrow.table(
            {name: pyarrow.array([each[name] for each in chosen], pyarrow.string()) for name in ROWS[0]}
        )
        for number in range(1, 8):
            cells = [{"bytes": bytes([number]), "path": "x.png"} if number < 4 else None for _ in chosen]
            table = table.append_column(f"image_{number}", pyarrow.array(cells, picture))
        (tmp_path / subject).mkdir()
        pyarrow.parquet.write_table(table, tmp_path / subject / "validation-00000-of-00001.parquet")
    samples = MMMU.load(LoadRequest(split="validation", data=str(tmp_path)))
    assert [sample.id for sample in samples] == [each["id"] for each in ROWS]
    asked = text_of(MMMU.prompts["interleaved"](samples[1]).messages[0].parts)
    assert asked[:8] == ["Which one continues ", b"\1", "?\n(A) ", b"\3", "\n(B) ", b"\2", "\n(C) ", b"\1"]
    first = text_of(MMMU.prompts["first-picture"](samples[1]).messages[0].parts)
    assert first == [b"\1", query_of(samples[1])]
    assert (samples[1].tags["subject"], samples[1].tags["domain"]) == ("Art_Theory", "Art and Design")
    elsewhere = text_of(MMMU.prompts["vlmevalkit"](samples[1]).messages[0].parts)
    assert elsewhere[:6] == ["Question: Which one continues ", b"\1", "?\nOptions:\nA. ", b"\3", "\nB. ", b"\2"]
    for name in ("lmms-eval", "vlmevalkit-qwen2-vl"):  # by their numbers, before a text that keeps its tokens
        *pictures, text = text_of(MMMU.prompts[name](samples[1]).messages[0].parts)
        assert pictures == [b"\1", b"\2", b"\3"] and "A. <image 3>\nB. <image 2>" in str(text), name


def test_queries_to_the_letter(tmp_path: Path) -> None:
    choice, _, free, several, _ = loaded(tmp_path, ROWS)
    letter = "Answer with the option's letter from the given choices directly."
    assert query_of(choice) == f"What is <image 1>?\n(A) $6\n(B) $7\n(C) $8\n(D) $9\n\n{letter}"
    assert query_of(free) == "What is <image 1>?\nAnswer the question using a single word or phrase."
    assert (several.reference.answer, several.reference.alternatives) == ("24/7", ("3.429",))
    open_ended = {name: text_of(MMMU.prompts[name](free).messages[0].parts)[-1] for name in MMMU.prompts}
    assert open_ended["lmms-eval"] == "What is <image 1>?\n\nAnswer the question using a single word or phrase."
    assert open_ended["vlmevalkit-qwen2-vl"] == "Question: What is <image 1>?"


@pytest.mark.parametrize(
    ("response", "label", "step"),
    [
        ("(B) or (C), I say (A).", "A", "brackets"),
        ("B", "B", "letter"),
        ("A person would say B here", "B", "letter"),
        ("A person would say it is seven", "A", "letter"),
        ("it is certainly red and not blue", "B", "option_text"),
        ("red, rather", None, "random_fallback"),
        ("", None, "random_fallback"),
    ],
)
def test_steps_of_the_choice_rule(response: str, label: str | None, step: str) -> None:
    verdict = judge(response, Reference(answer="C", choices=options("red", "blue", "green")))
    assert (verdict.extracted, verdict.rule) == (label, f"mmmu.{step}")
    assert verdict.status is (Status.PARTIAL if label is None else Status.INCORRECT)


def test_the_fallback_is_what_the_parameter_says() -> None:
    reference = Reference(answer="C", choices=options("red", "blue", "green"))
    assert judge("", reference).score == pytest.approx(1 / 3, abs=1e-12)
    assert judge("", reference, fallback="wrong").status is Status.NO_ANSWER
    assert judge("", reference, fallback="right").correct
    assert judge("", reference, fallback="drawn", drawn="C").correct
    assert judge("", reference, fallback="drawn", drawn="A").status is Status.INCORRECT
    with pytest.raises(ValueError, match="drawn"):
        registry.parameters_for(OFFICIAL, {"fallback": "drawn"})


@pytest.mark.parametrize(
    ("response", "answer", "right"),
    [
        ("So the value is 1.064 cm", "1.06", True),
        ("It is 1,234.5", "1234.5", True),
        ("x = 3e2", "300", True),
        ("The total is 12. And then 13", "12", True),  # lower-cased first, so the full stop does not split
        ("No transformations at all", "Transformation", True),  # a part of what was said
        ("it is transport", "Transformation", False),
        ("the answer is c", "C", True),
        ("the answer is ac/dc", "C", False),  # a single character counts beside a blank only
        ("vitamin c and so on", "C", False),  # the part after "so " alone is looked at
    ],
)
def test_open_answers(response: str, answer: str, right: bool) -> None:
    assert judge(response, Reference(answer=answer)).correct is right


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=4), st.sampled_from([" ", "; ", " and "]))
def test_numbers_of_the_last_part_are_all_tried(numbers: list[int], between: str) -> None:
    parsed = parse_open(f"so {between.join(map(str, numbers))}", Budget())
    assert {float(number) for number in numbers} <= {part for part in parsed if isinstance(part, float)}


@given(st.text(alphabet="ABC().,:; =so is\n0123e-", max_size=60))
def test_any_text_ends_scored(text: str) -> None:
    for reference in (Reference(answer="1.5"), Reference(answer="B", choices=options("one", "two"))):
        assert judge(text, reference).status.scored


@pytest.mark.parametrize("text", ["9" * 900_000, "-" * 900_000, "so " * 300_000, "1,234" * 150_000, "(A" * 400_000])
def test_long_texts_end(text: str) -> None:
    assert judge(text, Reference(answer="7")).status.scored
    assert judge(text, Reference(answer="B", choices=options("one", "two"))).status.scored


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": "E"}, "the answer 'E' is none of the 4 options' letters"),
        ({"options": "__import__('os')"}, "'options' must be a list"),
        ({"question_type": None}, "'question_type' must be a text"),
    ],
)
def test_a_bad_row_is_named_with_its_line(change: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=said) as caught:
        loaded(tmp_path, [ROWS[2], ROWS[0] | change])
    assert "validation.jsonl:2" in str(caught.value)
