"""`rfteval serve`: the reward service by itself, until SIGTERM drains it."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval serve --listen 127.0.0.1:50051"


def serve(
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", metavar="ADDRESS", help="HOST:PORT or unix:PATH; repeatable. [127.0.0.1:50051]"),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Worker processes; 0 picks by processors.")] = 0,
    limit_s: Annotated[float | None, typer.Option("--limit-s", help="Time limit of one check.")] = None,
    slow_limit_s: Annotated[float | None, typer.Option("--slow-limit-s", help="Limit of its one retry.")] = None,
    allow_insecure: Annotated[
        bool, typer.Option("--allow-insecure", help="Serve plaintext to other machines as well.")
    ] = False,
) -> None:
    """Serve rewards over gRPC, with health and reflection; SIGTERM finishes what is in flight, then ends."""
    from reward_service.config import DEFAULT_LISTEN, PoolConfig, ServerConfig
    from reward_service.errors import ServerStartError
    from reward_service.server import serve as serve_until_stopped
    from rfteval.errors import UsageError

    defaults = PoolConfig()
    try:
        config = ServerConfig(
            listen=tuple(listen or (DEFAULT_LISTEN,)),
            allow_insecure=allow_insecure,
            pool=PoolConfig(
                workers=workers,
                limit_s=defaults.limit_s if limit_s is None else limit_s,
                slow_limit_s=defaults.slow_limit_s if slow_limit_s is None else slow_limit_s,
            ),
        )
    except ServerStartError as error:  # the settings themselves do not work; a port in use is found later
        raise UsageError(str(error)) from None
    raise typer.Exit(serve_until_stopped(config, announce=functools.partial(print, flush=True)))
