"""The reward service on Ray Serve: replicas that scale with the load, behind Ray's gRPC proxy and the same client.

    rfteval serve --engine ray --listen 0.0.0.0:50051 --allow-insecure --replicas 1:8

One plain server per machine and a client with several addresses is simpler and faster (docs/operations.md has both
measured); Ray Serve is for those who already run a cluster. Only the unary calls are served, `Score` and
`ListVerifiers`, which is all that `RewardClient` uses. `ScoreStream`, standard health, TLS, tokens and metrics are
those of plain servers.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import grpc

from reward_service import convert
from reward_service.client import RewardClient
from reward_service.config import ServerConfig
from reward_service.credentials import APPLICATION
from reward_service.engine import Engine, check_ids, verifier_infos
from reward_service.errors import InvalidRequestError, RewardServiceError, ServerStartError
from reward_service.pool import Pool
from reward_service.servicer import RETRY_DELAY_KEY, parse_request
from reward_service.v1 import reward_pb2 as pb

SERVICER = "reward_service.v1.reward_pb2_grpc.add_RewardServiceServicer_to_server"
_READY_S = 60.0
# Calls that wait in the proxy for a replica; Ray refuses more with RESOURCE_EXHAUSTED, and clients come back.
_MAX_QUEUED_CALLS = 1_024
# Ray's proxy binds [::] whatever its HTTP host says (ray 2.60, serve/_private/grpc_util.py, start_grpc_server).
_ANY_HOST = ("0.0.0.0", "[::]")


class RewardReplica:
    """One replica: an engine with its own workers. Ray makes it, and ends it."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._pool = Pool(config.pool)
        self._engine = Engine(config, self._pool)
        self._starting = asyncio.Lock()
        self._started = False

    async def Score(self, request: pb.ScoreRequest, grpc_context: Any) -> pb.ScoreResponse:
        """One batch; see the contract."""
        response = pb.ScoreResponse()
        await self._ready()
        if self._pool.full:
            grpc_context.set_trailing_metadata([(RETRY_DELAY_KEY, "200")])
            return _refused(grpc_context, response, grpc.StatusCode.RESOURCE_EXHAUSTED, "the queue is full")
        try:
            items, components = parse_request(request)
            check_ids(items, self._config.max_items_per_call)
            scored = await self._engine.score(items, components)
        except InvalidRequestError as error:
            return _refused(grpc_context, response, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        convert.add_results(response.results, scored)
        return response

    async def ListVerifiers(self, request: pb.ListVerifiersRequest) -> pb.ListVerifiersResponse:
        """Every verifier; see the contract."""
        return pb.ListVerifiersResponse(verifiers=map(convert.info_to_proto, verifier_infos()))

    async def ScoreStream(self, request: Any, grpc_context: Any) -> pb.ScoreStreamResponse:
        """Refused: only plain servers stream."""
        grpc_context.set_code(grpc.StatusCode.UNIMPLEMENTED)
        grpc_context.set_details("the engine ray serves Score and ListVerifiers; for ScoreStream use a plain server")
        return pb.ScoreStreamResponse()

    async def close(self) -> None:
        """End the workers, which otherwise go with the process. Does nothing the second time."""
        async with self._starting:
            if self._started:
                self._started = False
                await self._pool.stop()
                await self._engine.panel.close()

    async def _ready(self) -> None:
        async with self._starting:
            if not self._started:
                await self._pool.start()
                self._started = True


def _refused(context: Any, response: pb.ScoreResponse, code: grpc.StatusCode, details: str) -> pb.ScoreResponse:
    context.set_code(code)
    context.set_details(details)
    return response


def serve_on_ray(
    config: ServerConfig,
    *,
    replicas: tuple[int, int] = (1, 1),
    announce: Callable[[str], None] = print,
    stop: threading.Event | None = None,
) -> int:
    """Serve on the Ray cluster of this machine, started here if there is none, until SIGTERM or SIGINT. Returns 0.

    `replicas` are the fewest and the most. A cluster that was there before is left running, without our application.
    Raises ServerStartError when Ray is missing, or where the settings ask for what Ray's proxy does not do.
    """
    port = checked_port(config)
    try:
        import ray
        from ray import serve
        from ray.serve.config import gRPCOptions
    except ImportError:
        raise ServerStartError(
            "the engine ray needs Ray Serve; install it with: pip install 'rfteval[scale]'"
        ) from None
    cluster_is_ours = _join_or_start(ray)
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    try:
        serve.start(
            proxy_location="EveryNode",
            http_options={"host": "127.0.0.1", "port": 0},  # a proxy serves both; nothing of ours answers HTTP
            grpc_options=gRPCOptions(port=port, grpc_servicer_functions=[SERVICER]),
        )
        # An application without a route is not made known to the proxies, not even to the one for gRPC.
        serve.run(_deployment(serve, config, replicas), name=APPLICATION, route_prefix=f"/{APPLICATION}")
        _wait_until_served(port)
        announce(f"listening on {config.listen[0]}")
        stop.wait()
    finally:
        if cluster_is_ours:
            serve.shutdown()  # replicas finish what they have
        else:
            serve.delete(APPLICATION)
        ray.shutdown()
    return 0


def checked_port(config: ServerConfig) -> int:
    """The port to serve on. Raises ServerStartError naming a setting that Ray's proxy could not keep."""
    if len(config.listen) != 1 or config.listen[0].startswith("unix:"):
        raise ServerStartError("the engine ray listens on one HOST:PORT")
    for name in ("tls", "token_file", "metrics_listen"):
        if getattr(config, name) is not None:
            raise ServerStartError(f"the engine ray has no {name}; Ray's proxy does not offer it, a plain server does")
    host, _, port = config.listen[0].rpartition(":")
    if host not in _ANY_HOST or not config.allow_insecure:
        raise ServerStartError(
            f"Ray's gRPC proxy listens on every interface of every node, in plaintext, and not on {host} alone; "
            f"where the network around it is trusted, say --listen 0.0.0.0:{port} --allow-insecure"
        )
    if int(port) == 0:
        raise ServerStartError("the engine ray needs a port of its own; Ray does not say which one it took for 0")
    return int(port)


def _join_or_start(ray: Any) -> bool:
    """Connect to the cluster of RAY_ADDRESS or of this machine, or start one; whether it was started."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anyone unasked
    if ray.is_initialized():
        return False
    quiet = {"log_to_driver": False, "logging_level": "warning"}
    try:
        ray.init(address="auto", **quiet)
    except ConnectionError:
        ray.init(address="local", include_dashboard=False, **quiet)
        return True
    return False


def _deployment(serve: Any, config: ServerConfig, replicas: tuple[int, int]) -> Any:
    """The application: a replica reserves as many processors as it has workers, one unless the settings say more."""
    pool = dataclasses.replace(config.pool, workers=config.pool.workers or 1)
    deployment = serve.deployment(
        name="RewardReplica",
        max_ongoing_requests=64,
        max_queued_requests=_MAX_QUEUED_CALLS,
        graceful_shutdown_timeout_s=config.drain_s,
        ray_actor_options={"num_cpus": pool.workers},
        autoscaling_config={"min_replicas": replicas[0], "max_replicas": replicas[1], "target_ongoing_requests": 4},
    )(RewardReplica)
    return deployment.bind(dataclasses.replace(config, pool=pool))


def _wait_until_served(port: int) -> None:
    """Raises ServerStartError where the proxy does not know our service after all."""
    try:
        with RewardClient(f"127.0.0.1:{port}", timeout_s=_READY_S) as client:
            client.verifiers()
    except RewardServiceError as error:
        raise ServerStartError(
            f"Ray Serve runs, but its gRPC proxy does not answer on port {port} ({error}); if Serve was running "
            f"before, it must have been started with that port and grpc_servicer_functions=[{SERVICER!r}]"
        ) from None
