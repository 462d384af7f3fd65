"""Multi-precision values and their basic operations, on mpmath's functional layer (libmp): no global precision.

Real numbers are libmp's mpf tuples, complex ones pairs of them (libmp's mpc). Imported only when a check needs it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from mpmath import libmp

from reward_service.verifiers.numerics import MAXIMUM_EXPONENT_BITS, NotReal, Precision, TooLarge, Undefined

Value = Any  # an mpf tuple (sign, mantissa, exponent, bit count), or a pair of them
ROUND: Final = "n"
ZERO: Final = libmp.fzero
ONE: Final = libmp.fone


def from_rational(value: Fraction | int, bits: int) -> Value:
    """An mpf of the given precision."""
    if isinstance(value, int):
        return libmp.from_int(value, bits, ROUND)
    return libmp.from_rational(value.numerator, value.denominator, bits, ROUND)


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
        return libmp.mpc_sub(as_complex(left), as_complex(right), bits, ROUND)
    return libmp.mpf_sub(left, right, bits, ROUND)


def sign(value: Value) -> int:
    """-1, 0 or 1 of a real value."""
    return int(libmp.mpf_sign(value))


def as_complex(value: Value) -> Value:
    """A value as a pair."""
    return value if len(value) == 2 else (value, ZERO)


def real_if_possible(value: Value, precision: Precision) -> Value:
    """A complex value whose imaginary part is noise, as real; complex only where that is allowed."""
    real, imaginary = value
    if not imaginary[1] or magnitude(imaginary) < magnitude(real) - precision.bits + 24:
        return real
    if not precision.allow_complex:
        raise NotReal("the value is not real")
    return value


def guarded(value: Value) -> Value:
    """The value itself. Raises Undefined for infinities and nan, TooLarge beyond what is computed with."""
    for part in value if len(value) == 2 else (value,):
        if not part[1] and part[2]:  # infinities and nan have no mantissa but an exponent
            raise Undefined("no finite value")
        if abs(part[2]) > MAXIMUM_EXPONENT_BITS:
            raise TooLarge("the value is too large")
    return value
