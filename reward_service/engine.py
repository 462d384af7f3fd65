"""One item → its verdicts and reward: inline where that is cheap, from the cache, or in a killable worker.

Knows nothing of gRPC. Everything here runs in one event loop; only `begin` computes in it, for at most the inline
budget a check.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from reward_service.cache import Key, VerdictCache, key_of
from reward_service.config import ServerConfig
from reward_service.convert import item_to_proto
from reward_service.drafts import ScoredItemDraft, closed
from reward_service.errors import InvalidRequestError, ParameterError, UnknownVerifierError, WorkLimitExceeded
from reward_service.inputs import refusal
from reward_service.judges import panel as judges
from reward_service.limits import Budget
from reward_service.parameters import parse_parameters
from reward_service.pool import Pool, PoolVerdict
from reward_service.rewards import combine
from reward_service.types import Component, ScoredItem, ScoreItem, Tier, Verdict, VerifierInfo
from reward_service.verifiers import registry
from reward_service.verifiers.registry import Verifier
from reward_service.watch import InlineLimitReached, NoWatch

_log = logging.getLogger(__name__)

# What "auto" may stand for (registry.resolve), and so the verifiers that share its parameters.
_AUTO = ("choice", "math")
_YIELD_EVERY_S = 0.01  # a turn of the event loop costs some 50 us, which is then 0.5 %
_DISTRUST_S = 1.0  # a check that held the front is likely to come with more of its kind
_CACHE_FROM_UNITS = 300  # cheaper checks are run again sooner than they are looked up
_OUR_VERIFIERS = "reward_service.verifiers."
_INLINE, _CACHE = Tier.INLINE, Tier.CACHE  # looked up once, not for each item


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A verifier with its parameters checked, and whether the front may run it."""

    verifier: Verifier
    parameters: object
    inline: bool
    digest: str
    hash: int  # of digest and parameters
    judged: bool  # by another model, at an endpoint of the server's configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component with the checks it may stand for: one, or for "auto" one with choices and one without."""

    component: Component
    check: Check
    choice_check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to compute for an item: its components, resolved and checked once for all items that share them."""

    parts: tuple[Part, ...]
    components: tuple[Component, ...]


@dataclass(slots=True, kw_only=True)
class Unfinished:
    """An item with checks that were too much for the front; `engine.finish` runs those in workers."""

    item: ScoreItem
    plan: Plan
    verdicts: list[Verdict | None]
    tier: Tier
    elapsed_ns: int


@dataclass(slots=True, kw_only=True)
class _Running:
    """A check in the pool and how many wait for it."""

    task: asyncio.Task[PoolVerdict]
    waiting: int = 0


class Engine:
    """Scores items. Holds the cache and the pool; start and stop the pool, and the watch, yourself."""

    def __init__(self, config: ServerConfig, pool: Pool, watch: NoWatch | None = None) -> None:
        self.config = config
        self.watch = watch or NoWatch()
        self._distrusted: dict[str, float] = {}  # verifier → when it may be run in the front again
        self.pool = pool
        self.panel = judges.Panel(config.judges)
        self._running: dict[Key, _Running] = {}
        self.cache = VerdictCache(
            entries=config.cache_entries,
            characters=config.cache_characters,
            poison_ttl_s=config.poison_ttl_s,
            clock=time.monotonic,
        )

    def plan(self, components: Sequence[Component], items: Sequence[ScoreItem]) -> Plan:
        """Resolve and check components for `items`; none means one "auto". Raises InvalidRequestError.

        The message names the component and the field. `items` say what "auto" may have to stand for.
        """
        components = tuple(components) or (Component(),)
        parts = tuple(_part(index, component, items) for index, component in enumerate(components))
        for index, part in enumerate(parts):
            if part.check.judged and (problem := self.panel.problem(part.check.verifier.name, part.check.parameters)):
                raise InvalidRequestError(f"components[{index}].parameters: {problem}")
        return Plan(parts=parts, components=components)

    def plan_items(self, items: Sequence[ScoreItem], components: Sequence[Component]) -> list[Plan]:
        """The plan of each item: of its own components, else of the shared ones. Raises InvalidRequestError."""
        sharing = [item for item in items if not item.components]
        shared = self.plan(components, sharing) if components or sharing else None
        plans = []
        for index, item in enumerate(items):
            try:
                plans.append(self.plan(item.components, (item,)) if item.components or shared is None else shared)
            except InvalidRequestError as error:
                raise InvalidRequestError(f"items[{index}].{error}") from None
        return plans

    async def score(self, items: Sequence[ScoreItem], components: Sequence[Component]) -> list[ScoredItem]:
        """Every item's answer, in order. Raises InvalidRequestError before any work is done."""
        plans = self.plan_items(items, components)
        results: list[ScoredItem | None] = [None] * len(items)

        async def finish(index: int, unfinished: Unfinished) -> None:
            results[index] = await self.finish(unfinished)

        async with asyncio.TaskGroup() as group:
            breath = time.monotonic() + _YIELD_EVERY_S
            for index, (item, plan) in enumerate(zip(items, plans, strict=True)):
                begun = self.begin(item, plan)
                if isinstance(begun, Unfinished):
                    group.create_task(finish(index, begun))
                else:
                    results[index] = begun
                if time.monotonic() > breath:
                    await asyncio.sleep(0)  # health checks and other calls come first for a moment
                    breath = time.monotonic() + _YIELD_EVERY_S
        return cast(list[ScoredItem], results)

    def begin(self, item: ScoreItem, plan: Plan) -> ScoredItem | Unfinished:
        """Score an item as far as the front can. Never raises for what the item holds."""
        started = time.perf_counter_ns()
        refused = refusal(item, self.config.max_response_bytes)
        tier = _INLINE
        verdicts: list[Verdict | None] = []
        complete = True
        item_hash: int | None = None
        for part in plan.parts:
            check = part.choice_check if item.reference.choices else part.check
            if refused is not None:
                verdicts.append(registry.stamped(refused, check.verifier))
                continue
            if item_hash is None and (len(self.cache) or self._running):
                item_hash = _hash(item)
            verdict, cached = self._judge(check, item, item_hash)
            verdicts.append(verdict)
            if cached:
                tier = _CACHE
            if verdict is None:
                complete = False
        elapsed_ns = time.perf_counter_ns() - started
        if complete:
            return _scored(item, plan, verdicts, tier, elapsed_ns)  # type: ignore[arg-type]  # complete: none is None
        return Unfinished(item=item, plan=plan, verdicts=verdicts, tier=tier, elapsed_ns=elapsed_ns)

    async def finish(self, unfinished: Unfinished) -> ScoredItem:
        """Run what `begin` left over in workers."""
        item, plan = unfinished.item, unfinished.plan
        for index, part in enumerate(plan.parts):
            if unfinished.verdicts[index] is not None:
                continue
            check = part.choice_check if item.reference.choices else part.check
            done = await self._in_worker(check, item)
            unfinished.verdicts[index] = done.verdict
            unfinished.tier = max(unfinished.tier, done.tier)
            unfinished.elapsed_ns += done.elapsed_us * 1000
        verdicts = cast(list[Verdict], unfinished.verdicts)
        return _scored(item, plan, verdicts, unfinished.tier, unfinished.elapsed_ns)

    async def _in_worker(self, check: Check, item: ScoreItem) -> PoolVerdict:
        """Run a check in a worker, once for all who ask for it meanwhile; dropped when none of them waits any more."""
        key = _key(check, item, _hash(item))
        running = self._running.get(key)
        joined = running is not None
        if running is None:
            running = _Running(task=asyncio.create_task(self._submit(check, item)))
            self._running[key] = running
        running.waiting += 1
        try:
            done = await asyncio.shield(running.task)
            if done.final and not joined:
                self.cache.put(key, done.verdict)
        finally:
            running.waiting -= 1
            if not running.waiting:
                del self._running[key]
                running.task.cancel()  # without effect when it is done
        return PoolVerdict(verdict=done.verdict, tier=Tier.CACHE, elapsed_us=0, final=done.final) if joined else done

    async def _submit(self, check: Check, item: ScoreItem) -> PoolVerdict:
        if check.judged:
            return await self._ask(check, item)
        component = Component(verifier=check.verifier.name, parameters=_values(check.parameters))
        job = dataclasses.replace(item, id="", components=(component,))
        return await self.pool.submit(item_to_proto(job).SerializeToString(), check.verifier)

    async def _ask(self, check: Check, item: ScoreItem) -> PoolVerdict:
        """The verdict of another model. One that is unscored is not remembered: the endpoint may be up again soon."""
        started = time.monotonic()
        verdict = await self.panel.ask(item.response, item.reference, check.parameters)
        return PoolVerdict(
            verdict=registry.stamped(verdict, check.verifier),
            tier=Tier.WORKER,
            elapsed_us=int((time.monotonic() - started) * 1e6),
            final=verdict.status.scored,
        )

    def _judge(self, check: Check, item: ScoreItem, item_hash: int | None) -> tuple[Verdict | None, bool]:
        """The verdict of one check if the front can give it, and whether it came from the cache.

        `item_hash` is None where nothing is remembered yet, so that there is nothing to look up.
        """
        key: Key | None = None
        if item_hash is not None:
            key = _key(check, item, item_hash)
            cached = self.cache.get(key)
            if cached is not None:
                return cached, True
            if key in self._running:
                return None, False
        if not check.inline or len(item.response) > self.config.inline_response_characters:
            return None, False
        if self._distrusted and time.monotonic() < self._distrusted.get(check.verifier.name, 0.0):
            return None, False
        budget = Budget(self.config.inline_work_units)
        try:
            try:
                self.watch.begin()
                verdict = registry.run(check.verifier, item.response, item.reference, check.parameters, budget)
            finally:
                self.watch.end()
        except WorkLimitExceeded:
            return None, False
        except InlineLimitReached:
            _log.warning("a check of %s held the server; it goes to a worker", check.verifier.name)
            self._distrusted[check.verifier.name] = time.monotonic() + _DISTRUST_S
            return None, False
        if self.config.inline_work_units - budget.left > _CACHE_FROM_UNITS:
            self.cache.put(key or _key(check, item, _hash(item)), verdict)
        return verdict, False


