"""Numbers with a unit, with money or with the name of what they count: "10 cm", "\\$18", "60^\\circ 42'", "18 eggs".

Where both sides carry a unit they are converted exactly; another dimension, or the same number in another unit, is
wrong. Where one side carries none, the policy `units` decides. Words that are no unit are count nouns: they do not
matter.
A magnitude that is no plain number goes to the expression kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from reward_service.verifiers.kinds.number import compare_written, read_comma_decimal, read_plain, show
from reward_service.verifiers.kinds.numerals import CHINESE_NUMERAL_CHARACTERS, SCALES, read_chinese, read_english
from reward_service.verifiers.kinds.rounding import Written
from reward_service.verifiers.kinds.surface import SCALAR_CHARACTERS, surface
from reward_service.verifiers.kinds.units import DEGREE, RADIAN, Tail, Unit, atom, conversion, parse_tail
from reward_service.verifiers.outcome import Context, Outcome

_CURRENCY = re.compile(r"(?P<sign>-?) ?(?:US|HK|A|C)?(?P<symbol>[$€£¥₹₩₽]|Rs\.?|USD|EUR|RMB|GBP|INR)(?: ?)(?=[-\d.])")
_LEADING = re.compile(
    r"(?:about|approximately|approx\.?|around|roughly|exactly|only|just|(?:a )?total of|in total|total:"
    r"|大约|约|共|一共|总共)"
    r"(?: |(?=[\d\u4e00-\u9fff]))",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"(?:\\frac(?![a-zA-Z])|\\overline(?![a-zA-Z])|(?<=\d)[eE](?=[+-]?\d)|(?<=\d) ?[xX] ?(?=10 ?\^)"
    r"|[-+.,'/^{}()×·*÷\d ])+"
)
_TIMES = {**SCALES, "hundred": 100, "dozen": 12, "mn": 10**6, "bn": 10**9}
_CHINESE_TIMES = {"万亿": 10**12, "千万": 10**7, "百万": 10**6, "十亿": 10**9, "亿": 10**8, "万": 10**4}
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![a-zA-Z])")
_UNIT_MARK = re.compile(r"\\(?:text|mbox|mathrm|hbox|textbf|textnormal|textrm|circ|degree)|°|º|℃")
_ANGLE_PART = re.compile(
    r"(?P<sign>-?)(?P<degrees>\d{1,6}(?:\.\d{1,20})?) ?(?:°|degrees?) ?(?P<minutes>\d{1,4}(?:\.\d{1,20})?)"
    r" ?(?:'|\^\{?\\prime\}?|minutes?|min)(?: ?(?P<seconds>\d{1,4}(?:\.\d{1,20})?) ?(?:\"|''|seconds?|sec))?"
)
_FEET_INCHES = re.compile(r"(?P<feet>\d{1,6}) ?' ?(?P<inches>\d{1,3}(?:\.\d{1,10})?) ?(?:\"|'')")
_PART = re.compile(r"(?P<number>[\d.,/ ]*\d) ?(?P<unit>[a-zA-Z°一-鿿]+\.?)(?: ?(?:,|and|又|零) ?| |$|(?=\d))")
_DIGIT = re.compile(r"\d")
_BARE_PI = re.compile(r"\\pi(?![a-zA-Z])|π")
_NUMERIC_MAGNITUDE = re.compile(
    r"(?:\\(?:frac|sqrt|pi|left|right|cdot|times|ln|log|cbrt|exp)(?![a-zA-Z])|[-+.,/^{}()\[\]×·*÷!\dπ √e]){1,300}"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A magnitude and what stands behind it. `number` is None where the magnitude is an expression, kept as `text`."""

    text: str
    number: Written | None
    tail: Tail

    @property
    def unit(self) -> Unit | None:
        """The unit, or None for a bare number or one with a count noun."""
        return self.tail.unit


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two values of which at least one carries a unit or a noun; None where that is not so."""
    if len(gold) > SCALAR_CHARACTERS or len(answer) > SCALAR_CHARACTERS:
        return None
    wanted, found = read_quantity(gold), read_quantity(answer)
    if wanted is not None and wanted.unit is None and context.reference.unit:
        wanted = Quantity(wanted.text, wanted.number, parse_tail(context.reference.unit) or wanted.tail)
    if wanted is None and found is None:
        return None
    if wanted is None or found is None:
        return _compare_half_read(gold, answer, wanted, found, context)
    doubtful = any(side.unit is not None and not side.tail.certain for side in (wanted, found))
    if doubtful and not (wanted.tail.certain or found.tail.certain):
        return None
    return compare_quantities(wanted, found, context)


def compare_quantities(gold: Quantity, answer: Quantity, context: Context) -> Outcome | None:
    """Compare two read quantities under the policy `units`."""
    units = context.policy.units
    if units == "ignore":
        return _magnitudes(gold, answer, context)
    if gold.unit is None and answer.unit is None:
        if units == "required" and gold.tail.noun != answer.tail.noun:
            return Outcome(equal=False, rule="quantity.noun", reason=f"counts {answer.tail.noun!r}")
        return _magnitudes(gold, answer, context)
    if gold.unit is None or answer.unit is None:
        return _one_unit(gold, answer, context)
    if gold.unit == answer.unit:
        return _magnitudes(gold, answer, context)
    if {gold.unit.dimension, answer.unit.dimension} == {DEGREE.dimension, RADIAN.dimension}:
        return _degrees_and_radians(gold, answer, context)
    change = conversion(answer.unit, gold.unit)
    if change is None:
        return Outcome(equal=False, rule="quantity.dimension", reason="the units measure different things")
    outcome = _scaled(gold, answer, change, context)
    if outcome is None or outcome.equal:
        return outcome
    return Outcome(equal=False, rule="quantity.different", reason=f"after conversion {outcome.reason}")


def read_quantity(text: str) -> Quantity | None:
    """A number with an optional unit, noun or currency; None for anything else. A bare number is a quantity too."""
    plain = surface(text)
    plain = _LEADING.sub("", plain, count=1) if _LEADING.match(plain) else plain
    marked = _UNIT_MARK.search(text) is not None
    currency: Unit | None = None
    if match := _CURRENCY.match(plain):
        currency = atom(match["symbol"].rstrip("."))
        plain = match["sign"] + plain[match.end() :]
    if compound := _read_compound(plain):
        return compound
    split = _split_number(plain)
    if split is None:
        return _read_expression(plain, marked)
    number, head, rest = split
    rest = _ORDINAL.sub("", rest, count=1) if rest and _ORDINAL.match(rest) and number.value.denominator == 1 else rest
    tail = parse_tail(rest)
    if tail is None:
        return _read_expression(plain, marked)
    if tail.unit is None and tail.noun and rest and _is_glued(plain, rest):
        return None  # 2abc is a product of letters, and not two of something
    if currency is not None:
        tail = Tail(unit=currency, noun=tail.noun, certain=True, words=("$", *tail.words))
    elif tail.unit is not None and not tail.certain:
        spaced = plain[len(head) - 1 : len(head)] == " " and "\\" not in text and "$" not in text
        tail = Tail(tail.unit, tail.noun, marked or spaced, tail.words)
    return Quantity(head.strip(), number, tail)


def _is_glued(plain: str, rest: str) -> bool:
    before = plain[: len(plain) - len(rest)]
    return rest[0].isascii() and rest[0].isalpha() and before[-1:].isdigit()


def _split_number(plain: str) -> tuple[Written, str, str] | None:
    """(number, its text, the rest) from the start of a text: digits, or number words in English or Chinese."""
    match = _HEAD.match(plain)
    if match is not None and any(character.isdigit() for character in match.group()):
        head = match.group()
        # a bracket, sign or stroke at the end belongs to what follows: "5 (", "10 /"
        trimmed = head.rstrip(" ,'/*·×(-+^{.")
        rest = (head[len(trimmed) :] + plain[match.end() :]).strip()
        # a bare "10,5" may be a list; with a unit behind it, it is a number with a decimal comma
        number = read_plain(trimmed) or (read_comma_decimal(trimmed) if rest else None)
        if number is None:
            return None
        head = plain[: len(plain) - len(rest)] if rest else plain
        return _multiplied(number, head, rest)
    if plain and plain[0] in CHINESE_NUMERAL_CHARACTERS:
        size = 0
        while size < len(plain) and plain[size] in CHINESE_NUMERAL_CHARACTERS:
            size += 1
        value = read_chinese(plain[:size])
        return None if value is None else (Written(value), plain[:size], plain[size:].strip())
    words = plain.split(" ")
    if plain[:1].isalpha() and plain.isascii():
        for size in range(min(8, len(words)), 0, -1):
            lead = " ".join(words[:size])
            value = read_english(lead)
            if value is not None:
                return Written(value), lead + " ", " ".join(words[size:])
    return None


def _multiplied(number: Written, head: str, rest: str) -> tuple[Written, str, str]:
    """ "1.5 million people" → 1500000 and "people"."""
    first, _, after = rest.partition(" ")
    multiple = _TIMES.get(first.lower())
    if multiple is None and not rest.isascii():
        for name, value in _CHINESE_TIMES.items():
            if rest.startswith(name):
                multiple, after = value, rest[len(name) :].strip()
                break
    if multiple is None:
        return number, head, rest
    step = None if number.step is None else number.step * multiple
    return Written(number.value * multiple, step, number.digits), head, after.removeprefix("of ")


def _read_compound(plain: str) -> Quantity | None:
    """Several parts of one dimension in falling units: 60°42', 5'3\", "1 hour 30 minutes", "3 feet 4 inches"."""
    if match := _ANGLE_PART.fullmatch(plain):
        value = Fraction(match["degrees"]) + Fraction(match["minutes"]) / 60
        value += Fraction(match["seconds"] or 0) / 3600
        return Quantity(plain, Written(-value if match["sign"] else value), Tail(DEGREE, "", True, ("°", "'")))
    if match := _FEET_INCHES.fullmatch(plain):
        value = Fraction(match["feet"]) * 12 + Fraction(match["inches"])
        return Quantity(plain, Written(value), Tail(atom("inch"), "", True, ("'", '"')))
    total = Fraction(0)
    last: Unit | None = None
    position = parts = 0
    while position < len(plain):
        match = _PART.match(plain, position)
        unit = atom(match["unit"].rstrip(".")) if match else None
        if match is None or unit is None or unit.scale:
            return None
        if last is not None and (unit.dimension != last.dimension or unit.factor >= last.factor):
            return None
        number = read_plain(match["number"].strip())
        if number is None:
            return None
        total += number.value * unit.factor
        last, position, parts = unit, match.end(), parts + 1
    if parts < 2 or last is None:
        return None
    return Quantity(plain, Written(total / last.factor), Tail(last, "", True, ("parts",)))


