"""Which endpoints a server may ask, and the bounds of asking them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from reward_service.errors import ServerStartError

KINDS = ("chat", "process_reward")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig:
    """One endpoint. `url` is its base: http://HOST:8000/v1 for a chat judge, vLLM's root for a process reward model.

    `api_key_env` names the environment variable that holds the key: a key is never in a configuration file.

    `timeout_s` bounds one verdict with all its attempts. Raises ServerStartError for values that cannot work.
    """

    name: str
    url: str
    model: str
    kind: str = "chat"
    api_key_env: str = ""
    timeout_s: float = 30.0
    attempts: int = 3
    concurrency: int = 16
    step_separator: str = "<extra_0>"  # kind process_reward: the token a model of the Qwen2.5-Math-PRM family scores at

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerStartError(f"judge {self.name!r}: url must be http(s)://HOST..., got {self.url!r}")
        if self.kind not in KINDS:
            raise ServerStartError(f"judge {self.name!r}: kind must be {' or '.join(KINDS)}, got {self.kind!r}")
        if not (self.timeout_s > 0 and self.attempts > 0 and self.concurrency > 0):
            raise ServerStartError(f"judge {self.name!r}: timeout_s, attempts and concurrency must be positive")
        if self.api_key_env and self.api_key_env not in os.environ:
            raise ServerStartError(
                f"judge {self.name!r}: the environment variable {self.api_key_env} with its key is not set"
            )

    def headers(self) -> dict[str, str]:
        """The HTTP headers of a request."""
        return {"Authorization": f"Bearer {os.environ[self.api_key_env]}"} if self.api_key_env else {}
