"""A server with the part of vLLM's HTTP interface that training uses, for tests of what happens around it.

It generates random letters by the request's seed, all with one log-probability, and knows which weights it was given.
How to train with a real one is in docs/training.md.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

from safetensors.torch import load_file

LETTERS = range(71, 97)  # of tests.training.tiny's tokenizer: small letters, about
LOGPROB = -3.0


class StandIn:
    """A server on loopback. `before` is called with the path of each request, and may stop the server."""

    def __init__(self, port: int = 0, before: Callable[[StandIn, str], None] = lambda server, path: None) -> None:
        self.version = "default"
        self.weights: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.logprobs_mode = "processed_logprobs"
        self.longest = 100_000
        self.down = False
        self.refuses = ""
        self.fails = ""
        self.ends = "length"
        self.garbles = ""
        self.forgets = 0
        self._before = before
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self, {})

            def do_POST(self) -> None:
                outer._answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        path = handler.path.partition("?")[0]
        self._before(self, path)
        if self.down:  # cut off without a word, as a killed process does
            handler.close_connection = True
            handler.connection.close()
            return
        self.paths.append(path)
        refused = path in self.refuses.split()
        failed = path in self.fails.split()
        text = json.dumps({"error": "no"} if refused or failed else self._result(path, body)).encode()
        if path in self.garbles.split():
            text = b"<html>busy</html>"
        handler.send_response(400 if refused else 500 if failed else 200)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def _result(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/server_info":
            model = {"logprobs_mode": self.logprobs_mode, "max_model_len": self.longest}
            return {"vllm_config": {"model_config": model}}
        if path == "/weight_info":
            return {"weight_version": self.version}
        if path == "/collective_rpc":
            assert body["method"] == "reload_weights"
            self.weights = load_file(Path(body["kwargs"]["weights_path"]) / "model.safetensors")
            return {"results": [None]}
        if path == "/update_weight_version":
            self.version = body["new_version"]
            return {"success": True}
        if path == "/reset_prefix_cache":
            return {"success": True}
        if path == "/inference/v1/generate":
            return self._generated(body)
        return {}

    def _generated(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        fields = body["sampling_params"]
        random = Random(fields["seed"])
        ids = [random.choice(LETTERS) for _ in range(fields["max_tokens"])]
        choice = {
            "token_ids": ids,
            "finish_reason": self.ends,
            "logprobs": {"content": [{"token_id": token, "logprob": LOGPROB} for token in ids[self.forgets :]]},
            "weight_versions": [{"version": self.version, "start": 0, "end": len(ids)}],
        }
        return {"choices": [choice], "prompt_token_ids": body["token_ids"]}
