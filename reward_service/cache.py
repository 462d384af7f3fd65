"""A bounded cache of verdicts that were expensive, and of inputs that cost a worker its life.

A key is everything a verdict depends on: the verifier's digest, its parameters, the reference and the text.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from reward_service.drafts import closed, draft_of
from reward_service.types import Reference, Verdict


@dataclass(frozen=True, slots=True)
class Key:
    """What a verdict depends on. Its hash is worked out once: a key is looked up several times, and may be long."""

    digest: str
    parameters: Hashable
    reference: Reference
    text: str
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        parts = hash((self.digest, self.parameters)), hash((self.reference, self.text))
        object.__setattr__(self, "_hash", hash(parts))

    def __hash__(self) -> int:
        return self._hash

    @property
    def characters(self) -> int:
        """About how much memory an entry with this key holds, in characters."""
        return len(self.text) + len(self.reference.answer) + len(self.reference.question) + 500


KeyDraft = draft_of(Key)


def key_of(
    digest: str, parameters: Hashable, reference: Reference, text: str, *, check_hash: int, item_hash: int
) -> Key:
    """As `Key(...)`, for an item with several checks: `check_hash` is the hash of (digest, parameters) and `item_hash`
    that of (reference, text), which are worked out once for each."""
    draft = KeyDraft()
    draft.digest = digest
    draft.parameters = parameters
    draft.reference = reference
    draft.text = text
    draft._hash = hash((check_hash, item_hash))
    return closed(draft, Key)


class VerdictCache:
    """Least recently used entries go first when there are more than `entries` or `characters` in all.

    Unscored verdicts (a time limit, a crash) are kept for `poison_ttl_s` only, since they may be the machine's fault.
    """

    def __init__(self, *, entries: int, characters: int, poison_ttl_s: float, clock: Callable[[], float]) -> None:
        self._entries = entries
        self._characters = characters
        self._poison_ttl_s = poison_ttl_s
        self._clock = clock
        self._held: collections.OrderedDict[Key, tuple[Verdict, float | None]] = collections.OrderedDict()
        self._held_characters = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Key) -> Verdict | None:
        """The verdict kept for `key`, if it is still good."""
        found = self._held.get(key)
        if found is None:
            return None
        verdict, expires = found
        if expires is not None and self._clock() >= expires:
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return verdict

    def put(self, key: Key, verdict: Verdict) -> None:
        """Keep `verdict` for `key`."""
        if key in self._held:
            self._drop(key)
        self._held[key] = (verdict, None if verdict.status.scored else self._clock() + self._poison_ttl_s)
        self._held_characters += key.characters
        while len(self._held) > self._entries or self._held_characters > self._characters:
            self._drop(next(iter(self._held)))

    def _drop(self, key: Key) -> None:
        del self._held[key]
        self._held_characters -= key.characters
