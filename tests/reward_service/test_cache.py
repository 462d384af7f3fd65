"""The cache of verdicts stays within its bounds and forgets what may have been the machine's fault."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reward_service.cache import Key, VerdictCache, key_of
from reward_service.types import Reference, Status, Verdict

RIGHT = Verdict(status=Status.CORRECT, score=1.0)
LATE = Verdict(status=Status.TIMEOUT)


def key(text: str, *, answer: str = "1", digest: str = "d", parameters: object = None) -> Key:
    return Key(digest, parameters, Reference(answer=answer), text)  # type: ignore[arg-type]


def test_a_key_from_known_hashes_is_the_key() -> None:
    made = key("a", parameters=("strict",))
    check_hash, item_hash = hash((made.digest, made.parameters)), hash((made.reference, made.text))
    quick = key_of("d", ("strict",), Reference(answer="1"), "a", check_hash=check_hash, item_hash=item_hash)
    assert quick == made and hash(quick) == hash(made) and quick.characters == made.characters
    assert quick != key("a") and quick != key("b", parameters=("strict",))


def cache(**settings: object) -> VerdictCache:
    defaults = {"entries": 100, "characters": 10**6, "poison_ttl_s": 10.0, "clock": lambda: 0.0}
    return VerdictCache(**{**defaults, **settings})  # type: ignore[arg-type]


def test_a_verdict_is_kept_for_exactly_what_it_depends_on() -> None:
    held = cache()
    held.put(key("a"), RIGHT)
    assert held.get(key("a")) == RIGHT
    others = [key("b"), key("a", answer="2"), key("a", digest="e"), key("a", parameters=("strict",))]
    assert [held.get(other) for other in others] == [None] * 4


@given(st.lists(st.tuples(st.booleans(), st.text("ab", max_size=3)), max_size=60), st.integers(1, 5))
def test_entries_stay_within_bounds_and_the_least_used_goes_first(uses: list[tuple[bool, str]], size: int) -> None:
    held = cache(entries=size)
    order: list[str] = []  # the model: most recently used last
    for is_put, text in uses:
        if is_put:
            held.put(key(text), RIGHT)
            order = [*(other for other in order if other != text), text][-size:]
        else:
            assert (held.get(key(text)) is not None) == (text in order)
            if text in order:
                order = [*(other for other in order if other != text), text]
    assert len(held) == len(order)


def test_long_texts_count_for_more() -> None:
    held = cache(characters=10_000)
    for number in range(10):
        held.put(key(f"{number}" * 4_000), RIGHT)
    assert len(held) == 2
    held.put(key("x" * 20_000), RIGHT)
    assert len(held) == 0


def test_unscored_verdicts_are_forgotten_after_a_time_and_scored_ones_are_not() -> None:
    now = [0.0]
    held = cache(clock=lambda: now[0])
    held.put(key("late"), LATE)
    held.put(key("right"), RIGHT)
    now[0] = 9.9
    assert held.get(key("late")) == LATE
    now[0] = 10.0
    assert held.get(key("late")) is None
    assert held.get(key("right")) == RIGHT
    assert len(held) == 1
