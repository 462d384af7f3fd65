"""The openai backend against a server that is well, and against one that is down, slow, busy or talks nonsense."""

from __future__ import annotations

import email.utils
import json
import socket
import time
from collections.abc import Mapping
from typing import Any

import pytest

from rfteval.errors import ModelError, UsageError
from rfteval.models import Model, endpoints
from rfteval.models.open import ModelChoice, open_model
from rfteval.types import Message, Prompt, Response, Sampling, TextPart
from tests.rfteval.models.asking import answers, by_key, picture, prompt
from tests.rfteval.models.chat_server import Answer, Body, ChatServer, due, error, reply
from tests.rfteval.small_benchmark import benchmark

PROMPTS = [prompt(f"p{number}", f"question {number}") for number in range(8)]
GREEDY = Sampling(max_tokens=8)


def model(url: str, **options: str) -> Model:
    choice = ModelChoice(name="openai:tiny", options={"base_url": url, **options})
    return open_model(choice, benchmark(), "test")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(endpoints, "_GONE_PAUSE_S", 0.01)
    monkeypatch.setattr(endpoints, "PATIENCE_S", 0.3)


def nobody() -> str:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def errors(responses: list[Response]) -> list[str]:
    return [response.error or "" for response in responses]


def test_what_is_asked_for_is_sent_and_nothing_else() -> None:
    with ChatServer() as server:
        plain, full = (
            Sampling(max_tokens=5),
            Sampling(
                temperature=0.7,
                top_p=0.9,
                max_tokens=6,
                seed=1,
                top_k=20,
                min_p=0.1,
                repetition_penalty=1.1,
                stop=("x",),
                thinking=False,
                thinking_budget=9,
            ),
        )
        answers(model(server.url), PROMPTS[:1], plain)
        answers(
            model(server.url, max_tokens_field="max_completion_tokens", body='{"top_p": null, "x": 1}'),
            PROMPTS[:1],
            full,
        )
    common = {"model": "tiny", "messages": [{"role": "user", "content": "question 0"}]}
    assert server.bodies[0] == {**common, "temperature": 0.0, "top_p": 1.0, "max_tokens": 5}
    sent = dict(server.bodies[1])
    assert isinstance(sent.pop("seed"), int)
    assert sent == {
        **common,
        "temperature": 0.7,
        "max_completion_tokens": 6,
        "top_k": 20,
        "min_p": 0.1,
        "repetition_penalty": 1.1,
        "stop": ["x"],
        "chat_template_kwargs": {"enable_thinking": False},
        "thinking_token_budget": 9,
        "x": 1,
    }


def test_pictures_stand_where_they_stand_in_the_prompt() -> None:
    first, second = picture(1), picture(2)
    mixed = prompt("a", "between", first).messages[0].parts
    asked = Prompt(
        sample_id="a",
        messages=(
            Message(role="system", parts=(TextPart(text="be brief"),)),
            Message(role="user", parts=(*mixed, *prompt("a", "after", second).messages[0].parts)),
        ),
    )
    with ChatServer() as server:
        answers(model(server.url), [asked], GREEDY)
    (system, user) = server.bodies[0]["messages"]
    assert system == {"role": "system", "content": [{"type": "text", "text": "be brief"}]}
    assert [part["type"] for part in user["content"]] == ["image_url", "text", "image_url", "text"]
    assert all(part["image_url"]["url"].startswith("data:image/png;base64,") for part in user["content"][::2])


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_of_the_server_is_kept_apart(field: str) -> None:
    message = {"role": "assistant", "content": "4", field: "two and two"}
    with ChatServer(lambda number, body: reply(message)) as server:
        (response,) = answers(model(server.url), PROMPTS[:1], GREEDY)
    assert (response.text, response.reasoning) == ("4", "two and two")


def test_reasoning_that_was_cut_leaves_an_empty_text() -> None:
    message = {"role": "assistant", "content": None, "reasoning_content": "two and"}
    with ChatServer(lambda number, body: reply(message, finish="length")) as server:
        (response,) = answers(model(server.url), PROMPTS[:1], GREEDY)
    assert (response.text, response.reasoning, response.finish_reason) == ("", "two and", "length")
    assert response.error is None


