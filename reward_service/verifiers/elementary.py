"""Elementary functions of one multi-precision value: logarithm, trigonometric and hyperbolic functions, their inverses.

Imported only when a check needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mpmath import libmp

from reward_service.verifiers.mpf import ONE, ROUND, ZERO, Value, as_complex, guarded, magnitude, real_if_possible
from reward_service.verifiers.numerics import NotNumeric, NotReal, Precision, TooLarge, Undefined

_LARGEST_ARGUMENT: Final = 4_000  # bits of the argument of a trigonometric function, whose reduction needs them all


def _reciprocal(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return libmp.mpf_div(ONE, rule(value, bits, rounding), bits, rounding)

    return apply


def _reciprocal_complex(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return libmp.mpc_div((ONE, ZERO), rule(value, bits, rounding), bits, rounding)

    return apply


def _of_reciprocal(rule: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Value, bits: int, rounding: str) -> Value:
        return rule(libmp.mpf_div(ONE, value, bits, rounding), bits, rounding)

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
ELEMENTARY: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]]] = {
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
    "arsech": (_of_reciprocal(libmp.mpf_acosh), None),
    "arcsch": (_of_reciprocal(libmp.mpf_asinh), None),
    "arcoth": (_of_reciprocal(libmp.mpf_atanh), None),
}
_TRIGONOMETRIC: Final = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
_EXPONENTIAL: Final = frozenset({"sinh", "cosh", "tanh", "coth", "sech", "csch"})
_INVERSES_OF_FUNCTIONS: Final = frozenset({"arcsin", "arccos", "arcsec", "arccsc", "arcosh", "artanh"})


def elementary(name: str, value: Value, precision: Precision) -> Value:
    """The function of that name in ELEMENTARY at a value. Raises Undefined, TooLarge, NotReal, NotNumeric."""
    rule = ELEMENTARY[name]
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
            return guarded(rule[0](value, bits, ROUND))
    except libmp.ComplexResult:
        pass
    except ZeroDivisionError:
        raise Undefined(f"{name} has a pole there") from None
    if not precision.allow_complex:
        raise NotReal(f"{name} is not real there")
    if rule[1] is None:
        raise NotNumeric(f"{name} of a complex number")
    try:
        return real_if_possible(guarded(rule[1](as_complex(value), bits, ROUND)), precision)
    except ZeroDivisionError:
        raise Undefined(f"{name} has a pole there") from None
