"""Multi-precision values of trees, on mpmath's functional layer (libmp): no global precision, no state.

Real numbers are libmp's mpf tuples, complex ones pairs of them (libmp's mpc). Imported only when a check needs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from mpmath import libmp

from reward_service.verifiers import numerics
from reward_service.verifiers.elementary import ELEMENTARY, elementary
from reward_service.verifiers.mpf import (
    ONE,
    ROUND,
    ZERO,
    Value,
    as_complex,
    difference,
    from_rational,
    guarded,
    magnitude,
    real_if_possible,
    sign,
)
from reward_service.verifiers.numerics import (
    MAXIMUM_EXPONENT_BITS,
    MAXIMUM_TERMS,
    NotNumeric,
    NotReal,
    Precision,
    TooLarge,
    Undefined,
)
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node


def evaluate(node: Node, point: Mapping[str, Fraction | int], precision: Precision) -> Value:
    """See `numerics.evaluate`."""
    precision.budget.spend(5 + (precision.bits >> 7))
    kind, parts, value = node
    if kind == tree.NUMBER or kind == tree.DECIMAL:
        literal = value if kind == tree.NUMBER else value[0]
        digits = literal.bit_length() if isinstance(literal, int) else numerics.bits(literal)
        if digits > 64:
            precision.spread = max(precision.spread, digits)  # all of a long literal's digits may matter
        return from_rational(literal, precision.bits)
    if kind == tree.SYMBOL:
        if value not in point:
            raise NotNumeric(f"no value for {value}")
        return from_rational(point[value], precision.bits)
    if kind == tree.CONSTANT:
        return _constant(value, precision)
    if kind == tree.ADD:
        return _sum([evaluate(part, point, precision) for part in parts], precision)
    if kind == tree.MULTIPLY:
        total = evaluate(parts[0], point, precision)
        for part in parts[1:]:
            total = _product(total, evaluate(part, point, precision), precision.bits)
        return total
    if kind == tree.POWER:
        return _power_node(parts[0], parts[1], point, precision)
    if kind == tree.CALL:
        return _call(value, parts, point, precision)
    if kind == tree.APPLY:
        return _unknown(value, [evaluate(part, point, precision) for part in parts], precision)
    if kind == tree.RATIO and len(parts) == 2:
        return _quotient(evaluate(parts[0], point, precision), evaluate(parts[1], point, precision), precision.bits)
    raise NotNumeric(f"a {kind} has no single value")


def _constant(name: str, precision: Precision) -> Value:
    if name == "pi":
        return libmp.mpf_pi(precision.bits, ROUND)
    if name == "e":
        return libmp.mpf_e(precision.bits, ROUND)
    if name == "i":
        if not precision.allow_complex:
            raise NotReal("the value is not real")
        return (ZERO, ONE)
    raise NotNumeric("infinity is not a number")


def _sum(values: list[Value], precision: Precision) -> Value:
    sizes = [magnitude(value) for value in values]
    largest = max(sizes)
    precision.largest = max(precision.largest, largest)
    for size in sizes:
        apart = largest - size
        if apart < precision.bits - 40:
            precision.spread = max(precision.spread, apart)
        elif size > -(1 << 59):
            precision.hidden = max(precision.hidden, apart)
    total = values[0]
    for value in values[1:]:
        if len(total) == 2 or len(value) == 2:
            total = libmp.mpc_add(as_complex(total), as_complex(value), precision.bits, ROUND)
        else:
            total = libmp.mpf_add(total, value, precision.bits, ROUND)
    if len(total) == 2:
        return real_if_possible(total, precision)
    return total


def _product(left: Value, right: Value, bits: int) -> Value:
    if len(left) == 2 or len(right) == 2:
        value = libmp.mpc_mul(as_complex(left), as_complex(right), bits, ROUND)
        return value[0] if not value[1][1] else value
    return guarded(libmp.mpf_mul(left, right, bits, ROUND))


def _quotient(left: Value, right: Value, bits: int) -> Value:
    if magnitude(right) < -(1 << 59):
        raise Undefined("division by zero")
    if len(left) == 2 or len(right) == 2:
        value = libmp.mpc_div(as_complex(left), as_complex(right), bits, ROUND)
        return value[0] if not value[1][1] else value
    return guarded(libmp.mpf_div(left, right, bits, ROUND))


# -- powers


def _power_node(base: Node, exponent: Node, point: Mapping[str, Fraction | int], precision: Precision) -> Value:
    size = exponent.value if exponent.kind == tree.NUMBER else numerics.exact(exponent, point, precision.budget)
    bottom = evaluate(base, point, precision)
    if size is not None:
        return _rational_power(bottom, size, precision)
    return _general_power(bottom, evaluate(exponent, point, precision), precision)


def _rational_power(base: Value, exponent: Fraction | int, precision: Precision) -> Value:
    bits = precision.bits
    if magnitude(base) < -(1 << 59) or _is_noise(base, precision):
        if exponent < 0:
            raise Undefined("division by zero")
        return ZERO if exponent else ONE
    if exponent.denominator == 1:
        size = int(exponent)
        if abs(size) * max(1, abs(magnitude(base)) + 1) > MAXIMUM_EXPONENT_BITS:
            raise TooLarge("a power too large to compute")
        precision.spread = max(precision.spread, size.bit_length())
        if len(base) == 2:
            if size.bit_length() > 24:
                raise TooLarge("a complex power too large to compute")
            return real_if_possible(libmp.mpc_pow_int(base, size, bits, ROUND), precision)
        return guarded(libmp.mpf_pow_int(base, size, bits, ROUND))
    if exponent.denominator == 2 and len(base) == 4:
        if base[0]:
            if not precision.allow_complex:
                raise NotReal("root of a negative number")
            root: Value = (ZERO, libmp.mpf_sqrt(libmp.mpf_neg(base), bits, ROUND))
        else:
            root = libmp.mpf_sqrt(base, bits, ROUND)
        return root if exponent.numerator == 1 else _rational_power(root, exponent.numerator, precision)
    if len(base) == 4 and base[0] and exponent.denominator % 2 == 1 and not precision.allow_complex:
        # the real root of a negative number, as school mathematics has it
        value = _positive_power(libmp.mpf_neg(base), exponent, precision)
        return libmp.mpf_neg(value) if exponent.numerator % 2 else value
    if len(base) == 4 and not base[0]:
        return _positive_power(base, exponent, precision)
    return _general_power(base, from_rational(exponent, bits), precision)


def _is_noise(value: Value, precision: Precision) -> bool:
    """Whether a value is what rounding left of a zero: far below the terms it came from."""
    return magnitude(value) < precision.largest - precision.bits + 8 + precision.spread and precision.spread < 64


def _positive_power(base: Value, exponent: Fraction | int, precision: Precision) -> Value:
    exponent = Fraction(exponent)
    if abs(exponent) * max(1, abs(magnitude(base)) + 1) > MAXIMUM_EXPONENT_BITS:
        raise TooLarge("a power too large to compute")
    if exponent.denominator.bit_length() > 60:
        raise TooLarge("a root too deep to compute")
    precision.spread = max(precision.spread, int(abs(exponent)).bit_length())
    return guarded(libmp.mpf_pow(base, from_rational(exponent, precision.bits), precision.bits, ROUND))


def _general_power(base: Value, exponent: Value, precision: Precision) -> Value:
    bits = precision.bits
    if magnitude(base) < -(1 << 59):
        if len(exponent) == 2 or sign(exponent) <= 0:
            raise Undefined("zero to a power that is not positive")
        return ZERO
    if magnitude(exponent) + abs(magnitude(base)).bit_length() > 40:
        raise TooLarge("a power too large to compute")
    precision.spread = max(precision.spread, magnitude(exponent) + 2)
    if len(base) == 4 and len(exponent) == 4 and not base[0]:
        return guarded(libmp.mpf_pow(base, exponent, bits, ROUND))
    if not precision.allow_complex:
        raise NotReal("power of a negative number")
    value = libmp.mpc_pow(as_complex(base), as_complex(exponent), bits, ROUND)
    return real_if_possible(guarded(value), precision)


# -- functions


def _call(name: str, parts: tuple[Node, ...], point: Mapping[str, Fraction | int], precision: Precision) -> Value:
    if name in ("sum", "prod"):
        return _finite(name, parts, point, precision)
    if name in ("det", "base", "derivative", "not") or name.startswith(("opaque_", "base:")):
        raise NotNumeric(f"{name} is not evaluated")
    whole = numerics.exact(Node(tree.CALL, parts, name), point, precision.budget) if name in _WHOLE_FUNCTIONS else None
    if whole is not None:
        return from_rational(whole, precision.bits)
    values = [evaluate(part, point, precision) for part in parts]
    if name in _WHOLE_FUNCTIONS:
        return _whole_function(name, values, precision)
    if name in ("degree", "arcminute", "arcsecond", "percent"):
        return _scaled(name, values[0], precision)
    if name == "abs":
        if len(values[0]) == 2:
            return libmp.mpc_abs(values[0], precision.bits, ROUND)
        return libmp.mpf_abs(values[0])
    if name in ("Re", "Im", "arg") and len(values) == 1:
        return _of_plane(name, as_complex(values[0]), precision)
    if name == "root":
        degree = numerics.exact(parts[1], point)
        if degree is None:
            return _general_power(values[0], _quotient(ONE, values[1], precision.bits), precision)
        if degree == 0:
            raise Undefined("a root of degree zero")
        return _rational_power(values[0], 1 / Fraction(degree), precision)
    if name == "log":
        return _logarithm(values, precision)
    if name not in ELEMENTARY or len(values) != 1:
        raise NotNumeric(f"{name} is not evaluated")
    return elementary(name, values[0], precision)


def _of_plane(name: str, value: Value, precision: Precision) -> Value:
    """Real part, imaginary part or argument of a complex number."""
    if name == "arg":
        if magnitude(value) < -(1 << 59):
            raise Undefined("zero has no argument")
        return libmp.mpf_atan2(value[1], value[0], precision.bits, ROUND)
    return value[0] if name == "Re" else value[1]


_WHOLE_FUNCTIONS: Final = frozenset(
    {
        "factorial",
        "double_factorial",
        "binom",
        "arrangements",
        "mod",
        "gcd",
        "lcm",
        "floor",
        "ceil",
        "sgn",
        "max",
        "min",
    }
)


def _whole_function(name: str, values: list[Value], precision: Precision) -> Value:
    if any(len(value) == 2 for value in values):
        raise NotNumeric(f"{name} of a complex number")
    first = values[0]
    if name in ("max", "min"):
        best = first
        for value in values[1:]:
            if (sign(difference(value, best, precision.bits)) > 0) == (name == "max"):
                best = value
        return best
    if name == "sgn":
        return libmp.from_int(sign(first))
    if name in ("floor", "ceil"):
        if magnitude(first) > precision.bits - 16:
            raise TooLarge("floor of a number with more digits than are computed")
        rounding = libmp.mpf_floor if name == "floor" else libmp.mpf_ceil
        nearest = libmp.mpf_nint(first, precision.bits, ROUND)
        if magnitude(difference(first, nearest, precision.bits)) < magnitude(first) - precision.bits + 24:
            return nearest  # a whole number but for rounding
        return rounding(first, precision.bits, ROUND)
    if name == "factorial":
        return _gamma_of_next(first, precision)
    if name == "binom" and len(values) == 2:
        lower = _product(
            _gamma_of_next(values[1], precision),
            _gamma_of_next(difference(first, values[1], precision.bits), precision),
            precision.bits,
        )
        return _quotient(_gamma_of_next(first, precision), lower, precision.bits)
    if name == "arrangements" and len(values) == 2:
        below = _gamma_of_next(difference(first, values[1], precision.bits), precision)
        return _quotient(_gamma_of_next(first, precision), below, precision.bits)
    raise NotNumeric(f"{name} of these values is not evaluated")


def _gamma_of_next(value: Value, precision: Precision) -> Value:
    """value! for values that are whole or not; bounded in size."""
    if magnitude(value) > 14:
        raise TooLarge("a factorial too large to compute")
    if value[0] and libmp.mpf_cmp(value, libmp.mpf_floor(value, precision.bits, ROUND)) == 0:
        raise Undefined("factorial of a negative whole number")
    precision.budget.spend(40 + precision.bits // 4)
    return libmp.mpf_gamma(libmp.mpf_add(value, ONE, precision.bits + 20, ROUND), precision.bits, ROUND)


def _scaled(name: str, value: Value, precision: Precision) -> Value:
    if name == "percent":
        return _quotient(value, libmp.from_int(100), precision.bits)
    divisor = {"degree": 180, "arcminute": 180 * 60, "arcsecond": 180 * 3600}[name]
    turned = _product(value, libmp.mpf_pi(precision.bits, ROUND), precision.bits)
    return _quotient(turned, libmp.from_int(divisor), precision.bits)


def _logarithm(values: list[Value], precision: Precision) -> Value:
    top = elementary("ln", values[0], precision)
    if len(values) == 1:
        return top
    return _quotient(top, elementary("ln", values[1], precision), precision.bits)


def _finite(name: str, parts: tuple[Node, ...], point: Mapping[str, Fraction | int], precision: Precision) -> Value:
    """A sum or product over a whole range, exact where its terms are rational."""
    body, variable, low_node, high_node = parts
    low, high = numerics.exact(low_node, point), numerics.exact(high_node, point)
    if low is None or high is None or low.denominator != 1 or high.denominator != 1 or variable.kind != tree.SYMBOL:
        raise NotNumeric(f"a {name} over a range that is not known")
    exact = numerics.exact(Node(tree.CALL, parts, name), point, precision.budget)
    if exact is not None:
        return from_rational(exact, precision.bits)
    precision.terms += max(0, int(high - low))
    if precision.terms > MAXIMUM_TERMS:
        raise TooLarge(f"a {name} of more than {MAXIMUM_TERMS} terms")
    total = ZERO if name == "sum" else ONE
    inner = dict(point)
    for index in range(int(low), int(high) + 1):
        inner[variable.value] = index
        term = evaluate(body, inner, precision)
        total = _sum([total, term], precision) if name == "sum" else _product(total, term, precision.bits)
    return total


def _unknown(name: str, values: list[Value], precision: Precision) -> Value:
    """A value for f(x) with f unknown: fixed by the name and the arguments rounded far above the working error."""
    rounded = []
    for value in values:
        for part in value if len(value) == 2 else (value,):
            scaled = libmp.mpf_shift(part, 60)
            rounded.append(str(libmp.to_int(libmp.mpf_nint(scaled, 200, ROUND))) if magnitude(part) < 400 else "large")
    digest = hashlib.blake2b(f"{name}({','.join(rounded)})".encode(), digest_size=6).digest()
    return from_rational(Fraction(int.from_bytes(digest, "big") + 1, 1 << 45), precision.bits)
