"""Judges against a real HTTP server on loopback: right answers, garbage, slowness, refusals, and injections."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.errors import ServerStartError
from reward_service.judges.ask import ask_judge, ask_process_reward
from reward_service.judges.config import JudgeConfig
from reward_service.judges.endpoint import Endpoint
from reward_service.judges.prompt import judge_messages, read_answer
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.judged import JudgeParameters, ProcessParameters

Answer = tuple[int, bytes]
Behaviour = Callable[[str, dict[str, Any]], Answer]


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], JudgeConfig]]:
    servers: list[ThreadingHTTPServer] = []

    def start(behaviour: Behaviour) -> JudgeConfig:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, content = behaviour(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
        return JudgeConfig(name="test", url=f"http://127.0.0.1:{server.server_port}/v1", model="judge-1", timeout_s=60)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def chat(content: str) -> Answer:
    return 200, json.dumps({"choices": [{"message": {"content": content}}]}).encode()


def judged(config: JudgeConfig, text: str = "The answer is 4.", **parameters: Any) -> Verdict:
    async def ask() -> Verdict:
        endpoint = Endpoint(config)
        try:
            reference = Reference(answer="4", question="What is 2 + 2?")
            return await ask_judge(endpoint, text, reference, JudgeParameters(**parameters))
        finally:
            await endpoint.close()

    return asyncio.run(ask())


def test_a_well_formed_answer_is_the_score(serve: Callable[[Behaviour], JudgeConfig]) -> None:
    seen: list[dict[str, Any]] = []

    def behaviour(path: str, body: dict[str, Any]) -> Answer:
        seen.append(body)
        return chat('{"score": 0.75, "reason": "mostly"}')

    config = serve(behaviour)
    verdict = judged(config)
    assert (verdict.status, verdict.score) == (Status.PARTIAL, 0.75)
    assert seen[0]["temperature"] == 0
    assert judged(config, threshold=0.7).status is Status.CORRECT


@pytest.mark.parametrize(
    "content", ["5", "yes", '{"score": 2, "reason": ""}', '{"score": true, "reason": ""}', '{"score": 1}', "[" * 9999]
)
def test_an_answer_against_the_schema_is_unscored(serve: Callable[[Behaviour], JudgeConfig], content: str) -> None:
    verdict = judged(serve(lambda path, body: chat(content)))
    assert (verdict.status, verdict.score) == (Status.ERROR, None)


@pytest.mark.parametrize("answer", [(401, b"no"), (200, b"not json"), (200, b"[]"), (200, b'{"choices": []}')])
def test_a_refusal_or_garbage_is_unscored(serve: Callable[[Behaviour], JudgeConfig], answer: Answer) -> None:
    verdict = judged(serve(lambda path, body: answer))
    assert (verdict.status, verdict.score) == (Status.ERROR, None)


def test_busy_servers_are_asked_again(serve: Callable[[Behaviour], JudgeConfig]) -> None:
    answers = iter([(503, b""), (429, b""), chat('{"score": 1, "reason": "same"}')])
    assert judged(serve(lambda path, body: next(answers))).correct


def test_a_slow_judge_is_a_timeout_not_a_zero(serve: Callable[[Behaviour], JudgeConfig]) -> None:
    def slow(path: str, body: dict[str, Any]) -> Answer:
        time.sleep(1.0)
        return chat('{"score": 1, "reason": ""}')

    config = serve(slow)
    hasty = JudgeConfig(name="test", url=config.url, model="m", timeout_s=0.2)
    verdict = judged(hasty)
    assert (verdict.status, verdict.score) == (Status.TIMEOUT, None)


def test_a_dead_judge_is_an_error(serve: Callable[[Behaviour], JudgeConfig]) -> None:
    verdict = judged(JudgeConfig(name="dead", url="http://127.0.0.1:9/v1", model="m", timeout_s=60, attempts=1))
    assert (verdict.status, verdict.score) == (Status.ERROR, None)


@given(st.text(max_size=200))
def test_no_response_can_close_its_own_fence(response: str) -> None:
    body = judge_messages("q", "r", response, "rubric")[1]["content"]
    fence = body.split("\n", 1)[0]
    assert body.count(fence) == 2
    material = body.split(fence)[1]
    assert json.loads(material)["response"] == response


@given(st.floats(0, 1), st.text(max_size=50))
def test_answers_of_the_schema_are_read(score: float, reason: str) -> None:
    assert read_answer(json.dumps({"score": score, "reason": reason})) == (score, reason)


def process(config: JudgeConfig, text: str, combine: str = "min") -> Verdict:
    async def ask() -> Verdict:
        endpoint = Endpoint(config)
        try:
            return await ask_process_reward(
                endpoint, text, Reference(answer="4", question="q"), ProcessParameters(combine=combine)
            )
        finally:
            await endpoint.close()

    return asyncio.run(ask())


STEPS = "Step 1: add the two.\nStep 2: halve it.\nThe final answer is 4"


def test_process_rewards_have_a_place_for_each_step(serve: Callable[[Behaviour], JudgeConfig]) -> None:
    def behaviour(path: str, body: dict[str, Any]) -> Answer:
        assert path == "/v1/pooling"
        assert body["messages"][1]["content"].count("<extra_0>") == 2
        return 200, json.dumps({"data": [{"data": [[0.1, 0.9], [0.5, 0.5]]}]}).encode()

    config = serve(behaviour)
    verdict = process(config, STEPS)
    assert verdict.score == 0.5
    assert [STEPS[step.start : step.end].strip() for step in verdict.steps] == ["add the two.", "halve it."]
    assert process(config, STEPS, "product").score == pytest.approx(0.45)
    assert process(config, STEPS.replace("halve", "<extra_0> halve")).score == 0.5


def test_a_missing_step_score_is_unscored(serve: Callable[[Behaviour], JudgeConfig]) -> None:
    config = serve(lambda path, body: (200, b'{"data": [{"data": [[0.1, 0.9]]}]}'))
    assert process(config, STEPS).score is None


@pytest.mark.parametrize("changes", [{"url": "ftp://x"}, {"kind": "oracle"}, {"timeout_s": 0}, {"api_key_env": "NO_X"}])
def test_an_endpoint_that_cannot_work_is_refused_at_start(changes: dict[str, Any]) -> None:
    with pytest.raises(ServerStartError):
        JudgeConfig(**{"name": "a", "url": "http://127.0.0.1", "model": "m", **changes})
