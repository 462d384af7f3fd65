"""OlympiadBench: its judge on its own examples, the grammar it reads with, prompts in all their forms, splits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.olympiadbench import OLYMPIADBENCH
from benchmarks.olympiadbench_prompts import answer_hint
from reward_service.limits import Budget
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.official.sympy_latex import read
from reward_service.verifiers.official.sympy_latex_tokens import Unreadable
from reward_service.verifiers.parsing.printing import printed
from rfteval.benchmark import LoadRequest
from rfteval.metrics import Item
from tests.benchmarks.case import write
from tests.benchmarks.cases.olympiadbench import CASES, ROWS

OFFICIAL = registry.get("olympiadbench_official")


def judge(text: str, gold: str, **parameters: object) -> Verdict:
    chosen = registry.parameters_for(OFFICIAL, {"input": "expression", **parameters})
    return registry.run(OFFICIAL, text, Reference(answer=gold), chosen, Budget())


@pytest.mark.data
def test_the_authors_examples_are_judged_as_they_say(shared_data: Path) -> None:
    """36 pairs in 24 groups, with the reference first, as the examples are written."""
    groups = json.loads((shared_data / "olympiadbench" / "scoring_examples.json").read_text())
    pairs = [(group["GT"], answer) for group in groups for answer in group["Ans"]]
    assert len(pairs) == 36
    for gold, answer in pairs:
        precision = answer.get("precision", 1e-8)
        listed = precision if isinstance(precision, list) else [precision]
        verdict = judge(answer["answer"], gold, precision=",".join(map(str, listed)), order="reference-first")
        assert verdict.correct == answer["equal"], (gold, answer, verdict)


def test_the_script_gives_each_precision_to_the_models_parts_in_their_order() -> None:
    """The one example of the 36 that judge.py itself, which swaps the sides, does not judge as it is written."""
    gold, answer, precision = "7 \\times 10^{35}, 0.002", "0.001, 7.1 \\cdot 10^{35}", "1e34,0.001"
    assert judge(answer, gold, precision=precision, order="reference-first").correct
    assert not judge(answer, gold, precision=precision).correct


@pytest.mark.parametrize(
    ("answer", "gold", "right", "step"),
    [
        ("5", "0.05", True, "hundredfold"),
        ("0.0005", "0.05", True, "hundredfold"),
        ("50", "0.05", False, "different"),
        ("60%", "0.6", True, "hundredfold"),
        ("x=3", "3", True, "expression"),
        ("\\frac{x+1}{2y}", "\\frac{x}{2 y}+\\frac{1}{2 y}", True, "expression"),
        ("x+0.0005", "x", True, "expression"),
        ("x+0.002", "x", False, "different"),
        ("x^2=1-y^2", "x^2+y^2=1", True, "equation"),
        ("2x+2y=4", "x+y=2", True, "equation"),
        ("2x+2y=4", "3x+3y=6", False, "different"),
        ("(-\\infty,1]\\cup[10,+\\infty)", "x \\in \\left(-\\infty, 1\\right]\\cup[10,+\\infty)", True, "interval"),
        ("[1,2)", "[1,2]", False, "different"),
        ("\\boxed{1}, \\boxed{2}", "2,1", True, "text"),
        ("\\boxed{1}, \\boxed{2.0}", "2,1", True, "number"),
        ("\\boxed{1", "1", False, "open_box"),
        ("1,2,3", "1,2", False, "different"),
        ("能", "能", True, "text"),
        ("10^{10}", "10^{10^{10^{10}}}", False, "different"),
        ("x(x+1)", "x^2+x", False, "different"),  # x is read as a function
        ("so we have $x=1$ and $y=2$", "1,2", True, "expression"),
    ],
)
def test_steps_of_the_judge(answer: str, gold: str, right: bool, step: str) -> None:
    verdict = judge(answer, gold)
    assert (verdict.correct, verdict.rule) == (right, f"olympiad.{step}"), verdict


@pytest.mark.parametrize(
    ("response", "language", "extracted"),
    [
        ("So the final answer is \\boxed{4}. No. So the final answer is \\boxed{5}.", "en", "4,5"),
        ("So the final answer is \\boxed{4}.\nSo the final answer is \\boxed{5}(m).", "en", "5"),
        ("So \\boxed{4} and no closing phrase", "en", "4"),
        ("所以最终答案是\\boxed{7}。", "zh", "7"),
        ("So the final answer is $3$", "zh", "3"),
    ],
)
def test_where_the_answer_is_read(response: str, language: str, extracted: str) -> None:
    assert judge(response, "1", input="full_response", language=language).extracted == extracted


# What sympy 1.13's parse_latex (antlr4-python3-runtime 4.11.1) made of these texts, in our printing.
TREES = {
    "1 2": "12",
    "1.2 3": "1.23",
    "1,000": "1000",
    "12,5": "12",
    "x.5": "x",
    "5\\sqrt2": "5",
    "a+": "a",
    "x^ab": "x^a*b",
    "x_12": "x_{12}",
    "v^2_0": "v^2",
    "\\sin^{-1}(x)": "arcsin(x)",
    "\\sin 2\\pi x": "sin(2*\\pi*x)",
    "\\log_2 8": "log(8, 2)",
    "\\log 100": "ln(100)",
    "f(x)(x+1)": "f(x)*(x+1)",
    "2(b+c)": "2*(b+c)",
    "a/b c": "a*(b*c)^(-1)",
    "2^-1": "2",
    "\\{x\\}": "x",
    "3\\frac{1}{2}": "3*(1/2)",
    "e^{-x}": "e^(-x)",
    "xdy": "x*dy",
    "2^3!": "factorial(2^3)",
    "\\sqrt[3]{5}": "5^(1/3)",
}


@pytest.mark.parametrize("text", TREES)
def test_trees_are_those_of_the_grammar(text: str) -> None:
    assert printed(read(text, Budget())) == TREES[text]


@pytest.mark.parametrize("text", ["", ".5", "2.", "50\\%", "x~y", "2x@", "(3,4)", "(a", "\\sqrt x", "^2", "\\cdot x"])
def test_texts_that_the_grammar_refuses(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text, Budget())


@given(st.text(alphabet="x12.,=()[]{}\\boxed $^_+-/ pim", max_size=40), st.sampled_from(["3", "x^2=y", "(1,2]"]))
def test_any_text_ends_scored(text: str, gold: str) -> None:
    assert judge(text, gold).status.scored
    assert judge(text, gold, input="full_response").status.scored


@pytest.mark.parametrize("text", ["\\boxed{" * 20_000, "(" * 100_000, "1," * 50_000, "9" * 500_000, "x^" * 50_000])
def test_long_texts_end(text: str) -> None:
    assert judge(text, "3").status in (Status.INCORRECT, Status.REJECTED, Status.NO_ANSWER)


def test_precisions_must_be_numbers() -> None:
    with pytest.raises(ValueError, match="precision"):
        registry.parameters_for(OFFICIAL, {"precision": "small"})


@pytest.mark.parametrize(
    ("answer_type", "language", "multiple", "hint"),
    [
        ("Numerical", "en", False, "The answer of The problem should be a numerical value. "),
        ("Expression", "zh", False, "，答案类型为表达式"),
        ("Tuple", "en", True, ""),
        ("Numerical", "en", True, "The problem has multiple answers, each of them should be a numerical value. "),
        ("Interval,Interval", "zh", True, "，题目有多个答案，答案类型均为区间"),
        (
            "Numerical,Equation",
            "en",
            True,
            "The problem has multiple answers, with the answers in order being a numerical value, an equation. ",
        ),
        ("Numerical,Equation", "zh", True, "，题目有多个答案，答案类型分别为数值、方程"),
    ],
)
def test_what_is_said_of_the_answers_form(answer_type: str, language: str, multiple: bool, hint: str) -> None:
    assert answer_hint(answer_type, language, multiple=multiple) == hint


def test_a_split_is_a_subject_and_language(tmp_path: Path) -> None:
    write(tmp_path, CASES[0])

    def ids(split: str) -> list[str]:
        return [sample.id for sample in OLYMPIADBENCH.load(LoadRequest(split=split, data=str(tmp_path)))]

    assert ids("physics-en") == ["OE_MM_physics_en_COMP-1"]
    assert ids("maths-zh") == ["OE_TO_maths_zh_COMP-4", "OE_MM_maths_zh_CEE-5"]
    assert len(ids("all")) == len(ROWS) and ids("physics-zh") == []


def test_the_published_average_leaves_out_what_says_nothing() -> None:
    assert OLYMPIADBENCH.headline is not None
    items = [
        Item(sample_id=str(place), index=0, status=status, score=score, reason="")
        for place, (status, score) in enumerate(
            [("CORRECT", 1.0), ("INCORRECT", 0.0), ("NO_ANSWER", 0.0), ("ERROR", None)]
        )
    ]
    (metric,) = OLYMPIADBENCH.headline(items, {})
    assert (metric.value, metric.samples) == (50.0, 2)
    assert OLYMPIADBENCH.headline([], {})[0].value is None
