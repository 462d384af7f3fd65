"""`rfteval serve` by itself, and commands that are sent to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import Command

ROW = json.dumps({"response": r"\boxed{42}", "gold": "42"}) + "\n"


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rfteval", "serve", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def listening(process: subprocess.Popen[str]) -> str:
    """The address in the line that says the server is ready."""
    assert process.stdout is not None
    return process.stdout.readline().removeprefix("listening on ").strip()


def test_a_port_is_served_until_sigterm(rfteval: Command) -> None:
    with start("--listen", "127.0.0.1:0") as process:
        address = listening(process)
        graded = rfteval("grade", "-", "--server", address, stdin=ROW).stdout
        assert json.loads(graded)["status"] == "CORRECT"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert address.split(":")[1] != "0"
    said = rfteval("grade", "-", "--server", address, stdin=ROW, code=1).stderr
    assert address in said and said.count("\n") == 1


def test_an_address_in_use_is_one_line_and_code_1(server: str, rfteval: Command) -> None:
    said = rfteval("serve", "--listen", server, code=1).stderr
    assert said.count("\n") == 1 and "cannot listen" in said


def test_tokens_are_asked_for_and_come_from_the_credentials(rfteval: Command, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("sesame\n")
    (tmp_path / "wrong").write_text("simsim\n")
    for name, token in (("right.toml", "tokens"), ("wrong.toml", "wrong")):
        (tmp_path / name).write_text(f"token_file = {json.dumps(str(tmp_path / token))}\n")
    (tmp_path / "serve.toml").write_text(f"token_file = {json.dumps(str(tmp_path / 'tokens'))}\n")
    with start("--listen", f"unix:{tmp_path / 's'}", "--config", tmp_path / "serve.toml") as process:
        arguments = ("grade", "-", "--server", listening(process))
        right = rfteval(*arguments, "--credentials", tmp_path / "right.toml", stdin=ROW)
        assert json.loads(right.stdout)["status"] == "CORRECT"
        for more in ((), ("--credentials", tmp_path / "wrong.toml")):
            refused = rfteval(*arguments, *more, stdin=ROW, code=1)
            assert refused.stdout == "" and "refused" in refused.stderr
            assert "sesame" not in refused.stderr and "simsim" not in refused.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
