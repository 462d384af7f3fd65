"""Two runs response by response: which of them was right where. Pure; works on what their pages hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rfteval.pages.gallery import StoredGallery

# Kinds of pairs in the order in which they are shown.
KINDS = ("first", "second", "both", "neither", "unscored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The pairs that both runs have, how many there are of each kind, and what only one of them has.

    `first` and `second` are the mean scores over the pairs that both scored (None where there are none).
    """

    data: Mapping[str, object]
    counts: Mapping[str, int]
    only_first: int
    only_second: int
    first: float | None
    second: float | None

    @property
    def scored(self) -> int:
        """How many pairs both runs scored."""
        return sum(number for kind, number in self.counts.items() if kind != "unscored")


def pair(first: StoredGallery, second: StoredGallery) -> Pairs:
    """Put two runs side by side, by sample id and index of the response, in the order of the first.

    Right is a full score. A pair of which one is unscored is of the kind "unscored" and of no other.
    """
    left, right = _by_key(first), _by_key(second)
    samples: list[dict[str, Any]] = []
    place: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for key, one in left.items():
        other = right.get(key)
        if other is None:
            continue
        sample = first.samples[one["sample"]]
        if sample["id"] not in place:
            place[sample["id"]] = len(samples)
            samples.append(sample)
        kind = kind_of(one, other)
        counts[kind] += 1
        rows.append({"sample": place[sample["id"]], "index": key[1], "kind": kind, "first": one, "second": other})
    scored = [row for row in rows if row["kind"] != "unscored"]
    shown = {digest for sample in samples for digest in _digests(sample)}
    pictures = {**second.pictures, **first.pictures}
    return Pairs(
        data={
            "samples": samples,
            "pairs": rows,
            "pictures": {digest: address for digest, address in pictures.items() if digest in shown},
        },
        counts={kind: counts[kind] for kind in KINDS},
        only_first=len(left) - len(rows),
        only_second=len(right) - len(rows),
        first=_mean(row["first"]["score"] for row in scored),
        second=_mean(row["second"]["score"] for row in scored),
    )


def kind_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """One of KINDS: who was right."""
    if first["score"] is None or second["score"] is None:
        return "unscored"
    right = (first["status"] == "CORRECT", second["status"] == "CORRECT")
    return {(True, False): "first", (False, True): "second", (True, True): "both", (False, False): "neither"}[right]


def _by_key(gallery: StoredGallery) -> dict[tuple[str, int], dict[str, Any]]:
    return {(gallery.samples[item["sample"]]["id"], item["index"]): item for item in gallery.items}


def _digests(sample: Mapping[str, Any]) -> Sequence[str]:
    asked = [value for _, parts in sample["prompt"] for kind, value in parts if kind == "picture"]
    return [*sample["pictures"], *asked]


def _mean(values: Any) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
