"""`AsyncRewardClient`: the same as `client.RewardClient`, for code that already runs in an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

import grpc
from grpc import aio

from reward_service import convert
from reward_service.batches import Batch, make_batch, split
from reward_service.connection import channel_options, error_from, retry_delay_s, tls_credentials
from reward_service.credentials import ClientCredentials
from reward_service.embedded import EmbeddedServer
from reward_service.endpoints import DEFAULT_PATIENCE_S, Rotation
from reward_service.errors import RewardServiceError, ServiceUnavailableError
from reward_service.retrying import deadline_after, new_rotation, note_answer, wait_or_raise
from reward_service.types import Component, ScoredItem, ScoreItem, VerifierInfo
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc


class AsyncRewardClient:
    """Arguments, results and errors as `RewardClient`; use it as an asynchronous context manager in one event loop."""

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
        self.addresses = () if address is None else (address,) if isinstance(address, str) else tuple(address)
        self._credentials = credentials or ClientCredentials()
        self._server_arguments = tuple(server_arguments)
        self._embedded: EmbeddedServer | None = None
        self._rotation: Rotation | None = None
        self._channels: dict[str, aio.Channel] = {}
        self._stubs: dict[str, pb_grpc.RewardServiceStub] = {}

    async def __aenter__(self) -> AsyncRewardClient:
        if not self.addresses:
            self._embedded = await asyncio.to_thread(EmbeddedServer, self._server_arguments)
            self.addresses = (self._embedded.address,)
        self._rotation = new_rotation(self.addresses, self.patience_s)
        for address in self.addresses:
            self._channels[address] = _open_channel(address, self._credentials)
            stub = pb_grpc.RewardServiceStub(self._channels[address])  # type: ignore[no-untyped-call]
            self._stubs[address] = stub
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections and stop the private server, if any. Does nothing the second time."""
        for channel in self._channels.values():
            await channel.close(None)
        self._channels.clear()
        self._rotation = None
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.stop)

    async def score(
        self, items: Sequence[ScoreItem], *, components: Sequence[Component] = (), timeout_s: float | None = None
    ) -> list[ScoredItem]:
        """As `RewardClient.score`."""
        return await self._results(make_batch(items, components), timeout_s)

    async def score_stream(
        self,
        items: AsyncIterable[ScoreItem] | Iterable[ScoreItem],
        *,
        components: Sequence[Component] = (),
        batch_size: int = 256,
        in_flight: int = 4,
        timeout_s: float | None = None,
    ) -> AsyncIterator[ScoredItem]:
        """As `RewardClient.score_stream`; `items` may also be asynchronous, as rollouts that finish one by one."""
        calls: asyncio.Queue[asyncio.Task[list[ScoredItem]] | None] = asyncio.Queue(maxsize=in_flight)

        async def start() -> None:
            try:
                async for part in _split(items, batch_size):
                    batch = make_batch(part, components, by_position=True)
                    await calls.put(asyncio.create_task(self._results(batch, timeout_s)))
            finally:
                await calls.put(None)

        starter = asyncio.create_task(start())
        try:
            while (call := await calls.get()) is not None:
                for scored in await call:
                    yield scored
            await starter
        finally:
            starter.cancel()
            while not calls.empty():
                if (call := calls.get_nowait()) is not None:
                    call.cancel()

    async def verifiers(self) -> list[VerifierInfo]:
        """As `RewardClient.verifiers`."""
        metadata = self._credentials.metadata()
        response = await self._call(
            lambda stub, left_s: stub.ListVerifiers(pb.ListVerifiersRequest(), timeout=left_s, metadata=metadata), None
        )
        return [convert.info_from_proto(message) for message in response.verifiers]

    async def _results(self, batch: Batch, timeout_s: float | None) -> list[ScoredItem]:
        return batch.results(await self._score(batch, timeout_s))

    async def _score(self, batch: Batch, timeout_s: float | None) -> pb.ScoreResponse:
        if not batch.request.items and batch.settled:
            return pb.ScoreResponse()  # every item was too large to send
        metadata = self._credentials.metadata()
        response: pb.ScoreResponse = await self._call(
            lambda stub, left_s: stub.Score(batch.request, timeout=left_s, metadata=metadata), timeout_s
        )
        return response

    async def _call(self, method: Callable[[Any, float], Awaitable[Any]], timeout_s: float | None) -> Any:
        """As `RewardClient._call`."""
        rotation = self._rotation
        if rotation is None:
            raise ServiceUnavailableError("this client is not open; use it as `async with AsyncRewardClient(...)`")
        started = time.monotonic()
        deadline = deadline_after(self.timeout_s if timeout_s is None else timeout_s)
        last: RewardServiceError | None = None
        while True:
            address, wait_s = rotation.pick()
            if last is not None:
                wait_or_raise(last, rotation, started, deadline, wait_s)
            await asyncio.sleep(min(wait_s, max(0.0, deadline - time.monotonic())))
            try:
                answer = await method(self._stubs[address], max(0.0, deadline - time.monotonic()))
            except grpc.RpcError as error:
                last = error_from(error.code(), error.details() or "", address)
                if not isinstance(last, ServiceUnavailableError):
                    rotation.succeeded(address)
                    raise last from None
                rotation.failed(address, delay_s=retry_delay_s(error))
                if self._embedded is not None and (how := self._embedded.ended()):
                    raise ServiceUnavailableError(how) from None
            else:
                note_answer(rotation, address)
                return answer


async def _split(items: AsyncIterable[ScoreItem] | Iterable[ScoreItem], size: int) -> AsyncIterator[list[ScoreItem]]:
    """As `batches.split`. An asynchronous source is cut where it pauses, so that no finished item waits for others."""
    if not isinstance(items, AsyncIterable):
        for part in split(items, size):
            yield part
        return
    arrived: asyncio.Queue[ScoreItem | None] = asyncio.Queue(maxsize=size)

    async def read() -> None:
        try:
            async for item in items:
                await arrived.put(item)
        finally:
            await arrived.put(None)

    reader = asyncio.create_task(read())
    try:
        ended = False
        while not ended:
            ready = [await arrived.get()]
            while not arrived.empty():
                ready.append(arrived.get_nowait())
            ended = ready[-1] is None
            for part in split(_present(ready), size):
                yield part
        await reader
    finally:
        reader.cancel()


def _present(items: Iterable[ScoreItem | None]) -> Iterator[ScoreItem]:
    return (item for item in items if item is not None)


def _open_channel(address: str, credentials: ClientCredentials) -> aio.Channel:
    credentials.check_address(address)
    if not credentials.tls:
        return aio.insecure_channel(address, options=channel_options(address))
    return aio.secure_channel(address, tls_credentials(credentials), options=channel_options(address))