def _read_expression(plain: str, marked: bool) -> Quantity | None:
    """An expression of numbers with a unit behind it: "5\\sqrt{2} cm". Only where the unit can be nothing else."""
    match = _NUMERIC_MAGNITUDE.match(plain)
    if match is None or match.end() == len(plain):
        return None
    head = match.group()
    trimmed = head.rstrip(" ,{(")
    rest = (head[len(trimmed) :] + plain[match.end() :]).strip()
    if not any(character.isdigit() or character == "π" for character in trimmed) and "\\pi" not in trimmed:
        return None
    if trimmed.count("{") != trimmed.count("}") or trimmed.count("(") != trimmed.count(")"):
        return None
    tail = parse_tail(rest)
    if tail is None or tail.unit is None or not (tail.certain or marked):
        return None
    return Quantity(trimmed, None, Tail(tail.unit, tail.noun, True, tail.words))


def _magnitudes(gold: Quantity, answer: Quantity, context: Context) -> Outcome | None:
    if gold.number is not None and answer.number is not None:
        return compare_written(gold.number, answer.number, context)
    return expression_outcome(gold.text, answer.text, context)


def _one_unit(gold: Quantity, answer: Quantity, context: Context) -> Outcome | None:
    """Only one side has a unit: the numbers must agree as written, unless the policy wants the unit."""
    if context.policy.units == "required" and gold.unit is not None:
        return Outcome(
            equal=False, rule="quantity.unit_missing", reason="the reference has a unit, the answer has none"
        )
    outcome = _magnitudes(gold, answer, context)
    if outcome is not None and outcome.equal:
        return outcome
    with_unit = gold.unit or answer.unit
    bare = answer if gold.unit else gold
    if with_unit == DEGREE and _BARE_PI.search(bare.text):
        return _degrees_and_radians(gold, answer, context)
    asked = _asked_unit(context.reference.question, answer.unit) if gold.unit is None and answer.unit else None
    if asked is not None and answer.unit is not None:
        change = conversion(answer.unit, asked)
        if change is not None and (change[0] != 1 or change[1] != 0):
            return _scaled(gold, answer, change, context)
    return outcome


