"""Judges through a real server: asked by name, remembered when they scored, never confused with a wrong answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reward_service.client import RewardClient
from reward_service.config_file import load_config
from reward_service.errors import InvalidRequestError, ServerStartError
from reward_service.types import Component, Reference, ScoredItem, ScoreItem, Status, Tier
from tests.server_process import ServerProcess, write_config

JUDGES = """
[[judges]]
name = "fair"
url = "http://127.0.0.1:{port}/v1"
model = "judge-1"
timeout_s = 60
attempts = 1

[[judges]]
name = "steps"
url = "http://127.0.0.1:{port}"
model = "prm-1"
kind = "process_reward"
"""


class Endpoint(BaseHTTPRequestHandler):
    """Scores what it is told to by the response's last word; counts its calls."""

    calls = 0

    def do_POST(self) -> None:
        type(self).calls += 1
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status = 500 if "broken" in body else 200
        score = {"score": 0.75, "reason": "mostly"}
        answer = json.dumps({"choices": [{"message": {"content": json.dumps(score)}}]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RewardClient]:
    endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    config = write_config(tmp_path_factory.mktemp("server"))
    config.write_text(config.read_text() + JUDGES.format(port=endpoint.server_port))
    server = ServerProcess("127.0.0.1:0", config)
    with RewardClient(server.address) as opened:
        yield opened
    server.stop()
    endpoint.shutdown()
    endpoint.server_close()


def ask(client: RewardClient, text: str, judge: str = "fair", verifier: str = "llm_judge") -> ScoredItem:
    item = ScoreItem(id="a", response=text, reference=Reference(answer="4", question="2 + 2?"))
    return client.score([item], components=[Component(verifier=verifier, parameters={"judge": judge})])[0]


def test_a_judges_score_is_a_verdict_like_any_other(client: RewardClient) -> None:
    scored = ask(client, "four, I think")
    [verdict] = scored.verdicts
    assert (verdict.status, verdict.score, scored.reward) == (Status.PARTIAL, 0.75, 0.75)
    assert (verdict.verifier, len(verdict.digest)) == ("llm_judge", 12)


def test_a_scored_verdict_is_remembered_and_a_failure_is_not(client: RewardClient) -> None:
    ask(client, "remember me")
    calls = Endpoint.calls
    assert ask(client, "remember me").tier is Tier.CACHE
    assert Endpoint.calls == calls
    first, second = ask(client, "broken"), ask(client, "broken")
    assert first.verdicts[0].status is second.verdicts[0].status is Status.ERROR
    assert first.reward is second.reward is None
    assert Endpoint.calls == calls + 2


@pytest.mark.parametrize(
    ("judge", "verifier", "words"),
    [
        ("unfair", "llm_judge", "no judge 'unfair'; it has: fair, steps"),
        ("steps", "llm_judge", "of kind process_reward, and llm_judge needs chat"),
        ("fair", "process_reward", "of kind chat, and process_reward needs process_reward"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_refused_by_name(
    client: RewardClient, judge: str, verifier: str, words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=r"components\[0\]\.parameters") as caught:
        ask(client, "x", judge, verifier)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[judges]]\nname = "a"\nurl = "ftp://x"\nmodel = "m"', "url must be http"),
        ('[[judges]]\nname = "a"\nurl = "http://x"\nmodle = "m"', "judges[0].modle"),
        ('[[judges]]\nname = "a"\nurl = "http://x"', "judges.0.model"),
        ("judges = 3", "judges must be a list"),
        (2 * '[[judges]]\nname = "a"\nurl = "http://x"\nmodel = "m"\n', "different names"),
    ],
)
def test_judges_that_are_set_up_wrongly_stop_the_start(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ServerStartError) as caught:
        load_config(tmp_path / "a.toml")
    assert words in str(caught.value)
