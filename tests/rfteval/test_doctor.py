"""`rfteval doctor` on this installation and on real servers, sound and not; every problem says what to do."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.client import RewardClient
from reward_service.connection import health
from rfteval import diagnosis
from rfteval.cli.app import execute
from rfteval.diagnosis import Finding, compare_digests
from rfteval.models import backend as backend_module
from rfteval.models.open import backends
from tests.server_process import ServerProcess, running_server, write_config


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server without guards."""
    with RewardClient() as client:
        yield client.address


def doctor(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and what was said of each subject: (state, the rest of the line)."""
    code = execute(["doctor", *map(str, arguments)])
    lines = capsys.readouterr().out.splitlines()
    said = {}
    for line in lines:
        state, rest = line.split(maxsplit=1)
        said[rest[:24].strip()] = (state, rest[24:].strip())
    assert len(said) == len(lines)
    assert code == any(state == "problem" for state, _ in said.values())
    assert all(" -> " in text for state, text in said.values() if state == "problem")
    return code, said


def test_this_installation_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = doctor(capsys)
    assert code == 0
    assert said["python"][1].startswith(sys.version.split()[0])
    assert {"grpcio", "sympy", "google-re2"} <= said.keys()
    assert {name for name in said if name.startswith("extra ")} >= {"extra models", "extra scale"}
    assert "first verdict after" in said["private server"][1]


def test_what_is_missing_comes_with_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    versions = {"sympy": None, "grpcio": "1.9.99", "ray": None, "torch": "1.0"}
    real = diagnosis._version
    monkeypatch.setattr(diagnosis, "_version", lambda name: versions[name] if name in versions else real(name))
    code, said = doctor(capsys)
    assert code == 1
    assert said["sympy"] == ("problem", "not installed -> pip install 'sympy>=1.13'")
    assert said["grpcio"] == ("problem", "1.9.99 is older than 1.85.1 -> pip install 'grpcio>=1.85.1'")
    assert said["extra scale"][0] == "absent" and said["extra scale"][1].endswith("pip install '.[scale]'")
    assert "torch>=2.6" in said["extra models"][1]


def test_each_backend_is_told_of_in_the_words_of_the_list_of_models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = {"torch": "2.13.0", "transformers": "5.19.0"}
    monkeypatch.setattr(backend_module, "installed_version", there.get)
    monkeypatch.setattr(diagnosis, "_private_server", lambda: Finding(subject="private server", state="ok", found=""))
    _, said = doctor(capsys)
    assert execute(["models"]) == 0
    listed = capsys.readouterr().out
    every = backends()
    assert {"transformers", "vllm", "openai", "replay"} <= every.keys()
    for name, backend in every.items():
        state, text = said[f"backend {name}"]
        found, _, install = text.partition(" -> ")
        assert found in listed
        assert (state == "absent") == bool(backend.lacking())
        assert install == (backend.install if backend.lacking() else "")
        assert not install or f"install: {install}" in listed
    assert said["backend transformers"][1].startswith("lacks accelerate, peft -> pip install")
    assert said["backend openai"] == ("ok", "needs nothing more")


def test_a_private_server_that_does_not_start_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false") or "false")
    code, said = doctor(capsys)
    assert code == 1
    assert said["private server"][0] == "problem"


def test_every_requirement_of_the_project_is_understood() -> None:
    names = {(found.package, found.extra) for found in diagnosis.requirements()}
    assert {("grpcio", ""), ("ray", "scale"), ("vllm", "vllm"), ("pytest", "test")} <= names
    assert next(found for found in diagnosis.requirements() if found.package == "ray").text.startswith("ray[serve]>=")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.lists(st.integers(0, 30), min_size=1, max_size=4))
def test_versions_are_compared_by_their_numbers(first: list[int], second: list[int]) -> None:
    wide = [numbers + [0] * (4 - len(numbers)) for numbers in (first, second)]
    texts = [".".join(map(str, numbers)) for numbers in (first, second)]
    assert diagnosis._older(f"{texts[0]}.post1", texts[1]) == (wide[0] < wide[1])


def test_a_sound_server(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = doctor(capsys, "--server", server)
    assert code == 0
    assert said["health"] == ("ok", "SERVING")
    assert "verifiers" in said["protocol"][1]
    assert said["digests"][1].startswith("equal")
    assert said["one item"][1].startswith("p50 ")
    assert said["batch of 256"][1].split()[0].replace(",", "").isdigit()


def test_only_the_health(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = doctor(capsys, "--server", server, "--quick")
    assert (code, set(said)) == (0, {"reachable", "health"})


def test_several_servers_are_told_apart(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["doctor", "--server", f"{server},127.0.0.1:1", "--quick"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", server], ["ok", server], ["problem", "127.0.0.1:1"]]


def test_nobody_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = doctor(capsys, "--server", "127.0.0.1:1")
    assert (code, set(said)) == (1, {"reachable"})
    assert "check HOST:PORT" in said["reachable"][1]


def test_somebody_who_never_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        code, said = doctor(capsys, "--server", f"127.0.0.1:{silent.getsockname()[1]}", "--timeout-s", 0.3)
    assert code == 1
    assert said["reachable"][0] == "problem"


def test_a_token_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("right", "wrong"):
        (tmp_path / name).write_text(f"{name}-token\n")
        (tmp_path / f"{name}.toml").write_text(f"token_file = {json.dumps(str(tmp_path / name))}\n")
    with running_server(tmp_path, settings={"token_file": str(tmp_path / "right")}) as server:
        code, said = doctor(capsys, "--server", server.address, "--credentials", tmp_path / "right.toml")
        assert (code, said["access"]) == (0, ("ok", "token accepted"))
        for more in ((), ("--credentials", tmp_path / "wrong.toml")):
            code, said = doctor(capsys, "--server", server.address, *more)
            assert code == 1
            assert said["health"] == ("ok", "SERVING")
            assert said["access"][0] == "problem" and "token_file" in said["access"][1]
            assert "wrong-token" not in str(said)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Path]]:
    """A server with a certificate for 127.0.0.1 that is its own authority, and the folder with the files."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make certificates")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=rewards"
    command += " -addext subjectAltName=IP:127.0.0.1"
    for name in ("server", "stranger"):
        subprocess.run(
            [*command.split(), "-keyout", f"{name}.key", "-out", f"{name}.pem"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        (folder / f"trust-{name}.toml").write_text(f"tls = true\nauthority = {json.dumps(f'{folder}/{name}.pem')}\n")
    config = write_config(folder)
    paths = {"certificate": str(folder / "server.pem"), "key": str(folder / "server.key")}
    lines = [f"{name} = {json.dumps(path)}" for name, path in paths.items()]
    config.write_text("\n".join([config.read_text(), "[tls]", *lines]))
    server = ServerProcess("127.0.0.1:0", config)
    yield server, folder
    server.stop()


def test_tls(secured: tuple[ServerProcess, Path], capsys: pytest.CaptureFixture[str]) -> None:
    server, folder = secured
    code, said = doctor(capsys, "--server", server.address, "--credentials", folder / "trust-server.toml")
    assert (code, said["reachable"][1]) == (0, f"{server.address} answers, TLS")
    code, said = doctor(capsys, "--server", server.address, "--credentials", folder / "trust-stranger.toml")
    assert code == 1 and "authority = PEM" in said["reachable"][1]
    code, said = doctor(capsys, "--server", server.address)
    assert code == 1 and "tls = true" in said["reachable"][1]


def test_tls_to_a_plaintext_server(
    secured: tuple[ServerProcess, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_server(tmp_path) as plaintext:
        credentials = secured[1] / "trust-server.toml"
        code, said = doctor(capsys, "--server", plaintext.address, "--credentials", credentials)
    assert code == 1 and "leave tls out" in said["reachable"][1]


@pytest.mark.parametrize(
    ("credentials", "remedy"),
    [
        ({"token_file": "token"}, "set tls = true"),
        ({"token_file": "nowhere"}, "set tls = true"),
        ({"tls": True, "authority": "nowhere"}, "check this file"),
    ],
)
def test_credentials_that_do_not_fit_the_address(
    credentials: dict[str, object], remedy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("a-token\n")
    lines = [
        f"{name} = {json.dumps(value if value is True else str(tmp_path / str(value)))}"
        for name, value in credentials.items()
    ]
    (tmp_path / "mine.toml").write_text("\n".join(lines))
    code, said = doctor(capsys, "--server", "192.0.2.1:1", "--credentials", tmp_path / "mine.toml", "--timeout-s", 2)
    assert code == 1
    assert remedy in said["reachable"][1]


def test_token_files_that_hold_none(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_text("# nobody\n")
    for name in ("empty", "nowhere"):
        (tmp_path / "mine.toml").write_text(f"token_file = {json.dumps(str(tmp_path / name))}\n")
        code, said = doctor(capsys, "--server", server, "--credentials", tmp_path / "mine.toml")
        assert code == 1 and "check this file" in said["access"][1]


def test_other_code_is_named() -> None:
    same = compare_digests({"a": "1", "b": "2"}, {"a": "1", "b": "2", "theirs": "3"})
    assert same.state == "ok" and "theirs" in same.found
    other = compare_digests({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9"})
    assert other.state == "problem"
    assert "other code: b" in other.found and "not there: c" in other.found


def test_a_problem_without_a_remedy_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="needs a remedy"):
        Finding(subject="a", state="problem", found="b")


def test_health_of_a_private_server(server: str) -> None:
    assert health(server) == "SERVING"


def test_as_json(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["doctor", "--server", server, "--quick", "--json"]) == 0
    assert [entry["subject"] for entry in json.loads(capsys.readouterr().out)] == ["reachable", "health"]


def test_a_table_on_a_terminal(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    assert execute(["doctor", "--server", f"{server},127.0.0.1:1", "--quick"]) == 1
    text = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    lines = [line.split() for line in text.splitlines()]
    assert [line[0] for line in lines] == ["ok", "ok", "problem", "->"]
    assert lines[-1][1:3] == ["check", "HOST:PORT,"]


def test_quick_is_for_servers(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["doctor", "--quick"]) == 2
    assert "--server" in capsys.readouterr().err
    assert execute(["doctor", "--credentials", "a.toml"]) == 2
