"""Plain numbers, the fast path: integers, decimals, fractions, mixed numbers, percent, powers of ten, number words.

`compare` settles a pair only when both texts are nothing but a number; everything else (a unit, an expression, an
equation around the number) is left to the next kinds. Imports nothing heavy.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import gcd

from reward_service.limits import DEFAULT_LIMITS
from reward_service.verifiers.kinds.bare import compare_bare
from reward_service.verifiers.kinds.numerals import read_words
from reward_service.verifiers.kinds.rounding import Written, accepted
from reward_service.verifiers.kinds.surface import surface
from reward_service.verifiers.outcome import Context, Outcome

# A number of more characters than this is left to the expression kind and its limits.
_NUMBER_CHARACTERS = 2_400
_EXPONENT_DIGITS = 3

_DIGIT = re.compile(r"\d")
_UNSIGNED = r"(?:\d+(?:\.\d*)?|\.\d+)"
_DECIMAL = re.compile(
    r"(?P<sign>[+-]?) ?"
    r"(?:(?P<grouped>\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})"
    r"|(?P<whole>\d+))?"
    r"(?:\.(?P<decimals>\d*))?"
    r"(?P<power> ?(?:×|\*|·|x|X) ?10 ?(?:\^|\*\*) ?(?:\{ ?|\( ?)?(?P<exponent>[+-]? ?\d{1,3})[})]? ?"
    r"|[eE](?P<e>[+-]?\d{1,3}))?"
    r"(?P<percent> ?(?:%|(?:percent(?:age)?|per cent|pct|％)(?![a-zA-Z])))?",
    re.IGNORECASE,
)
_POWER_OF_TEN = re.compile(r"(?P<sign>[+-]?) ?10 ?(?:\^|\*\*) ?(?:\{ ?|\( ?)?(?P<exponent>[+-]? ?\d{1,3})[})]?")
_QUOTIENT = re.compile(
    r"(?P<sign>[+-]?) ?(?P<outer>\( ?)?(?P<inner>[+-]?) ?(?:(?P<whole>\d+) )?"
    rf"(?P<above>{_UNSIGNED}) ?(?P<close>\))? ?[/÷] ?(?P<wrap>\( ?)?(?P<below_sign>[+-]?) ?(?P<below>{_UNSIGNED}) ?"
    r"(?P<unwrap>\))?(?P<end> ?\))?(?P<percent> ?(?:%|percent))?"
)
_FRACTION = re.compile(
    r"(?P<sign>[+-]?) ?(?:(?P<whole>\d+) ?)?\\frac ?"
    rf"(?:\{{ ?(?P<above>[+-]? ?{_UNSIGNED}) ?\}}|(?P<above_digit>\d)) ?"
    rf"(?:\{{ ?(?P<below>[+-]? ?{_UNSIGNED}) ?\}}|(?P<below_digit>\d))"
    r"(?P<percent> ?(?:%|percent))?"
)
_REPEATING = re.compile(
    r"(?P<sign>[+-]?) ?(?P<whole>\d*)\.(?P<fixed>\d*)"
    r"(?:\\(?:overline|bar|dot|overbar) ?\{ ?(?P<bar>\d+) ?\}|\((?P<brackets>\d+)\)|(?P<dots>\.{3}|…|\\l?dots|\\cdots))"
    r"(?P<percent> ?%)?"
)
_CHINESE_PERCENT = re.compile(r"百分之(?P<whole>\d+)(?:\.(?P<decimals>\d+))?")
_AND_PART = re.compile(r"(?P<whole>\d+) and (?P<part>[a-z][a-z -]{3,40})")
_POINT_GROUPS = re.compile(r"(?P<sign>[+-]?) ?(?P<whole>\d{1,3}(?:\.\d{3})+)(?:,(?P<decimals>\d+))?")
_COMMA_DECIMAL = re.compile(r"(?P<sign>[+-]?) ?(?P<whole>\d+|\d{1,3}(?:[ .]\d{3})+),(?P<decimals>\d+)(?P<percent> ?%)?")
_GROUPS_AND_COMMA = re.compile(r"\d[ .]\d{3}(?:[ .]\d{3})*,\d")
_ASKS_PERCENT = re.compile(r"percent|per cent|％|%|百分", re.IGNORECASE)
_PERCENT_WORD = re.compile(r" ?(?:percent|per cent|%)$", re.IGNORECASE)
_WORDY = re.compile(r"[^\W\d_]")


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two plain numbers; None where either text is something else."""
    if context.policy.simplification == "required" and is_unsimplified(answer):
        return Outcome(equal=False, rule="number.unsimplified", reason="a fraction that is not in lowest terms")
    quick = compare_bare(gold, answer, context.reference, context.policy)
    if quick is not None:
        return quick
    if len(gold) > _NUMBER_CHARACTERS or len(answer) > _NUMBER_CHARACTERS:
        return None
    wanted = read_number(gold)
    if wanted is None:
        return _compare_comma_gold(gold, answer)
    found = read_number(answer)
    if found is not None:
        return compare_written(wanted, found, context)
    return _compare_european(wanted, answer, context)


