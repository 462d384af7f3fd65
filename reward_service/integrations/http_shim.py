"""A small HTTP server for trainers that ask for rewards so: OpenRLHF's `--reward.remote_url`, slime's `--rm-url`.

    python -m reward_service.integrations.http_shim --port 5050 [--server HOST:PORT]

POST / with {"query": [...], "prompts": [...], "labels": [...]} (OpenRLHF) answers {"rewards", "scores", "extra_logs"};
with {"prompt", "response", "label"} (slime) it answers one number. Both send texts decoded with special tokens, so the
end-of-turn tokens after a response are taken off. An unscored response gets what `--unscored` says; with raise the call
fails with status 503, which both trainers retry, and so it does with mean for a call of a single response: both send
those. Loopback only: put a proxy with authentication before it to go further.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reward_service.client import RewardClient
from reward_service.errors import RewardServiceError
from reward_service.integrations.scoring import POLICIES, BatchScorer, components_from, filled, reference_of

MAX_BODY_BYTES = 64 << 20
TAIL_CHARACTERS = 64  # longer than any end token, and as much of a prompt's end as tells where it ends

_log = logging.getLogger(__name__)
_END_TOKEN = re.compile(
    r"(?:<\|[^<>|\s]{1,40}\|>|<｜[^<>｜\s]{1,40}｜>|</s>|<(?:eos|pad|end_of_turn)>|\[(?:EOS|PAD)\])\s*\Z"
)


def answer(body: Mapping[str, Any], scorer: BatchScorer, policy: str) -> Any:
    """What is answered to a parsed request. Raises ValueError or TypeError saying what is wrong with it."""
    if "response" in body:
        return _score([without_end_tokens(_text(body["response"]))], [body.get("label")], scorer, policy)[0][0]
    if "query" not in body or "labels" not in body:
        raise ValueError('expected {"query": [...], "labels": [...]} or {"response": ..., "label": ...}')
    queries, labels = body["query"], body["labels"]
    prompts = body.get("prompts") or [""] * len(queries)
    if not len(queries) == len(labels) == len(prompts):
        raise ValueError(f"{len(queries)} queries, {len(prompts)} prompts and {len(labels)} labels")
    responses = [response_of(_text(query), _text(prompt)) for query, prompt in zip(queries, prompts, strict=True)]
    rewards, unscored = _score(responses, labels, scorer, policy)
    return {"rewards": rewards, "scores": rewards, "extra_logs": {"unscored": unscored}}


def response_of(query: str, prompt: str) -> str:
    """What follows the prompt in a decoded sequence, without end-of-turn tokens.

    OpenRLHF decodes prompt and response together, after it may have cut the prompt's beginning: so the prompt is looked
    for whole, then by its end. Where neither is there, the whole text is scored, with a warning.
    """
    for known in (prompt, prompt[-TAIL_CHARACTERS:]):
        start = query.find(known)
        if start >= 0:
            return without_end_tokens(query[start + len(known) :])
    _log.warning("a query does not hold its prompt, so its whole text is scored as the response")
    return without_end_tokens(query)


def without_end_tokens(text: str) -> str:
    """The text without the white space and the end-of-turn, end-of-text and padding tokens that close it."""
    end = len(text.rstrip())
    while found := _END_TOKEN.search(text, max(0, end - TAIL_CHARACTERS), end):
        end = found.start()
    return text[:end].rstrip()


def _score(
    responses: Sequence[str], labels: Sequence[Any], scorer: BatchScorer, policy: str
) -> tuple[list[float], list[float]]:
    """The rewards, and 1 for each that was not scored."""
    references = [reference_of(label) for label in labels]
    raw = scorer.rewards(responses, references)
    return filled(raw, references, policy), [float(reward is None) for reward in raw]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a response, a query and a prompt must be texts, got {type(value).__name__}")
    return value


def make_server(port: int, scorer: BatchScorer, policy: str) -> ThreadingHTTPServer:
    """A server bound to loopback; port 0 takes a free one. Call `serve_forever`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self._send(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"body over {MAX_BODY_BYTES} bytes or unknown"}
                )
                return
            try:
                body = json.loads(self.rfile.read(int(length)))
                if not isinstance(body, dict):
                    raise ValueError("expected a JSON object")
                self._send(HTTPStatus.OK, answer(body, scorer, policy))
            except RewardServiceError as error:
                self._send(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})
            except (ValueError, TypeError, RecursionError) as error:
                self._send(HTTPStatus.BAD_REQUEST, {"error": str(error)})

        def _send(self, status: HTTPStatus, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Silent: response texts are not logged."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="reward_service.integrations.http_shim", description=__doc__)
    parser.add_argument("--port", type=int, default=5050)
    parser.add_argument("--server", action="append", help="reward server HOST:PORT or unix:PATH; none: start one")
    parser.add_argument("--components", default="", help='such as "format:0.1,auto:0.9"')
    parser.add_argument("--unscored", choices=POLICIES, default="mean")
    options = parser.parse_args(arguments)
    components = components_from(options.components) if options.components else ()
    with RewardClient(options.server) as client:
        server = make_server(options.port, BatchScorer(client=client, components=components), options.unscored)
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.shutdown()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
