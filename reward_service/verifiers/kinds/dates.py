"""Dates and times of day: "2024-01-05", "January 5, 2024", "5 Jan 2024", "2024年1月5日"; "3:30 PM", "15:30", noon.

Two dates or two times are compared by what both state: a reference without a year accepts any, a time without a.m. or
p.m. is the clock reading. Ranges, durations and days of the week are not read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.kinds.quantity import read_quantity
from reward_service.verifiers.kinds.ratio import asks_for_ratio
from reward_service.verifiers.kinds.surface import SCALAR_CHARACTERS, surface
from reward_service.verifiers.outcome import Context, Outcome

_MARK = re.compile(
    r"\d ?:|：|∶|\d.{0,12}[aApP]\.? ?[mM]|o'?clock|noon|midnight|[点點时]|\d[-/.年]\d|年|月"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
    re.IGNORECASE,
)
_MONTHS = {
    name: index + 1
    for index, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"), ("november", "nov"),
            ("december", "dec"),
        )
    )
    for name in names
}  # fmt: skip
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_WEEKDAY = r"(?:(?:on )?(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?,? )?"
_DAY = r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(_WEEKDAY + pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4}) ?[-/.] ?(?P<number>\d{1,2}) ?[-/.] ?(?P<day>\d{1,2})",
        r"(?P<year>\d{4}) ?年 ?(?P<number>\d{1,2}) ?月(?: ?(?P<day>\d{1,2}) ?[日号])?",
        r"(?P<number>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]",
        rf"{_MONTH} {_DAY}(?:(?:,? ?| of )(?P<year>\d{{4}}))?",
        rf"{_DAY}(?: of)? {_MONTH}(?:,? (?P<year>\d{{4}}))?",
        rf"{_MONTH},? (?:of )?(?P<year>\d{{4}})",
        r"(?P<number>\d{1,2}) ?/ ?(?P<day>\d{1,2}) ?/ ?(?P<year>\d{4})",
    )
)
_CLOCK = re.compile(
    r"(?:at )?(?P<hour>\d{1,2}) ?"
    r"(?:(?::|\.(?=\d\d ?[ap]\.? ?m)|时|点|點|h(?=\d)) ?(?P<minute>[0-5]\d)(?: ?: ?(?P<second>[0-5]\d))?)? ?分?"
    r" ?(?P<half>[ap]\.? ?m\.?|o'?clock(?: (?:in the )?(?P<part>morning|afternoon|evening|night))?)?",
    re.IGNORECASE,
)
_CHINESE_CLOCK = re.compile(
    r"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上)? ?(?P<hour>\d{1,2}) ?(?:[点點时]|:(?=\d\d))(?:钟|整)? ?"
    r"(?:(?P<minute>\d{1,2}) ?分?|(?P<halfpast>半))?"
)
_NAMED = {"noon": 720, "midday": 720, "midnight": 0, "12 noon": 720, "12 midnight": 0}
_HALF_DAY = re.compile(r"[ap]\.? ?m\b", re.IGNORECASE)
_AFTERNOON = frozenset({"afternoon", "evening", "night", "中午", "下午", "傍晚", "晚上"})


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day in seconds. `half` is "am", "pm", or "" where the text does not say (then hours run to 24)."""

    seconds: int
    half: str


@dataclass(frozen=True, slots=True)
class Date:
    """A date; parts that the text does not state are None."""

    year: int | None
    month: int
    day: int | None


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two dates or two times of day; None where either text is neither."""
    if len(gold) > SCALAR_CHARACTERS or len(answer) > SCALAR_CHARACTERS:
        return None
    if not _MARK.search(gold):
        found_time = read_time(answer) if _HALF_DAY.search(answer) else None
        return None if found_time is None else _compare_with_number(found_time, gold)
    wanted_time = read_time(gold)
    if wanted_time is not None and not _HALF_DAY.search(gold) and asks_for_ratio(context.reference.question):
        return None
    if wanted_time is not None:
        found_time = read_time(answer)
        if found_time is not None:
            return _compare_times(wanted_time, found_time)
        return _compare_with_number(wanted_time, answer) if _HALF_DAY.search(gold) else None
    wanted = read_date(gold)
    if wanted is None:
        return None
    found = read_date(answer)
    return None if found is None else _compare_dates(wanted, found)


def read_time(text: str) -> Time | None:
    """A time of day, or None. A bare number is none: it needs minutes, a.m. or p.m., or o'clock."""
    plain = surface(text).lower().strip(". ")
    plain = plain.replace(" :", ":").replace(": ", ":")
    if plain in _NAMED:
        return Time(_NAMED[plain] * 60, "pm" if _NAMED[plain] else "am")
    if match := _CLOCK.fullmatch(plain):
        half = (match["half"] or "").replace(".", "").replace(" ", "")
        if not half and match["minute"] is None:
            return None
        part = match["part"]
        meridiem = half if half in ("am", "pm") else ("pm" if part in _AFTERNOON else "am" if part else "")
        return _time(int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0), meridiem)
    if match := _CHINESE_CLOCK.fullmatch(plain):
        part = match["part"]
        minute = 30 if match["halfpast"] else int(match["minute"] or 0)
        return _time(int(match["hour"]), minute, 0, "pm" if part in _AFTERNOON else "am" if part else "")
    return None


def read_date(text: str) -> Date | None:
    """A date with at least a month and a day or a year, or None."""
    plain = surface(text)
    for pattern in _DATES:
        match = pattern.fullmatch(plain)
        if match is None:
            continue
        parts = match.groupdict()
        name = parts.get("month")
        month = _MONTHS[name.lower()] if name else int(parts["number"])
        day = int(parts["day"]) if parts.get("day") else None
        if name is None and month > 12 and day is not None and day <= 12 and "/" in plain:
            month, day = day, month
        if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
            return None
        return Date(int(parts["year"]) if parts.get("year") else None, month, day)
    return None


def _time(hour: int, minute: int, second: int, half: str) -> Time | None:
    if hour > 24 or minute > 59 or (half and hour == 0):
        return None
    if half and hour > 12:
        half = "" if half == "pm" else "invalid"
    if half == "invalid":
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif hour > 12 or hour == 0:
        half = "pm" if 12 <= hour < 24 else "am"
    return Time((hour % 24) * 3600 + minute * 60 + second, half)


def _compare_with_number(time: Time, other: str) -> Outcome | None:
    """ "9" for 9 a.m.: a bare number is the full hour; None for what is no number, such as a ratio or a sentence."""
    quantity = read_quantity(other)
    if quantity is None or quantity.number is None:
        return None
    hours = quantity.number.value
    if quantity.tail.unit is None and not quantity.tail.noun and time.seconds % 43200 == hours * 3600 % 43200:
        return Outcome(equal=True, rule="time.hour", reason="the same full hour")
    return Outcome(equal=False, rule="time.different", reason="no such time of day")


def _compare_times(gold: Time, answer: Time) -> Outcome:
    if gold.half and answer.half:
        same = gold.seconds == answer.seconds
    else:
        same = gold.seconds % 43200 == answer.seconds % 43200
    if same:
        return Outcome(equal=True, rule="time.equal", reason="the same time of day")
    return Outcome(equal=False, rule="time.different", reason="another time of day")


def _compare_dates(gold: Date, answer: Date) -> Outcome:
    for name in ("year", "month", "day"):
        wanted, found = getattr(gold, name), getattr(answer, name)
        if wanted is not None and wanted != found:
            return Outcome(equal=False, rule="date.different", reason=f"the {name} is {found}, not {wanted}")
    return Outcome(equal=True, rule="date.equal", reason="the same date")