def _asked_unit(question: str, like: Unit) -> Unit | None:
    """The unit the question asks for ("how many minutes", "in centimeters"), if of the same dimension as `like`."""
    for match in re.finditer(r"(?:[Hh]ow many|in|[Nn]umber of|多少) ?([a-zA-Z]{1,15}|[一-鿿]{1,2})", question[-2000:]):
        unit = atom(match.group(1))
        if unit is not None and unit.dimension == like.dimension and unit != like:
            return unit
    return None


def _scaled(gold: Quantity, answer: Quantity, change: tuple[Fraction, Fraction], context: Context) -> Outcome | None:
    factor, offset = change
    if answer.number is None or gold.number is None:
        if offset:
            return None
        return expression_outcome(gold.text, _times(factor, answer.text), context)
    step = None if answer.number.step is None else answer.number.step * factor
    converted = Written(answer.number.value * factor + offset, step, answer.number.digits)
    return compare_written(gold.number, converted, context)


def _degrees_and_radians(gold: Quantity, answer: Quantity, context: Context) -> Outcome | None:
    """One side in degrees, the other in radians or a bare multiple of π: compare in radians."""
    left = _in_radians(gold) if gold.unit is not None and gold.unit.dimension == DEGREE.dimension else gold.text
    right = (
        _in_radians(answer) if answer.unit is not None and answer.unit.dimension == DEGREE.dimension else answer.text
    )
    return expression_outcome(left, right, context)