def compare_written(gold: Written, answer: Written, context: Context) -> Outcome:
    """Compare two numbers that were read already, with the percent rules.

    A percent sign divides by 100. Where only one side carries it, the other may also be the bare percentage (10 for
    10 %), if that number is above 1 or the question asks for a percentage: 0.5 is 50 %, never 0.5 %.
    """
    rule = accepted(gold, answer, context)
    if rule is None and gold.percent != answer.percent:
        rule = _accepted_without_sign(gold, answer, context)
    if rule is not None:
        return Outcome(equal=True, rule=f"number.{rule}", reason=_REASONS[rule])
    return Outcome(equal=False, rule="number.different", reason=f"{show(answer)} is not {show(gold)}")


_REASONS = {
    "exact": "the same number",
    "tolerance": "within the stated tolerance",
    "rounded": "rounds to the reference at the reference's last place",
    "approximation": "a correct decimal approximation of an exact reference",
    "loose": "one is a rounding of the other",
    "percent": "the same percentage, with and without the sign",
}


def show(number: Written) -> str:
    """A number for a reason text, cut where it is long."""
    value = number.value * 100 if number.percent else number.value
    top, bottom = value.numerator, value.denominator
    if max(abs(top), bottom) > 10**30:
        return "a number of many digits"
    text = str(top) if bottom == 1 else f"{top}/{bottom}"
    return text + "%" if number.percent else text


def read_number(text: str) -> Written | None:
    """The number that the whole text is, or None. Never reads a comma as a decimal sign, see `read_comma_decimal`."""
    match = _DECIMAL.fullmatch(text)
    if match is not None:
        return _from_decimal(match)
    if len(text) > _NUMBER_CHARACTERS:
        return None
    return read_plain(surface(text))


def read_plain(plain: str) -> Written | None:
    """As `read_number`, for a text that `surface` has already folded."""
    while len(plain) > 2 and plain[0] == "(" and plain[-1] == ")" and "(" not in plain[1:]:
        plain = plain[1:-1].strip()
    match = _DECIMAL.fullmatch(plain)
    if match is not None:
        return _from_decimal(match)
    if not _DIGIT.search(plain):
        return _from_words(plain) if _WORDY.search(plain) else None
    if (match := _FRACTION.fullmatch(plain)) or (match := _QUOTIENT.fullmatch(plain)):
        return _from_fraction(match)
    if match := _CHINESE_PERCENT.fullmatch(plain):
        return _decimal("", match["whole"], match["decimals"], percent=True)
    if match := _POWER_OF_TEN.fullmatch(plain):
        power = Fraction(10) ** int(match["exponent"].replace(" ", ""))
        return Written(-power if match["sign"] == "-" else power)
    if match := _REPEATING.fullmatch(plain):
        return _from_repeating(match)
    if match := _AND_PART.fullmatch(plain):
        part = read_words(match["part"])
        return Written(int(match["whole"]) + part) if part is not None and 0 < part < 1 else None
    if match := _POINT_GROUPS.fullmatch(plain):
        if match["decimals"] is None and plain.count(".") < 2:
            return None
        return _decimal(match["sign"], match["whole"].replace(".", ""), match["decimals"])
    return None


def read_comma_decimal(text: str) -> Written | None:
    """A number with a decimal comma ("2,74", "0,111"), where the comma cannot group thousands; else None."""
    match = _COMMA_DECIMAL.fullmatch(surface(text))
    if match is None:
        return None
    whole, decimals = match["whole"], match["decimals"]
    grouped = len(whole) > 3 and not whole.isdigit()
    if len(decimals) == 3 and len(whole) <= 3 and whole.lstrip("0") and not grouped:
        return None
    return _decimal(match["sign"], re.sub(r"\D", "", whole), decimals, bool(match["percent"]))


def is_unsimplified(text: str) -> bool:
    """Whether a text is a fraction of integers not in lowest terms, as "2/4" or "6/1"."""
    plain = surface(text)
    match = _FRACTION.fullmatch(plain) or _QUOTIENT.fullmatch(plain)
    if match is None:
        return False
    above = match["above"] or match.groupdict().get("above_digit") or ""
    below = match["below"] or match.groupdict().get("below_digit") or ""
    if not (above.isdigit() and below.isdigit()):
        return False
    return gcd(int(above), int(below)) != 1 or int(below) == 1


def _compare_european(gold: Written, answer: str, context: Context) -> Outcome | None:
    """The reference decides: beside a reference that is one number, "2,74" may be 2.74; unequal, it may be a list."""
    found = read_comma_decimal(answer) if "," in answer else None
    if found is None:
        return None
    rule = accepted(gold, found, context)
    if rule is None or (gold.value.denominator == 1 and found.step is not None and found.step > Fraction(1, 100)):
        return None  # "5,0" beside 5 may be two values
    return Outcome(equal=True, rule=f"number.{rule}", reason="the same number, with a decimal comma")


