"""Responses → records through the reward service, a window of batches at a time, while more responses are coming in."""

from __future__ import annotations

import dataclasses
import queue
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from reward_service.types import ScoredItem, ScoreItem
from rfteval.benchmark import Profile
from rfteval.budgets import Budgets, cut, judges_the_text
from rfteval.errors import ServiceMismatchError
from rfteval.types import Cut, Record, Response, Sample

BATCH_ITEMS = 256
BATCH_CHARACTERS = 4 << 20  # keeps a call far below the server's message limit, whatever the responses' lengths
NO_BUDGETS = Budgets(given=())
WINDOW_BATCHES = 2  # one being scored while the next is prepared; more would only delay the journal


class Scorer(Protocol):
    """What is needed of a client of the reward service; it is called from several threads."""

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        """One result per item, in the same order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    error: BaseException


def score_chunks(
    chunks: Iterable[Sequence[Response]],
    *,
    samples: Mapping[str, Sample],
    profile: Profile,
    scorer: Scorer,
    digests: Mapping[str, str],
    budgets: Budgets = NO_BUDGETS,
) -> Generator[list[Record], None, None]:
    """The records of each chunk, in the order of the chunks; a chunk is scored while later ones are still coming in.

    `digests` maps verifiers to the digests this run began with; `budgets` are those at which responses are cut off and
    scored again. Raises what `chunks` or `scorer` raise, after the
    records of the chunks before, and ServiceMismatchError where a verdict has another digest.
    """
    waiting: queue.Queue[Future[list[Record]] | _Failure | None] = queue.Queue(maxsize=WINDOW_BATCHES)
    stop = threading.Event()

    wanted = budgets if judges_the_text(profile) else NO_BUDGETS

    def score_one(chunk: Sequence[Response]) -> list[Record]:
        return _score_chunk(chunk, samples, profile, scorer, digests, wanted)

    def feed() -> None:
        last: _Failure | None = None
        try:
            for chunk in chunks:
                if stop.is_set() or not _put(waiting, pool.submit(score_one, chunk), stop):
                    return
        except BaseException as error:  # handed to the consumer, which raises it
            last = _Failure(error=error)
        _put(waiting, last, stop)

    pool = ThreadPoolExecutor(WINDOW_BATCHES, thread_name_prefix="score")
    threading.Thread(target=feed, name="responses", daemon=True).start()
    try:
        while (entry := waiting.get()) is not None:
            if isinstance(entry, _Failure):
                raise entry.error
            yield entry.result()
    finally:
        stop.set()
        # Not waiting: after a failure the caller closes the client, which ends the calls still under way.
        pool.shutdown(wait=False, cancel_futures=True)


def _put(
    waiting: queue.Queue[Future[list[Record]] | _Failure | None],
    entry: Future[list[Record]] | _Failure | None,
    stop: threading.Event,
) -> bool:
    """Queue `entry`, giving up once nobody reads any more; whether it was queued."""
    while not stop.is_set():
        try:
            waiting.put(entry, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False


def _score_chunk(
    chunk: Sequence[Response],
    samples: Mapping[str, Sample],
    profile: Profile,
    scorer: Scorer,
    digests: Mapping[str, str],
    budgets: Budgets,
) -> list[Record]:
    items: list[ScoreItem | None] = [_item(response, samples[response.sample_id], profile) for response in chunk]
    sent = [item for item in items if item is not None]
    results = iter(scorer.score(sent) if sent else ())
    cuts = _cuts(chunk, samples, profile, scorer, digests, budgets)
    records = []
    for response, item in zip(chunk, items, strict=True):
        scored = None if item is None else next(results)
        if scored is not None:
            _check(scored, item, digests)
        records.append(
            Record(
                sample_id=response.sample_id,
                index=response.index,
                response=response,
                scored=scored,
                cuts=cuts.get((response.sample_id, response.index), ()),
            )
        )
    return records


def _cuts(
    chunk: Sequence[Response],
    samples: Mapping[str, Sample],
    profile: Profile,
    scorer: Scorer,
    digests: Mapping[str, str],
    budgets: Budgets,
) -> dict[tuple[str, int], tuple[Cut, ...]]:
    """What the responses would have been given, had they been cut off at the budgets that they exceed."""
    shorter = [(budget, cut(response, budget)) for response in chunk for budget in budgets.below(response)]
    found: dict[tuple[str, int], tuple[Cut, ...]] = {}
    for start in range(0, len(shorter), BATCH_ITEMS):
        part = shorter[start : start + BATCH_ITEMS]
        items = []
        for budget, response in part:
            item = _item(response, samples[response.sample_id], profile)
            if item is not None:  # a profile that judges the text has one to judge
                items.append(dataclasses.replace(item, id=f"{item.id}@{budget}"))
        for (budget, response), item, scored in zip(part, items, scorer.score(items), strict=True):
            _check(scored, item, digests)
            verdict = scored.verdicts[0]
            key = (response.sample_id, response.index)
            made = Cut(budget=budget, status=verdict.status.name, score=verdict.score)
            found[key] = (*found.get(key, ()), made)
    return found


def _item(response: Response, sample: Sample, profile: Profile) -> ScoreItem | None:
    """What is sent for a response; None where the model failed or the profile's text is not there."""
    text = profile.text(response)
    if text is None or (response.error is not None and not text):
        return None
    return ScoreItem(
        id=f"{response.sample_id}:{response.index}",
        response=text,
        reference=sample.reference,
        components=profile.components(sample),
    )


def _check(scored: ScoredItem, item: ScoreItem | None, digests: Mapping[str, str]) -> None:
    if item is not None and scored.id != item.id:
        raise ServiceMismatchError(f"the reward service answered {scored.id!r} where {item.id!r} was sent; report this")
    for verdict in scored.verdicts:
        expected = digests.get(verdict.verifier, verdict.digest)
        if verdict.digest and verdict.digest != expected:
            raise ServiceMismatchError(
                f"verifier {verdict.verifier!r} changed from digest {expected} to {verdict.digest} during the run; "
                "keep one version of the service running and start over with --fresh"
            )


def chunked(responses: Iterable[Response]) -> Iterator[list[Response]]:
    """`responses` in lists that fit one call, for those that are all there already."""
    chunk: list[Response] = []
    characters = 0
    for response in responses:
        if chunk and (len(chunk) == BATCH_ITEMS or characters + len(response.text) > BATCH_CHARACTERS):
            yield chunk
            chunk, characters = [], 0
        chunk.append(response)
        characters += len(response.text)
    if chunk:
        yield chunk
