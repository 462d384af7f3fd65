"""Every integration through a real private server: its trainer's own calling form, and what unscored ones get."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.client import RewardClient
from reward_service.integrations import easyr1, http_shim, ms_swift, process, trl, verl
from reward_service.integrations.scoring import BatchScorer, UnscoredError, components_from, filled, reference_of
from reward_service.types import Component, Reference
from tests.server_process import write_config

RIGHT, WRONG = "So the answer is \\boxed{4}.", "So the answer is \\boxed{5}."


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RewardClient]:
    config = write_config(tmp_path_factory.mktemp("server"), pool={"limit_s": 10.0, "slow_limit_s": 20.0})
    with RewardClient(server_arguments=("--config", str(config))) as started:
        yield started


@pytest.fixture
def environment(client: RewardClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RFTEVAL_ADDRESS", client.address)
    process._scorer.cache_clear()
    yield
    process._scorer.cache_clear()


def test_trl_gets_a_reward_per_completion_and_never_a_silent_zero(client: RewardClient) -> None:
    metrics: dict[str, float] = {}
    score = trl.reward_function(client=client, name="correctness", unscored="none")
    chat = [{"role": "assistant", "content": [{"type": "text", "text": RIGHT}]}]
    rewards = score(
        prompts=["p"] * 4,
        completions=[RIGHT, WRONG, chat, RIGHT],
        answer=["4", 4, "4", ""],
        log_metric=metrics.__setitem__,
        trainer_state=None,
    )
    assert rewards == [1.0, 0.0, 1.0, None]
    assert metrics == {"correctness/unscored": 0.25}
    assert score.__name__ == "correctness"
    neutral = trl.reward_function(client=client)
    assert neutral(completions=[RIGHT, WRONG, RIGHT], answer=["4", "4", ""]) == [1.0, 0.0, 0.5]


def test_trl_says_which_column_is_missing(client: RewardClient) -> None:
    with pytest.raises(KeyError, match="solution"):
        trl.reward_function(client=client)(completions=[RIGHT], solution=["4"])


def test_trl_s_token_ids_are_the_length_of_a_length_reward(client: RewardClient) -> None:
    overlong = Component(verifier="length", parameters={"limit": 8, "cache": 4})
    ids = [[1] * 3, [1] * 6, [1] * 9]
    score = trl.reward_function(client=client, components=(Component(), overlong))
    assert score(completions=[RIGHT] * 3, answer=["4"] * 3, completion_ids=ids) == [1.0, 0.5, 0.0]
    asynchronous = trl.async_reward_function(client.address, components=(overlong,))
    assert asyncio.run(asynchronous(completions=[RIGHT] * 3, answer=["4"] * 3, completion_ids=ids)) == [0, -0.5, -1]


def test_trl_asynchronous(client: RewardClient) -> None:
    score = trl.async_reward_function(client.address, components=(Component(verifier="math", weight=2.0),))
    assert asyncio.run(score(completions=[RIGHT, WRONG], answer=["4", "4"])) == [2.0, 0.0]


def test_trl_multiple_choice_from_the_dataset_s_columns(client: RewardClient) -> None:
    score = trl.reward_function(client=client)
    choices = [["3", "4", "5"], ["3", "4", "5"]]
    assert score(completions=["Answer: B", "Answer: A"], answer=["B", "4"], choices=choices) == [1.0, 0.0]


@pytest.mark.usefixtures("environment")
def test_verl_single_and_batch() -> None:
    assert verl.compute_score("math", RIGHT, "4", {"index": 1}) == {"score": 1.0, "unscored": 0.0}
    batch = verl.compute_score_batch(
        data_sources=["m"] * 3, solution_strs=[RIGHT, WRONG, WRONG], ground_truths=["4"] * 3, extra_infos=[None] * 3
    )
    assert [score["score"] for score in batch] == [1.0, 0.0, 0.0]


@pytest.mark.usefixtures("environment")
def test_verl_never_makes_a_silent_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnscoredError):
        verl.compute_score("math", RIGHT, "")
    monkeypatch.setenv("RFTEVAL_UNSCORED", "zero")
    assert verl.compute_score("math", RIGHT, "") == {"score": 0.0, "unscored": 1.0}


@pytest.mark.usefixtures("environment")
def test_easyr1_answers_overall_and_what_to_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFTEVAL_COMPONENTS", "format:0.5,math:0.5")
    process._scorer.cache_clear()
    scores = easyr1.compute_score(
        [
            {"response": f"<think>2+2</think><answer>{answer}</answer>", "response_length": 9, "ground_truth": "4"}
            for answer in (4, 5)
        ]
    )
    assert [score["overall"] for score in scores] == [1.0, 0.5]
    assert scores[1] == {"overall": 0.5, "format": 1.0, "math": 0.0, "unscored": 0.0}


@pytest.mark.usefixtures("environment")
def test_easyr1_reads_choices_from_the_gold_and_leaves_sets_alone() -> None:
    gold = json.dumps({"answer": "B", "choices": ["3", "4"]})
    assert easyr1.compute_score([{"response": "Answer: B", "ground_truth": gold}])[0]["overall"] == 1.0
    assert easyr1.compute_score([{"response": "\\boxed{\\{1,2\\}}", "ground_truth": "{2, 1}"}])[0]["overall"] == 1.0


@pytest.mark.usefixtures("environment")
def test_ms_swift_calls_an_object() -> None:
    assert ms_swift.RftevalReward(args=None)([RIGHT, WRONG, RIGHT], ["4", "4", ""]) == [1.0, 0.0, 0.5]


@pytest.fixture
def shim(client: RewardClient) -> Iterator[str]:
    server = http_shim.make_server(0, BatchScorer(client=client), "mean")
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def post(url: str, body: object) -> tuple[int, object]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answered:
            return answered.status, json.load(answered)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_openrlhf_over_http(shim: str) -> None:
    body = {"query": ["2+2? " + RIGHT, "2+2? " + WRONG], "prompts": ["2+2? "] * 2, "labels": ["4", "4"]}
    status, answered = post(shim, body)
    assert (status, answered) == (
        200,
        {"rewards": [1.0, 0.0], "scores": [1.0, 0.0], "extra_logs": {"unscored": [0.0, 0.0]}},
    )


END_TOKENS = ("<|im_end|>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "<eos>", "</s>", "<end_of_turn>", "[EOS]", "<pad>")


@pytest.mark.parametrize("token", END_TOKENS)
def test_end_tokens_after_a_response_do_not_change_its_reward(shim: str, token: str) -> None:
    mapping = {"answer": "B", "choices": ["3", "4", "5"]}
    golds = [
        ("The answer is Paris", "Paris"),
        ("B", mapping),
        ("The answer is \\frac{1}{2}", "1/2"),
        ("The answer is Paris", "Rome"),
    ]
    for end in (token, token + "\n", token * 30):
        body = {"query": [text + end for text, _ in golds], "labels": [gold for _, gold in golds]}
        status, answered = post(shim, body)
        assert (status, answered["rewards"]) == (200, [1.0, 1.0, 1.0, 0.0])  # type: ignore[index]
        assert post(shim, {"prompt": "", "response": "The answer is Paris" + end, "label": "Paris"}) == (200, 1.0)


@given(
    text=st.text(alphabet="ab4 <>|[]\n", max_size=80),
    ends=st.lists(st.sampled_from([*END_TOKENS, "\n", " "]), max_size=20),
)
def test_only_what_closes_a_text_is_taken_off(text: str, ends: list[str]) -> None:
    cut = http_shim.without_end_tokens(text + "".join(ends))
    assert text.startswith(cut) or cut.startswith(text)
    assert http_shim.without_end_tokens(cut) == cut
    assert http_shim.without_end_tokens(text + "x" + "".join(ends)) == text + "x"


@given(prompt=st.text(min_size=1, max_size=300), cut=st.integers(0, 200), response=st.text("xyz", min_size=1))
def test_a_response_is_what_follows_its_prompt_even_when_that_was_cut(prompt: str, cut: int, response: str) -> None:
    marked = prompt.replace("§", "") + "§" * http_shim.TAIL_CHARACTERS  # an end that occurs nowhere else
    beginning = "" if cut else "<s>"
    assert (
        http_shim.response_of(
            beginning + marked[min(cut, len(marked) - http_shim.TAIL_CHARACTERS) :] + response, marked
        )
        == response
    )


def test_a_prompt_s_numbers_are_no_answer_and_a_missing_prompt_is_warned_of(
    shim: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"query": ["<s>Is 2+2 = 4? I cannot say."], "prompts": ["Is 2+2 = 4?"], "labels": ["4"]}
    assert post(shim, body)[1]["rewards"] == [0.0]  # type: ignore[index]
    assert http_shim.response_of("something else", "Is 2+2 = 4?") == "something else"
    assert "does not hold its prompt" in caplog.text


def test_openrlhf_is_told_which_responses_were_unscored(shim: str) -> None:
    status, answered = post(shim, {"query": [RIGHT, RIGHT, WRONG], "labels": ["4", "", "4"]})
    assert (status, answered["extra_logs"]) == (200, {"unscored": [0.0, 1.0, 0.0]})  # type: ignore[index]


def test_slime_over_http(shim: str) -> None:
    assert post(shim, {"prompt": "2+2?", "response": RIGHT, "label": "4"}) == (200, 1.0)


@pytest.mark.parametrize(
    "body", [[], {}, {"query": ["a"], "labels": []}, {"response": 3, "label": "4"}, {"response": "x"}]
)
def test_a_bad_request_is_said_to_be_one(shim: str, body: object) -> None:
    assert post(shim, body)[0] == 400


def test_an_unscorable_request_is_no_zero(shim: str) -> None:
    status, answered = post(shim, {"response": RIGHT, "label": ""})
    assert status == 503
    assert "could not be scored" in str(answered)


def test_policies_for_unscored_responses() -> None:
    one, other = Reference(answer="1"), Reference(answer="2")
    rewards, references = [1.0, None, 0.0, None, 0.5], [one, one, one, other, other]
    assert filled(rewards, references, "mean") == [1.0, 0.5, 0.0, 0.5, 0.5]
    assert filled(rewards, references, "zero") == [1.0, 0.0, 0.0, 0.0, 0.5]
    with pytest.raises(UnscoredError):
        filled(rewards, references, "raise")
    with pytest.raises(UnscoredError):
        filled([None], [one], "mean")
    assert filled([None, None], [one, one], "mean") == [0.0, 0.0]
    with pytest.raises(ValueError, match="unknown policy"):
        filled([1.0], [one], "median")


@pytest.mark.parametrize("gold", [None, True, {}, [], float("nan"), {"choices": ["a"]}])
def test_a_gold_of_no_kind_is_refused(gold: object) -> None:
    with pytest.raises(TypeError):
        reference_of(gold)


class FromParquet:
    """Stands for numpy's scalars and arrays, which the package does not depend on."""

    def __init__(self, value: object) -> None:
        self.value = value

    def tolist(self) -> object:
        return self.value


def test_golds_and_choices_read_from_parquet_count_as_what_they_hold() -> None:
    assert reference_of(FromParquet(0.5)) == reference_of(0.5)
    assert reference_of(FromParquet(["4", "four"])) == reference_of(["4", "four"])
    assert reference_of({"answer": FromParquet(4)}) == reference_of(4)
    choices = ["3", "4"]
    assert reference_of("B", {"choices": FromParquet(choices)}) == reference_of("B", {"choices": choices})
    with pytest.raises(TypeError):
        reference_of(FromParquet(None))


def test_components_from_a_text() -> None:
    assert [(part.verifier, part.weight) for part in components_from("format:0.1, math")] == [
        ("format", 0.1),
        ("math", 1),
    ]
    with pytest.raises(ValueError, match="no verifier"):
        components_from(":1")
