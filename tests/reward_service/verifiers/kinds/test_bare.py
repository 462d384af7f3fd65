"""The short cut for bare numbers says what the rules say, whatever the policy; it only says it sooner."""

from __future__ import annotations

from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from reward_service import verify
from reward_service.types import Reference
from reward_service.verifiers import math
from reward_service.verifiers.kinds import number
from reward_service.verifiers.kinds.bare import compare_bare
from reward_service.verifiers.outcome import Context
from reward_service.verifiers.policy import MathPolicy
from tests.reward_service.verifiers.kinds.strategies_scalar import decimals, fractions, small_integers

texts = st.one_of(
    small_integers.map(str),
    decimals(),
    st.integers(-300, 300).map(lambda cents: f"{cents / 100:.2f}"),  # close together, so that rounding rules apply
    fractions().map(lambda value: f"{value.numerator}/{value.denominator}"),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: rf"\frac{{{pair[0]}}}{{{pair[1]}}}"),
)
policies = st.fixed_dictionaries(
    {},
    optional={
        "rounding": st.sampled_from(("exact", "reference", "loose")),
        "relative_tolerance": st.sampled_from((0.0, 0.01)),
    },
)
references = st.fixed_dictionaries(
    {},
    optional={
        "tolerance": st.sampled_from((0.0, 0.005, 1.0)),
        "precision": st.integers(0, 3),
        "question": st.just("Round to the nearest tenth."),
        "kind": st.sampled_from(("auto", "number", "expression")),
    },
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two numbers, half the time one and its own rounding or continuation."""
    gold = draw(texts)
    if "." in gold and draw(st.booleans()):
        cut = gold[: len(gold) - draw(st.integers(0, 2))]
        return gold, cut.rstrip(".") + (draw(st.text("0123456789", max_size=3)) if "." in cut.rstrip(".") else "")
    return gold, draw(texts)


@given(pair=pairs(), policy=policies, reference=references)
def test_the_short_cut_agrees_with_the_rules(
    pair: tuple[str, str], policy: dict[str, Any], reference: dict[str, Any]
) -> None:
    gold, answer = pair
    context = Context(reference=Reference(answer=gold, **reference), policy=MathPolicy(**policy))
    short = compare_bare(gold, answer, context.reference, context.policy)
    if short is None:
        return
    wanted, found = number.read_number(gold), number.read_number(answer)
    assert wanted is not None and found is not None
    by_rules = number.compare_written(wanted, found, context)
    assert (short.equal, short.rule) == (by_rules.equal, by_rules.rule)


@given(pair=pairs(), policy=policies)
def test_verdicts_do_not_depend_on_the_short_cut(pair: tuple[str, str], policy: dict[str, Any]) -> None:
    gold, answer = pair
    short = verify(answer, gold, kind="expression", **policy)
    with (
        mock.patch.object(math, "_bare_numbers", return_value=None),
        mock.patch.object(number, "compare_bare", return_value=None),
    ):
        long = verify(answer, gold, kind="expression", **policy)
    for field in ("status", "score", "extracted", "rule", "extraction_rule"):
        assert getattr(short, field) == getattr(long, field), field
