"""The reward service on Ray Serve: replicas that scale with the load, behind Ray's gRPC proxy and the same client.

    rfteval serve --engine ray --listen 127.0.0.1:50051 --replicas 1:8

One plain server per machine and a client with several addresses is simpler and faster (docs/operations.md has both
measured); Ray Serve is for those who already run a cluster. Ray's proxy carries unary calls only: `Score` and
`ListVerifiers`, which is all `RewardClient` uses; `ScoreStream`, health and reflection are those of plain servers.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from typing import Any

import grpc

from reward_service import convert
from reward_service.config import ServerConfig, is_local
from reward_service.engine import Engine, check_ids, verifier_infos
from reward_service.errors import InvalidRequestError, ServerStartError
from reward_service.pool import Pool
from reward_service.servicer import RETRY_DELAY_KEY, parse_request
from reward_service.v1 import reward_pb2 as pb

APPLICATION = "rfteval"
_SERVICER = "reward_service.v1.reward_pb2_grpc.add_RewardServiceServicer_to_server"


class RewardReplica:
    """One replica: an engine with its own workers. Ray makes and health-checks it."""

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
    """Serve on this machine's Ray cluster, started here if there is none, until SIGTERM or SIGINT. Returns 0.

    `replicas` are the fewest and the most. Raises ServerStartError when Ray is missing or the address cannot be served.
    """
    try:
        import ray
        from ray import serve
        from ray.serve.config import gRPCOptions
    except ImportError:
        raise ServerStartError(
            "the engine ray needs Ray Serve; install it with: pip install 'rfteval[scale]'"
        ) from None
    host, port = _host_and_port(config)
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="warning")
    serve.start(
        proxy_location="EveryNode",
        http_options={"host": "127.0.0.1", "port": 0},  # a proxy serves both; nothing of ours answers HTTP
        grpc_options=gRPCOptions(port=port, grpc_servicer_functions=[_SERVICER]),
    )
    deployment = serve.deployment(
        name="RewardReplica",
        max_ongoing_requests=64,
        ray_actor_options={"num_cpus": 1},
        autoscaling_config={"min_replicas": replicas[0], "max_replicas": replicas[1], "target_ongoing_requests": 4},
    )(RewardReplica)
    serve.run(deployment.bind(config), name=APPLICATION, route_prefix=None)
    announce(f"listening on {host}:{port}")
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    stop.wait()
    serve.shutdown()  # replicas finish what they have
    ray.shutdown()
    return 0


def _host_and_port(config: ServerConfig) -> tuple[str, int]:
    if len(config.listen) != 1 or config.listen[0].startswith("unix:"):
        raise ServerStartError("the engine ray listens on one HOST:PORT")
    host, _, port = config.listen[0].rpartition(":")
    if not config.allow_insecure and is_local(config.listen[0]):
        # Ray's proxy binds every interface whatever the host says, and without TLS.
        raise ServerStartError(
            "Ray's gRPC proxy listens on every interface of this machine, in plaintext; "
            "say --allow-insecure if the network in front of it is trusted"
        )
    return host, int(port)
