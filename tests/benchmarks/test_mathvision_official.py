"""The published rule of MATH-Vision: values as latex2sympy reads them, and the released runs row by row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.limits import Budget
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.official.latex_value import rounded, value_of
from reward_service.verifiers.official.mathvision_answer import answer_of

OFFICIAL = registry.get("mathvision_official")
VALUES = json.loads((Path(__file__).parent.parent / "golden" / "latex2sympy_values.json").read_text())["cases"]

# Run → correct rows by the authors' own verdicts.
RUNS = {
    "ChatGPT3.5-CoT_Text_Image_Caption": 296,
    "Gemini-Pro": 537,
    "Gemini-Pro-CoT": 436,
    "InternLM-XComposer2-VL": 442,
    "InternLM-XComposer2-VL-CoT": 437,
    "LLaVA-v1.5-7B": 259,
    "Qwen-VL-Plus": 326,
    "Random-Chance": 218,
    "SPHINX-v2": 295,
    "ShareGPT4V-13B": 361,
}
# The one row of 30,400 with another verdict: "The answer is 4/3." against \frac{4}{3} was released as wrong, and the
# published script with latex2sympy2 1.9.1 finds it right too.
DIFFERENT_ROWS = {"Gemini-Pro": ["3013"]}
# The one stored answer that is not what the published script reads out of its response ("B"); it is right either way.
OTHER_ANSWERS = {"Qwen-VL-Plus": ["2394"]}
# Right by two decimal places and by nothing more, over all runs.
ROUNDED = 9


def judge(text: str, reference: Reference, **parameters: object) -> Verdict:
    return registry.run(OFFICIAL, text, reference, registry.parameters_for(OFFICIAL, parameters), Budget())


def options(*texts: str) -> tuple[Choice, ...]:
    return tuple(Choice(label=letter, text=text) for letter, text in zip("ABCDE", texts, strict=False))


@pytest.fixture(scope="module")
def problems(shared_data: Path) -> dict[str, Reference]:
    rows = map(json.loads, (shared_data / "mathvision" / "test.jsonl").read_text().splitlines())
    return {row["id"]: Reference(answer=row["answer"], choices=options(*row["options"])) for row in rows}


@pytest.mark.parametrize("case", VALUES, ids=[case["text"] for case in VALUES])
def test_values_are_those_of_the_published_parser(case: dict[str, object]) -> None:
    value = value_of(str(case["text"]), Budget())
    assert (None if value is None else rounded(value)) == case["value"]


def check_rows(run: str, shared_data: Path, problems: dict[str, Reference], every: int) -> int:
    """How many of the rows looked at are right by rounding alone; asserts answers and verdicts."""
    lines = (shared_data / "mathvision" / "outputs" / f"{run}.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 3040 and sum(row["official_correct"] for row in rows) == RUNS[run]
    rows = [row for index, row in enumerate(rows) if index % every == 0 or row["id"] in ("2394", "3013")]
    verdicts = {row["id"]: judge(row["response"], problems[row["id"]]) for row in rows}
    assert all(verdict.status.scored for verdict in verdicts.values())
    different = [row["id"] for row in rows if verdicts[row["id"]].correct != row["official_correct"]]
    assert different == DIFFERENT_ROWS.get(run, [])
    others = [row["id"] for row in rows if answer_of(row["response"]) != row["official_answer"]]
    assert others == OTHER_ANSWERS.get(run, [])
    return sum("rounded" in verdict.flags for verdict in verdicts.values())


@pytest.mark.data
@pytest.mark.parametrize("run", RUNS)
def test_rows_of_the_released_runs(run: str, shared_data: Path, problems: dict[str, Reference]) -> None:
    check_rows(run, shared_data, problems, every=8)


@pytest.mark.data
@pytest.mark.slow
def test_every_row_of_the_released_runs(shared_data: Path, problems: dict[str, Reference]) -> None:
    assert sum(check_rows(run, shared_data, problems, every=1) for run in RUNS) == ROUNDED


@pytest.mark.parametrize(
    ("response", "gold", "step"),
    [
        ("It is (C).", "C", "text"),
        ("The answer is: \\boxed{7/16}", "\\frac{4}{9}", "rounded_number"),
        ("(0.5, 2)", "(\\frac{1}{2},2)", "elements"),
        ("(0.5, x)", "(\\frac{1}{2},x)", ""),
        ("$\\boxed{12^\\circ}$", "12", "text"),
        ("so x = 5 \\text{ units}", "5", "text"),
        ("1,234", "1234", "number"),
        ("[1,2]", "[1.0,2]", "elements"),
    ],
)
def test_steps(response: str, gold: str, step: str) -> None:
    verdict = judge(response, Reference(answer=gold))
    assert verdict.rule == (f"mathvision.{step}" if step else "mathvision.different"), verdict
    assert verdict.correct is bool(step)
    assert verdict.flags == (("rounded",) if step == "rounded_number" else ())


def test_the_option_and_its_letter_are_both_right() -> None:
    reference = Reference(answer="B", choices=options("$3: 2$", "$2: 3$", "1", "0", "$\\frac{5}{2}$"))
    for response in ("B", "It is B.", "(B)\nsince", "The answer is 2:3.", "\\boxed{\\frac{2}{3}}", "\\boxed{(B)}"):
        assert judge(response, reference).correct, response
    for response in ("A", "\\boxed{\\frac{3}{2}}", "B) 2:3"):
        assert judge(response, reference).status is Status.INCORRECT, response
    assert judge("", reference).status is Status.NO_ANSWER
    assert judge("2:3", reference, input="expression").correct


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**4))
def test_a_quotient_is_read_in_every_notation(top: int, bottom: int) -> None:
    gold = Reference(answer=f"\\frac{{{top}}}{{{bottom}}}")
    for text in (f"{top}/{bottom}", f"{top}:{bottom}", f"\\dfrac{{{top}}}{{{bottom}}}", f"({top})/({bottom})"):
        assert judge(text, gold, input="expression").correct, text
    assert not judge(f"{top + bottom}/{bottom}", gold, input="expression").correct


@given(st.text(alphabet="01.9,+-*/:^(){}[]!\\ fracsqtpie$", max_size=40))
def test_any_text_ends_scored(text: str) -> None:
    assert judge(text, Reference(answer="1")).status.scored
    assert judge(f"({text},{text})", Reference(answer="(1,2)"), input="expression").status.scored


HOSTILE = {
    "brackets": "(" * 500_000,
    "powers": "9^9^9^9^9^9",
    "tower": "9^{9^{9^{9}}}",
    "digits": "9" * 900_000,
    "sum": "1+" * 400_000 + "1",
    "factorials": "9!!!!!!",
    "fractions": "\\frac{1}" * 100_000,
    "commas": "(" + "1," * 400_000 + "1)",
    "boxes": "\\boxed{" * 100_000,
    "phrases": "the answer is " * 60_000,
    "code": "__import__('os').system('true')",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_wrong_within_the_budget(text: str) -> None:
    assert judge(text, Reference(answer="7")).status in (Status.INCORRECT, Status.NO_ANSWER)


@pytest.mark.parametrize("reference", [Reference(answer=""), Reference(answer="F", choices=options("1", "2"))])
def test_a_reference_that_cannot_be_compared_with_is_ours(reference: Reference) -> None:
    assert judge("7", reference).status is Status.INVALID_REFERENCE
