"""`rfteval serve`: the reward service by itself, until SIGTERM drains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from reward_service.config import ServerConfig

EXAMPLE = "Example: rfteval serve --listen 127.0.0.1:50051"


def serve(
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", metavar="ADDRESS", help="HOST:PORT or unix:PATH; repeatable. [127.0.0.1:50051]"),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Settings in TOML or YAML; options win over it.")
    ] = None,
    workers: Annotated[
        str | None, typer.Option("--workers", metavar="N", help="Worker processes, or auto (by processors).")
    ] = None,
    token_file: Annotated[
        str | None, typer.Option("--token-file", metavar="FILE", help="Bearer tokens that callers must show.")
    ] = None,
    tls_certificate: Annotated[
        str | None, typer.Option("--tls-certificate", metavar="PEM", help="Certificate chain; needs --tls-key.")
    ] = None,
    tls_key: Annotated[str | None, typer.Option("--tls-key", metavar="PEM", help="Its private key.")] = None,
    tls_client_authority: Annotated[
        str | None, typer.Option("--tls-client-authority", metavar="PEM", help="Callers must show its certificate.")
    ] = None,
    metrics_listen: Annotated[
        str | None, typer.Option("--metrics-listen", metavar="HOST:PORT", help="Prometheus endpoint; default: none.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error. [warning]")
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log lines as JSON.")] = False,
    allow_insecure: Annotated[
        bool, typer.Option("--allow-insecure", help="Serve plaintext to other machines as well.")
    ] = False,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="plain, or ray for Ray Serve (extra scale). [plain]")
    ] = "plain",
    replicas: Annotated[
        str | None, typer.Option("--replicas", metavar="MIN:MAX", help="Replicas on Ray, by load. [1:1]")
    ] = None,
) -> None:
    """Serve rewards over gRPC, with health and reflection; SIGTERM finishes what is in flight, then ends."""
    from reward_service.config_file import config_from, load_config
    from reward_service.errors import ServerStartError
    from rfteval.errors import UsageError, unknown_name

    if engine not in ("plain", "ray"):
        raise unknown_name("engine", engine, ("plain", "ray"))
    if replicas is not None and engine != "ray":
        raise UsageError("--replicas are those of --engine ray; a plain server has --workers")
    given: dict[str, Any] = {
        "listen": tuple(listen) if listen else None,
        "token_file": token_file,
        "metrics_listen": metrics_listen,
        "log_level": log_level,
        "log_json": log_json or None,
        "allow_insecure": allow_insecure or None,
        "tls": _given({"certificate": tls_certificate, "key": tls_key, "client_authority": tls_client_authority}),
        "pool": None if workers is None else {"workers": _count(workers)},
    }
    overrides = _given(given) or {}
    try:
        settings = config_from(overrides, source="options") if config is None else load_config(config, overrides)
    except ServerStartError as error:  # the settings themselves do not work; a port in use is found later
        raise UsageError(str(error)) from None
    if engine == "ray":
        raise typer.Exit(_on_ray(settings, _replicas(replicas or "1:1")))
    from reward_service.server import serve as serve_until_stopped

    raise typer.Exit(serve_until_stopped(settings, announce=_announce))


def _on_ray(settings: ServerConfig, replicas: tuple[int, int]) -> int:
    from reward_service.errors import ServerStartError
    from reward_service.integrations.ray_serve import checked_port, serve_on_ray
    from rfteval.errors import UsageError

    try:
        checked_port(settings)
    except ServerStartError as error:
        raise UsageError(str(error)) from None
    return serve_on_ray(settings, replicas=replicas, announce=_announce)


def _announce(line: str) -> None:
    print(line, flush=True)


def _replicas(text: str) -> tuple[int, int]:
    from rfteval.errors import UsageError

    fewest, _, most = text.partition(":")
    most = most or fewest
    if not (fewest.isdecimal() and most.isdecimal() and 1 <= int(fewest) <= int(most)):
        raise UsageError(f"--replicas: expected MIN:MAX, as 1:4, got {text!r}")
    return int(fewest), int(most)


def _given(values: dict[str, Any]) -> dict[str, Any] | None:
    """The values that are set; None where none is."""
    return {name: value for name, value in values.items() if value is not None} or None


def _count(workers: str) -> int:
    from rfteval.errors import UsageError

    if workers == "auto":
        return 0
    if not workers.isdecimal():
        raise UsageError(f"--workers: expected a number or auto, got {workers!r}")
    return int(workers)
