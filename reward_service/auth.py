"""The server's side of TLS and bearer tokens: who is let in, and how the rest is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import grpc
from grpc import aio

from reward_service.config import TlsConfig
from reward_service.credentials import accepts
from reward_service.errors import ServerStartError

# Load balancers and orchestrators ask for health without being able to show a token; it tells nothing else.
_OPEN_TO_ALL = "/grpc.health.v1.Health/"


class TokenInterceptor(aio.ServerInterceptor):  # type: ignore[type-arg]
    """Refuses every call, but those for health, that does not carry one of `tokens`, with UNAUTHENTICATED."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tuple(tokens)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """gRPC's hook before a call."""
        handler = await continuation(handler_call_details)
        if handler_call_details.method.startswith(_OPEN_TO_ALL):
            return handler
        headers = dict(handler_call_details.invocation_metadata or ())
        header = headers.get("authorization")
        if accepts(self._tokens, header if isinstance(header, str) else None):
            return handler
        return _refusal(handler, "no bearer token was sent" if header is None else "the bearer token is not known here")


def server_credentials(tls: TlsConfig) -> grpc.ServerCredentials:
    """gRPC's form of a server's certificate. Raises ServerStartError for files that cannot be used."""
    try:
        certificate, key = Path(tls.certificate).read_bytes(), Path(tls.key).read_bytes()
        authority = None if tls.client_authority is None else Path(tls.client_authority).read_bytes()
    except OSError as error:
        raise ServerStartError(f"tls: cannot read {error.filename}: {error.strerror}") from None
    if b"-----BEGIN CERTIFICATE-----" not in certificate or b"PRIVATE KEY-----" not in key:
        raise ServerStartError(f"tls: {tls.certificate} or {tls.key} is not a PEM certificate and its private key")
    return grpc.ssl_server_credentials(
        [(key, certificate)], root_certificates=authority, require_client_auth=authority is not None
    )


def _refusal(handler: grpc.RpcMethodHandler[Any, Any] | None, reason: str) -> grpc.RpcMethodHandler[Any, Any]:
    """A handler of the same kind that refuses."""

    async def refuse(request: Any, context: aio.ServicerContext[Any, Any]) -> NoReturn:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, reason)
        raise AssertionError("abort always raises")

    if handler is not None and handler.request_streaming:
        return grpc.stream_stream_rpc_method_handler(refuse)
    return grpc.unary_unary_rpc_method_handler(refuse)
