"""Tracing against a real collector on loopback: a span per call, and no text of any item in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reward_service import tracing
from reward_service.client import RewardClient
from reward_service.errors import ServerStartError
from reward_service.types import Reference, ScoreItem
from tests.server_process import running_server


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The bodies posted to an OTLP endpoint that the environment names."""
    posted: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "rewards-under-test")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    yield posted
    server.shutdown()
    server.server_close()


def test_every_call_is_a_span_without_texts(tmp_path: Path, collector: list[bytes]) -> None:
    pytest.importorskip("opentelemetry.instrumentation.grpc")
    with (
        running_server(tmp_path, settings={"tracing": True}) as server,
        RewardClient(server.address) as client,
    ):
        item = ScoreItem(id="1", response="secret-words 4", reference=Reference(answer="4"))
        assert client.score([item])[0].reward is not None
        deadline = time.monotonic() + 20
        while not any(b"RewardService/Score" in body for body in collector) and time.monotonic() < deadline:
            time.sleep(0.05)
    spans = b"".join(collector)
    assert b"RewardService/Score" in spans
    assert b"rewards-under-test" in spans
    assert b"secret-words" not in spans


def test_without_opentelemetry_the_server_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry", None)
    with pytest.raises(ServerStartError, match=r"rfteval\[otel\]"):
        tracing.tracing_interceptor()
