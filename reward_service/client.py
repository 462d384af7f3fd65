"""`RewardClient`: score responses from a trainer, a notebook or a command line, with or without a server at hand.

Light to import: neither sympy nor torch. With no address it starts a private server and stops it again. May be used
from many threads, in forked children and, by pickling, in other processes of the same machine. The asynchronous twin is
`async_client.AsyncRewardClient`.
"""

from __future__ import annotations

import collections
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

import grpc

from reward_service import convert
from reward_service.batches import Batch, make_batch, split
from reward_service.credentials import ClientCredentials
from reward_service.embedded import EmbeddedServer
from reward_service.endpoints import Rotation
from reward_service.errors import (
    AuthenticationError,
    DeadlineError,
    InvalidRequestError,
    RewardServiceError,
    ServiceUnavailableError,
)
from reward_service.types import Component, ScoredItem, ScoreItem, VerifierInfo
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc

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


class RewardClient:
    """A connection to a reward service; close it, or use it as a context manager.

    `address` is `HOST:PORT` or `unix:PATH`, or several of them, which share the load: one that fails is left out until
    it answers again. `dns:///NAME:PORT` stands for all the machines behind a name, which share the load as well. None
    starts a private server process. Calls that a server could not take (it is gone, draining or full) are tried again
    within `timeout_s`; scoring twice is safe, since a service keeps no state. An address that has never answered is
    given up after a second. `credentials` are for servers with TLS or tokens. `server_arguments` are passed on to a
    private server (`python -m reward_service --help`).
    """

    def __init__(
        self,
        address: str | Sequence[str] | None = None,
        *,
        timeout_s: float = 60.0,
        credentials: ClientCredentials | None = None,
        server_arguments: Sequence[str] = (),
    ) -> None:
        self.timeout_s = timeout_s
        self._credentials = credentials or ClientCredentials()
        self._embedded: EmbeddedServer | None = None
        if address is None:
            self._embedded = EmbeddedServer(tuple(server_arguments))
            address = self._embedded.address
        self.addresses = (address,) if isinstance(address, str) else tuple(address)
        self._rotation = Rotation(self.addresses, clock=time.monotonic, random_source=random.Random())
        self._lock = threading.Lock()
        self._process_id = os.getpid()
        self._channels: dict[str, grpc.Channel] = {}
        self._stubs: dict[str, pb_grpc.RewardServiceStub] = {}
        self._closed = False

    @property
    def address(self) -> str:
        """The address, or several separated by commas."""
        return ",".join(self.addresses)

    def __enter__(self) -> RewardClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., RewardClient], tuple[Any, ...]]:
        """Pickled as its addresses: the copy talks to the same servers and stops none of them."""
        return _reconnect, (self.addresses, self.timeout_s, self._credentials)

    def close(self) -> None:
        """Close the connections and stop the private server, if any. Does nothing the second time."""
        self._closed = True
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()
        self._stubs.clear()
        if self._embedded is not None:
            self._embedded.stop()

    def score(
        self, items: Sequence[ScoreItem], *, components: Sequence[Component] = (), timeout_s: float | None = None
    ) -> list[ScoredItem]:
        """One call: a result per item, in order. `components` holds for items that have none of their own.

        A failed item is a verdict. Raises InvalidRequestError for what the protocol forbids (no items, an id given
        twice, an unknown verifier, bad parameters), ServiceUnavailableError, DeadlineError, AuthenticationError.
        """
        batch = make_batch(items, components)
        return batch.results(self._score(batch, self._deadline(timeout_s)))

    def score_stream(
        self,
        items: Iterable[ScoreItem],
        *,
        components: Sequence[Component] = (),
        batch_size: int = 256,
        in_flight: int = 4,
        timeout_s: float | None = None,
    ) -> Iterator[ScoredItem]:
        """Results in the order of `items`, which may be endless: only `in_flight` batches are held at a time.

        Ids need not be unique here, since order tells results apart. `timeout_s` is for each batch.
        """
        calls: collections.deque[tuple[Batch, float, str, Any]] = collections.deque()
        batches = split(items, batch_size)
        try:
            while True:
                while len(calls) < in_flight and (part := next(batches, None)):
                    batch = make_batch(part, components, by_position=True)
                    deadline = self._deadline(timeout_s)
                    address, _ = self._rotation.pick()
                    calls.append((batch, deadline, address, self._start(address, batch, deadline)))
                if not calls:
                    return
                batch, deadline, address, call = calls.popleft()
                try:
                    response = call.result() if call is not None else pb.ScoreResponse()
                    self._rotation.succeeded(address)
                except grpc.RpcError as error:
                    self._after(error, address)
                    response = self._score(batch, deadline)
                yield from batch.results(response)
        finally:
            for *_, call in calls:
                if call is not None:
                    call.cancel()

    def verifiers(self) -> list[VerifierInfo]:
        """Every verifier the server knows."""
        response = self._call(
            lambda stub, left_s: stub.ListVerifiers(
                pb.ListVerifiersRequest(), timeout=left_s, metadata=self._credentials.metadata()
            ),
            self._deadline(None),
        )
        return [convert.info_from_proto(message) for message in response.verifiers]

    def _deadline(self, timeout_s: float | None) -> float:
        return time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)

    def _start(self, address: str, batch: Batch, deadline: float) -> Any:
        if not batch.request.items and batch.settled:
            return None
        left_s = max(0.0, deadline - time.monotonic())
        stub = self._stub(address)
        return stub.Score.future(batch.request, timeout=left_s, metadata=self._credentials.metadata())

    def _score(self, batch: Batch, deadline: float) -> pb.ScoreResponse:
        if not batch.request.items and batch.settled:
            return pb.ScoreResponse()  # every item was too large to send
        response: pb.ScoreResponse = self._call(
            lambda stub, left_s: stub.Score(batch.request, timeout=left_s, metadata=self._credentials.metadata()),
            deadline,
        )
        return response

    def _call(self, method: Callable[[Any, float], Any], deadline: float) -> Any:
        """Call `method` on one address after the other until one answers or time is up."""
        started = time.monotonic()
        last: RewardServiceError | None = None
        while True:
            address, wait_s = self._rotation.pick()
            give_up = min(deadline, started + self._rotation.patience_s())
            if last is not None and time.monotonic() + wait_s >= give_up:
                raise last
            time.sleep(min(wait_s, max(0.0, deadline - time.monotonic())))
            try:
                answer = method(self._stub(address), max(0.0, deadline - time.monotonic()))
            except grpc.RpcError as error:
                last = self._after(error, address)
            else:
                self._rotation.succeeded(address)
                return answer

    def _after(self, error: grpc.RpcError, address: str) -> RewardServiceError:
        """Note a failure that may be tried again, and return its error; raise any other."""
        found = error_from(error.code(), error.details() or "", address)
        if not isinstance(found, ServiceUnavailableError):
            self._rotation.succeeded(address)
            raise found from None
        self._rotation.failed(address, delay_s=retry_delay_s(error))
        return found

    def _stub(self, address: str) -> pb_grpc.RewardServiceStub:
        """The stub for an address, connected in this process: gRPC connections do not survive a fork."""
        with self._lock:
            if self._closed:
                raise ServiceUnavailableError("this client is closed")
            if self._process_id != os.getpid():
                self._process_id = os.getpid()
                self._channels = {}
                self._stubs = {}
            if address not in self._stubs:
                self._channels[address] = open_channel(address, self._credentials)
                stub = pb_grpc.RewardServiceStub(self._channels[address])  # type: ignore[no-untyped-call]
                self._stubs[address] = stub
            return self._stubs[address]


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


def _reconnect(addresses: tuple[str, ...], timeout_s: float, credentials: ClientCredentials) -> RewardClient:
    return RewardClient(addresses, timeout_s=timeout_s, credentials=credentials)
