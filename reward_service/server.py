"""Run a reward server: start the workers, listen, drain on a signal.

`serve` is the whole life of a server process; `run_server` is the same inside an event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from reward_service.auth import TokenInterceptor, server_credentials
from reward_service.config import ServerConfig
from reward_service.credentials import read_tokens
from reward_service.engine import Engine
from reward_service.errors import ServerStartError
from reward_service.logs import configure as configure_log
from reward_service.metrics import serve_metrics
from reward_service.pool import Pool
from reward_service.servicer import SERVICE, RewardServicer
from reward_service.tracing import tracing_interceptor
from reward_service.warming import import_verifiers_between_calls
from reward_service.watch import InlineWatch

_LAST_ANSWERS_S = 1.0  # what is settled has still to be written
# New objects between two collections: those of the largest batch. At Python's 700 each batch is searched several times
# over while it is scored, which costs a seventh of it and finds nothing.
_COLLECT_AFTER = 50_000

_log = logging.getLogger(__name__)


def serve(config: ServerConfig, *, announce: Callable[[str], None] = print, until_stdin_closes: bool = False) -> int:
    """Serve until SIGTERM or SIGINT, then drain. The exit code: 0, or 1 with one line on stderr.

    `announce` gets one line per address once it accepts calls (with the real port where 0 was asked for).
    `until_stdin_closes` ends the server without draining when its standard input closes: so a private server dies
    with the process that started it.
    """
    try:
        asyncio.run(run_server(config, announce=announce, until_stdin_closes=until_stdin_closes))
    except ServerStartError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


async def run_server(
    config: ServerConfig, *, announce: Callable[[str], None] = print, until_stdin_closes: bool = False
) -> None:
    """As `serve`, in the running event loop. Raises ServerStartError when it cannot start."""
    configure_log(level=config.log_level, as_json=config.log_json)
    stop = asyncio.Event()
    abandoned = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        loop.add_reader(0, _on_stdin, loop, stop, abandoned)
    pool = Pool(config.pool)
    watch = InlineWatch(config.inline_tick_s)
    engine = Engine(config, pool, watch)
    servicer = RewardServicer(engine, config)
    server = _server(config)
    server.add_generic_rpc_handlers((servicer.handler(),))
    status = health.aio.HealthServicer()  # type: ignore[attr-defined]  # the stubs do not know it
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    credentials = server_credentials(config.tls) if config.tls is not None else None
    addresses = [_bind(server, address, credentials) for address in config.listen]
    if config.metrics_listen is not None:
        metrics_address = serve_metrics(config.metrics_listen, servicer.counts, engine)
        _log.info("metrics on http://%s/metrics", metrics_address)
    await server.start()
    watch.start()
    settle = functools.partial(_settle, watch)
    warming = asyncio.create_task(import_verifiers_between_calls(then=settle)) if config.pool.preload else None
    try:
        for name in ("", SERVICE):
            await status.set(name, health_pb2.HealthCheckResponse.SERVING)
        for address in addresses:
            announce(f"listening on {address}")
        await pool.start()
        await stop.wait()
        if not abandoned.is_set():
            _log.info("draining: new calls are refused, %d items are in flight", servicer.counts.pending)
            await status.enter_graceful_shutdown()
            await asyncio.gather(servicer.drain(config.drain_s), asyncio.sleep(config.drain_notice_s))
            await server.stop(_LAST_ANSWERS_S)
    finally:
        if warming is not None:
            warming.cancel()
        watch.stop()
        await server.stop(0)
        await pool.stop()
        await engine.panel.close()


def _settle(watch: InlineWatch) -> None:
    """Everything is loaded: it is here to stay, and need not be searched for garbage again."""
    watch.settle()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def _server(config: ServerConfig) -> aio.Server:
    tokens = () if config.token_file is None else read_tokens(config.token_file, ServerStartError)
    interceptors: list[aio.ServerInterceptor[Any, Any]] = [tracing_interceptor()] if config.tracing else []
    if tokens:
        interceptors.append(TokenInterceptor(tokens))
    return aio.server(
        maximum_concurrent_rpcs=config.max_calls,
        interceptors=interceptors,
        options=(
            ("grpc.max_receive_message_length", config.max_message_bytes),
            ("grpc.max_send_message_length", -1),  # bounded by what was received
            ("grpc.so_reuseport", 0),  # a second server on the same port is an error, not a lottery
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ),
    )


def _bind(server: aio.Server, address: str, credentials: grpc.ServerCredentials | None) -> str:
    """Listen on `address`; the address clients can use. Raises ServerStartError."""
    if address.startswith("unix:"):
        _remove_stale_socket(Path(address.removeprefix("unix:")))
    try:
        if credentials is not None and not address.startswith("unix:"):
            port = server.add_secure_port(address, credentials)
        else:
            port = server.add_insecure_port(address)
    except RuntimeError as error:
        port = 0
        _log.debug("bind failed: %s", error)
    if not port:
        raise ServerStartError(f"cannot listen on {address}: in use, not permitted, or no such host or directory")
    if address.startswith("unix:"):
        os.chmod(address.removeprefix("unix:"), 0o600)  # noqa: PTH101
        return address
    return f"{address.rpartition(':')[0]}:{port}"


def _remove_stale_socket(path: Path) -> None:
    """Remove a socket file that a killed server left behind. Raises ServerStartError where one still answers."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return
    raise ServerStartError(f"cannot listen on unix:{path}: another server is already there")


def _on_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event, abandoned: asyncio.Event) -> None:
    if not os.read(0, 4096):
        loop.remove_reader(0)
        abandoned.set()
        stop.set()
