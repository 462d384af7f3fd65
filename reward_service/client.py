"""`RewardClient`: score responses from a trainer, a notebook or a command line, with or without a server at hand.

Light to import: neither sympy nor torch. With no address it starts a private server and stops it again. May be used
from many threads, in forked children and, by pickling, in other processes of the same machine. The asynchronous twin is
`async_client.AsyncRewardClient`.
"""

from __future__ import annotations

import collections
import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any

import grpc

from reward_service import convert
from reward_service.batches import Batch, make_batch, split
from reward_service.connection import error_from, open_channel, retry_delay_s
from reward_service.credentials import ClientCredentials
from reward_service.embedded import EmbeddedServer
from reward_service.endpoints import DEFAULT_PATIENCE_S
from reward_service.errors import RewardServiceError, ServiceUnavailableError
from reward_service.retrying import deadline_after, new_rotation, note_answer, wait_or_raise
from reward_service.submitting import Submitter
from reward_service.types import Component, ScoredItem, ScoreItem, VerifierInfo
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc


class RewardClient:
    """A connection to a reward service; close it, or use it as a context manager.

    `address` is `HOST:PORT` or `unix:PATH`, or several of them, which share the load: one that fails is left out until
    it answers again. `dns:///NAME:PORT` stands for all the machines behind a name, which share the load as well. None
    starts a private server process. Calls that a server could not take (it is gone, draining or full) are tried again
    within `timeout_s`; scoring twice is safe, since a service keeps no state. A service that has gone is waited for
    `patience_s`, which is logged, and one that has never answered for a second. `credentials` are for servers with TLS
    or tokens. `server_arguments` are passed on to a private server (`python -m reward_service --help`).
    """

    def __init__(
        self,
        address: str | Sequence[str] | None = None,
        *,
        timeout_s: float = 60.0,
        patience_s: float = DEFAULT_PATIENCE_S,
        credentials: ClientCredentials | None = None,
        server_arguments: Sequence[str] = (),
    ) -> None:
        self.timeout_s = timeout_s
        self.patience_s = patience_s
        self._credentials = credentials or ClientCredentials()
        self._embedded: EmbeddedServer | None = None
        if address is None:
            self._embedded = EmbeddedServer(tuple(server_arguments))
            address = self._embedded.address
        self.addresses = (address,) if isinstance(address, str) else tuple(address)
        self._rotation = new_rotation(self.addresses, patience_s)
        self._lock = threading.Lock()
        self._process_id = os.getpid()
        self._channels: dict[str, grpc.Channel] = {}
        self._stubs: dict[str, pb_grpc.RewardServiceStub] = {}
        self._closed = False
        self._submitter: Submitter | None = None

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
        return _reconnect, (self.addresses, self.timeout_s, self.patience_s, self._credentials)

    def close(self) -> None:
        """Close the connections and stop the private server, if any. Does nothing the second time."""
        self._closed = True
        if self._submitter is not None:
            self._submitter.close()
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

    def submit(self, item: ScoreItem, *, components: Sequence[Component] = ()) -> Future[ScoredItem]:
        """Send one item and go on: for rollouts, scored as each finishes. The future gives its result, or raises.

        Items that are submitted while calls are under way go together. Ids need not be unique. Works from any thread;
        in an event loop, `await asyncio.wrap_future(client.submit(item))`.
        """
        with self._lock:
            if self._closed:
                raise ServiceUnavailableError("this client is closed")
            if self._submitter is None or self._submitter.process_id != os.getpid():
                self._submitter = Submitter(self._score_by_position)
            submitter = self._submitter
        if components and not item.components:
            item = dataclasses.replace(item, components=tuple(components))
        return submitter.submit(item)

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

        A batch is filled before it is sent; for items that trickle in there is `submit`. Ids need not be unique here,
        since order tells results apart. `timeout_s` is for each batch.
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
                    note_answer(self._rotation, address)
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

    def _score_by_position(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        batch = make_batch(items, (), by_position=True)
        return batch.results(self._score(batch, self._deadline(None)))

    def _deadline(self, timeout_s: float | None) -> float:
        return deadline_after(self.timeout_s if timeout_s is None else timeout_s)

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
            if last is not None:
                wait_or_raise(last, self._rotation, started, deadline, wait_s)
            time.sleep(min(wait_s, max(0.0, deadline - time.monotonic())))
            try:
                answer = method(self._stub(address), max(0.0, deadline - time.monotonic()))
            except grpc.RpcError as error:
                last = self._after(error, address)
            else:
                note_answer(self._rotation, address)
                return answer

    def _after(self, error: grpc.RpcError, address: str) -> RewardServiceError:
        """Note a failure that may be tried again, and return its error; raise any other."""
        found = error_from(error.code(), error.details() or "", address)
        if not isinstance(found, ServiceUnavailableError):
            self._rotation.succeeded(address)
            raise found from None
        self._rotation.failed(address, delay_s=retry_delay_s(error))
        if self._embedded is not None and (how := self._embedded.ended()):
            raise ServiceUnavailableError(how) from None
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


def _reconnect(
    addresses: tuple[str, ...], timeout_s: float, patience_s: float, credentials: ClientCredentials
) -> RewardClient:
    return RewardClient(addresses, timeout_s=timeout_s, patience_s=patience_s, credentials=credentials)