def _in_radians(angle: Quantity) -> str:
    factor = angle.unit.factor if angle.unit is not None else Fraction(1)
    if angle.number is not None:
        value = angle.number.value * factor / 180
        return rf"\frac{{{value.numerator}}}{{{value.denominator}}}\pi"
    return _times(factor / 180, angle.text) + r"\cdot \pi"


def _times(factor: Fraction, text: str) -> str:
    return rf"\frac{{{factor.numerator}}}{{{factor.denominator}}}\cdot ({text})"


def _compare_half_read(
    gold: str, answer: str, wanted: Quantity | None, found: Quantity | None, context: Context
) -> Outcome | None:
    """One side is an expression that is no quantity: compare it with the other side's magnitude."""
    if wanted is not None and wanted.number is not None and not _DIGIT.search(gold) and _DIGIT.search(answer):
        return expression_outcome(show(wanted.number), answer, context)  # "five" beside "x = 5"
    if wanted is not None and wanted.tail.certain and wanted.tail.words:
        if context.policy.units == "required" and wanted.unit is not None:
            return None
        if _NUMERIC_MAGNITUDE.fullmatch(surface(answer)):
            bare = Quantity(surface(answer), None, Tail())
            return (
                _one_unit(wanted, bare, context) if wanted.unit else expression_outcome(wanted.text, bare.text, context)
            )
    elif found is not None and found.tail.certain and found.tail.words and _NUMERIC_MAGNITUDE.fullmatch(surface(gold)):
        bare = Quantity(surface(gold), None, Tail())
        return _one_unit(bare, found, context) if found.unit else expression_outcome(bare.text, found.text, context)
    return None


def is_numeric_text(text: str) -> bool:
    """Whether a folded text can only be a number: digits, roots, pi and operators, no other letters."""
    return _NUMERIC_MAGNITUDE.fullmatch(text.strip()) is not None and (
        any(character.isdigit() for character in text) or "\\pi" in text or "π" in text
    )


def expression_outcome(gold: str, answer: str, context: Context) -> Outcome | None:
    """What the expression kind says of two magnitudes."""
    from reward_service.verifiers.kinds import expression  # lazy: only magnitudes that are no number need it

    return expression.compare(gold, answer, context)
