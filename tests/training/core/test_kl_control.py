"""How beta moves: the schedules' numbers, closed loops, and that a saved state goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.tolerance import assert_close
from training.core.kl_control import (
    BETA_KINDS,
    BetaKind,
    BetaSchedule,
    BetaState,
    advance_beta,
    raised,
    start_beta,
)
from training.core.schedules import SHAPES, Band, HybridSchedule, Ramp, Shape

RAMP = Ramp(shape="linear", start=0.0, end=0.04, steps=100)


@pytest.mark.parametrize(("step", "beta"), [(0, 0.0), (25, 0.01), (50, 0.02), (100, 0.04), (250, 0.04)])
def test_linear_beta(step: int, beta: float) -> None:
    assert_close(RAMP.at(step), beta)


@pytest.mark.parametrize("shape", SHAPES)
@given(start=st.floats(0, 1), end=st.floats(0, 1), steps=st.integers(1, 50), delay=st.integers(0, 20))
def test_ramps_begin_end_and_never_turn(shape: Shape, start: float, end: float, steps: int, delay: int) -> None:
    ramp = Ramp(shape=shape, start=start, end=end, steps=steps, delay=delay)
    values = [ramp.at(step) for step in range(delay + steps + 3)]
    assert_close(values[: delay + 1], [start] * (delay + 1))
    assert_close(values[delay + steps :], [start if shape == "constant" else end] * 3)
    changes = [after - before for before, after in itertools.pairwise(values)]
    assert all(change >= -1e-12 for change in changes) or all(change <= 1e-12 for change in changes)
    assert max(values) <= ramp.highest + 1e-12


def test_shapes_of_ramps_halfway() -> None:
    halfway = {shape: Ramp(shape=shape, start=0.0, end=1.0, steps=2).at(1) for shape in SHAPES}
    assert_close(halfway["linear"], 0.5)
    assert_close(halfway["cosine"], 0.5)
    assert_close(halfway["exponential"], (1 - math.exp(-2.5)) / (1 - math.exp(-5)))
    assert_close(Ramp(shape="cosine", start=0.0, end=1.0, steps=3).at(1), 0.25)


def test_a_ramp_is_followed_step_by_step() -> None:
    """The state before step s holds the weight to use in it."""
    schedule = BetaSchedule(ramp=RAMP)
    states = [start_beta(schedule)]
    for _ in range(60):
        states.append(advance_beta(schedule, states[-1], kl=None, accuracy=None, responses=8))
    assert_close([state.beta for state in states], [RAMP.at(step) for step in range(61)])


def test_adaptive_beta() -> None:
    """arXiv 1909.08593 sec. 2.2: the error of 0.5 is clipped to 0.2."""
    schedule = BetaSchedule(kind="adaptive", ramp=Ramp(start=0.2), target=6, horizon=10_000)
    state = advance_beta(schedule, start_beta(schedule), kl=9.0, accuracy=None, responses=256)
    assert_close(state.beta, 0.201024)


@given(kl=st.floats(0, 100), target=st.floats(0.01, 10), responses=st.integers(1, 512))
def test_adaptive_beta_moves_towards_the_target(kl: float, target: float, responses: int) -> None:
    schedule = BetaSchedule(kind="adaptive", ramp=Ramp(start=0.2), target=target)
    before = start_beta(schedule)
    beta = advance_beta(schedule, before, kl=kl, accuracy=None, responses=responses).beta
    assert (beta > 0.2) == (kl > target * (1 + 1e-12)) or abs(kl / target - 1) < 1e-9
    assert abs(beta / 0.2 - 1) <= 0.2 * responses / 10_000 + 1e-12


def test_an_unmeasured_kl_moves_nothing() -> None:
    schedule = BetaSchedule(kind="adaptive", ramp=Ramp(start=0.2))
    assert advance_beta(schedule, start_beta(schedule), kl=None, accuracy=None, responses=8).beta == 0.2


def test_accuracy_conditioned_beta() -> None:
    """Small while the policy struggles, full when it succeeds; half at an accuracy of a half."""
    schedule = BetaSchedule(kind="accuracy", ramp=Ramp(start=0.01, end=0.05), decay=0.0)
    betas = [
        advance_beta(schedule, start_beta(schedule), kl=None, accuracy=accuracy, responses=8).beta
        for accuracy in (0.0, 0.5, 1.0)
    ]
    assert_close(betas, [0.01, 0.03, 0.05])


def test_accuracy_is_averaged_over_steps() -> None:
    schedule = BetaSchedule(kind="accuracy", ramp=Ramp(start=0.0, end=1.0), decay=0.9)
    state = start_beta(schedule)
    for accuracy in (0.0, 1.0, None, 1.0):
        state = advance_beta(schedule, state, kl=None, accuracy=accuracy, responses=8)
    assert state.accuracy is not None
    assert_close(state.accuracy, 0.9 * 0.1 + 0.1)


@pytest.mark.parametrize(
    ("schedule", "needed"),
    [
        (BetaSchedule(ramp=Ramp(start=0.0)), False),
        (BetaSchedule(ramp=Ramp(start=0.0, end=0.04)), False),  # constant: the end is never reached
        (BetaSchedule(ramp=RAMP), True),
        (BetaSchedule(ramp=Ramp(shape="linear", start=0.04, end=0.0)), True),
        (BetaSchedule(kind="adaptive", ramp=Ramp(start=0.1)), True),
        (BetaSchedule(kind="accuracy", ramp=Ramp(start=0.0, end=0.04)), True),
        (BetaSchedule(kind="accuracy", ramp=Ramp(start=0.0, end=0.0)), False),
    ],
)
def test_the_reference_is_kept_if_beta_can_ever_rise(schedule: BetaSchedule, needed: bool) -> None:
    assert schedule.needs_reference is needed


@given(
    kind=st.sampled_from(BETA_KINDS),
    measures=st.lists(
        st.tuples(st.none() | st.floats(0, 10), st.none() | st.floats(0, 1), st.integers(1, 64)), min_size=1, max_size=8
    ),
    cut=st.integers(0, 8),
)
def test_a_saved_state_goes_on_as_if_uninterrupted(
    kind: BetaKind, measures: list[tuple[float | None, float | None, int]], cut: int
) -> None:
    schedule = BetaSchedule(kind=kind, ramp=Ramp(shape="cosine", start=0.01, end=0.05, steps=5))
    straight = resumed = start_beta(schedule)
    for index, (kl, accuracy, responses) in enumerate(measures):
        if index == cut:
            resumed = BetaState(**json.loads(json.dumps(dataclasses.asdict(resumed))))
        straight = advance_beta(schedule, straight, kl=kl, accuracy=accuracy, responses=responses)
        resumed = advance_beta(schedule, resumed, kl=kl, accuracy=accuracy, responses=responses)
    assert resumed == straight


@pytest.mark.parametrize("kind", BETA_KINDS)
def test_a_raised_beta_stays_raised(kind: BetaKind) -> None:
    schedule = BetaSchedule(kind=kind, ramp=Ramp(start=0.1, end=0.1))
    state = raised(start_beta(schedule), 3.0)
    for _ in range(3):
        state = advance_beta(schedule, state, kl=0.1, accuracy=0.5, responses=8)
    assert_close(state.beta, 0.3)


@pytest.mark.parametrize(
    "values",
    [
        {"ramp": Ramp(start=-0.1)},
        {"kind": "adaptive", "ramp": Ramp(start=0.0)},
        {"ramp": Ramp(start=0.1), "target": 0.0},
        {"ramp": Ramp(start=0.1), "decay": 1.0},
    ],
)
def test_impossible_schedules_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|needs"):
        BetaSchedule(**values)  # type: ignore[arg-type]


def test_band_moves_a_rate_towards_its_target() -> None:
    band = Band(target=0.01, minimum=1e-6, maximum=1e-2)
    assert_close(band.moved(1e-3, 0.03), 1e-3 / 1.5)
    assert_close(band.moved(1e-3, 0.004), 1.5e-3)
    assert_close([band.moved(1e-3, shift) for shift in (0.0051, 0.01, 0.0199)], [1e-3] * 3)
    assert_close(band.moved(1e-3, 0.0), 1e-3)  # a policy that did not move says nothing
    assert_close(band.moved(1.2e-6, 1.0), 1e-6)
    assert_close(band.moved(9e-3, 0.001), 1e-2)


@pytest.mark.parametrize(
    ("step", "weights"), [(0, (1, 0)), (29, (1, 0)), (50, (0.75, 0.25)), (70, (0.5, 0.5)), (100, (0.5, 0.5))]
)
def test_hybrid_weights(step: int, weights: tuple[float, float]) -> None:
    assert_close(HybridSchedule(steps=100).weights(step), weights)


def test_hybrid_knots_must_rise() -> None:
    with pytest.raises(ValueError, match="rising"):
        HybridSchedule(steps=10, knots=((0.5, 1, 0), (0.5, 0, 1)))
