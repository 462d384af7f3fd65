"""Items → requests and responses → results, the same for the sync and the async client. No gRPC.

Items that no call can carry are settled here: as REJECTED, never as an error of the whole batch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reward_service import convert
from reward_service.errors import InvalidRequestError, RewardServiceError
from reward_service.types import Component, ScoredItem, ScoreItem, Status, Tier, Verdict
from reward_service.v1 import reward_pb2 as pb

SURROGATES_FLAG = "surrogates_replaced"
# Under the server's default message limit (64 MiB) with room for the rest of the message.
MAX_BATCH_BYTES = 48 << 20
MAX_ITEM_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A request and what is needed to read its response. `ids` are the caller's, `sent_ids` those on the wire.

    `settled` has the results that need no server, by position; those items were not sent.
    """

    ids: tuple[str, ...]
    sent_ids: list[str]
    request: pb.ScoreRequest
    replaced: frozenset[int]
    settled: dict[int, ScoredItem]

    def results(self, response: pb.ScoreResponse) -> list[ScoredItem]:
        """Every item's result, in order. Raises RewardServiceError for a response that does not fit the request."""
        ids = self.ids
        if self.settled:
            ids = tuple([item_id for index, item_id in enumerate(ids) if index not in self.settled])
        results = []
        try:
            for message, sent_id, item_id in zip(response.results, self.sent_ids, ids, strict=True):
                if message.id != sent_id:
                    raise ValueError(f"a result for {message.id!r} where {sent_id!r} was sent")
                results.append(convert.scored_from_proto(message, item_id))
        except ValueError as error:
            raise RewardServiceError(f"the server broke the contract: {error}") from None
        for index in sorted(self.settled):
            results.insert(index, self.settled[index])
        for index in self.replaced:
            results[index] = _flagged(results[index])
        return results


def make_batch(items: Sequence[ScoreItem], components: Sequence[Component], *, by_position: bool = False) -> Batch:
    """The request for `items`. Raises InvalidRequestError naming the item that cannot be sent.

    `by_position` sends positions in place of ids, where order is what tells results apart and ids may be equal.
    """
    try:
        shared = [convert.component_to_proto(component) for component in components]
    except (ValueError, TypeError) as error:
        raise InvalidRequestError(f"components cannot be sent: {error}") from None
    request = pb.ScoreRequest(components=shared)
    replaced = set()
    settled = {}
    sent_ids = []
    for index, item in enumerate(items):
        message = request.items.add()
        try:
            try:
                convert.fill_item(message, item)
            except UnicodeEncodeError:
                message.Clear()
                convert.fill_item(message, convert.encodable_item(item))
                replaced.add(index)
        except (ValueError, TypeError) as error:
            raise InvalidRequestError(f"items[{index}] cannot be sent: {error}") from None
        sent_id = item.id
        if by_position:
            sent_id = message.id = str(index)
        if len(item.response) > MAX_ITEM_BYTES // 4 and message.ByteSize() > MAX_ITEM_BYTES:
            settled[index] = _too_large(item, components)
            del request.items[-1]
        else:
            sent_ids.append(sent_id)
    ids = tuple([item.id for item in items])
    return Batch(ids=ids, sent_ids=sent_ids, request=request, replaced=frozenset(replaced), settled=settled)


def split(items: Iterable[ScoreItem], batch_size: int) -> Iterator[list[ScoreItem]]:
    """Lists of at most `batch_size` items and about `MAX_BATCH_BYTES` of text; lazily, so `items` may be endless."""
    batch: list[ScoreItem] = []
    size = 0
    for item in items:
        item_size = 4 * len(item.response) + 4 * len(item.reference.question)
        if batch and (len(batch) >= batch_size or size + item_size > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item_size if item_size <= MAX_BATCH_BYTES else 0
    if batch:
        yield batch


def _flagged(scored: ScoredItem) -> ScoredItem:
    verdicts = tuple(
        dataclasses.replace(verdict, flags=(*verdict.flags, SURROGATES_FLAG)) for verdict in scored.verdicts
    )
    return dataclasses.replace(scored, verdicts=verdicts)


def _too_large(item: ScoreItem, components: Sequence[Component]) -> ScoredItem:
    reason = f"the item is larger than a call can carry ({MAX_ITEM_BYTES >> 20} MiB)"
    verdicts = tuple(
        Verdict(status=Status.REJECTED, reason=reason, rule="limit.message", verifier=component.verifier)
        for component in (item.components or components or (Component(),))
    )
    return ScoredItem(id=item.id, verdicts=verdicts, reward=None, tier=Tier.INLINE, elapsed_us=0)
