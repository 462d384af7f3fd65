"""The number that latex2sympy2 1.9.1 and Python's `eval` make of a LaTeX text, for the rules that end in these two.

MATH-Vision and EMMA compare `round(eval(str(latex2sympy(x))), 2)`, or the same by `evalf`. This reads the numeric part
of that grammar with a parser of our own and computes with Python's numbers, so nothing is evaluated as code. What the
published rules owe to that grammar and this keeps:

- reading stops at the first token that cannot go on, and what was read by then counts: `24. However` is 24, and
  `\\frac{55}{4}}squarecm` is 55/4; but an unknown character or command next to it makes the whole text unreadable;
- what stands side by side is multiplied: `6\\frac{1}{4}` is 1.5, `1 000` is 0; `1,000` is one number, `1,00` a list;
- `5:30` is a quotient, `\\sin 30` is in radians, `2^3^2` is 64;
- a text with any letter in it has no value, `e` with an exponent apart.

Two names for one number part the two ways to compute: `eval` does not find sympy's names for `\\ln`, `|x|`, `\\lceil`
and e, a NameError and so no value; `evalf` knows them, and its grammar gives `x=5` the value 5. Not read, though the
grammar knows them: other relations, matrices, sums, integrals and limits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reward_service.limits import Budget

Number = int | float

MAXIMUM_TOKENS = 2_000
MAXIMUM_BITS = 6_000
MAXIMUM_FACTORIAL = 1_000
MAXIMUM_DEPTH = 40

_SPACE = re.compile(r"(?:\s|[$~]|\\,|\\q?quad(?![a-z])|\\displaystyle)+", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]*(?:,[0-9]{3})*[.][0-9]+|[0-9]+(?:,[0-9]{3})*)(?P<power>E-?[0-9]+)?)(?P<percent>\\%)?"
    r"|(?P<command>\\[a-zA-Z]+)|(?P<word>tr|norm|rank|rref|rows|cols|diag|[hv]stack)|(?P<letter>[a-zA-Z])|(?P<sign>[-+*/:^!(){}\[\],;|=<>_.'&])"
)
_STOPS = frozenset((")", "}", "]", ".", "_", "&", "\\right", "\\end", "\\choose"))
_WORDS = frozenset(("tr", "norm", "rank", "rref", "rows", "cols", "diag", "hstack", "vstack"))  # begin no factor alone
_CLOSING = MappingProxyType({"(": ")", "[": "]", "{": "}"})
_TIMES = ("*", "\\times", "\\cdot")
_OVER = ("/", ":", "\\div")
_CONSTANTS: Mapping[str, float] = MappingProxyType({"\\pi": math.pi, "\\tau": math.tau})
_ASSIGNED = re.compile(r"\s*[a-df-zA-Z]\s*=(?!=)")
_FUNCTIONS: Mapping[str, Callable[[float], Number]] = MappingProxyType(
    {
        "\\sin": math.sin,
        "\\cos": math.cos,
        "\\tan": math.tan,
        "\\arcsin": math.asin,
        "\\arccos": math.acos,
        "\\arctan": math.atan,
        "\\sinh": math.sinh,
        "\\cosh": math.cosh,
        "\\tanh": math.tanh,
        "\\exp": math.exp,
    }
)


class Unreadable(ValueError):
    """The text has no value in this grammar."""


def value_of(text: str, budget: Budget, *, evalf: bool = False) -> Number | None:
    """The value of a text, not yet rounded; None where it has none, or one beyond the bounds of this module.

    `evalf`: computed by sympy's `evalf` and not by Python's `eval`.
    """
    text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    reader = _Reader(text=text, budget=budget, evalf=evalf)
    try:
        assigned = _ASSIGNED.match(text) if evalf else None
        reader.at = assigned.end() if assigned else 0
        value = reader.expression()
        if reader.peek() not in _STOPS | _WORDS | {""}:
            return None
    except (Unreadable, ArithmeticError, ValueError):  # the last two: Python's, as `eval` would raise them
        return None
    return value


def rounded(value: Number) -> Number:
    """`round(value, 2)`; a whole number stays one."""
    return round(value, 2)


@dataclass(slots=True)
class _Reader:
    """A recursive descent over the text; tokens are read only as far as the grammar looks, like the original's."""

    text: str
    budget: Budget
    at: int = 0
    depth: int = 0
    tokens: int = 0
    evalf: bool = False

    def peek(self) -> str:
        """The next token, empty at the end. Raises Unreadable for a character that begins none."""
        found = self._match()
        return found.group() if found else ""

    def _match(self) -> re.Match[str] | None:
        space = _SPACE.match(self.text, self.at)
        if space:
            self.at = space.end()
        if self.at >= len(self.text):
            return None
        found = _TOKEN.match(self.text, self.at)
        if found is None or len(found.group()) > MAXIMUM_BITS // 4:
            raise Unreadable
        return found

    def take(self) -> str:
        """The next token, taken."""
        found = self._match()
        if found is None:
            raise Unreadable
        self.budget.spend(2)
        self.tokens += 1
        if self.tokens > MAXIMUM_TOKENS:
            raise Unreadable
        self.at = found.end()
        return found.group()

    def expect(self, token: str) -> None:
        """Take exactly this token."""
        if self.peek() != token:
            raise Unreadable
        self.take()

    def expression(self) -> Number:
        """Sums."""
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise Unreadable
        total = self.product()
        while self.peek() in ("+", "-"):
            sign = self.take()
            term = self.product()
            total = total + term if sign == "+" else total - term
        self.depth -= 1
        return total

    def product(self) -> Number:
        """Products and quotients with a sign, from left to right."""
        total = self.signed()
        while self.peek() in (*_TIMES, *_OVER):
            sign = self.take()
            factor = self.signed()
            total = _multiplied(total, factor) if sign in _TIMES else total / factor
        return total

    def signed(self) -> Number:
        """Signs bind less tightly than what stands side by side and is multiplied."""
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self.take() == "-"
        total = self.factor()
        while self._begins(self.peek()):
            total = _multiplied(total, self.factor())
        return -total if negative else total

    def _begins(self, token: str) -> bool:
        """Whether a factor begins here; letters and unknown commands do, and make the whole unreadable."""
        if not token or token in _STOPS or token in _WORDS:
            return False
        if token.startswith("\\"):
            return token not in (*_TIMES, *_OVER)
        return token in _CLOSING or token[0].isalnum() or token[0] == "."

    def factor(self) -> Number:
        """One operand with its exponents and factorials."""
        value = self.operand()
        while True:
            token = self.peek()
            if token == "^":
                self.take()
                value = _power(value, self.exponent())
            elif token == "'":  # a transposed number is itself
                self.take()
            elif token == "!":
                self.take()
                if not isinstance(value, int) or not 0 <= value <= MAXIMUM_FACTORIAL:
                    raise Unreadable
                self.budget.spend(value)
                value = math.factorial(value)
            else:
                return value

    def exponent(self) -> Number:
        """A braced expression or one atom."""
        if self.peek() == "{":
            return self.enclosed("{")
        found = self._match()
        if found is None or not (found.group("number") or found.group() in _CONSTANTS):
            raise Unreadable
        return self.operand()

    def enclosed(self, opening: str) -> Number:
        """An expression in brackets."""
        self.expect(opening)
        value = self.expression()
        self.expect(_CLOSING[opening])
        return value

    def operand(self) -> Number:
        """A number, constant, fraction, root, function or bracketed expression."""
        found = self._match()
        token = found.group() if found else ""
        if found is not None and found.group("number"):
            self.take()
            return _number(found) / 100 if found.group("percent") else _number(found)
        if token in _CLOSING:
            return self.enclosed(token)
        if token == "e":
            self.take()
            if self.evalf and self.peek() != "^":
                return math.e
            self.expect("^")
            return math.exp(self.exponent())
        if token in _CONSTANTS:
            self.take()
            return _CONSTANTS[token]
        if token in _FUNCTIONS or token == "\\log" or (token == "\\ln" and self.evalf):
            return self.function(self.take())
        return self.construct()

    def construct(self) -> Number:
        """`\\frac`, `\\binom`, `\\sqrt` and `\\lfloor`. Raises Unreadable for anything else."""
        token = self.take()
        if token == "\\frac":
            top = self.enclosed("{")
            return top / self.enclosed("{")
        if token == "\\binom":
            above, below = self.enclosed("{"), self.enclosed("{")
            if not (isinstance(above, int) and isinstance(below, int)) or abs(above) > MAXIMUM_FACTORIAL:
                raise Unreadable
            return math.comb(above, below)
        if token == "\\sqrt":
            degree = self.enclosed("[") if self.peek() == "[" else None
            inner = self.enclosed("{")
            return math.sqrt(inner) if degree is None else _power(inner, 1 / degree)
        if token == "\\lfloor" or (token == "\\lceil" and self.evalf):
            value = self.expression()
            self.expect("\\rfloor" if token == "\\lfloor" else "\\rceil")
            return math.floor(value) if token == "\\lfloor" else math.ceil(value)
        if token == "|" and self.evalf:
            value = self.expression()
            self.expect("|")
            return abs(value)
        raise Unreadable

    def function(self, name: str) -> Number:
        """A function of one argument, with its exponent before the argument; `\\log` is to base 10 unless said."""
        base: Number = math.e if name == "\\ln" else 10
        exponent: Number | None = None
        if name == "\\log" and self.peek() == "_":
            self.take()
            base = self.exponent()
        if self.peek() == "^":
            self.take()
            exponent = self.exponent()
        opening = self.peek()
        argument = self.enclosed(opening) if opening in ("(", "{") else self._bare_argument()
        value: Number = math.log(argument, base) if name in ("\\log", "\\ln") else _FUNCTIONS[name](argument)
        return value if exponent is None else _power(value, exponent)

    def _bare_argument(self) -> Number:
        """An argument without brackets goes on over products, up to the next function or sum."""
        total = self.factor()
        while True:
            token = self.peek()
            if token in (*_TIMES, *_OVER):
                self.take()
                factor = self.factor()
                total = _multiplied(total, factor) if token in _TIMES else total / factor
            elif self._begins(token) and token not in (*_FUNCTIONS, "\\log", "\\ln", "\\sqrt"):
                total = _multiplied(total, self.factor())
            else:
                return total


def _number(found: re.Match[str]) -> Number:
    digits = found.group("number").replace(",", "")
    power = found.group("power")
    if power:
        if len(power) > 4:
            raise Unreadable
        return _whole(float(digits))
    return _whole(float(digits)) if "." in digits else int(digits)


def _whole(value: float) -> Number:
    """Decimals are rationals there, so `4.0` is a whole number."""
    return int(value) if value.is_integer() and value < 2**53 else value


def _multiplied(first: Number, second: Number) -> Number:
    if isinstance(first, int) and isinstance(second, int) and first.bit_length() + second.bit_length() > MAXIMUM_BITS:
        raise Unreadable
    return first * second


def _power(base: Number, exponent: Number) -> Number:
    """`base ** exponent`. Raises Unreadable for a complex one and for one too large."""
    if isinstance(base, int) and isinstance(exponent, int):
        if abs(exponent) * max(1, base.bit_length()) > MAXIMUM_BITS and base not in (0, 1, -1):
            raise Unreadable
        if exponent > 0:
            return int(base**exponent)
    value: object = float(base) ** float(exponent)
    if not isinstance(value, float):
        raise Unreadable
    return value
