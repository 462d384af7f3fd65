"""The labelled pairs beside the repository: reading them, splitting them, counting agreement with intervals.

Shared by accuracy.py, speed.py and adversarial.py. Reads files, runs no verifier.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_DATA = ROOT.parent / "shared" / "data" / "verifier"
ACCURACY_FILES = (
    "hardverify",
    "math_verify_tests",
    "lighteval_tests",
    "nemo_skills",
    "simple_evals",
    "trl_openr1",
    "rllm",
    "math_rewrites",
    "gsm8k_6b",
    "mathvista_free",
    "mathvista_mcq",
    "mmmu_val",
    "mmmu_pro",
    "mathv_cot",
    "adversarial",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled pair. `expected` is None where the label is a matter of policy and must not be scored.

    `alternatives` are further golds that are right, too.
    """

    id: str
    file: str
    gold: str
    response: str
    kind: str
    expected: bool | None
    question: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    alternatives: tuple[str, ...] = ()
    policy: str = ""
    category: str = ""
    note: str = ""


@dataclass(slots=True)
class Tally:
    """Agreement with labels: counts of each kind of outcome, unscored ones apart and counted as disagreement."""

    right: int = 0
    false_positive: int = 0
    false_negative: int = 0
    unscored: int = 0
    positives: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Every row that was counted."""
        return self.right + self.false_positive + self.false_negative + self.unscored

    def add(self, expected: bool, correct: bool | None, status: str = "") -> None:
        """Count one row; `correct` is None where the verifier gave no score."""
        self.positives += expected
        if status:
            self.statuses[status] = self.statuses.get(status, 0) + 1
        if correct is None:
            self.unscored += 1
        elif correct == expected:
            self.right += 1
        elif correct:
            self.false_positive += 1
        else:
            self.false_negative += 1


def wilson_interval(hits: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson score interval of a proportion (Wilson 1927, JASA 22, p. 209); (0, 1) for no rows."""
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def load_rows(data: Path, name: str) -> Iterator[Row]:
    """The rows of one file. Raises FileNotFoundError with the remedy when the data folder is absent."""
    path = data / f"{name}.jsonl"
    if not path.exists():
        raise FileNotFoundError(f"{path} not found; give the folder of labelled pairs with --data")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield row_from(json.loads(line), name)


def row_from(raw: Mapping[str, object], name: str) -> Row:
    """A Row from one decoded line; a boolean `label_fixed` overrides `label`, `expected` overrides both."""
    label = raw["label"]
    if isinstance(raw.get("label_fixed"), bool):
        label = raw["label_fixed"]
    expected = raw.get("expected", label)
    choices = raw.get("choices")
    pairs: tuple[tuple[str, str], ...] = ()
    if isinstance(choices, Mapping):
        pairs = tuple((str(key), str(value)) for key, value in choices.items())
    elif isinstance(choices, list):
        pairs = tuple((chr(ord("A") + index), str(value)) for index, value in enumerate(choices))
    gold = raw["gold"]
    golds = [str(item) for item in gold] if isinstance(gold, list) else [str(gold)]
    return Row(
        id=str(raw["id"]),
        file=name,
        gold=golds[0] if golds else "",
        alternatives=tuple(golds[1:]),
        response=str(raw["response"]),
        kind=str(raw["kind"]),
        expected=None if expected is None else bool(expected),
        question=str(raw.get("question") or ""),
        choices=pairs,
        policy=str(raw.get("policy") or ""),
        category=str(raw.get("category") or ""),
        note=str(raw.get("note") or ""),
    )


def in_half(row: Row, half: str) -> bool:
    """Whether a row is in the "dev" or "heldout" half; halves are by hash of the id and so never change."""
    if half == "all":
        return True
    bit = hashlib.sha256(row.id.encode()).digest()[0] & 1
    return bit == (half == "heldout")
