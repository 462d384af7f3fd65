"""Values of expression trees: exact rationals, residues modulo a prime, and multi-precision with precision control.

Everything is a function of its arguments: precision is passed down (mpmath's libmp functions take it as an argument),
so threads cannot disturb each other. Work and magnitudes are bounded: what would need a number of millions of bits
raises TooLarge before it is computed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from reward_service.limits import Budget
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

# A Mersenne prime: residues of two different polynomials of degree d agree at a random point with chance d / 2**61.
PRIME: Final = (1 << 61) - 1
MAXIMUM_BITS: Final = 6_000  # of a number held exactly
MAXIMUM_PRECISION: Final = 12_000
MAXIMUM_EXPONENT_BITS: Final = 1 << 40  # of a floating number's exponent
MAXIMUM_TERMS: Final = 1_000  # of the finite sums and products in one expression, evaluated in floating point
MAXIMUM_EXACT_TERMS: Final = 3_000
MAXIMUM_INNER_TERMS: Final = 60


class Undefined(ArithmeticError):
    """The expression has no value at this point: division by zero, logarithm of zero, a pole."""


class NotReal(Undefined):
    """The value is not real where only real values count."""


class TooLarge(ArithmeticError):
    """The value is too large to be computed within the bounds."""


class NotNumeric(ArithmeticError):
    """The tree holds something without a number for a value: text, an unevaluated limit or integral, infinity."""


# -- exact rationals


def exact(
    node: Node, bindings: Mapping[str, Fraction | int] | None = None, budget: Budget | None = None
) -> Fraction | int | None:
    """The rational value of a tree of rational operations, or None where it is not one or not small.

    Sums and products over a range are worked out only with a budget to pay for their terms.

    Raises Undefined for a division by zero.
    """
    kind, parts, value = node
    if kind == tree.NUMBER:
        return value  # type: ignore[no-any-return]
    if kind == tree.DECIMAL:
        return value[0]  # type: ignore[no-any-return]
    if kind == tree.SYMBOL:
        return bindings.get(value) if bindings else None
    if kind == tree.ADD or kind == tree.MULTIPLY:
        total: Fraction | int = 0 if kind == tree.ADD else 1
        for part in parts:
            term = exact(part, bindings, budget)
            if term is None:
                return None
            total = total + term if kind == tree.ADD else total * term
            if bits(total) > MAXIMUM_BITS:
                return None
        return total
    if kind == tree.POWER:
        return _exact_power(exact(parts[0], bindings, budget), exact(parts[1], bindings, budget))
    if kind == tree.CALL:
        return _exact_call(value, parts, bindings, budget)
    return None


def bits(value: Fraction | int) -> int:
    """Bits of the longer of numerator and denominator."""
    if isinstance(value, int):
        return value.bit_length()
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _exact_power(base: Fraction | int | None, exponent: Fraction | int | None) -> Fraction | int | None:
    if base is None or exponent is None:
        return None
    if base == 0:
        if exponent < 0:
            raise Undefined("division by zero")
        return 0 if exponent else 1
    if exponent.denominator != 1:
        if base < 0 or exponent.denominator > 64:
            return None
        root = _exact_root(Fraction(base), exponent.denominator)
        return None if root is None else _exact_power(root, exponent.numerator)
    size = int(exponent)
    if abs(size) * max(1, bits(base)) > MAXIMUM_BITS and base not in (1, -1):
        return None
    if base in (1, -1):
        return base if size % 2 else 1
    return Fraction(base) ** size if size < 0 else base**size


def _exact_root(value: Fraction, degree: int) -> Fraction | None:
    top, bottom = integer_root(value.numerator, degree), integer_root(value.denominator, degree)
    return Fraction(top, bottom) if top is not None and bottom is not None else None


def integer_root(value: int, degree: int) -> int | None:
    """The exact root of a whole number not negative, or None."""
    if value in (0, 1):
        return value
    if degree == 2:
        root = math.isqrt(value)
        return root if root * root == value else None
    if value.bit_length() > 2_000:
        return None
    low, high = 1, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**degree <= value:
            low = middle
        else:
            high = middle - 1
    return low if low**degree == value else None


def _exact_call(
    name: str,
    parts: tuple[Node, ...],
    bindings: Mapping[str, Fraction | int] | None,
    budget: Budget | None,
) -> Fraction | int | None:
    if name == "percent":
        value = exact(parts[0], bindings, budget)
        return None if value is None else Fraction(value) / 100
    if name in ("abs", "floor", "ceil", "sgn"):
        value = exact(parts[0], bindings, budget)
        if value is None:
            return None
        value = Fraction(value)
        if name == "abs":
            return abs(value)
        if name == "sgn":
            return (value > 0) - (value < 0)
        return math.floor(value) if name == "floor" else math.ceil(value)
    if name == "factorial":
        value = exact(parts[0], bindings, budget)
        if value is None or value.denominator != 1 or not 0 <= value <= 500:
            return None
        return math.factorial(int(value))
    if name in ("sum", "prod"):
        return _exact_range(name, parts, bindings, budget)
    if name in ("binom", "arrangements", "mod", "gcd", "lcm"):
        return _exact_integers(name, [exact(part, bindings, budget) for part in parts])
    if name in ("max", "min") and parts:
        values = [Fraction(item) for item in (exact(part, bindings, budget) for part in parts) if item is not None]
        if len(values) != len(parts):
            return None
        return max(values) if name == "max" else min(values)
    if name == "root":
        value, degree = exact(parts[0], bindings, budget), exact(parts[1], bindings, budget)
        if value is None or degree is None or degree.denominator != 1 or not 2 <= degree <= 64:
            return None
        if value < 0 and degree % 2 == 0:
            return None
        root = _exact_root(abs(Fraction(value)), int(degree))
        return None if root is None else (-root if value < 0 else root)
    return None


def _exact_range(
    name: str,
    parts: tuple[Node, ...],
    bindings: Mapping[str, Fraction | int] | None,
    budget: Budget | None,
) -> Fraction | int | None:
    """A finite sum or product of rational terms; sums inside sums only over short ranges."""
    if budget is None:
        return None
    body, variable = parts[0], parts[1]
    low, high = exact(parts[2], bindings, budget), exact(parts[3], bindings, budget)
    if low is None or high is None or low.denominator != 1 or high.denominator != 1 or variable.kind != tree.SYMBOL:
        return None
    nested = any(part.kind == tree.CALL and part.value in ("sum", "prod") for part in tree.walk(body))
    if high - low > (MAXIMUM_INNER_TERMS if nested else MAXIMUM_EXACT_TERMS):
        return None
    cost = 2 + 2 * tree.size(body)
    total: Fraction | int = 0 if name == "sum" else 1
    inner = dict(bindings or {})
    for index in range(int(low), int(high) + 1):
        inner[variable.value] = index
        budget.spend(cost)
        term = exact(body, inner, budget)
        if term is None:
            return None
        total = total + term if name == "sum" else total * term
        if bits(total) > MAXIMUM_BITS:
            return None
    return total


def _exact_integers(name: str, values: list[Fraction | int | None]) -> Fraction | int | None:
    if any(value is None or value.denominator != 1 for value in values) or len(values) < 2:
        return None
    whole = [int(value) for value in values if value is not None]
    if name == "gcd":
        return math.gcd(*whole)
    if name == "lcm":
        return math.lcm(*whole)
    top, bottom = whole[0], whole[1]
    if name == "mod":
        if bottom == 0:
            raise Undefined("remainder of a division by zero")
        return top % bottom
    if not 0 <= top <= 10**6 or not bottom >= 0 or (top > 500 and min(bottom, abs(top - bottom)) > 100):
        return None
    return math.comb(top, bottom) if name == "binom" else (math.perm(top, bottom) if bottom <= 300 else None)


# -- residues


def residue(node: Node, point: Mapping[str, int], modulus: int = PRIME) -> int | None:
    """The value modulo a prime of a tree of rational operations and whole powers, or None where it is not one.

    Variables take whole values, so a power with a variable exponent is followed exactly (Fermat: exponents count
    modulo prime - 1). Raises Undefined for a division by zero.
    """
    kind, parts, value = node
    if kind == tree.NUMBER or kind == tree.DECIMAL:
        exact_value = value if kind == tree.NUMBER else value[0]
        if isinstance(exact_value, int):
            return exact_value % modulus
        return exact_value.numerator * _inverse(exact_value.denominator, modulus) % modulus  # type: ignore[no-any-return]
    if kind == tree.SYMBOL:
        found = point.get(value)
        return None if found is None else found % modulus
    if kind == tree.ADD or kind == tree.MULTIPLY:
        total = 0 if kind == tree.ADD else 1
        for part in parts:
            term = residue(part, point, modulus)
            if term is None:
                return None
            total = (total + term if kind == tree.ADD else total * term) % modulus
        return total
    if kind == tree.POWER:
        return _residue_power(parts[0], parts[1], point, modulus)
    if kind == tree.CALL:
        if value == "percent":
            inner = residue(parts[0], point, modulus)
            return None if inner is None else inner * _inverse(100, modulus) % modulus
        if value == "factorial":
            size = exact(parts[0])
            if isinstance(size, int) and 0 <= size <= 5_000:
                product = 1
                for factor in range(2, size + 1):
                    product = product * factor % modulus
                return product
    return None


def _residue_power(base: Node, exponent: Node, point: Mapping[str, int], modulus: int) -> int | None:
    bottom = residue(base, point, modulus)
    if bottom is None:
        return None
    size = exponent.value if exponent.kind == tree.NUMBER else whole_value(exponent, point)
    if size is None or size.denominator != 1:
        return None
    if bottom == 0:
        if size > 0:
            return 0
        if size == 0:
            return 1
        raise Undefined("division by zero")
    return pow(bottom, int(size) % (modulus - 1), modulus)


def whole_value(node: Node, point: Mapping[str, int]) -> Fraction | int | None:
    """The exact value of an exponent at a point of whole numbers, or None where it is not rational or too large."""
    return exact(node, point)


def _inverse(value: int, modulus: int) -> int:
    if value % modulus == 0:
        raise Undefined("division by zero")
    return pow(value, -1, modulus)


# -- multi-precision


@dataclass(slots=True)
class Precision:
    """What one evaluation at one precision found out about the precision that it needed.

    `spread` is the largest ratio, in bits, between terms that were added, and the size of arguments of functions:
    what can be lost to cancellation. `hidden` is that ratio for terms so small that they may be what rounding left
    of a zero. `largest` is the binary magnitude of the largest term that was added.
    """

    bits: int
    budget: Budget
    allow_complex: bool = False
    spread: int = 0
    hidden: int = 0
    terms: int = 0  # of sums and products written out so far
    largest: int = -(1 << 60)
    opaque: dict[tuple[str, tuple[Any, ...]], Any] = field(default_factory=dict)


def evaluate(node: Node, point: Mapping[str, Fraction | int], precision: Precision) -> Any:
    """The value as an mpmath mpf tuple, or as a pair of them where it is complex and that is allowed.

    Raises Undefined, NotReal, TooLarge or NotNumeric.
    """
    from reward_service.verifiers import multiprecision

    return multiprecision.evaluate(node, point, precision)
