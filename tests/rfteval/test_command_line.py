"""What a person sees: help with an example everywhere, one line for an error, exit codes 2 and 1, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reward_service.client import RewardClient
from reward_service.errors import InvalidRequestError, ServiceUnavailableError, UnknownVerifierError
from rfteval import errors
from rfteval.cli.app import describe, execute

COMMANDS = ("rescore", "run", "grade", "explain", "serve", "doctor", "verifiers", "benchmarks", "version")
GOOD = {"response": "1", "gold": "1"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of one private server, for commands that need not start their own."""
    with RewardClient() as client:
        yield client.address


def failed(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> str:
    """The error line of a command that has to fail with `code`."""
    assert execute(arguments) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Example: rfteval {command}" in text


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_the_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(arguments) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n  {command} " in text


def test_the_version_names_what_decides_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["version"]) == 0
    text = capsys.readouterr().out
    for name in ("python", "rfteval", "sympy", "grpcio"):
        assert f"{name} " in text


RESCORE = ["rescore", "--bench", "mathvista", "--responses", "{path}", "--out", "{out}"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["rescor"], "rescore"),
        (["rescore"], "--bench"),
        (["grade", "no_such_file.jsonl"], "no such file: no_such_file.jsonl"),
        (["grade", "{path}", "--no-such-option"], "--no-such-option"),
        (["grade", "{path}", "--out", "{path}", "--force"], "is the input"),
        (["grade", "{path}", "--out", "{taken}"], "--force"),
        (["grade", "{path}", "--server", "{server}", "--verifier", "maths"], "did you mean math"),
        (["grade", "{path}", "--server", "{server}", "--param", "roundin=exact"], "did you mean rounding"),
        (["grade", "{path}", "--server", "{server}", "--out", "{out}", "--param", "rounding=never"], "rounding"),
        (["explain", "--gold", "1", "--response", "1", "--verifier", "maths"], "did you mean math"),
        (["explain", "--gold", "1", "--response", "1", "--kind", "expresion"], "did you mean expression"),
        (["rescore", "--bench", "mathvist", *RESCORE[3:]], "did you mean mathvista"),
        ([*RESCORE, "--profile", "official-extract"], "did you mean official-extraction"),
        ([*RESCORE, "--split", "testmin"], "did you mean testmini"),
        ([*RESCORE, "--limit", "0"], "--limit must be at least 1"),
        (["run", "--bench", "mathvista", "--model", "reply"], "did you mean replay"),
        (["run", "--bench", "mathvista", "--split", "testmini", "--model", "replay"], "replay:FILE"),
        (["serve", "--listen", "nowhere"], "HOST:PORT"),
        (["serve", "--listen", "0.0.0.0:0"], "--allow-insecure"),
        (["serve", "--workers", "many"], "--workers"),
        (["serve", "--tls-key", "k.pem"], "certificate"),
        (["serve", "--log-level", "loud"], "warning"),
        (["serve", "--config", "{path}"], "in.jsonl"),
        (["verifiers", "--credentials", "{path}"], "--server"),
        (["verifiers", "--server", ","], "empty address"),
    ],
)
def test_misuse_is_one_line_with_a_remedy_and_code_2(
    arguments: list[str], named: str, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(GOOD) + "\n")
    (tmp_path / "taken").write_text("precious")
    places = {"path": path, "taken": tmp_path / "taken", "out": tmp_path / "out", "server": server}
    line = failed(capsys, [argument.format(**places) for argument in arguments], 2)
    assert named in line
    assert (tmp_path / "taken").read_text() == "precious"
    assert path.read_text() == json.dumps(GOOD) + "\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["grade", "{bad}", "--server", "{server}", "--out", "{out}"], "in.jsonl:2: no 'response'"),
        (["grade", "{path}", "--server", "127.0.0.1:1"], "127.0.0.1:1"),
        (["grade", "{path}", "--server", "unix:{out}"], "rfteval serve"),
        (["verifiers", "--server", "127.0.0.1:1"], "127.0.0.1:1"),
        (["grade", "{path}", "--server", "{server}", "--out", "/dev/full"], "the disk is full"),
    ],
)
def test_a_failure_is_one_line_with_a_remedy_and_code_1(
    arguments: list[str], named: str, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "good.jsonl"
    path.write_text(json.dumps(GOOD) + "\n")
    bad = tmp_path / "in.jsonl"
    bad.write_text(json.dumps(GOOD) + '\n{"gold": "1"}\n')
    places = {"path": path, "bad": bad, "out": tmp_path / "out", "server": server}
    assert named in failed(capsys, [argument.format(**places) for argument in arguments], 1)


def test_debug_shows_the_traceback_wherever_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--debug", "grade", "absent"], ["grade", "absent", "--debug"]):
        assert execute(arguments) == 2
        text = capsys.readouterr().err
        assert "Traceback" in text and "error: no such file: absent" in text


def test_each_kind_of_error_has_its_code() -> None:
    assert describe(errors.UsageError("x")) == ("x", 2)
    assert describe(errors.SourceError("x")) == ("x", 1)
    assert describe(UnknownVerifierError("x"))[1] == describe(InvalidRequestError("x"))[1] == 2
    assert describe(ServiceUnavailableError("x"))[1] == 1
    message, code = describe(ZeroDivisionError("x"))
    assert code == 1 and "defect" in message and "--debug" in message


def test_an_error_of_many_lines_becomes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a b" in failed(capsys, ["grade", "a\nb"], 2)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--gold", "1/2", "--response", r"So it is \boxed{0.5}."], ("CORRECT, score 1", "boxed", "0.5", "math")),
        (["--gold", "3", "--response", r"\boxed{4}"], ("INCORRECT, score 0", "4")),
        (["--gold", "", "--response", r"\boxed{4}"], ("INVALID_REFERENCE, score none",)),
        (["--gold", "B", "--response", "Answer: B", "--choices", '["red", "blue"]'], ("CORRECT", "choice")),
        (["--gold", "blue", "--response", "Answer: Q", "--choices", '{"P": "red", "Q": "blue"}'], ("CORRECT",)),
        (["--gold", "B", "--response", "Answer: B", "--choices", "red", "--choices", "blue"], ("CORRECT", "choice")),
        (["--gold", "blue", "--response", "Answer: Q", "--choices", "P=red", "--choices", "Q=blue"], ("CORRECT",)),
        (["--gold", "0.5", "--response", "1/2", "--kind", "expression"], ("CORRECT", "1/2")),
    ],
)
def test_explain_says_what_was_found_and_why(
    arguments: list[str], shown: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["explain", *arguments]) == 0
    text = capsys.readouterr().out
    for part in (*shown, "reason:", "found by:", "settled by:"):
        assert part in text


def test_a_reader_that_goes_away_is_no_traceback(server: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text((json.dumps(GOOD) + "\n") * 3000)
    with subprocess.Popen(
        [sys.executable, "-m", "rfteval", "grade", str(rows), "--server", server],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(60)
    assert "Traceback" not in said


def test_importing_the_package_or_asking_for_help_loads_nothing_heavy() -> None:
    program = (
        "import sys, rfteval, rfteval.cli.app as app; app.execute(['--help'])\n"
        "heavy = {'grpc', 'sympy', 'rich', 'datasets', 'pandas', 'numpy', 'PIL', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