def verifier_infos() -> tuple[VerifierInfo, ...]:
    """What `ListVerifiers` answers: every verifier but those of other packages that cannot be loaded."""
    infos = []
    for name in registry.names():
        try:
            infos.append(registry.get(name).info())
        except UnknownVerifierError as error:
            _log.warning("%s", error)
    return tuple(infos)


def check_ids(items: Sequence[ScoreItem], max_items: int) -> None:
    """Raises InvalidRequestError for no items, too many, an id given twice, or an empty id beside others."""
    if not items:
        raise InvalidRequestError("items: a batch must hold at least one item")
    if len(items) > max_items:
        raise InvalidRequestError(f"items: {len(items)} items in one call; the limit is {max_items}")
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        if item.id in seen:
            raise InvalidRequestError(f"items[{index}].id: {item.id!r} is also the id of items[{seen[item.id]}]")
        if not item.id and len(items) > 1:
            raise InvalidRequestError(f"items[{index}].id: must not be empty in a batch of several items")
        seen[item.id] = index


def _part(index: int, component: Component, items: Sequence[ScoreItem]) -> Part:
    try:
        if component.verifier in ("", "auto"):
            needed = {"choice" if item.reference.choices else "math" for item in items} or {"math"}
            checks = {name: _auto_check(name, component) for name in needed}  # the other one is not even imported
            anyone = next(iter(checks.values()))
            return Part(
                component=component, check=checks.get("math", anyone), choice_check=checks.get("choice", anyone)
            )
        verifier = registry.get(component.verifier)
        check = _check(verifier, registry.parameters_for(verifier, component.parameters))
        return Part(component=component, check=check, choice_check=check)
    except UnknownVerifierError as error:
        raise InvalidRequestError(f"components[{index}].verifier: {error}") from None
    except ParameterError as error:
        raise InvalidRequestError(f"components[{index}].parameters: {error}") from None


