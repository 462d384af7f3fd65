"""What an operator sees: metrics that add up, and logs that hold no text of any item."""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reward_service.client import RewardClient
from reward_service.embedded import child_environment
from reward_service.errors import InvalidRequestError
from reward_service.logs import JsonFormatter, TextFormatter, event
from reward_service.metrics import Histogram
from reward_service.types import Component, Reference, ScoreItem
from tests.server_process import running_server, write_config

BEHAVE = (Component(verifier="behave"),)


def item(name: object, response: str) -> ScoreItem:
    return ScoreItem(id=str(name), response=response, reference=Reference(answer="secret-answer"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def samples(address: str) -> dict[tuple[str, ...], float]:
    """Every sample of a scrape by its name and label values."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_metrics_add_up(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_port()}"
    responses = ["fine", "die 9", "sleep 60", "raise x", "fine"]
    with (
        running_server(tmp_path, settings={"metrics_listen": listen}) as server,
        RewardClient(server.address) as client,
    ):
        before = samples(listen)
        assert before[("reward_pending_items",)] == 0
        results = client.score([item(n, text) for n, text in enumerate(responses)], components=BEHAVE)
        with pytest.raises(InvalidRequestError):
            client.score([])
        after = samples(listen)
    wanted = Counter((scored.verdicts[0].status.name, scored.tier.name) for scored in results)
    assert {
        (status, tier): after[("reward_verdicts_total", status, tier, "behave")] for status, tier in wanted
    } == wanted
    assert after[("reward_calls_total", "OK", "Score")] == 1
    assert after[("reward_calls_total", "INVALID_ARGUMENT", "Score")] == 1
    assert after[("reward_item_seconds_count",)] == len(responses)
    assert after[("reward_item_seconds_sum",)] == pytest.approx(sum(s.elapsed_us for s in results) / 1e6)
    assert after[("reward_pending_items",)] == after[("reward_queued_checks", "slow")] == 0
    assert after[("reward_worker_events_total", "died")] == 2
    assert after[("reward_workers",)] >= 3


def test_a_histogram_counts_each_value_once_under_every_bound_above_it() -> None:
    histogram = Histogram((1, 10))
    for value in (0.5, 1, 5, 10, 11):
        histogram.add(value)
    assert histogram.cumulative(1.0) == [("1", 2), ("10", 4), ("+Inf", 5)]
    assert histogram.total == 27.5


def test_a_metrics_address_in_use_stops_the_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(RuntimeError, match="cannot serve metrics"),
            running_server(tmp_path, settings={"metrics_listen": listen}),
        ):
            pytest.fail("it started")


@pytest.mark.parametrize("as_json", [False, True])
def test_the_log_tells_of_calls_and_never_of_texts(tmp_path: Path, as_json: bool) -> None:
    config = write_config(tmp_path, {"log_level": "debug", "log_json": as_json})
    command = [sys.executable, "-m", "reward_service", "--listen", "127.0.0.1:0", "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment(), text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with RewardClient(address) as client:
            responses = ["secret-response", "raise secret-response", "die 9"]
            client.score([item(n, text) for n, text in enumerate(responses)], components=BEHAVE)
            with pytest.raises(InvalidRequestError):
                client.score([item("secret-id", "a"), item("secret-id", "b")], components=BEHAVE)
        process.terminate()
        _, said = process.communicate(timeout=10)
    ours = [line for line in said.splitlines() if "Score" in line]
    assert len(ours) == 2
    if as_json:
        entries = [json.loads(line) for line in ours]
        assert [(entry["code"], entry["items"]) for entry in entries] == [("OK", 3), ("INVALID_ARGUMENT", 2)]
    else:
        assert re.search(r"call method=Score code=OK items=3 ms=\d", ours[0])
    assert "secret" not in said


def test_a_log_entry_is_one_line_whatever_it_holds() -> None:
    record = logging.makeLogRecord({"name": "a", "levelname": "INFO", "msg": "two\nlines", "fields": {"b": {1}}})
    assert json.loads(JsonFormatter().format(record))["message"] == "two\nlines"
    assert "\n" not in JsonFormatter().format(record)
    assert TextFormatter("%(message)s").format(record).endswith(" b={1}")


def test_an_event_below_the_level_costs_no_record() -> None:
    logger = logging.getLogger("reward_service.test_event")
    logger.setLevel(logging.ERROR)

    class Loud:
        def __str__(self) -> str:
            raise AssertionError("formatted")

    event(logger, logging.INFO, "quiet", value=Loud())
