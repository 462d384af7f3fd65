"""A real HTTP server that speaks OpenAI's chat completions, and misbehaves where a test tells it to.

What it answers depends on the messages, the seed and the sampling alone, as a model's response does.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image as pillow

Body = dict[str, Any]
CONTEXT = 200  # in words, which are this server's tokens
MOST_PICTURES = 3


@dataclass
class Answer:
    """What is sent back: raw bytes after `delay_s`. `cut` closes the connection before they are all there."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: bool = False


class ChatServer:
    """The server and what it was asked. `misbehave` may give another answer to the n-th request than is due."""

    def __init__(self, misbehave: Callable[[int, Body], Answer | None] = lambda number, body: None) -> None:
        self.bodies: list[Body] = []
        self.keys: list[str | None] = []
        self.times_s: list[float] = []
        self._misbehave = misbehave
        self._lock = threading.Lock()
        chat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with chat._lock:
                    number = len(chat.bodies)
                    chat.bodies.append(body)
                    chat.keys.append(self.headers.get("authorization"))
                    chat.times_s.append(time.monotonic())
                answer = chat._misbehave(number, body) or due(body)
                time.sleep(answer.delay_s)
                self.send_response(answer.status)
                self.send_header("content-length", str(len(answer.content) + (99 if answer.cut else 0)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):  # a client that was told to wait less is gone
                    self.wfile.write(answer.content)
                if answer.cut:
                    self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ChatServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def due(body: Body) -> Answer:
    """The answer to a request: an error where it does not fit, else words drawn from the messages and the seed."""
    parts = list(_parts(body))
    pictures = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    words = sum(len(part["text"].split()) for part in parts if part["type"] == "text")
    if len(pictures) > MOST_PICTURES:
        return error(400, f"At most {MOST_PICTURES} image(s) may be provided in one prompt.")
    if words > CONTEXT:
        return error(400, f"This model's maximum context length is {CONTEXT} tokens, the request has {words}.")
    sizes = [_size(url) for url in pictures]
    drawn = body.get("seed") if body["temperature"] else None
    digest = hashlib.sha256(json.dumps([body["messages"], drawn], sort_keys=True).encode()).hexdigest()
    said = [f"{len(sizes)}", *(f"{width}x{height}" for width, height in sizes), *(f"<{c}>" for c in digest[:30])]
    kept = said[: body.get("max_tokens") or body.get("max_completion_tokens") or 10**6]
    whole = text = " ".join(kept)
    for stop in body.get("stop", []):
        text = text.split(stop)[0]
    ended = len(kept) == len(said) or text != whole
    message = {"role": "assistant", "content": text}
    return reply(message, finish="stop" if ended else "length", prompt=words, response=len(kept))


def reply(message: dict[str, Any], *, finish: str = "stop", prompt: int = 1, response: int = 1) -> Answer:
    """An answer with one choice."""
    usage = {"prompt_tokens": prompt, "completion_tokens": response, "total_tokens": prompt + response}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return Answer(content=json.dumps({"id": "1", "choices": [choice], "usage": usage}).encode())


def error(status: int, message: str, **headers: str) -> Answer:
    """An error built as OpenAI's are."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, content=json.dumps({"error": {"message": message}}).encode(), headers=names)


def _parts(body: Body) -> Iterator[dict[str, Any]]:
    for message in body["messages"]:
        content = message["content"]
        yield from [{"type": "text", "text": content}] if isinstance(content, str) else content


def _size(url: str) -> tuple[int, int]:
    kind, _, data = url.partition(";base64,")
    assert kind in ("data:image/png", "data:image/jpeg")
    return pillow.open(io.BytesIO(base64.b64decode(data))).size
