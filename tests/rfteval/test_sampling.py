"""How to generate, as a value: nonsense is refused, and a setting that is off leaves older runs what they were."""

from __future__ import annotations

import json

import pytest

from rfteval.journal import first_difference
from rfteval.types import Sampling


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -0.1},
        {"temperature": float("inf")},
        {"temperature": float("nan")},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"max_tokens": 0},
        {"samples": 0},
        {"top_k": 0},
        {"min_p": -0.1},
        {"min_p": 1.5},
        {"repetition_penalty": 0.0},
        {"stop": ("",)},
        {"stop": "</answer>"},
        {"thinking_budget": -1},
    ],
    ids=str,
)
def test_a_value_that_makes_no_sense_is_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_a_journal_written_before_a_setting_existed_goes_on() -> None:
    written = {"temperature": 0.0, "top_p": 1.0, "max_tokens": 2048, "samples": 1, "seed": None}
    now = json.loads(json.dumps(Sampling().settings()))
    assert first_difference({"sampling": written}, {"sampling": now}) is None


def test_every_setting_that_is_on_belongs_to_the_run() -> None:
    on = Sampling(top_k=5, min_p=0.1, repetition_penalty=1.1, stop=("\n\n",), thinking=False, thinking_budget=0, seed=0)
    assert set(on.settings()) == set(Sampling.__slots__)
    plain = Sampling().settings()
    assert all(
        first_difference(plain, {**plain, name: value}) for name, value in on.settings().items() if name not in plain
    )
