"""Multi-precision values of trees, on mpmath's functional layer (libmp): no global precision, no state.

Real numbers are libmp's mpf tuples, complex ones pairs of them (libmp's mpc). Imported only when a check needs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from mpmath import libmp

from reward_service.verifiers import numerics
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

Value = Any  # an mpf tuple (sign, mantissa, exponent, bit count), or a pair of them
_ROUND: Final = "n"
_ZERO: Final = libmp.fzero
_ONE: Final = libmp.fone
_LARGEST_ARGUMENT: Final = 4_000  # bits of the argument of a trigonometric function, whose reduction needs them all


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


def from_rational(value: Fraction | int, bits: int) -> Value:
    """An mpf of the given precision."""
    if isinstance(value, int):
        return libmp.from_int(value, bits, _ROUND)
    return libmp.from_rational(value.numerator, value.denominator, bits, _ROUND)


def is_complex(value: Value) -> bool:
    """Whether a value is a pair of mpf rather than one."""
    return len(value) == 2


def magnitude(value: Value) -> int:
    """Binary magnitude: the value is below 2**magnitude; a very small number for zero."""
    if len(value) == 2:
        return max(magnitude(value[0]), magnitude(value[1]))
    if not value[1]:
        return -(1 << 60)
    return int(value[2] + value[3])


def difference(left: Value, right: Value, bits: int) -> Value:
    """left - right."""
    if len(left) == 2 or len(right) == 2:
        return libmp.mpc_sub(_as_complex(left), _as_complex(right), bits, _ROUND)
    return libmp.mpf_sub(left, right, bits, _ROUND)


def sign(value: Value) -> int:
    """-1, 0 or 1 of a real value."""
    return int(libmp.mpf_sign(value))


def _as_complex(value: Value) -> Value:
    return value if len(value) == 2 else (value, _ZERO)


def _real_if_possible(value: Value, precision: Precision) -> Value:
    """A complex value whose imaginary part is noise, as real; complex only where that is allowed."""
    real, imaginary = value
    if not imaginary[1] or magnitude(imaginary) < magnitude(real) - precision.bits + 24:
        return real
    if not precision.allow_complex:
        raise NotReal("the value is not real")
    return value


def _guard(value: Value) -> Value:
    for part in value if len(value) == 2 else (value,):
        if not part[1] and part[2]:  # infinities and nan have no mantissa but an exponent
            raise Undefined("no finite value")
        if abs(part[2]) > MAXIMUM_EXPONENT_BITS:
            raise TooLarge("the value is too large")
    return value


def _constant(name: str, precision: Precision) -> Value:
    if name == "pi":
        return libmp.mpf_pi(precision.bits, _ROUND)
    if name == "e":
        return libmp.mpf_e(precision.bits, _ROUND)
    if name == "i":
        if not precision.allow_complex:
            raise NotReal("the value is not real")
        return (_ZERO, _ONE)
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
            total = libmp.mpc_add(_as_complex(total), _as_complex(value), precision.bits, _ROUND)
        else:
            total = libmp.mpf_add(total, value, precision.bits, _ROUND)
    if len(total) == 2:
        return _real_if_possible(total, precision)
    return total


def _product(left: Value, right: Value, bits: int) -> Value:
    if len(left) == 2 or len(right) == 2:
        value = libmp.mpc_mul(_as_complex(left), _as_complex(right), bits, _ROUND)
        return value[0] if not value[1][1] else value
    return _guard(libmp.mpf_mul(left, right, bits, _ROUND))


def _quotient(left: Value, right: Value, bits: int) -> Value:
    if magnitude(right) < -(1 << 59):
        raise Undefined("division by zero")
    if len(left) == 2 or len(right) == 2:
        value = libmp.mpc_div(_as_complex(left), _as_complex(right), bits, _ROUND)
        return value[0] if not value[1][1] else value
    return _guard(libmp.mpf_div(left, right, bits, _ROUND))


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
        return _ZERO if exponent else _ONE
    if exponent.denominator == 1:
        size = int(exponent)
        if abs(size) * max(1, abs(magnitude(base)) + 1) > MAXIMUM_EXPONENT_BITS:
            raise TooLarge("a power too large to compute")
        precision.spread = max(precision.spread, size.bit_length())
        if len(base) == 2:
            if size.bit_length() > 24:
                raise TooLarge("a complex power too large to compute")
            return _real_if_possible(libmp.mpc_pow_int(base, size, bits, _ROUND), precision)
        return _guard(libmp.mpf_pow_int(base, size, bits, _ROUND))
    if exponent.denominator == 2 and len(base) == 4:
        if base[0]:
            if not precision.allow_complex:
                raise NotReal("root of a negative number")
            root: Value = (_ZERO, libmp.mpf_sqrt(libmp.mpf_neg(base), bits, _ROUND))
        else:
            root = libmp.mpf_sqrt(base, bits, _ROUND)
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
    return _guard(libmp.mpf_pow(base, from_rational(exponent, precision.bits), precision.bits, _ROUND))


def _general_power(base: Value, exponent: Value, precision: Precision) -> Value:
    bits = precision.bits
    if magnitude(base) < -(1 << 59):
        if len(exponent) == 2 or sign(exponent) <= 0:
            raise Undefined("zero to a power that is not positive")
        return _ZERO
    if magnitude(exponent) + abs(magnitude(base)).bit_length() > 40:
        raise TooLarge("a power too large to compute")
    precision.spread = max(precision.spread, magnitude(exponent) + 2)
    if len(base) == 4 and len(exponent) == 4 and not base[0]:
        return _guard(libmp.mpf_pow(base, exponent, bits, _ROUND))
    if not precision.allow_complex:
        raise NotReal("power of a negative number")
    value = libmp.mpc_pow(_as_complex(base), _as_complex(exponent), bits, _ROUND)
    return _real_if_possible(_guard(value), precision)


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
            return libmp.mpc_abs(values[0], precision.bits, _ROUND)
        return libmp.mpf_abs(values[0])
    if name == "root":
        degree = numerics.exact(parts[1], point)
        if degree is None:
            return _general_power(values[0], _quotient(_ONE, values[1], precision.bits), precision)
        if degree == 0:
            raise Undefined("a root of degree zero")
        return _rational_power(values[0], 1 / Fraction(degree), precision)
    if name == "log":
        return _logarithm(values, precision)
    rule = _ELEMENTARY.get(name)
    if rule is None or len(values) != 1:
        raise NotNumeric(f"{name} is not evaluated")
    return _elementary(name, rule, values[0], precision)


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
        nearest = libmp.mpf_nint(first, precision.bits, _ROUND)
        if magnitude(difference(first, nearest, precision.bits)) < magnitude(first) - precision.bits + 24:
            return nearest  # a whole number but for rounding
        return rounding(first, precision.bits, _ROUND)
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
    if value[0] and libmp.mpf_cmp(value, libmp.mpf_floor(value, precision.bits, _ROUND)) == 0:
        raise Undefined("factorial of a negative whole number")
    precision.budget.spend(40 + precision.bits // 4)
    return libmp.mpf_gamma(libmp.mpf_add(value, _ONE, precision.bits + 20, _ROUND), precision.bits, _ROUND)


def _scaled(name: str, value: Value, precision: Precision) -> Value:
    if name == "percent":
        return _quotient(value, libmp.from_int(100), precision.bits)
    divisor = {"degree": 180, "arcminute": 180 * 60, "arcsecond": 180 * 3600}[name]
    turned = _product(value, libmp.mpf_pi(precision.bits, _ROUND), precision.bits)
    return _quotient(turned, libmp.from_int(divisor), precision.bits)


def _logarithm(values: list[Value], precision: Precision) -> Value:
    top = _elementary("ln", _ELEMENTARY["ln"], values[0], precision)
    if len(values) == 1:
        return top
    return _quotient(top, _elementary("ln", _ELEMENTARY["ln"], values[1], precision), precision.bits)


def _reciprocal(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return libmp.mpf_div(_ONE, rule(value, bits, rounding), bits, rounding)

    return apply


def _reciprocal_complex(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return libmp.mpc_div((_ONE, _ZERO), rule(value, bits, rounding), bits, rounding)

    return apply


def _of_reciprocal(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return rule(libmp.mpf_div(_ONE, value, bits, rounding), bits, rounding)

    return apply


def _arccot(value: Value, bits: int, rounding: str) -> Value:
    """Values in (0, pi), continuous."""
    half = libmp.mpf_shift(libmp.mpf_pi(bits, rounding), -1)
    return libmp.mpf_sub(half, libmp.mpf_atan(value, bits, rounding), bits, rounding)


def _inverse_hyperbolic(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return rule(value, bits, rounding)

    return apply


# name → (real rule, complex rule or None)
_ELEMENTARY: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]]] = {
    "ln": (libmp.mpf_log, libmp.mpc_log),
    "sin": (libmp.mpf_sin, libmp.mpc_sin),
    "cos": (libmp.mpf_cos, libmp.mpc_cos),
    "tan": (libmp.mpf_tan, libmp.mpc_tan),
    "cot": (_reciprocal(libmp.mpf_tan), _reciprocal_complex(libmp.mpc_tan)),
    "sec": (_reciprocal(libmp.mpf_cos), _reciprocal_complex(libmp.mpc_cos)),
    "csc": (_reciprocal(libmp.mpf_sin), _reciprocal_complex(libmp.mpc_sin)),
    "sinh": (libmp.mpf_sinh, libmp.mpc_sinh),
    "cosh": (libmp.mpf_cosh, libmp.mpc_cosh),
    "tanh": (libmp.mpf_tanh, libmp.mpc_tanh),
    "coth": (_reciprocal(libmp.mpf_tanh), _reciprocal_complex(libmp.mpc_tanh)),
    "sech": (_reciprocal(libmp.mpf_cosh), _reciprocal_complex(libmp.mpc_cosh)),
    "csch": (_reciprocal(libmp.mpf_sinh), _reciprocal_complex(libmp.mpc_sinh)),
    "arcsin": (libmp.mpf_asin, libmp.mpc_asin),
    "arccos": (libmp.mpf_acos, libmp.mpc_acos),
    "arctan": (libmp.mpf_atan, libmp.mpc_atan),
    "arccot": (_arccot, None),
    "arcsec": (_of_reciprocal(libmp.mpf_acos), None),
    "arccsc": (_of_reciprocal(libmp.mpf_asin), None),
    "arsinh": (libmp.mpf_asinh, libmp.mpc_asinh),
    "arcosh": (libmp.mpf_acosh, libmp.mpc_acosh),
    "artanh": (libmp.mpf_atanh, libmp.mpc_atanh),
}
_TRIGONOMETRIC: Final = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
_EXPONENTIAL: Final = frozenset({"sinh", "cosh", "tanh", "coth", "sech", "csch"})
_INVERSES_OF_FUNCTIONS: Final = frozenset({"arcsin", "arccos", "arcsec", "arccsc", "arcosh", "artanh"})


def _elementary(
    name: str, rule: tuple[Callable[..., Any], Callable[..., Any] | None], value: Value, precision: Precision
) -> Value:
    bits = precision.bits
    precision.budget.spend(20 + bits // 8)
    size = magnitude(value)
    if name in _TRIGONOMETRIC:
        if size > _LARGEST_ARGUMENT:
            raise TooLarge(f"{name} of a number too large to reduce")
        precision.spread = max(precision.spread, size)
        precision.largest = max(precision.largest, size)  # what is left of sin(pi) is noise of this size
    elif name in _EXPONENTIAL:
        if size > 36:
            raise TooLarge(f"{name} of a number too large")
        precision.spread = max(precision.spread, size)
    elif name == "ln":
        if size < -(1 << 59):
            raise Undefined("logarithm of zero")
        precision.largest = max(precision.largest, 1)  # so is what is left of ln 1
    if size > -(1 << 59) and size < 0:
        precision.spread = max(precision.spread, -size)
    try:
        if len(value) == 4:
            return _guard(rule[0](value, bits, _ROUND))
    except libmp.ComplexResult:
        pass
    except ZeroDivisionError:
        raise Undefined(f"{name} has a pole there") from None
    if not precision.allow_complex:
        raise NotReal(f"{name} is not real there")
    if rule[1] is None:
        raise NotNumeric(f"{name} of a complex number")
    try:
        return _real_if_possible(_guard(rule[1](_as_complex(value), bits, _ROUND)), precision)
    except ZeroDivisionError:
        raise Undefined(f"{name} has a pole there") from None


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
    total = _ZERO if name == "sum" else _ONE
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
            rounded.append(str(libmp.to_int(libmp.mpf_nint(scaled, 200, _ROUND))) if magnitude(part) < 400 else "large")
    digest = hashlib.blake2b(f"{name}({','.join(rounded)})".encode(), digest_size=6).digest()
    return from_rational(Fraction(int.from_bytes(digest, "big") + 1, 1 << 45), precision.bits)
