"""`RewardClient`: score responses from a trainer, a notebook or a command line, with or without a server at hand.

Light to import: neither sympy nor torch. With no address it starts a private server and stops it again.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

import grpc

from reward_service import convert
from reward_service.embedded import EmbeddedServer
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
SURROGATES_FLAG = "surrogates_replaced"


class RewardClient:
    """A connection to a reward service; close it, or use it as a context manager.

    `address` is `HOST:PORT` or `unix:PATH`; None starts a private server process. May be used from many threads.
    """

    def __init__(self, address: str | None = None, *, timeout_s: float = 60.0) -> None:
        self._embedded = EmbeddedServer() if address is None else None
        self.address = address if self._embedded is None else self._embedded.address
        self.timeout_s = timeout_s
        self._channel = grpc.insecure_channel(
            self.address or "",
            options=(
                ("grpc.max_receive_message_length", _MAX_RESPONSE_BYTES),
                ("grpc.max_send_message_length", -1),
                # A private server's socket is no place to look for a proxy.
                ("grpc.enable_http_proxy", 0),
            ),
        )
        self._stub = pb_grpc.RewardServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def __enter__(self) -> RewardClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and stop the private server, if any. Does nothing the second time."""
        self._channel.close()
        if self._embedded is not None:
            self._embedded.stop()

    def score(
        self, items: Sequence[ScoreItem], *, components: Sequence[Component] = (), timeout_s: float | None = None
    ) -> list[ScoredItem]:
        """One call: a result per item, in order. `components` holds for items that have none of their own.

        A failed item is a verdict. Raises InvalidRequestError for what the protocol forbids (no items, an id given
        twice, an unknown verifier, bad parameters), ServiceUnavailableError, DeadlineError, AuthenticationError.
        """
        request, replaced = _request(items, components)
        try:
            response = self._stub.Score(request, timeout=self.timeout_s if timeout_s is None else timeout_s)
        except grpc.RpcError as error:
            raise self._error(error) from None
        return _results(response, replaced)

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
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        calls: collections.deque[tuple[list[str], frozenset[int], Any]] = collections.deque()
        iterator = iter(items)
        try:
            while True:
                while len(calls) < in_flight and (batch := list(itertools.islice(iterator, batch_size))):
                    numbered = [dataclasses.replace(item, id=str(index)) for index, item in enumerate(batch)]
                    request, replaced = _request(numbered, components)
                    call = self._stub.Score.future(request, timeout=timeout_s)
                    calls.append(([item.id for item in batch], replaced, call))
                if not calls:
                    return
                ids, replaced, call = calls.popleft()
                try:
                    results = _results(call.result(), replaced)
                except grpc.RpcError as error:
                    raise self._error(error) from None
                for own_id, scored in zip(ids, results, strict=True):
                    yield dataclasses.replace(scored, id=own_id)
        finally:
            for _, _, call in calls:
                call.cancel()

    def verifiers(self) -> list[VerifierInfo]:
        """Every verifier the server knows."""
        try:
            response = self._stub.ListVerifiers(pb.ListVerifiersRequest(), timeout=self.timeout_s)
        except grpc.RpcError as error:
            raise self._error(error) from None
        return [convert.info_from_proto(message) for message in response.verifiers]

    def _error(self, error: grpc.RpcError) -> RewardServiceError:
        return error_from(error.code(), error.details() or "", str(self.address))


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
    if code is grpc.StatusCode.UNAVAILABLE:
        return ServiceUnavailableError(
            f"no reward service answers at {address} ({details}); "
            f"start one with `rfteval serve --listen {address}`, or give no address to use a private one"
        )
    return RewardServiceError(f"the reward service at {address} failed: {code.name}: {details}")


def _request(items: Sequence[ScoreItem], components: Sequence[Component]) -> tuple[pb.ScoreRequest, frozenset[int]]:
    """The message, and the indices of items whose texts had lone surrogates. Raises InvalidRequestError."""
    messages = []
    replaced = []
    for index, item in enumerate(items):
        try:
            try:
                messages.append(convert.item_to_proto(item))
            except UnicodeEncodeError:
                messages.append(convert.item_to_proto(convert.encodable_item(item)))
                replaced.append(index)
        except (ValueError, TypeError) as error:
            raise InvalidRequestError(f"items[{index}] cannot be sent: {error}") from None
    try:
        shared = [convert.component_to_proto(component) for component in components]
    except (ValueError, TypeError) as error:
        raise InvalidRequestError(f"components cannot be sent: {error}") from None
    return pb.ScoreRequest(items=messages, components=shared), frozenset(replaced)


def _results(response: pb.ScoreResponse, replaced: frozenset[int]) -> list[ScoredItem]:
    results = [convert.scored_from_proto(message) for message in response.results]
    for index in replaced:
        verdicts = tuple(
            dataclasses.replace(verdict, flags=(*verdict.flags, SURROGATES_FLAG)) for verdict in results[index].verdicts
        )
        results[index] = dataclasses.replace(results[index], verdicts=verdicts)
    return results
