"""What a server can be told: where to listen, how much to accept, how long and how large a check may be.

Plain frozen values with their rules; reading them from a file is `config_file.py`'s task.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from reward_service.errors import ServerStartError
from reward_service.judges.config import JudgeConfig
from reward_service.limits import DEFAULT_LIMITS, FULL_WORK_UNITS, INLINE_WORK_UNITS

LOG_LEVELS = ("debug", "info", "warning", "error")
DEFAULT_LISTEN = "127.0.0.1:50051"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """Worker processes and the limits of one check in them. Raises ServerStartError for values that cannot work.

    Limits are seconds without those in which the worker waited for a processor, so that a busy machine cuts off no
    honest check; where the platform does not tell that time, a limit is `patience` times as long by the clock.
    `limit_s` is for a normal worker; a check that needs more is tried once more in a slow-lane worker with
    `slow_limit_s`. A worker that does not stop by itself is killed `kill_margin_s` after its limit. A check that has
    run for `set_aside_s` while others wait is set aside: it starts anew with its whole limit in a lane for such.
    Nothing counts the time in a queue.
    """

    workers: int = 0  # 0: as many as the processors this process may use, less one for the front
    slow_workers: int = 0  # for each of the two lanes for long checks; 0: a quarter of the workers, at least one
    spares: int = 2
    set_aside_s: float = 0.01
    limit_s: float = 0.25
    slow_limit_s: float = 2.0
    kill_margin_s: float = 0.25
    patience: float = 4.0
    memory_bytes: int = 1 << 30  # on top of what a fresh worker maps
    work_units: int = FULL_WORK_UNITS
    jobs_per_worker: int = 5_000  # a worker is replaced after that many checks, so that no cache grows without end
    max_queued: int = 16_384
    max_wait_s: float = 10.0  # a check that would wait longer than this for its longer try gets none
    preload: bool = True  # load and warm all verifiers, and the algebra for workers; else each when it is first asked

    def __post_init__(self) -> None:
        for name in (
            "set_aside_s",
            "max_wait_s",
            "limit_s",
            "slow_limit_s",
            "kill_margin_s",
            "memory_bytes",
            "work_units",
            "jobs_per_worker",
        ):
            if getattr(self, name) <= 0:
                raise ServerStartError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("workers", "slow_workers", "spares", "max_queued"):
            if getattr(self, name) < 0:
                raise ServerStartError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.slow_limit_s < self.limit_s:
            raise ServerStartError(f"slow_limit_s ({self.slow_limit_s}) is shorter than limit_s ({self.limit_s})")

    def worker_count(self) -> int:
        """The number of normal workers, with 0 worked out."""
        return self.workers or max(1, available_processors() - 1)

    def slow_worker_count(self) -> int:
        """The number of slow-lane workers, with 0 worked out."""
        return self.slow_workers or max(1, self.worker_count() // 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """PEM files of a server: its certificate chain, its key, and the authority of its clients, who must then show one.

    Holds for HOST:PORT addresses; a Unix socket is guarded by the rights of its file.
    """

    certificate: str
    key: str
    client_authority: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Everything a server needs to start. Raises ServerStartError for plaintext beyond this machine.

    `token_file` holds the bearer tokens that callers may show, one a line; without it nobody is asked.
    """

    listen: tuple[str, ...] = (DEFAULT_LISTEN,)
    allow_insecure: bool = False
    tls: TlsConfig | None = None
    token_file: str | None = None
    judges: tuple[JudgeConfig, ...] = ()
    metrics_listen: str | None = None  # HOST:PORT of a Prometheus endpoint
    log_level: str = "warning"
    log_json: bool = False
    tracing: bool = False  # a span per call, by OpenTelemetry; its environment variables say where to
    max_items_per_call: int = 4_096
    max_message_bytes: int = 64 << 20
    max_response_bytes: int = DEFAULT_LIMITS.response_bytes
    max_pending_items: int = 65_536
    max_stream_items: int = 2_048
    max_calls: int = 1_024  # at the same time; more are refused before they are read
    inline_work_units: int = INLINE_WORK_UNITS
    inline_tick_s: float = 0.05  # a check that holds the front for two of these is interrupted and sent to a worker
    inline_response_characters: int = 50_000  # longer texts go to a worker unread: scanning them would hold the front
    cache_entries: int = 65_536
    cache_characters: int = 64 << 20
    poison_ttl_s: float = 600.0
    drain_s: float = 30.0
    drain_notice_s: float = 0.0
    pool: PoolConfig = field(default_factory=PoolConfig)

    def __post_init__(self) -> None:
        if not self.listen:
            raise ServerStartError("no address to listen on; give HOST:PORT or unix:PATH")
        for address in self.listen:
            if not is_local(address) and self.tls is None and not self.allow_insecure:
                raise ServerStartError(
                    f"refusing to serve plaintext on {address}: it can be reached from other machines; "
                    "set up tls, listen on 127.0.0.1 or unix:PATH, or say --allow-insecure"
                )
        names = [judge.name for judge in self.judges]
        if len(set(names)) != len(names):
            raise ServerStartError(f"judges must have different names, got {', '.join(names)}")
        if self.log_level not in LOG_LEVELS:
            raise ServerStartError(f"log_level must be one of {', '.join(LOG_LEVELS)}, got {self.log_level!r}")
        if self.max_pending_items < self.max_items_per_call:
            raise ServerStartError("max_pending_items must be at least max_items_per_call")


def is_local(address: str) -> bool:
    """Whether only this machine can reach `address`: a Unix socket or a loopback host. Raises ServerStartError."""
    if address.startswith("unix:"):
        if not address.removeprefix("unix:"):
            raise ServerStartError("unix: needs a path, as unix:/run/rfteval.sock")
        return True
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65_535:
        raise ServerStartError(f"cannot listen on {address!r}: expected HOST:PORT or unix:PATH")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def available_processors() -> int:
    """Processors this process may use: its affinity, and the container's quota where there is one (cgroup v2)."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        if quota != "max":
            count = min(count, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no such file outside of Linux containers
    return count
