"""One or several servers of the same model: requests in turn, retried where it helps, an error for each way to fail.

A server that says when to come back is left alone until then, by every request. One that cannot be reached is waited
for, as it may be starting again, while the others do its share; after a minute each further request tries it once.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from rfteval.errors import ModelError

ANSWER_BYTES = 64 << 20
CONNECT_TIMEOUT_S = 10.0
LONGEST_PAUSE_S = 300.0  # a server that asks for more is not waited for
PATIENCE_S = 60.0  # how long a server that did answer before, and cannot be reached, is waited for
_GONE_PAUSE_S = 2.0  # between looks whether it is back
_FIRST_PAUSE_S = 0.5
_LONGEST_BACKOFF_S = 30.0
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_OF_THE_WHOLE = {
    401: "the server refuses the key; name the variable that holds the right one by --model-option api_key_env=NAME",
    403: "the server refuses access; check the key and the right to use this model",
    404: "the server does not know this model or address; check --model and that --base-url ends where /chat begins",
}


class RequestError(Exception):
    """One request was not answered, for the reason it says. It becomes a failed response."""


class RefusedError(RequestError):
    """The server says that the request is not as it has to be."""


class UnreachableError(RequestError):
    """No server could be connected to."""


@dataclass(slots=True)
class _Server:
    """One address, since when it cannot be reached (None where it can), and the time before which it is left alone."""

    url: str
    gone_since_s: float | None = None
    not_before_s: float = 0.0


class Endpoints:
    """Posts JSON to servers of one model. Use inside one event loop, and `close` when done."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        attempts: int,
        connections: int,
    ) -> None:
        self._servers = [_Server(url.rstrip("/")) for url in urls]
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._turn = 0
        self._client = httpx2.AsyncClient(
            headers=dict(headers),
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
            verify=any(url.startswith("https:") for url in urls),  # else certificates are loaded for nothing
            limits=httpx2.Limits(max_connections=connections),
        )
        self._jitter = random.Random()  # only spreads retries in time; no response depends on it
        self.answered = 0

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that a server answers. Raises RequestError, and ModelError where no request can succeed."""
        attempt = 0
        while True:
            server = self._next()
            await asyncio.sleep(self._pause_s(server, attempt))
            attempt += 1
            try:
                return await self._try(server, path, body)
            except UnreachableError:
                if not self._may_return(attempt):
                    raise
            except _PassingError:
                if attempt >= self._attempts:
                    raise

    async def _try(self, server: _Server, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout_s):
                status, headers, content = await self._send(server, path, body)
        except TimeoutError:
            raise _PassingError(f"{server.url} did not answer within {self._timeout_s:g} s") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            server.gone_since_s = server.gone_since_s or time.monotonic()
            server.not_before_s = time.monotonic() + _GONE_PAUSE_S
            raise UnreachableError(f"{server.url} cannot be reached ({type(error).__name__})") from None
        except httpx2.HTTPError as error:
            raise _PassingError(f"{server.url} broke off: {type(error).__name__}: {str(error)[:120]}") from None
        server.gone_since_s = None
        return self._read(server, status, headers, content)

    def _may_return(self, attempt: int) -> bool:
        """Whether a request waits on for servers that are gone: some tries at first, later as long as for others."""
        if not self.answered:
            return attempt < self._attempts
        last_s = max(server.gone_since_s or time.monotonic() for server in self._servers)
        return time.monotonic() - last_s < PATIENCE_S

    def _next(self) -> _Server:
        """The next server in turn; one that is to be left alone for now only where all are."""
        self._turn += 1
        in_turn = [*self._servers[self._turn % len(self._servers) :], *self._servers[: self._turn % len(self._servers)]]
        now_s = time.monotonic()
        return min(in_turn, key=lambda server: max(server.not_before_s - now_s, 0.0))

    def _pause_s(self, server: _Server, attempt: int) -> float:
        asked_s = server.not_before_s - time.monotonic()
        jitter = 0.5 + self._jitter.random()
        backoff_s = min(_FIRST_PAUSE_S * 2 ** min(attempt - 1, 9), _LONGEST_BACKOFF_S) * jitter if attempt else 0.0
        return max(asked_s + (0.1 * jitter if asked_s > 0 else 0.0), backoff_s, 0.0)

    async def _send(self, server: _Server, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        async with self._client.stream("POST", server.url + path, json=body) as answer:
            content = bytearray()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES:
                    raise RequestError(f"{server.url} answered more than {ANSWER_BYTES} bytes, the limit")
            return answer.status_code, answer.headers, bytes(content)

    def _read(self, server: _Server, status: int, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
        if status in _OF_THE_WHOLE and not (status == 403 and self.answered):  # some refuse single prompts that way
            raise ModelError(f"{server.url}: HTTP {status}, {_OF_THE_WHOLE[status]} ({_message(content)})")
        if status in _PASSING:
            asked_s = _retry_after_s(headers.get("retry-after", ""))
            if asked_s > LONGEST_PAUSE_S:
                raise RequestError(f"{server.url} asks to come back in {asked_s:.0f} s (HTTP {status})")
            server.not_before_s = max(server.not_before_s, time.monotonic() + asked_s) if asked_s else 0.0
            raise _PassingError(f"{server.url} answered HTTP {status}: {_message(content)}")
        if status != 200:
            raise RefusedError(f"HTTP {status}: {_message(content)}")
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            raise _PassingError(f"{server.url} answered what is no JSON: {_shown(content)}") from None
        if not isinstance(value, dict):
            raise _PassingError(f"{server.url} answered no JSON object: {_shown(content)}")
        self.answered += 1
        return value


class _PassingError(RequestError):
    """Another try may be answered."""


def _retry_after_s(header: str) -> float:
    """The pause that a Retry-After header asks for (RFC 9110, sec. 10.2.3: seconds or a date); 0 for none."""
    text = header.strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return 0.0


def _message(content: bytes) -> str:
    """What an error's body says: the message in it where it is built as OpenAI's are."""
    try:
        value = json.loads(content)
        error = value.get("error", value)
        message = error.get("message") if isinstance(error, dict) else error
    except (ValueError, RecursionError, AttributeError):
        message = None
    return " ".join(message.split())[:300] if isinstance(message, str) else _shown(content)


def _shown(content: bytes) -> str:
    return repr(content[:80].decode("utf-8", "replace")) if content else "nothing"
