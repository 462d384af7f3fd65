"""`spatial457_official`: Spatial457's published reading of a JSON answer and its generous equality.

Source: VLMEvalKit, vlmeval/dataset/spatial457.py (`evaluate`) and dataset/utils/spatial457.py (`is_correct`), which
the authors name as their evaluation. The answer is what stands between quotes behind `Answer': '` or `Answer": "`, or a
digit behind `Answer': `; a response without any is compared as a whole (flag "format", as the script counts). Two texts
are equal without regard to case. Beyond that, "none" means no, "0" is right for No, a digit from 1 to 9 for Yes (flag
"number-for-yes"), a number in words for its digits, and any kind of car, bus, motorbike, aeroplane or bicycle for any
other of the same group (flag "same-group"), by the first word of either. An answer with an apostrophe is cut at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

_ANSWERS = (re.compile(r"Answer': '([^'\n]*)'"), re.compile(r'Answer": "([^"\n]*)"'), re.compile(r"Answer': (\d)"))
_GROUPS = {
    "car": ("suv", "wagon", "minivan", "sedan", "truck", "addi", "car"),
    "bus": ("articulated", "regular", "double", "school", "bus"),
    "motorbike": ("chopper", "dirtbike", "scooter", "cruiser", "motorbike"),
    "aeroplane": ("jet", "fighter", "biplane", "airliner", "aeroplane"),
    "bicycle": ("road", "utility", "mountain", "tandem", "bicycle"),
}
_GROUP_OF = {word: group for group, words in _GROUPS.items() for word in words}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spatial457Parameters:
    """Parameters of `spatial457_official`."""

    same_group: bool = parameter(True, "false: one kind of car is not right for another; the published rule says it is")


def check(text: str, reference: Reference, parameters: Spatial457Parameters, budget: Budget) -> Verdict:
    """Judge a response by the published rule."""
    budget.spend(1 + len(text) // 1_000)
    gold = reference.answer
    if not gold.strip():
        reason = "the reference has no answer"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="spatial457.reference")
    if not text.strip():
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="the response is empty", rule="spatial457.empty")
    found = next((match for pattern in _ANSWERS if (match := pattern.search(text))), None)
    said = text if found is None else found.group(1)
    rule = _equal(gold, said, parameters.same_group)
    flags = (*(("format",) if found is None else ()), *((rule,) if rule in ("number-for-yes", "same-group") else ()))
    return Verdict(
        status=Status.CORRECT if rule else Status.INCORRECT,
        score=float(bool(rule)),
        extracted=said[: DEFAULT_LIMITS.answer_characters],
        reason=f"{said[:60]!r} {'is right for' if rule else 'is not'} {gold[:60]!r}",
        rule=f"spatial457.{rule or 'different'}",
        flags=flags,
    )


def _equal(gold: str, said: str, same_group: bool) -> str:
    """By which step of the published rule `said` is right; empty where it is not."""
    if said.lower() == "none":
        said = "no"
    if said.lower() == gold.lower():
        return "text"
    if said == "0" and gold == "No":
        return "zero-for-no"
    if said.lower() in _WORDS and str(_WORDS.index(said.lower())) == gold:
        return "words"
    if gold.lower() == "yes" and len(said) == 1 and said in "123456789":
        return "number-for-yes"
    groups = [_GROUP_OF.get(part[:40].lower().split(" ")[0]) for part in (gold, said)]
    return "same-group" if same_group and groups[0] is not None and groups[0] == groups[1] else ""


VERIFIER = Verifier(
    name="spatial457_official",
    version="1",
    summary="Spatial457's published reading of a JSON answer, generous with numbers and kinds of vehicles",
    parameters=Spatial457Parameters,
    check=check,
)
