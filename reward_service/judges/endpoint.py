"""Asking an endpoint: bounded, with retries of what is worth retrying, and one error for each way it can fail."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx2

from reward_service.errors import RewardServiceError
from reward_service.judges.config import JudgeConfig

ANSWER_BYTES = 4 << 20
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class JudgeError(RewardServiceError):
    """An endpoint did not answer, or not as asked. Internal: it becomes an unscored verdict."""


class JudgeTimeout(JudgeError):
    """An endpoint did not answer in its time."""


class Endpoint:
    """One configured endpoint with its connections. Use inside one event loop; `close` when done."""

    def __init__(self, config: JudgeConfig, *, seed: int = 0) -> None:
        self.config = config
        self._client = httpx2.AsyncClient(headers=config.headers(), timeout=config.timeout_s)
        self._slots = asyncio.Semaphore(config.concurrency)
        self._jitter = random.Random(seed)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON object an endpoint answers. Raises JudgeTimeout and JudgeError; retries inside the one timeout."""
        async with self._slots:
            try:
                async with asyncio.timeout(self.config.timeout_s):
                    return await self._with_retries(path, body)
            except TimeoutError:
                raise JudgeTimeout(f"{self.config.name} did not answer within {self.config.timeout_s:g} s") from None

    async def _with_retries(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = self.config.url.rstrip("/") + path
        problem = ""
        wait_s = 0.0
        for attempt in range(self.config.attempts):
            await asyncio.sleep(wait_s)
            wait_s = 0.25 * 2**attempt * (1 + self._jitter.random())
            try:
                async with self._client.stream("POST", url, json=body) as answer:
                    content = await _bounded(answer)
                    status, retry_after = answer.status_code, answer.headers.get("retry-after", "")
            except httpx2.TimeoutException:
                raise TimeoutError from None
            except httpx2.HTTPError as error:
                problem = f"{type(error).__name__}: {str(error)[:120]}"
                continue
            if status == 200:
                return _object(content)
            problem = f"HTTP {status}"
            if status not in _RETRIED:
                break
            if retry_after.isdigit():
                wait_s = max(wait_s, float(retry_after))
        raise JudgeError(f"{self.config.name} failed: {problem}")


async def _bounded(answer: httpx2.Response) -> bytes:
    content = b""
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > ANSWER_BYTES:
            raise JudgeError(f"the endpoint's answer is over {ANSWER_BYTES} bytes")
    return content


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise JudgeError("the endpoint's answer is not JSON") from None
    if not isinstance(value, dict):
        raise JudgeError("the endpoint's answer is not a JSON object")
    return value