def test_several_servers_are_asked_in_turn() -> None:
    with ChatServer() as one, ChatServer() as two, ChatServer() as three:
        found = answers(model(f"{one.url},{two.url}, {three.url}/"), PROMPTS * 1, Sampling(samples=3, temperature=1.0))
        counts = sorted(len(server.bodies) for server in (one, two, three))
    assert len(found) == 24
    assert counts == [8, 8, 8]


def test_a_server_that_is_gone_is_made_up_for_by_the_others() -> None:
    with ChatServer() as one:
        found = answers(model(f"{nobody()},{one.url}"), PROMPTS, GREEDY)
    assert errors(found) == [""] * len(PROMPTS)


def test_no_server_at_all_ends_the_run_at_once_with_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"cannot be reached .*; start the server or correct --base-url"):
        answers(model(nobody(), attempts="2"), PROMPTS, GREEDY)


def test_a_server_that_goes_away_fails_the_rest_one_by_one_without_hanging() -> None:
    server = ChatServer()
    with server:
        opened = model(server.url, concurrency="1", attempts="3")
        answers(opened, PROMPTS[:1], GREEDY)

        def leave(number: int, body: Body) -> Answer | None:
            if number < 3:
                return None
            server._server.socket.close()
            return Answer(cut=True)

        server._misbehave = leave
        started = time.monotonic()
        found = answers(opened, PROMPTS, GREEDY)
    assert time.monotonic() - started < 20
    assert {response.sample_id for response in found} == {each.sample_id for each in PROMPTS}
    assert "" in errors(found)
    assert any("cannot be reached" in each for each in errors(found))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    with ChatServer(lambda number, body: error(status, "busy") if number < 2 else None) as server:
        found = answers(model(server.url, concurrency="1"), PROMPTS[:2], GREEDY)
    assert errors(found) == ["", ""]
    assert len(server.bodies) == 4


def test_a_lasting_failure_is_given_up_with_what_the_server_said() -> None:
    with ChatServer(lambda number, body: error(503, "no capacity")) as server:
        found = answers(model(server.url, attempts="3"), PROMPTS[:2], GREEDY)
    assert all("HTTP 503: no capacity" in each for each in errors(found))
    assert len(server.bodies) == 6


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept_by_every_request(form: str) -> None:
    pause_s = 1.0

    def busy(number: int, body: Body) -> Answer | None:
        date = email.utils.formatdate(time.time() + pause_s + 1, usegmt=True)  # its fraction is cut off
        return error(429, "slow down", retry_after=str(pause_s) if form == "seconds" else date) if not number else None

    with ChatServer(busy) as server:
        answers(model(server.url, concurrency="1"), PROMPTS[:3], GREEDY)
    gaps = [later - sooner for sooner, later in zip(server.times_s, server.times_s[1:], strict=False)]
    assert gaps[0] >= pause_s * 0.99
    assert max(gaps[1:]) < pause_s


def test_a_pause_that_is_too_long_is_not_waited_for() -> None:
    with ChatServer(lambda number, body: error(429, "come back tomorrow", retry_after="86400")) as server:
        (found,) = answers(model(server.url), PROMPTS[:1], GREEDY)
    assert "86400 s" in str(found.error)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>gateway</html>",
        b'{"choices": [{"message": {"con',
        b"[]",
        b"null",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b'{"choices": "text"}',
        b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": "x"}, "finish_reason": "content_filter"}]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
    ids=lambda content: content[:30],
)
def test_garbage_is_no_answer(content: bytes) -> None:
    with ChatServer(lambda number, body: Answer(content=content)) as server:
        (found,) = answers(model(server.url, attempts="2"), PROMPTS[:1], GREEDY)
    assert found.error and found.text == "" and found.finish_reason == "error"
    assert len(found.error) < 500


def test_an_answer_that_breaks_off_is_tried_again() -> None:
    def cut(number: int, body: Body) -> Answer | None:
        return Answer(content=due(body).content[:20], cut=True) if number == 0 else None

    with ChatServer(cut) as server:
        (found,) = answers(model(server.url), PROMPTS[:1], GREEDY)
    assert found.error is None
    assert len(server.bodies) == 2


