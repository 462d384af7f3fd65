"""Whole runs in which everything fails that can: each failure is one sample's, with its reason, never a wrong answer;
the others are scored, and the same command asks again for what failed.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image as pillow

from rfteval.cli.app import execute
from tests.rfteval.models.chat_server import Answer, Body, ChatServer, due, error
from tests.rfteval.test_images import huge_png

COUNT = 9
WELL = 3  # the last questions, and the first ones are those below in turn
TIMEOUT_S = 3  # enough for an answer on a busy machine
FAILURES = {
    "HTTP 503: no capacity": error(503, "no capacity"),
    "HTTP 429: slow down": error(429, "slow down"),
    "HTTP 400: no such parameter": error(400, "no such parameter"),
    "what is no JSON": Answer(content=b"<html>gateway</html>"),
    "withheld the response": Answer(
        content=b'{"choices": [{"message": {"content": "x"}, "finish_reason": "content_filter"}]}'
    ),
    f"did not answer within {TIMEOUT_S} s": Answer(content=b"{}", delay_s=20.0),
}


def write_questions(folder: Path, pictures: dict[str, bytes | None]) -> Path:
    """A snapshot in MATH-Vision's columns, one question for each picture; None is a file that is not there."""
    folder.mkdir()
    rows = []
    for name, content in pictures.items():
        if content is not None:
            (folder / name).write_bytes(content)
        row = {"id": name, "question": f"What about {name}?\n<image1>", "options": [], "answer": "6", "solution": None}
        rows.append({**row, "level": 1, "subject": "counting", "image": name})
    (folder / "testmini.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def stored(picture: pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def run(out: Path, data: Path, server: str, url: str, *more: str) -> int:
    command = ["run", "--bench", "mathvision", "--data", str(data), "--out", str(out), "--server", server]
    options = ["--model-option", "attempts=1", "--model-option", f"timeout_s={TIMEOUT_S}"]
    return execute([*command, "--model", "openai:any", "--base-url", url, *options, *more])


def reasons(out: Path) -> dict[str, str | None]:
    """Why each sample has no response, by the last of its lines in the journal; None where it has one, scored."""
    found: dict[str, str | None] = {}
    for line in (out / "journal.jsonl").read_text().splitlines()[1:]:
        row = json.loads(line)
        found[row["sample_id"]] = row["response"]["error"]
        assert (row["scored"] is None) == (row["response"]["error"] is not None)
    return found


def overall(out: Path) -> dict[str, object]:
    whole = json.loads((out / "report.json").read_text())["overall"]
    assert isinstance(whole, dict)
    return whole


def test_a_server_that_fails_in_every_way(server: str, tmp_path: Path) -> None:
    plain = stored(pillow.new("RGB", (8, 8)), "PNG")
    data = write_questions(tmp_path / "data", {f"q{number}.png": plain for number in range(COUNT)})
    failing = list(FAILURES.values())

    def misbehave(number: int, body: Body) -> Answer | None:
        question = re.search(r"q(\d)\.png", json.dumps(body["messages"]))
        assert question is not None
        place = int(question[1])
        return failing[place] if place < len(failing) else None

    out = tmp_path / "run"
    with ChatServer(misbehave) as chat:
        assert run(out, data, server, chat.url) == 3
    found = reasons(out)
    for place, expected in enumerate(FAILURES):
        assert expected in str(found[f"q{place}.png"])
    assert {name for name, reason in found.items() if reason is None} == {f"q{n}.png" for n in range(6, COUNT)}
    whole = overall(out)
    assert (whole["items"], whole["scored"]) == (COUNT, WELL)
    assert whole["unscored_by_status"] == {"MODEL_ERROR": len(FAILURES)}
    with ChatServer() as chat:
        assert run(out, data, server, chat.url, "--rerun", "failed") == 0
        assert len(chat.bodies) == len(FAILURES)
    assert overall(out)["unscored"] == 0


def test_pictures_of_every_bad_kind(server: str, tmp_path: Path) -> None:
    whole = stored(pillow.effect_noise((64, 64), 40).convert("RGB"), "PNG")
    frames = [pillow.new("RGB", (20, 20), color) for color in ("red", "green")]
    bad = {"torn.png": whole[:200], "text.png": b"no picture", "bomb.png": huge_png(100_000), "empty.png": b""}
    odd = {
        "whole.png": whole,
        "cmyk.jpg": stored(pillow.new("CMYK", (20, 20)), "JPEG"),
        "animated.gif": stored(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "pixel.png": stored(pillow.new("RGB", (1, 1)), "PNG"),
    }
    data = write_questions(tmp_path / "data", {**bad, "missing.png": None, **odd})
    out = tmp_path / "run"
    with ChatServer() as chat:
        assert run(out, data, server, chat.url) == 3
        assert len(chat.bodies) == len(odd), "what cannot be read is not sent"
    found = reasons(out)
    assert {name for name, reason in found.items() if reason is None} == odd.keys()
    assert all(name in str(found[name]) for name in [*bad, "missing.png"])
    assert re.search(r"100000 x 100000|more than \d+ pixels", str(found["bomb.png"]))
    assert overall(out)["unscored_by_status"] == {"MODEL_ERROR": len(bad) + 1}


def test_no_server_at_all_is_said_at_once_and_the_same_command_goes_on(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_questions(tmp_path / "data", {"q.png": stored(pillow.new("RGB", (8, 8)), "PNG")})
    assert run(tmp_path / "run", data, server, "http://127.0.0.1:9/v1") == 1
    assert "start the server or correct --base-url" in capsys.readouterr().err
    with ChatServer(lambda number, body: due(body)) as chat:
        assert run(tmp_path / "run", data, server, chat.url) == 0
