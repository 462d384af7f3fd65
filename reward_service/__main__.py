"""`python -m reward_service`: a server, with nothing but its own package needed. `rfteval serve` offers more."""

from __future__ import annotations

import argparse
import functools
import sys
from typing import Any

from reward_service.config import PoolConfig, ServerConfig
from reward_service.config_file import load_config
from reward_service.errors import ServerStartError
from reward_service.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reward_service", description="Serve rewards over gRPC.")
    parser.add_argument("--listen", action="append", metavar="ADDRESS", help="HOST:PORT or unix:PATH; repeatable")
    parser.add_argument("--config", metavar="FILE", help="settings in TOML or YAML; flags win over it")
    parser.add_argument("--workers", default=None, help="worker processes, or auto (default)")
    parser.add_argument("--allow-insecure", action="store_true", help="serve plaintext beyond this machine")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input closes")
    options = parser.parse_args(arguments)
    if options.workers not in (None, "auto") and not options.workers.isdigit():
        parser.error(f"--workers: expected a number or auto, got {options.workers!r}")
    overrides: dict[str, Any] = {}
    if options.listen:
        overrides["listen"] = tuple(options.listen)
    if options.allow_insecure:
        overrides["allow_insecure"] = True
    if options.workers is not None:
        overrides["pool"] = {"workers": 0 if options.workers == "auto" else int(options.workers)}
    try:
        config = load_config(options.config, overrides) if options.config else _plain(overrides)
    except ServerStartError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    announce = functools.partial(print, flush=True)
    return serve(config, announce=announce, until_stdin_closes=options.until_stdin_closes)


def _plain(overrides: dict[str, Any]) -> ServerConfig:
    """The defaults with `overrides`, without loading what checks files."""
    return ServerConfig(**{**overrides, "pool": PoolConfig(**overrides.get("pool", {}))})


if __name__ == "__main__":
    sys.exit(main())
