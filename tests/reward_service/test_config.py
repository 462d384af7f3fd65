"""Settings: what is wrong is named with its place; nothing unknown is ignored; plaintext stays on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reward_service import config
from reward_service.__main__ import main
from reward_service.config import PoolConfig, ServerConfig, is_local
from reward_service.config_file import load_config
from reward_service.errors import ServerStartError


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:/x", "unix:x"])
def test_addresses_of_this_machine(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize("address", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "127.0.0.1.example:1"])
def test_plaintext_beyond_this_machine_needs_the_flag(address: str) -> None:
    with pytest.raises(ServerStartError, match="--allow-insecure"):
        ServerConfig(listen=("127.0.0.1:0", address))
    assert ServerConfig(listen=(address,), allow_insecure=True).listen == (address,)


@pytest.mark.parametrize("address", ["", "50051", "host", "host:", ":1", "host:port", "host:99999", "unix:"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ServerStartError):
        ServerConfig(listen=(address,), allow_insecure=True)


@pytest.mark.parametrize(
    "settings",
    [{"limit_s": 0}, {"memory_bytes": -1}, {"workers": -1}, {"limit_s": 2.0, "slow_limit_s": 1.0}],
)
def test_pools_that_cannot_work_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ServerStartError):
        PoolConfig(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("affinity", "quota", "processors"),
    [
        (8, None, 8),
        (8, "max 100000", 8),
        (8, "300000 100000", 3),
        (2, "300000 100000", 2),
        (8, "50000 100000", 1),
        (8, "garbage", 8),
    ],
)
def test_workers_are_as_many_as_the_processors_allow(
    affinity: int, quota: str | None, processors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `--workers auto` stands for: one is left for the front, and there is at least one in each lane."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(affinity)), raising=False)
    monkeypatch.setattr(config, "_QUOTA", tmp_path / "cpu.max")
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota)
    assert config.available_processors() == processors
    pool = PoolConfig()
    assert pool.worker_count() == max(1, processors - 1)
    assert pool.slow_worker_count() == max(1, pool.worker_count() // 4)
    assert PoolConfig(workers=5, slow_workers=2).slow_worker_count() == 2


TOML = 'listen = ["unix:/tmp/x"]\ndrain_s = 5\n[pool]\nworkers = 3\nlimit_s = 0.5\n'
YAML = "listen: ['unix:/tmp/x']\ndrain_s: 5\npool: {workers: 3, limit_s: 0.5}\n"


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.yaml", YAML), ("a.yml", YAML)])
def test_files_are_read_and_flags_win(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    read = load_config(tmp_path / name, {"pool": {"workers": 7}})
    assert (read.listen, read.drain_s) == (("unix:/tmp/x",), 5.0)
    assert (read.pool.workers, read.pool.limit_s) == (7, 0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drain = 5", ["no setting drain", "did you mean drain_s"]),
        ("[pool]\nworker = 5", ["no setting pool.worker", "pool.workers"]),
        ("drain_s = 'soon'", ["drain_s", "number", "'soon'"]),
        ("[pool]\nworkers = 1.5", ["pool.workers", "1.5"]),
        ("pool = 3", ["pool must be a section"]),
        ("listen = 'unix:/x'", ["listen"]),
        ("listen = ['0.0.0.0:1']", ["plaintext", "0.0.0.0:1"]),
        ("a = [", ["a.toml"]),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(ServerStartError) as caught:
        load_config(path)
    assert all(word in str(caught.value) for word in words), caught.value
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_of_a_known_kind(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError, match="cannot read the configuration"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "a.ini").write_text("")
    with pytest.raises(ServerStartError, match=r"ends in \.toml"):
        load_config(tmp_path / "a.ini")


def test_the_command_line_says_what_is_wrong_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--listen", "0.0.0.0:1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: refusing to serve plaintext")
    assert said.count("\n") == 1
    assert main(["--listen", "unix:/nowhere/at/all"]) == 1
    assert "cannot listen on unix:/nowhere/at/all" in capsys.readouterr().err
