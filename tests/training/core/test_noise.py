"""NoisyRollout: how the noise fades, what it does to a picture, and that it comes from the generator alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.tolerance import assert_close
from training.core.noise import FADINGS, Fading, NoiseSchedule, crop_fill, diffuse, kept_signal


@pytest.mark.parametrize(
    ("step", "strength"), [(0, 499), (20, 499), (30, 496), (36, 440), (40, 250), (44, 59), (50, 3), (60, 0)]
)
def test_released_annealing(step: int, strength: int) -> None:
    assert NoiseSchedule(strength=500, steps=60, middle=40, coefficient=30).at(step) == strength


@pytest.mark.parametrize(
    ("fading", "coefficient", "halfway"), [("linear", 1.0, 250), ("power", 3.0, 437), ("exponential", 0.9, 478)]
)
def test_other_fadings(fading: Fading, coefficient: float, halfway: int) -> None:
    """Halfway: 1 - 1/2; 1 - 1/8; 1 - 0.9^30."""
    schedule = NoiseSchedule(fading=fading, coefficient=coefficient)
    assert (schedule.at(30), schedule.at(60)) == (halfway, 0)


@pytest.mark.parametrize("fading", FADINGS)
@given(strength=st.integers(0, 999), steps=st.integers(1, 100), coefficient=st.floats(0.01, 0.99))
def test_noise_only_fades(fading: Fading, strength: int, steps: int, coefficient: float) -> None:
    schedule = NoiseSchedule(
        fading=fading,
        strength=strength,
        steps=steps,
        middle=steps / 2,
        coefficient=coefficient if fading == "exponential" else 60 * coefficient,
    )
    values = [schedule.at(step) for step in range(2 * steps)]
    assert values == sorted(values, reverse=True)
    assert 0 <= min(values) <= max(values) <= strength


def test_kept_signal_is_the_product_of_its_parts() -> None:
    betas = [1 / (1 + 2.718281828459045 ** -(-6 + 12 * t / 999)) * (5e-3 - 1e-5) + 1e-5 for t in range(1000)]
    product = 1.0
    for beta in betas[:501]:
        product *= 1 - beta
    assert_close(kept_signal()[500], product)
    assert (kept_signal().diff() < 0).all()


def test_a_noisy_picture_has_the_stated_signal_and_spread() -> None:
    """A grey picture: mean sqrt(abar) x, standard deviation sqrt(1 - abar), where nothing is clamped."""
    picture = torch.full((3, 200, 200), 0.5)
    noisy = diffuse(picture, 30, torch.Generator().manual_seed(0))
    kept = float(kept_signal()[30])
    assert abs(float(noisy.mean()) - 0.5 * kept**0.5) < 5 * (1 - kept) ** 0.5 / picture.numel() ** 0.5
    assert abs(float(noisy.std()) / (1 - kept) ** 0.5 - 1) < 0.02


@given(strength=st.integers(0, 999), seed=st.integers(0, 99))
def test_noise_comes_from_the_generator_alone(strength: int, seed: int) -> None:
    picture = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(seed))
    before = picture.clone()
    state = torch.random.get_rng_state()
    first = diffuse(picture, strength, torch.Generator().manual_seed(seed))
    second = diffuse(picture, strength, torch.Generator().manual_seed(seed))
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(picture, before)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


def test_no_noise_is_the_picture() -> None:
    picture = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(diffuse(picture, 0, torch.Generator()), picture)


@given(share=st.floats(0, 1), seed=st.integers(0, 99))
def test_crop_fill_covers_one_rectangle(share: float, seed: int) -> None:
    covered = crop_fill(torch.ones(2, 10, 20), share, torch.Generator().manual_seed(seed))
    dark = covered[0] == 0
    assert torch.equal(dark, covered[1] == 0)
    assert int(dark.sum()) == int(10 * share) * int(20 * share)
    rows, columns = dark.any(1), dark.any(0)
    assert torch.equal(dark, rows.unsqueeze(1) & columns.unsqueeze(0))


@pytest.mark.parametrize(
    "values", [{"strength": 1000}, {"steps": 0}, {"coefficient": 0.0}, {"fading": "exponential", "coefficient": 1.0}]
)
def test_impossible_noise_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"noise|fading"):
        NoiseSchedule(**values)  # type: ignore[arg-type]