def _compare_comma_gold(gold: str, answer: str) -> Outcome | None:
    """A reference such as "1,22" is a list, unless the answer has the same digits behind a point, two or more."""
    wanted = read_comma_decimal(gold) if "," in gold else None
    if wanted is None or wanted.step is None or (wanted.step > Fraction(1, 100) and not _GROUPS_AND_COMMA.search(gold)):
        return None
    found = read_number(answer)
    if found is None or found.step is None or found.value != wanted.value:
        return None
    return Outcome(equal=True, rule="number.exact", reason="the same number, the reference with a decimal comma")


def _accepted_without_sign(gold: Written, answer: Written, context: Context) -> str | None:
    signed = gold if gold.percent else answer
    if abs(signed.value) * 100 <= 1 and not _ASKS_PERCENT.search(context.reference.question):
        return None
    rule = accepted(_without_sign(gold), _without_sign(answer), context)
    return "percent" if rule == "exact" else rule


def _without_sign(number: Written) -> Written:
    if not number.percent:
        return number
    step = None if number.step is None else number.step * 100
    return Written(number.value * 100, step, number.digits)


def _from_decimal(match: re.Match[str]) -> Written | None:
    grouped, whole, decimals = match["grouped"], match["whole"], match["decimals"]
    if grouped is not None:
        if grouped[0] == "0":
            return None
        whole = re.sub(r"\D", "", grouped)
    if whole is None and not decimals:
        return None
    if len(whole or "") + len(decimals or "") > DEFAULT_LIMITS.digits:
        return None  # compared as written, by the kinds that follow
    exponent = 0
    if match["power"] is not None:
        exponent = int((match["exponent"] or match["e"]).replace(" ", ""))
    return _decimal(match["sign"], whole, decimals, match["percent"] is not None, exponent)


def _decimal(sign: str, whole: str | None, decimals: str | None, percent: bool = False, exponent: int = 0) -> Written:
    """A number from its digits. Where decimals or an exponent show the last place, `step` says which it is."""
    digits = (whole or "") + (decimals or "")
    value = Fraction(int(digits))
    if sign == "-":
        value = -value
    if not decimals and not exponent:
        return Written(value / 100, percent=True) if percent else Written(value)
    places = len(decimals or "") - exponent + (2 if percent else 0)
    scale = Fraction(10) ** -places
    step = scale if decimals else None
    return Written(value * scale, step, len(digits.lstrip("0")), percent)


def _from_words(plain: str) -> Written | None:
    bare = _PERCENT_WORD.sub("", plain)
    value = read_words(bare)
    if value is None:
        return None
    if bare != plain:
        return Written(value / 100, percent=True)
    return Written(value, percent=plain.startswith("百分之"))


def _from_fraction(match: re.Match[str]) -> Written | None:
    groups = match.groupdict()
    above = Fraction((groups["above"] or groups.get("above_digit") or "").replace(" ", "") or 0)
    below = Fraction((groups["below"] or groups.get("below_digit") or "").replace(" ", "") or 0)
    opened = bool(groups.get("outer")) + bool(groups.get("wrap"))
    closed = bool(groups.get("close")) + bool(groups.get("unwrap")) + bool(groups.get("end"))
    if opened != closed or (groups.get("close") and not groups.get("outer")):
        return None
    if below == 0:
        return None
    if groups.get("below_sign") == "-":
        below = -below
    value = above / below
    whole = groups["whole"]
    if whole:
        # a mixed number has a proper part: "2 1/2", but "2 7/2" is a slip or a product, and so no number here
        if not 0 < value < 1:
            return None
        value += int(whole)
    if (groups["sign"] == "-") != (groups.get("inner") == "-"):
        value = -value
    percent = groups["percent"] is not None
    return Written(value / 100 if percent else value, percent=percent)


def _from_repeating(match: re.Match[str]) -> Written | None:
    whole, fixed = match["whole"] or "0", match["fixed"]
    block = match["bar"] or match["brackets"]
    if block is None:
        found = _repeated_tail(fixed)
        if found is None:
            return None
        fixed, block = found
    value = Fraction(int(whole + fixed)) + Fraction(int(block), 10 ** len(block) - 1)
    value /= 10 ** len(fixed)
    if match["sign"] == "-":
        value = -value
    percent = match["percent"] is not None
    return Written(value / 100 if percent else value, percent=percent)


def _repeated_tail(decimals: str) -> tuple[str, str] | None:
    """("1", "6") for "1666": the digits before, and the shortest block written at least twice up to the end."""
    for size in range(1, len(decimals) // 2 + 1):
        block = decimals[-size:]
        if decimals.endswith(block * 2) and (size > 1 or decimals.endswith(block * 3) or len(decimals) == 2):
            head = decimals
            while head.endswith(block):
                head = head[:-size]
            return head, block
    return None
