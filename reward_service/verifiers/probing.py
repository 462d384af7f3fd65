"""Whether two expressions have the same value: as written, exactly, modulo a prime, then at points in high precision.

A difference found is certain. An equality found by probing is certain only up to coincidence, so it is reported as
probabilistic; the chance is below 2**-100 for expressions that were not made to deceive at this very precision.
"""

from __future__ import annotations

import enum
import hashlib
from fractions import Fraction
from typing import Any, Final

from reward_service.limits import Budget
from reward_service.verifiers import numerics
from reward_service.verifiers.numerics import NotNumeric, NotReal, Precision, TooLarge, Undefined
from reward_service.verifiers.parsing import series, tree
from reward_service.verifiers.parsing.canonical import canonical
from reward_service.verifiers.parsing.tree import Node

_POINTS_NEEDED: Final = 3
_POINTS_TRIED: Final = 14
_BITS_AT_POINTS: Final = 200
_BITS_OF_CONSTANTS: Final = 420
_MARGIN: Final = 64
_MOST_KINKS: Final = 6
_WHOLE_LETTERS: Final = frozenset("ijklmnpqrstuvKMN")
_WHOLE_CALLS: Final = frozenset(
    {"factorial", "double_factorial", "binom", "arrangements", "floor", "ceil", "mod", "gcd", "lcm"}
)


class Agreement(enum.Enum):
    """How two values compare."""

    EXACT = "exact"
    PROBABLE = "probable"
    DIFFERENT = "different"
    UNKNOWN = "unknown"

    @property
    def equal(self) -> bool:
        """Whether the two count as equal."""
        return self in (Agreement.EXACT, Agreement.PROBABLE)


def agreement(gold: Node, answer: Node, budget: Budget) -> Agreement:
    """Compare two scalar trees. Never raises but WorkLimitExceeded."""
    if gold == answer:
        return Agreement.EXACT
    budget.spend(10 + 8 * (tree.size(gold) + tree.size(answer)))
    try:
        left, right = numerics.exact(gold, None, budget), numerics.exact(answer, None, budget)
    except Undefined:
        return Agreement.DIFFERENT
    if left is not None and right is not None:
        return Agreement.EXACT if left == right else Agreement.DIFFERENT
    if canonical(gold) == canonical(answer):
        return Agreement.EXACT
    variables = sorted(tree.names(gold) | tree.names(answer))
    budget.spend(4 * len(variables))
    if "…" in variables:
        return _by_writing_out(gold, answer, budget)
    by_residue = _by_residue(gold, answer, variables, budget)
    if by_residue is not None:
        return by_residue
    return _by_points(gold, answer, variables, budget)


def _by_writing_out(gold: Node, answer: Node, budget: Budget) -> Agreement:
    """Series with an ellipsis, written out for a few lengths."""
    letters = series.indices(gold) | series.indices(answer)
    if not letters:
        return Agreement.UNKNOWN
    for length in (4, 5, 7):
        values = dict.fromkeys(letters, length)
        left, right = series.written_out(gold, values), series.written_out(answer, values)
        if left is None or right is None:
            return Agreement.UNKNOWN
        budget.spend(200)
        if not agreement(left, right, budget).equal:
            return Agreement.DIFFERENT
    return Agreement.PROBABLE


def value_of(node: Node, budget: Budget, bits: int = 400) -> Fraction | None:
    """A rational close to the value of a constant expression (relative error below 2**-300), or None."""
    try:
        exact = numerics.exact(node, None, budget)
        if exact is not None:
            return Fraction(exact)
        if tree.names(node):
            return None
        value = numerics.evaluate(node, {}, Precision(bits, budget))
    except ArithmeticError:
        return None
    sign, mantissa, exponent, _bits = value
    if abs(exponent) > 20_000:
        return None
    number = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -number if sign else number


# -- residues


def _by_residue(gold: Node, answer: Node, variables: list[str], budget: Budget) -> Agreement | None:
    agreed = 0
    for index in range(4):
        point = {name: _whole_point(name, index) for name in variables}
        budget.spend(10)
        try:
            left = numerics.residue(gold, point)
            if left is None:
                return None
            right = numerics.residue(answer, point)
            if right is None:
                return None
        except Undefined:
            continue
        if left != right:
            return Agreement.DIFFERENT
        agreed += 1
        if agreed == 2 or not variables:
            return Agreement.PROBABLE
    return None


