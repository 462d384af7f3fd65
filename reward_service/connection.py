"""Connections to a service and what their failures mean: gRPC's channels, options and statuses, for both clients."""

from __future__ import annotations

from typing import Any

import grpc

from reward_service.credentials import ClientCredentials
from reward_service.errors import (
    AuthenticationError,
    DeadlineError,
    InvalidRequestError,
    RewardServiceError,
    ServiceUnavailableError,
)

# A response may be larger than its request only by reasons and digests.
_MAX_RESPONSE_BYTES = 256 << 20
# What OpenSSL says of a failed handshake, and what a person should know.
_TLS_CAUSES = {
    "certificate has expired": "the server's certificate has expired",
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is not from a trusted authority, or for another name",
    "WRONG_VERSION_NUMBER": "the server speaks plaintext; turn tls off",
    "CERTIFICATE_REQUIRED": "the server asks for a client certificate",
}
_ROUND_ROBIN = '{"loadBalancingConfig": [{"round_robin": {}}]}'
_RETRY_DELAY_KEY = "grpc-retry-pushback-ms"


def channel_options(address: str) -> tuple[tuple[str, Any], ...]:
    """Options of a connection to a service; calls go round where gRPC's own kinds of address stand for several."""
    several = address.startswith(("dns:", "ipv4:", "ipv6:"))
    balancing = (("grpc.service_config", _ROUND_ROBIN),) if several else ()
    return (
        *balancing,
        ("grpc.max_receive_message_length", _MAX_RESPONSE_BYTES),
        ("grpc.max_send_message_length", -1),
        ("grpc.enable_http_proxy", 0),  # a loopback address or a socket is no place to look for a proxy
        ("grpc.enable_retries", 0),  # ours know of several addresses
        ("grpc.keepalive_time_ms", 30_000),  # a vanished machine is noticed while a call waits for it
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
    )


def open_channel(address: str, credentials: ClientCredentials) -> grpc.Channel:
    """A connection to one address, as secure as the credentials ask for. Raises AuthenticationError."""
    credentials.check_address(address)
    if not credentials.tls:
        return grpc.insecure_channel(address, options=channel_options(address))
    return grpc.secure_channel(address, tls_credentials(credentials), options=channel_options(address))


def health(address: str, credentials: ClientCredentials | None = None, *, timeout_s: float = 5.0) -> str:
    """What a server says of itself: "SERVING", "NOT_SERVING" while it drains, "UNIMPLEMENTED" where it has no health.

    Asks once, shows no token, and raises for a failure what a call would raise.
    """
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # no call of a trainer needs it

    with open_channel(address, credentials or ClientCredentials()) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout_s)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return "UNIMPLEMENTED"
            raise error_from(error.code(), error.details() or "", address) from None
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def tls_credentials(credentials: ClientCredentials) -> grpc.ChannelCredentials:
    """gRPC's form of our credentials. Raises AuthenticationError for files that cannot be read."""
    authority, key, certificate = credentials.read()
    return grpc.ssl_channel_credentials(root_certificates=authority, private_key=key, certificate_chain=certificate)


def retry_delay_s(error: Any) -> float | None:
    """How long the server asked to be left alone, if it did."""
    for key, value in error.trailing_metadata() or ():
        if key == _RETRY_DELAY_KEY and value.isdigit():
            return int(value) / 1000
    return None


def error_from(code: grpc.StatusCode, details: str, address: str) -> RewardServiceError:
    """Our error for a gRPC status, as one line that says what to do."""
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return InvalidRequestError(details)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details:
        return InvalidRequestError(f"{details}; send fewer items in a call")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineError(f"the reward service at {address} did not answer in time; raise timeout_s or send less")
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return AuthenticationError(f"the reward service at {address} refused: {details}")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return ServiceUnavailableError(f"the reward service at {address} is busy: {details}")
    if code is grpc.StatusCode.CANCELLED:  # we cancel no call whose answer we read, so it was a server that is ending
        return ServiceUnavailableError(f"the reward service at {address} ended during the call")
    if code is grpc.StatusCode.NOT_FOUND and details.startswith("Application"):
        # What Ray Serve's proxy says before replicas are up and after they have gone.
        return ServiceUnavailableError(f"no reward service is deployed behind {address}: {details.partition('. ')[0]}")
    if code is grpc.StatusCode.UNAVAILABLE and "andshake" in details:
        return AuthenticationError(f"no TLS connection with {address}: {_tls_cause(details)}")
    if code is grpc.StatusCode.UNAVAILABLE:
        return ServiceUnavailableError(
            f"no reward service answers at {address} ({_first_cause(details)}); "
            f"start one with `rfteval serve --listen {address}`, or give no address to use a private one"
        )
    return RewardServiceError(f"the reward service at {address} failed: {code.name}: {details}")


def _first_cause(details: str) -> str:
    """The part of gRPC's message that a person needs."""
    cause = details.rpartition("Failed to connect to remote host: ")[2].removesuffix(")") or "no answer"
    if "failed to connect" in cause and "Socket closed" in cause:
        return "it hangs up at once: does it want TLS, or a client certificate?"
    return cause


def _tls_cause(details: str) -> str:
    for sign, cause in _TLS_CAUSES.items():
        if sign in details:
            return cause
    return details
