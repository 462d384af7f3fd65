"""Configuration files: what is wrong is said at once, by its dotted name, with a way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rfteval.errors import InputFileError, UsageError
from training import config, settings_page

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "train"

SMALLEST: dict[str, Any] = {
    "out": "runs/x",
    "model": {"path": "base"},
    "data": {"dataset": "synthetic"},
    "reward": {"components": [{"verifier": "auto"}]},
}


def test_the_smallest_configuration_is_enough() -> None:
    settings = config.parse(SMALLEST)
    assert settings.rollout.group_size == 8
    assert settings.reward.components[0].weight == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"optimiser": {}}, "unknown setting optimiser; did you mean optimizer?"),
        ({"rollout": {"group_sise": 4}}, "unknown setting rollout.group_sise; did you mean group_size"),
        ({"rollout": {"group_size": 1}}, "rollout.group_size: input should be greater than or equal to 2, got 1"),
        ({"reward": {"components": []}}, "reward.components"),
        ({"reward": {"components": [{"verifier": "auto", "wieght": 2}]}}, "reward.components[0].wieght; did you mean"),
        ({"rollout": {"noise": {"rollouts": 2}}, "batch": {"epochs": 2}}, "one update a batch, got 2"),
        ({"algorithm": "rloo", "kl": {"beta": 0.1}}, "set kl.estimator k2 or k3, or kl.beta 0"),
        ({"optimizer": {"adapt_to_kl": 0.01}}, "needs batch.updates or batch.epochs above 1"),
        ({"data": {}}, "exactly one of dataset, benchmark, file; got none"),
        ({"data": {"dataset": "a", "file": "b"}}, "got dataset, file"),
        ({"optimizer": {"lr": -1}}, "optimizer.lr: input should be greater than 0, got -1"),
        ({"kl": {"schedule": "linear"}}, "kl.schedule linear needs kl.beta_end"),
        ({"rollout": {"engine": "vllm_server"}}, "needs rollout.servers"),
        ({"rollout": {"group_size": 4, "noise": {"rollouts": 4}}}, "must be below rollout.group_size (4)"),
        ({"model": {}}, "model.path is missing"),
        ({"signal": {"filter_low": 0.1}}, "signal.filter_low and filter_high go together"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputFileError) as raised:
        config.parse({**SMALLEST, **change})
    assert said in str(raised.value)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InputFileError, match=r"group_size.*lr"):
        config.parse({**SMALLEST, "rollout": {"group_size": 1}, "optimizer": {"lr": 0}})


def test_overrides_are_dotted_and_typed(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "out: x\nmodel: {path: base}\ndata: {dataset: synthetic}\n"
        "reward: {components: [{verifier: auto}]}\noptimizer: {lr: 1e-6}\n"
    )
    settings = config.load(path, ["optimizer.lr=5e-5", "signal.dynamic_sampling=true", "model.freeze=[vision]"])
    assert (settings.optimizer.lr, settings.signal.dynamic_sampling) == (5e-5, True)
    assert settings.model.freeze == ["vision"]
    with pytest.raises(UsageError, match="NAME=VALUE"):
        config.load(path, ["optimizer.lr"])
    with pytest.raises(UsageError, match="out is no section"):
        config.load(path, ["out.lr=3"])
    with pytest.raises(UsageError, match="no such file"):
        config.load(tmp_path / "none.yaml")


def test_every_setting_says_what_it_means() -> None:
    found = list(config.fields())
    assert len(found) > 80
    assert not [name for name, _, meaning in found if not meaning]


def test_the_page_of_settings_is_that_of_the_code() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "training-settings.md"
    assert page.read_text(encoding="utf-8") == settings_page.page(), "run python -m training.settings_page"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_is_a_configuration(path: Path) -> None:
    config.load(path)