def _hash(name: str, index: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{index}:{name}".encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _whole_point(name: str, index: int) -> int:
    """Large whole numbers, of both parities over the indices."""
    value = _hash(name, index)
    return value - value % 2 + index % 2


# -- points


def _by_points(gold: Node, answer: Node, variables: list[str], budget: Budget) -> Agreement:
    imaginary = _mentions_i(gold) or _mentions_i(answer)
    if not variables:
        return _at_constant(gold, answer, budget, imaginary)
    whole = _whole_only(gold) or _whole_only(answer)
    signs_matter = _signs_matter(gold) or _signs_matter(answer)
    agreed = 0
    for index in range(_POINTS_TRIED):
        point = {name: probe(name, index, whole) for name in variables}
        try:
            same = _same_at(gold, answer, point, budget, _BITS_AT_POINTS, imaginary)
        except Undefined:
            continue
        except TooLarge:
            continue
        except NotNumeric:
            return Agreement.UNKNOWN
        if not same:
            if signs_matter or all(value > 0 for value in point.values()):
                return Agreement.DIFFERENT
            continue
        agreed += 1
        if agreed >= _POINTS_NEEDED and index >= 3:
            if signs_matter and not whole and not _same_beyond_kinks(gold, answer, variables, budget, imaginary):
                return Agreement.DIFFERENT
            return Agreement.PROBABLE
    if agreed >= 2 or imaginary:
        return Agreement.PROBABLE if agreed >= 2 else Agreement.UNKNOWN
    return _at_complex_points(gold, answer, variables, budget, whole)


def _same_beyond_kinks(gold: Node, answer: Node, variables: list[str], budget: Budget, imaginary: bool) -> bool:
    """Whether |x - 1000| and its kin agree on both sides of their kinks, which lie where their numbers say.

    Every number in either expression is a scale; around each the variables take values on both sides, in changing
    order, so that max(a, b) meets a < b as well as a > b.
    """
    numbers = {
        abs(Fraction(part.value if part.kind == tree.NUMBER else part.value[0]))
        for node in (gold, answer)
        for part in tree.walk(node)
        if part.kind in (tree.NUMBER, tree.DECIMAL)
    }
    scales = sorted(numbers - {Fraction(0)})
    scales = [*scales[:_MOST_KINKS], *scales[-_MOST_KINKS:]] if len(scales) > 2 * _MOST_KINKS else scales
    scales += [Fraction(1), Fraction(20), Fraction(5_000)]
    for index in range(2 * max(len(scales), _MOST_KINKS)):
        scale = scales[index % len(scales)]
        point = {}
        for name in variables:
            seed = _hash(name, index + 64)
            size = scale * (1 + Fraction(1 + seed % 997, 998)) ** (1 if seed & (1 << 43) else -1)
            point[name] = -size if seed & (1 << 44) else size
        try:
            if not _same_at(gold, answer, point, budget, _BITS_AT_POINTS, imaginary):
                return False
        except (Undefined, TooLarge, NotNumeric):
            continue
    return True


def _at_complex_points(gold: Node, answer: Node, variables: list[str], budget: Budget, whole: bool) -> Agreement:
    """Where hardly any real point is defined: principal values, which must then agree wherever they exist."""
    agreed = 0
    for index in range(6):
        point = {name: probe(name, index, whole) for name in variables}
        try:
            if not _same_at(gold, answer, point, budget, _BITS_AT_POINTS, True):
                return Agreement.DIFFERENT
        except (Undefined, TooLarge):
            continue
        except NotNumeric:
            return Agreement.UNKNOWN
        agreed += 1
    return Agreement.PROBABLE if agreed >= 3 else Agreement.UNKNOWN


def _at_constant(gold: Node, answer: Node, budget: Budget, imaginary: bool) -> Agreement:
    for allow_complex in (imaginary, True):
        try:
            same = _same_at(gold, answer, {}, budget, _BITS_OF_CONSTANTS, allow_complex)
            return Agreement.PROBABLE if same else Agreement.DIFFERENT
        except NotReal:
            continue
        except Undefined:
            return Agreement.DIFFERENT
        except (TooLarge, NotNumeric):
            return Agreement.UNKNOWN
    return Agreement.UNKNOWN


def probe(name: str, index: int, whole: bool) -> Fraction | int:
    """The value of a variable at a probe point: fixed by its name and the point's index.

    The first points are positive, then below one, then of mixed sign, large, and small; with `whole` the letters
    that usually stand for whole numbers take whole values.
    """
    seed = _hash(name, index + 16)
    if whole and name[0] in _WHOLE_LETTERS:
        return 2 + seed % (8 + 2 * index) if index % 4 != 3 else 3 + seed % 40
    unit = Fraction(1 + seed % 9_973, 9_974)
    shape = index % 7
    if shape == 0:
        return 1 + 2 * unit
    if shape == 1:
        return unit
    if shape == 2:
        return (-1 if seed & (1 << 40) else 1) * (Fraction(1, 3) + 3 * unit)
    if shape == 3:
        return -(Fraction(1, 5) + 2 * unit)
    if shape == 4:
        return 3 + 20 * unit
    if shape == 5:
        return (-1 if seed & (1 << 41) else 1) * unit
    return (-1 if seed & (1 << 42) else 1) * (5 + 9 * unit)


def _mentions_i(node: Node) -> bool:
    return any(part.kind == tree.CONSTANT and part.value == "i" for part in tree.walk(node))


def _signs_matter(node: Node) -> bool:
    """Whether negative values of the variables count: |x|, sgn x, and the root of a square, which is |x| too.

    Everywhere else a difference at negative points only comes from the branch of a root or logarithm, as between
    √(a/b) and √(ab)/b, and variables under roots are positive in the problems that have them.
    """
    for part in tree.walk(node):
        if part.kind == tree.CALL and part.value in ("abs", "sgn", "max", "min", "floor", "ceil", "mod", "arg"):
            return True
        if part.kind == tree.POWER and part.parts[1].kind == tree.NUMBER and part.parts[1].value == Fraction(1, 2):
            base = part.parts[0]
            if base.kind == tree.POWER and base.parts[1].kind == tree.NUMBER and base.parts[1].value % 2 == 0:
                return True
    return False


def _whole_only(node: Node) -> bool:
    """Whether it makes sense for whole values of its variables only: n!, floor of n/2, (-1)^n, sums to n."""
    for part in tree.walk(node):
        if part.kind == tree.CALL:
            if part.value in _WHOLE_CALLS and any(tree.names(inner) for inner in part.parts):
                return True
            if part.value in ("sum", "prod") and (tree.names(part.parts[2]) or tree.names(part.parts[3])):
                return True
        elif part.kind == tree.POWER and tree.names(part.parts[1]):
            base = tree.rational(part.parts[0])
            if (base is not None and base < 0) or (part.parts[0].kind == tree.MULTIPLY):
                return True
    return False


def _same_at(gold: Node, answer: Node, point: dict[str, Any], budget: Budget, bits: int, allow_complex: bool) -> bool:
    """Whether both have the same value at a point. Raises Undefined, TooLarge, NotNumeric.

    Evaluated at a first precision, which tells how many bits cancellation can cost, then again with that many more.
    """
    from reward_service.verifiers.mpf import difference, magnitude

    previous: tuple[int, int] | None = None
    seen_hidden = False
    for _attempt in range(6):
        precision = Precision(bits, budget, allow_complex)
        left = numerics.evaluate(gold, point, precision)
        right = numerics.evaluate(answer, point, precision)
        needed = 160 + 2 * precision.spread
        if precision.hidden and not seen_hidden:  # terms that are still that small with twice the bits are noise
            seen_hidden = True
            needed = max(needed, 160 + 2 * precision.hidden)
        if bits < needed:
            if needed > numerics.MAXIMUM_PRECISION:
                raise TooLarge("cancellation beyond the bounds of precision")
            bits = needed
            continue
        apart = magnitude(difference(left, right, bits))
        sizes = (magnitude(left), magnitude(right))
        useful = bits - precision.spread - _MARGIN
        if apart <= max(sizes) - useful:
            return True
        if max(sizes) > precision.largest - useful:
            return False
        # Both are tiny beside the terms they came from: zeros but for rounding, if they shrink with more precision.
        floor = precision.largest - bits - 8
        sizes = (max(sizes[0], floor), max(sizes[1], floor))
        if previous is not None:
            return all(new <= old - bits // 4 for new, old in zip(sizes, previous, strict=True))
        previous = sizes
        bits = 2 * bits + 64
    return False
