"""`python -m reward_service`: a server, with nothing but its own package needed. `rfteval serve` offers more."""

from __future__ import annotations

import argparse
import functools
import sys

from reward_service.config import DEFAULT_LISTEN, PoolConfig, ServerConfig
from reward_service.errors import ServerStartError
from reward_service.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reward_service", description="Serve rewards over gRPC.")
    parser.add_argument("--listen", action="append", metavar="ADDRESS", help="HOST:PORT or unix:PATH; repeatable")
    parser.add_argument("--workers", default="auto", help="worker processes, or auto (default)")
    parser.add_argument("--limit-s", type=float, default=PoolConfig().limit_s, help="time limit of a check")
    parser.add_argument("--slow-limit-s", type=float, default=PoolConfig().slow_limit_s, help="limit of its retry")
    parser.add_argument("--allow-insecure", action="store_true", help="serve plaintext beyond this machine")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input closes")
    options = parser.parse_args(arguments)
    if options.workers != "auto" and not options.workers.isdigit():
        parser.error(f"--workers: expected a number or auto, got {options.workers!r}")
    try:
        config = ServerConfig(
            listen=tuple(options.listen or (DEFAULT_LISTEN,)),
            allow_insecure=options.allow_insecure,
            pool=PoolConfig(
                workers=0 if options.workers == "auto" else int(options.workers),
                limit_s=options.limit_s,
                slow_limit_s=options.slow_limit_s,
            ),
        )
    except ServerStartError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    announce = functools.partial(print, flush=True)
    return serve(config, announce=announce, until_stdin_closes=options.until_stdin_closes)


if __name__ == "__main__":
    sys.exit(main())
