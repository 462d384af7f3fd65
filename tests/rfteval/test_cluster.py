"""A run spread over Ray, on a real local cluster; skipped where Ray (extra `scale`) is not installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfteval import cluster, runner
from rfteval.cluster import ClusterError, Spread
from rfteval.errors import UsageError
from rfteval.plan import Plan
from rfteval.shards import Shard

ASKING = {"model": "replay"}


def plan(out: Path, **fields: object) -> Plan:
    return Plan(benchmark="mathvista", split="sample", limit=30, out=out, **fields)  # type: ignore[arg-type]


def quiet(done: int, total: int | None) -> None:
    pass


@pytest.fixture
def ray() -> Iterator[None]:
    module = pytest.importorskip("ray", reason="Ray is not installed: pip install 'rfteval[scale]'")
    yield
    module.shutdown()


@pytest.mark.usefixtures("ray")
def test_a_spread_run_gives_the_report_of_a_plain_one(tmp_path: Path) -> None:
    runner.run(plan(tmp_path / "plain"), **ASKING)  # type: ignore[arg-type]
    seen: list[int] = []
    cluster.run(plan(tmp_path / "spread"), Spread(parts=3, cpus=0.5), ASKING, lambda done, total: seen.append(done))
    plain, spread = [(tmp_path / name / "report.json").read_text() for name in ("plain", "spread")]
    assert json.loads(spread) == json.loads(plain)
    assert seen[-1] == 30


@pytest.mark.usefixtures("ray")
def test_a_failed_part_is_named_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"part \d/2 failed: .*no such file.*the same command goes on"):
        cluster.run(plan(tmp_path), Spread(parts=2, cpus=0.5), {"model": "replay:/no/such/file"}, quiet)


@pytest.mark.usefixtures("ray")
def test_what_the_cluster_does_not_have_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"needs 999 CPU .* lower --cpus-per-part"):
        cluster.run(plan(tmp_path), Spread(parts=2, cpus=999), ASKING, quiet)


def test_without_ray_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install 'rfteval\[scale\]'"):
        cluster.run(plan(tmp_path), Spread(parts=2), ASKING, quiet)


def test_parts_are_not_spread_again(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="leave --shard out"):
        cluster.run(plan(tmp_path, shard=Shard(number=1, count=2)), Spread(parts=2), ASKING, quiet)


@pytest.mark.parametrize("wrong", [{"parts": 0}, {"parts": 1, "gpus": -1.0}])
def test_a_spread_makes_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Spread(**wrong)
