"""The gRPC methods: messages in, the engine, messages out. Only here do errors become status codes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from grpc import aio

from reward_service import convert
from reward_service.config import ServerConfig
from reward_service.engine import Engine, Unfinished, check_ids, verifier_infos
from reward_service.errors import InvalidRequestError
from reward_service.logs import event
from reward_service.metrics import ServerCounts
from reward_service.types import Component, ScoredItem, ScoreItem
from reward_service.v1 import reward_pb2 as pb

_log = logging.getLogger(__name__)

# gRPC's own name for "come back after so many milliseconds" (gRFC A6, server pushback).
RETRY_DELAY_KEY = "grpc-retry-pushback-ms"
_RETRY_DELAY_MS = "200"
_ENDING = "the server is shutting down"
_LOOK_FOR_ROOM_S = 0.02

SERVICE = pb.DESCRIPTOR.services_by_name["RewardService"].full_name

M = TypeVar("M", bound=Message)
Context = aio.ServicerContext[Any, Any]


class RewardServicer:
    """Implements reward_service.v1.RewardService on an engine.

    Messages come as bytes: gRPC would answer one that cannot be read with UNKNOWN, as if the fault were the server's.
    """

    def __init__(self, engine: Engine, config: ServerConfig) -> None:
        self.counts = ServerCounts()
        self._counting = config.metrics_listen is not None
        self._engine = engine
        self._config = config
        self._calls = 0
        self._draining = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def drain(self, timeout_s: float) -> None:
        """Refuse new calls from now on and wait for those in flight; streams stop reading and end when answered.

        New calls are told UNAVAILABLE in so many words meanwhile; a server that is stopped at once cuts them off.
        """
        self._draining.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()

    @contextlib.asynccontextmanager
    async def _call(self, method: str, items: int, context: Context) -> AsyncIterator[None]:
        """A call with that many items, from its arrival to its end."""
        started = time.monotonic()
        self._calls += 1
        self._idle.clear()
        code = "OK"
        refusal: _Refusal | None = None
        try:
            self._admit(items)
            self.counts.pending += items
            try:
                yield
            finally:
                self.counts.pending -= items
        except InvalidRequestError as error:
            refusal = _Refusal(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except _Refusal as error:
            refusal = error
        except (asyncio.CancelledError, GeneratorExit):
            code = "CANCELLED"  # the caller has gone, or its deadline has passed
            raise
        except BaseException:
            code = "UNKNOWN"  # a defect of ours, which gRPC reports to the caller
            raise
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()
            seconds = time.monotonic() - started
            code = code if refusal is None else refusal.code.name
            if self._counting:
                self.counts.count_call(method, code, seconds)
            event(_log, logging.INFO, "call", method=method, code=code, items=items, ms=round(seconds * 1000, 3))
        if refusal is not None:
            if refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
                context.set_trailing_metadata(((RETRY_DELAY_KEY, _RETRY_DELAY_MS),))
            await context.abort(refusal.code, str(refusal))

    async def Score(self, message: bytes, context: Context) -> pb.ScoreResponse:
        """One batch; see the contract."""
        response = pb.ScoreResponse()
        request = await _decoded(pb.ScoreRequest, message, context)
        async with self._call("Score", len(request.items), context):
            items, components = parse_request(request)
            check_ids(items, self._config.max_items_per_call)
            scored = await self._engine.score(items, components)
            if self._counting:
                self.counts.count_items(scored)
            convert.add_results(response.results, scored)
        return response

    async def ScoreStream(
        self, messages: AsyncIterator[bytes], context: Context
    ) -> AsyncIterator[pb.ScoreStreamResponse]:
        """Batches as they come; see the contract."""
        async with self._call("ScoreStream", 0, context):
            stream = _Stream(self._engine, self._config, self.counts)
            reader = asyncio.create_task(stream.read(messages, self._draining))
            try:
                while (results := await stream.settled()) is not None:
                    if self._counting:
                        self.counts.count_items(results)
                    response = pb.ScoreStreamResponse()
                    convert.add_results(response.results, results)
                    yield response
                await reader
            finally:
                stream.abandon()
                reader.cancel()
            if self._draining.is_set():
                raise _Refusal(grpc.StatusCode.UNAVAILABLE, _ENDING)

    async def ListVerifiers(self, request: pb.ListVerifiersRequest, context: Context) -> pb.ListVerifiersResponse:
        """Every verifier; see the contract."""
        async with self._call("ListVerifiers", 0, context):
            return pb.ListVerifiersResponse(verifiers=map(convert.info_to_proto, verifier_infos()))

    def handler(self) -> grpc.GenericRpcHandler[Any, Any]:
        """The methods by name, for `Server.add_generic_rpc_handlers`."""
        methods = {
            "Score": grpc.unary_unary_rpc_method_handler(
                self.Score, response_serializer=pb.ScoreResponse.SerializeToString
            ),
            "ScoreStream": grpc.stream_stream_rpc_method_handler(
                self.ScoreStream, response_serializer=pb.ScoreStreamResponse.SerializeToString
            ),
            "ListVerifiers": grpc.unary_unary_rpc_method_handler(
                self.ListVerifiers, response_serializer=pb.ListVerifiersResponse.SerializeToString
            ),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    def _admit(self, items: int) -> None:
        """Raises _Refusal where the server drains or has no room for `items` more."""
        if self._draining.is_set():
            raise _Refusal(grpc.StatusCode.UNAVAILABLE, _ENDING)
        pending = self.counts.pending
        if self._engine.pool.full or (pending > 0 and pending + items > self._config.max_pending_items):
            message = f"the queue is full ({pending} items pending); try again in {_RETRY_DELAY_MS} ms"
            raise _Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, message)


class _Refusal(Exception):
    """The call ends with this status."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Stream:
    """The items of one ScoreStream call between being read and being answered, never more than a set number."""

    def __init__(self, engine: Engine, config: ServerConfig, counts: ServerCounts) -> None:
        self._engine = engine
        self._config = config
        self._counts = counts
        self._room = asyncio.Semaphore(config.max_stream_items)
        self._settled: asyncio.Queue[ScoredItem | None] = asyncio.Queue()
        self._ids: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, messages: AsyncIterator[bytes], draining: asyncio.Event) -> None:
        """Score what comes until the client is done or the server drains. Raises InvalidRequestError."""
        stop = asyncio.create_task(draining.wait())
        try:
            iterator = aiter(messages)
            while not draining.is_set():
                following = asyncio.ensure_future(anext(iterator, None))
                await asyncio.wait((following, stop), return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    break
                message = following.result()
                if message is None:
                    break
                try:
                    request = pb.ScoreStreamRequest.FromString(message)
                except DecodeError as error:
                    raise InvalidRequestError(str(error)) from None
                await self._accept(request)
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            stop.cancel()
            self._settled.put_nowait(None)

    async def _accept(self, request: pb.ScoreStreamRequest) -> None:
        items, components = parse_request(request)
        check_ids(items, self._config.max_items_per_call)
        for item, plan in zip(items, self._engine.plan_items(items, components), strict=True):
            if not item.id or item.id in self._ids:
                raise InvalidRequestError(f"items.id: {item.id!r} must be present and unique within a stream")
            await self._room.acquire()
            while self._full():  # a stream waits where a call would be told to come back
                await asyncio.sleep(_LOOK_FOR_ROOM_S)
            self._ids.add(item.id)
            self._counts.pending += 1
            begun = self._engine.begin(item, plan)
            if isinstance(begun, Unfinished):
                task = asyncio.create_task(self._finish(begun))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._settle(begun)
            if self._settled.qsize() >= 64:
                await asyncio.sleep(0)

    def _full(self) -> bool:
        return self._engine.pool.full or self._counts.pending >= self._config.max_pending_items

    async def _finish(self, unfinished: Unfinished) -> None:
        self._settle(await self._engine.finish(unfinished))

    def _settle(self, scored: ScoredItem) -> None:
        self._ids.discard(scored.id)
        self._counts.pending -= 1
        self._settled.put_nowait(scored)

    async def settled(self) -> list[ScoredItem] | None:
        """What was settled since the last call, at least one; None at the end."""
        results = [await self._settled.get()]
        with contextlib.suppress(asyncio.QueueEmpty):
            while results[-1] is not None:
                results.append(self._settled.get_nowait())
        found = [scored for scored in results if scored is not None]
        if results[-1] is None and found:
            self._settled.put_nowait(None)
        for _ in found:
            self._room.release()
        return found or None

    def abandon(self) -> None:
        """Drop whatever has not started: nobody waits for it."""
        self._counts.pending -= len(self._ids)
        self._ids.clear()
        for task in self._tasks:
            task.cancel()


def parse_request(request: pb.ScoreRequest | pb.ScoreStreamRequest) -> tuple[list[ScoreItem], tuple[Component, ...]]:
    """Items and shared components of a message. Raises InvalidRequestError naming the field."""
    try:
        components = convert.components_from_proto(request.components)
    except ValueError as error:
        raise InvalidRequestError(str(error)) from None
    items = []
    for index, message in enumerate(request.items):
        try:
            items.append(convert.item_from_proto(message))
        except ValueError as error:
            raise InvalidRequestError(f"items[{index}].{error}") from None
    return items, components


async def _decoded(kind: type[M], message: bytes, context: Context) -> M:
    """The message in `message`; the call ends as INVALID_ARGUMENT where there is none."""
    try:
        return kind.FromString(message)
    except DecodeError as error:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        raise AssertionError("abort always raises") from None