def test_a_slow_answer_fails_after_its_time_and_holds_up_no_other() -> None:
    def slow(number: int, body: Body) -> Answer | None:
        if body["messages"][0]["content"] == "question 0":
            return Answer(content=due(body).content, delay_s=5.0)
        return None

    with ChatServer(slow) as server:
        started = time.monotonic()
        found = answers(model(server.url, timeout_s="0.5", attempts="2", concurrency="2"), PROMPTS, GREEDY)
    assert time.monotonic() - started < 5
    assert {response.sample_id: bool(response.error) for response in found} == {
        each.sample_id: each.sample_id == "p0" for each in PROMPTS
    }
    assert found[-1].sample_id == "p0"
    assert "within 0.5 s" in str(found[-1].error)


def test_an_answer_over_the_limit_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "ANSWER_BYTES", 1000)
    with ChatServer(lambda number, body: reply({"content": "x" * 5000})) as server:
        (found,) = answers(model(server.url), PROMPTS[:1], GREEDY)
    assert "1000 bytes" in str(found.error)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_or_a_name_that_is_wrong_ends_the_run(status: int) -> None:
    with (
        ChatServer(lambda number, body: error(status, "not you")) as server,
        pytest.raises(ModelError, match=f"HTTP {status}.*not you"),
    ):
        answers(model(server.url), PROMPTS, GREEDY)


def test_one_prompt_that_is_forbidden_is_one_failed_response() -> None:
    def forbid(number: int, body: Body) -> Answer | None:
        return error(403, "flagged") if body["messages"][0]["content"] == "question 3" else None

    with ChatServer(forbid) as server:
        found = by_key(answers(model(server.url, concurrency="1"), PROMPTS, GREEDY))
    assert [key[0] for key, response in found.items() if response.error] == ["p3"]


def test_a_limit_over_the_context_is_what_is_left_of_it() -> None:
    """As vLLM refuses: the longest response alone, or with its prompt, is over the context."""

    def strict(number: int, body: Body) -> Answer | None:
        if body.get("max_tokens", 0) > 100:
            return error(400, "max_tokens=4096 cannot be greater than max_model_len=100. Please request fewer.")
        return None

    with ChatServer(strict) as server:
        found = answers(model(server.url), PROMPTS[:1], Sampling(max_tokens=4096))
        assert errors(found) == [""]
        assert [body.get("max_tokens") for body in server.bodies] == [4096, None]


class TestKeys:
    """A key goes where it was meant for, and nowhere else."""

    def keys(self, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], **options: Any) -> list[str | None]:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MY_KEY"):
            monkeypatch.delenv(name, raising=False)
        with ChatServer() as server:
            for name, value in environment.items():
                monkeypatch.setenv(name, value.replace("HERE", server.url))
            choice = ModelChoice(
                name="openai:tiny", options={k: v.replace("HERE", server.url) for k, v in options.items()}
            )
            answers(open_model(choice, benchmark(), "test"), PROMPTS[:1], GREEDY)
        return server.keys

    def test_one_that_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = self.keys(monkeypatch, {"MY_KEY": "secret"}, base_url="HERE", api_key_env="MY_KEY")
        assert keys == ["Bearer secret"]

    def test_the_common_one_with_the_common_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.keys(monkeypatch, {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "HERE"}) == ["Bearer k"]

    def test_the_common_one_is_not_given_to_another_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.keys(monkeypatch, {"OPENAI_API_KEY": "k"}, base_url="HERE") == [None]

    def test_one_that_is_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(UsageError, match="MY_KEY"):
            self.keys(monkeypatch, {}, base_url="HERE", api_key_env="MY_KEY")

    def test_no_key_is_part_of_what_is_written_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MY_KEY", "secret")
        opened = model("http://127.0.0.1:9/v1", api_key_env="MY_KEY", body='{"x": 1}')
        assert "secret" not in json.dumps(dict(opened.identity))
        assert opened.identity["model_options"] == {"body": {"x": 1}}


def test_an_address_is_needed_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="--base-url"):
        open_model("openai:tiny", benchmark(), "test")
    with pytest.raises(UsageError, match="127"):
        model("127.0.0.1:8000")
