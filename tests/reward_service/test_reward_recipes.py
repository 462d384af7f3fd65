"""The rewards of docs/rewards.md: every verifier has a row there, and its recipes give the numbers of their papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.limits import Budget
from reward_service.rewards import combine
from reward_service.types import Component, Reference, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.length import l1_exact

PAGE = Path(__file__).parents[2] / "docs" / "rewards.md"
GOOD = (
    "### Image Description:\nA triangle.\n### Rationales:\nUse the angle sum.\n### Let's think step by step.\n"
    "### Step 1:\nThe angles sum to 180 degrees.\n### Step 2:\n50 + 60 = 110, so the third is 180 - 110 = 70.\n"
    "### The final answer is: 70"
)


def run(components: Sequence[Component], text: str, answer: str) -> tuple[float | None, list[Verdict]]:
    reference = Reference(answer=answer)
    verdicts = []
    for component in components:
        verifier = registry.resolve(component.verifier, reference)
        parameters = registry.parameters_for(verifier, component.parameters)
        verdicts.append(registry.run(verifier, text, reference, parameters, Budget()))
    return combine(components, verdicts), verdicts


@pytest.fixture(scope="session")
def page() -> dict[str, Any]:
    """The names that the page's code defines."""
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)
    return names


def test_every_verifier_has_a_row() -> None:
    rows = "".join(line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `"))
    assert {"auto", *registry.MODULES} <= set(re.findall(r"`(\w+)`", rows))


@pytest.mark.parametrize(
    ("found", "answer", "text", "reward"),
    [
        (3, "70", GOOD, 2.075),
        (2, "71", GOOD, 1.05),
        (1, "71", GOOD.replace("### Rationales:", ""), 0.025),
        (0, "70", "", 0.0),
    ],
)
def test_step_rewards_add_up_as_in_r1_vl(
    page: dict[str, Any], found: int, answer: str, text: str, reward: float
) -> None:
    """The toy numbers of StepGRPO: k of 4 key steps, right or wrong, valid or not, and no answer at all."""
    keys = ("angles sum to 180", "110", "third")[:found] + ("nowhere",) * (4 - found)
    accuracy, validity = page["r1_vl"]
    components = (Component(verifier=accuracy.verifier, parameters={"key_steps": keys}), validity)
    assert run(components, text, answer)[0] == pytest.approx(reward)


@pytest.mark.parametrize(
    ("progress", "weights"), [(0.0, (1, 0)), (0.29, (1, 0)), (0.5, (0.75, 0.25)), (0.7, (0.5, 0.5)), (1.0, (0.5, 0.5))]
)
def test_a_schedule_is_weights_that_come_with_the_request(
    page: dict[str, Any], progress: float, weights: tuple[float, float]
) -> None:
    components = page["hybrid"](progress)
    assert tuple(component.weight for component in components) == pytest.approx(weights)
    half_wrong = GOOD.replace("= 110", "= 120")  # the right answer, and one of its two steps with a false calculation
    reward, (outcome, process) = run(components, half_wrong, "70")
    assert (outcome.score, process.score) == (1.0, 0.5)
    assert reward == pytest.approx(weights[0] * 1.0 + weights[1] * 0.5)


def test_a_gate_pays_nothing_without_the_form(page: dict[str, Any]) -> None:
    assert run(page["format_first"], "<think>2+2</think><answer>4</answer>", "4")[0] == 1.0
    assert run(page["format_first"], "The answer is 4.", "4")[0] == 0.0
    assert run(page["deepseek_r1"], "The answer is 4.", "4")[0] == 1.0


@given(right=st.booleans(), false=st.booleans(), sections=st.booleans())
def test_the_weighted_reward_is_its_three_parts(page: dict[str, Any], right: bool, false: bool, sections: bool) -> None:
    text = GOOD.replace("= 110", "= 120") if false else GOOD
    text = text if sections else text.replace("### Image Description:\nA triangle.\n", "")  # not asked for there
    reward, _ = run(page["weighted"], text, "70" if right else "71")
    assert reward == pytest.approx(1.0 * right + 0.3 * (0.5 if false else 1.0) + 0.1)


def test_places_of_steps_are_places_in_the_response() -> None:
    text = "é😀 " + GOOD.replace("= 110", "= 120")
    _, (verdict,) = run((Component(verifier="steps"),), text, "70")
    assert [text[step.start : step.end].strip()[:7] for step in verdict.steps] == ["The ang", "50 + 60"]
    assert [step.score for step in verdict.steps] == [1.0, 0.0]


def test_l1_pays_for_the_length_asked_for() -> None:
    assert l1_exact(1_000, 1_000, 3e-4, True) == 1.0
    assert l1_exact(1_500, 1_000, 3e-4, True) == pytest.approx(0.85)
    assert l1_exact(500, 1_000, 3e-4, False) == pytest.approx(-0.15)
