"""A judge for tests: a real HTTP server on loopback whose chat completions are an opinion on what it is shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Opinion = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeServer:
    """Where it answers, and all that it was shown: question, reference_answer, response."""

    url: str
    seen: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def judging(opinion: Opinion) -> Iterator[JudgeServer]:
    """A server that says what `opinion` gives: an object is written as JSON, a text as it is, None is an error 500."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            shown = json.loads(body["messages"][1]["content"].split("\n")[1])
            seen.append(shown)
            said = opinion(shown)
            text = said if isinstance(said, str) else json.dumps(said)
            content = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
            self.send_response(500 if said is None else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
    try:
        yield JudgeServer(url=f"http://127.0.0.1:{server.server_port}/v1", seen=seen)
    finally:
        server.shutdown()
        server.server_close()