def _auto_check(name: str, component: Component) -> Check:
    """The check "auto" stands for under one of its two names: it takes those parameters that this verifier has.

    Raises ParameterError for a parameter that neither has.
    """
    if not component.parameters:
        verifier = registry.get(name)
        return _check(verifier, registry.parameters_for(verifier, {}))
    known = {other: {f.name for f in dataclasses.fields(registry.get(other).parameters)} for other in _AUTO}
    values = {
        key: value
        for key, value in component.parameters.items()
        if key in known[name] or not any(key in fields for fields in known.values())
    }
    verifier = registry.get(name)
    return _check(verifier, parse_parameters("auto", verifier.parameters, values))


def _check(verifier: Verifier, parameters: object) -> Check:
    judged = verifier.name in judges.VERIFIERS and verifier.check.__module__.startswith(_OUR_VERIFIERS)
    return Check(
        verifier=verifier,
        parameters=parameters,
        # A check that is not ours may never look at its budget, and would stop the server with it.
        inline=not judged and (verifier.inline or verifier.check.__module__.startswith(_OUR_VERIFIERS)),
        digest=verifier.digest,
        hash=hash((verifier.digest, parameters)),
        judged=judged,
    )


def _scored(item: ScoreItem, plan: Plan, verdicts: list[Verdict], tier: Tier, elapsed_ns: int) -> ScoredItem:
    draft = ScoredItemDraft()
    draft.id = item.id
    draft.verdicts = tuple(verdicts)
    draft.reward = combine(plan.components, verdicts)
    draft.tier = tier
    draft.elapsed_us = elapsed_ns // 1000
    return closed(draft, ScoredItem)


def _hash(item: ScoreItem) -> int:
    return hash((item.reference, item.response))


def _key(check: Check, item: ScoreItem, item_hash: int) -> Key:
    reference, text = item.reference, item.response
    return key_of(check.digest, check.parameters, reference, text, check_hash=check.hash, item_hash=item_hash)


def _values(parameters: object) -> dict[str, object]:
    """A parameters dataclass as plain values again."""
    return {f.name: getattr(parameters, f.name) for f in dataclasses.fields(parameters)}  # type: ignore[arg-type]
