"""The likeliest option: by sum and by mean, with the end and without, and tables that are none."""

from __future__ import annotations

import json

import pytest

from benchmarks.seed_bench import headline as seed_headline
from benchmarks.seed_bench_likelihood import SEED_BENCH_LIKELIHOOD
from reward_service.limits import Budget
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers import registry
from rfteval.models.likelihood import Likely, response_of

LIKELIEST = registry.get("likeliest_option")
CHOICES = tuple(Choice(label=label, text=label) for label in "ABCD")


def judge(text: str, answer: str = "B", **parameters: object) -> Verdict:
    chosen = registry.parameters_for(LIKELIEST, parameters)
    return registry.run(LIKELIEST, text, Reference(answer=answer, kind="choice", choices=CHOICES), chosen, Budget())


def table(**columns: object) -> str:
    whole = {"log_likelihoods": [-3.0, -4.0, -9.0, -8.0], "ends": [-2.5, -0.5, -1.0, -1.0], "tokens": [1, 2, 9, 4]}
    return json.dumps({**whole, **columns})


@pytest.mark.parametrize(
    ("parameters", "chosen"),
    [
        ({}, "B"),  # losses 5.5, 4.5, 10, 9
        ({"end": False}, "A"),  # 3, 4, 9, 8
        ({"per_token": True}, "C"),  # 2.75, 1.5, 1.0, 1.8
        ({"per_token": True, "end": False}, "C"),  # 3, 2, 1, 2
    ],
)
def test_interfaces_that_compare_other_losses_choose_other_options(parameters: dict[str, object], chosen: str) -> None:
    verdict = judge(table(), **parameters)
    assert verdict.extracted == chosen and verdict.correct == (chosen == "B")


def test_of_equal_losses_the_first_counts() -> None:
    verdict = judge(table(log_likelihoods=[-1, -1, -1, -1], ends=[0, 0, 0, 0]), answer="A")
    assert verdict.correct and verdict.flags == ("tie",)


@pytest.mark.parametrize(
    "text",
    [
        *("B", "", "[]", "{}", "[" * 9000, table(ends=[0.0]), table(tokens=None), table(log_likelihoods=["-1"] * 4)),
        *(table(log_likelihoods=[float("nan")] * 4), table(ends=[float("-inf")] * 4), table(tokens=[True] * 4)),
        *(table(tokens=[-1] * 4), "1" * 200_000),
        *(table(log_likelihoods=[-1e308] * 4, ends=[-1e308] * 4), table(tokens=[10**400] * 4)),
    ],
)
def test_what_is_no_table_is_unscored_and_never_wrong(text: str) -> None:
    verdict = judge(text)
    assert verdict.status is Status.ERROR and verdict.score is None and "no table of likelihoods" in verdict.reason


def test_a_reference_that_is_no_option_is_no_wrong_answer() -> None:
    assert judge(table(), answer="E").status is Status.INVALID_REFERENCE


def test_what_a_backend_records_is_read_again() -> None:
    options = [Likely(log_likelihood=-value, end=-0.25, tokens=2) for value in (3.0, 1.0, 2.0, 4.0)]
    response = response_of("1", options, 7)
    assert judge(response.text).correct and len(response.text) < 256  # below what is cut for a budget's curve
    assert response_of("1", [Likely(log_likelihood=float("nan"), end=0.0, tokens=1)]).error is not None


def test_its_metrics_have_names_of_their_own() -> None:
    assert SEED_BENCH_LIKELIHOOD.headline is not None
    names = {metric.name for metric in SEED_BENCH_LIKELIHOOD.headline([], {})}
    assert names == {"seed_ppl_all", "seed_ppl_image", "seed_ppl_video"}
    assert not names & {metric.name for metric in seed_headline([], {})}
