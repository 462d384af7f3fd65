"""Sets of real numbers: intervals, unions, inequalities in one variable, set-builder notation.

Every such answer becomes a tree of intervals, points and conditions with a membership test. Two sets are equal if
they agree at every end point of either and between any two neighbours; conditions that are not linear are also
tested on a grid, and then the equality is reported as probabilistic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from reward_service.limits import Budget
from reward_service.verifiers import numerics
from reward_service.verifiers.outcome import Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import agreement, probe
from reward_service.verifiers.statements import read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_ORDER: Final = frozenset({"<", "<=", ">", ">=", "!="})
_INTERVAL_BRACKETS: Final = frozenset({"(]", "[)", "()", "[]"})
_CLOSE: Final = Fraction(1, 1 << 90)
_GRID: Final = tuple(
    sorted(
        {Fraction(k, 2) for k in range(-24, 25)}
        | {Fraction(k * 7, 16) + Fraction(1, 97) for k in range(-30, 31)}
        | {Fraction(k) for k in (-1000, -100, -50, -20, -16, 16, 20, 50, 100, 1000)}
    )
)


@dataclass(frozen=True, slots=True)
class Span:
    """An interval; None as an end means unbounded."""

    low: Node | None
    high: Node | None
    low_closed: bool = False
    high_closed: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """Finitely many numbers."""

    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """The numbers for which a relation between two expressions in one variable holds."""

    left: Node
    operator: str
    right: Node
    variable: str


@dataclass(frozen=True, slots=True)
class Combined:
    """A union, intersection or difference."""

    operation: str
    sets: tuple[RealSet, ...]


RealSet = Span | Points | Condition | Combined


# -- what counts as a set of reals


def is_interval(node: Node) -> bool:
    """Whether a tuple can only be an interval: half-open, or with an infinite end."""
    if node.kind != tree.TUPLE or len(node.parts) != 2 or node.value not in _INTERVAL_BRACKETS:
        return False
    return node.value in ("(]", "[)") or any(_is_infinite(part) for part in node.parts)


def is_condition(node: Node) -> bool:
    """Whether a relation, or a list of relations, is a set of values of one variable."""
    if node.kind == tree.RELATION:
        return set(node.value) <= _ORDER and _unknown(node) is not None
    if node.kind != tree.LIST:
        return False
    unknowns = set()
    inequality = False
    for part in node.parts:
        if part.kind != tree.RELATION:
            return False
        if set(part.value) <= _ORDER:
            inequality = True
        elif part.value != ("=",) and part.value != ("in",):
            return False
        unknowns.add(_unknown(part))
    return inequality and len(unknowns) == 1 and None not in unknowns


def _is_infinite(node: Node) -> bool:
    return node == tree.INFINITY or node == tree.NEGATIVE_INFINITY


def _unknown(relation: Node) -> Node | None:
    """What a relation is about: its only variable, or the variable that stands alone on one side.

    An unknown function value such as f(x) counts as one variable.
    """
    alone = [part for part in relation.parts if part.kind in (tree.SYMBOL, tree.APPLY)]
    if len(alone) == 1:
        return alone[0]
    found = {part for part in tree.walk(relation) if part.kind in (tree.SYMBOL, tree.APPLY)}
    applied = {
        inner for part in found if part.kind == tree.APPLY for inner in tree.walk(part) if inner.kind == tree.SYMBOL
    }
    found -= applied
    if len(found) == 1:
        return next(iter(found))
    if len(alone) > 1 and len(relation.parts) == 3:
        return relation.parts[1] if relation.parts[1] in alone else None
    return None


# -- reading


def read(node: Node, budget: Budget) -> RealSet | None:
    """The set of reals a tree stands for, or None."""
    budget.spend(10)
    kind, parts, value = node
    if kind == tree.TUPLE and len(parts) == 2 and value in _INTERVAL_BRACKETS:
        if not all(tree.is_scalar(part) for part in parts):
            return None
        low = None if parts[0] == tree.NEGATIVE_INFINITY else parts[0]
        high = None if parts[1] == tree.INFINITY else parts[1]
        return Span(low, high, value[0] == "[" and low is not None, value[1] == "]" and high is not None)
    if kind == tree.SET:
        values = tuple(part for part in parts if tree.is_scalar(part))
        return Points(values) if len(values) == len(parts) else None
    if kind == tree.EMPTY:
        return Points(())
    if kind == tree.TEXT:
        return _in_words(str(value))
    if kind == tree.NUMBER_SET or (kind == tree.SYMBOL and value == "R"):
        return _number_set(str(value))
    if kind in (tree.UNION, tree.INTERSECTION, tree.DIFFERENCE):
        return _combined(kind, parts, budget)
    if kind == tree.BUILDER:
        return _built(node, budget)
    if kind == tree.WHERE:
        return _with_conditions(node, budget)
    if kind == tree.RELATION:
        return _related(node, budget)
    if kind == tree.LIST and is_condition(node):
        inner = tuple(read(part, budget) for part in parts)
        known = tuple(item for item in inner if item is not None)
        if len(known) != len(inner):
            return None
        return Combined("union" if value == "or" else "intersection", known)
    if kind == tree.LIST and all(part.kind in (tree.TUPLE, tree.UNION, tree.SET) for part in parts):
        return _combined(tree.UNION, parts, budget)
    return None


_EVERYTHING: Final = frozenset(
    {"all real numbers", "all reals", "any real number", "all real values", "every real number", "全体实数", "任意实数"}
)


def _in_words(words: str) -> RealSet | None:
    folded = words.casefold().strip(" .")
    if folded in _EVERYTHING:
        return Span(None, None)
    return Points(()) if says_nothing(folded) else None


def says_nothing(words: str) -> bool:
    """Whether words say that there is no solution."""
    return words.casefold().startswith(
        ("no solution", "no real", "no such", "none", "does not exist", "doesn't exist", "empty set", "无解", "空集")
    )


def _number_set(name: str) -> RealSet | None:
    if name == "R":
        return Span(None, None)
    if name in ("R+", "R>0", "R_+", "R++"):
        return Span(tree.ZERO, None)
    if name in ("R-", "R<0"):
        return Span(None, tree.ZERO)
    if name in ("R>=0", "R0+", "R+0"):
        return Span(tree.ZERO, None, low_closed=True)
    return None


def _combined(kind: str, parts: tuple[Node, ...], budget: Budget) -> RealSet | None:
    inner = tuple(read(part, budget) for part in parts)
    known = tuple(item for item in inner if item is not None)
    return Combined(kind, known) if len(known) == len(inner) else None


def _built(node: Node, budget: Budget) -> RealSet | None:
    element, condition = node.parts
    if element.kind == tree.RELATION and element.value == ("in",):
        base = read(element.parts[1], budget)
        inner = read(condition, budget)
        return None if base is None or inner is None else Combined(tree.INTERSECTION, (base, inner))
    if element.kind != tree.SYMBOL:
        return None
    return read(condition, budget)


def _with_conditions(node: Node, budget: Budget) -> RealSet | None:
    inner = [read(part, budget) for part in node.parts]
    known = tuple(item for item in inner if item is not None)
    if not known or inner[0] is None:
        return None
    return known[0] if len(known) == 1 else Combined(tree.INTERSECTION, known)


def _related(node: Node, budget: Budget) -> RealSet | None:
    operators, parts = node.value, node.parts
    if operators == ("in",):
        return read(parts[1], budget)
    if operators == ("notin",):
        inner = read(parts[1], budget)
        return None if inner is None else Combined(tree.DIFFERENCE, (Span(None, None), inner))
    stated = read_statement(node)
    if stated is not None and stated.names and not tree.is_scalar(stated.value):
        return read(stated.value, budget)
    if not set(operators) <= _ORDER | {"="}:
        return None
    unknown = _unknown(node)
    if unknown is None:
        return None
    if unknown.kind == tree.APPLY:
        node = _with_name(node, unknown, "…value")
        parts = node.parts
        unknown = tree.symbol("…value")
    chain = _chain(operators, parts, unknown)
    if chain is not None:
        return chain
    pieces = tuple(
        _simple(parts[index], operator, parts[index + 1], unknown, budget) for index, operator in enumerate(operators)
    )
    return pieces[0] if len(pieces) == 1 else Combined(tree.INTERSECTION, pieces)


def _with_name(node: Node, target: Node, name: str) -> Node:
    if node == target:
        return tree.symbol(name)
    if not node.parts:
        return node
    return Node(node.kind, tuple(_with_name(part, target, name) for part in node.parts), node.value)


def _chain(operators: tuple[str, ...], parts: tuple[Node, ...], unknown: Node) -> Span | None:
    """low < x < high, either way round."""
    if len(parts) != 3 or parts[1] != unknown or any(unknown in tree.walk(part) for part in (parts[0], parts[2])):
        return None
    if set(operators) <= {"<", "<="}:
        low, high, closed = parts[0], parts[2], (operators[0] == "<=", operators[1] == "<=")
    elif set(operators) <= {">", ">="}:
        low, high, closed = parts[2], parts[0], (operators[1] == ">=", operators[0] == ">=")
    else:
        return None
    return Span(
        None if low == tree.NEGATIVE_INFINITY else low,
        None if high == tree.INFINITY else high,
        closed[0] and low != tree.NEGATIVE_INFINITY,
        closed[1] and high != tree.INFINITY,
    )


_TURNED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _simple(left: Node, operator: str, right: Node, unknown: Node, budget: Budget) -> RealSet:
    """One relation solved for the unknown where it is linear, kept as a condition where not."""
    name = str(unknown.value)
    if right == unknown and name not in tree.names(left):
        return _half_line(left, _TURNED[operator])
    if left == unknown and name not in tree.names(right):
        return _half_line(right, operator)
    difference = tree.add(left, tree.negative(right))
    solved = _linear(difference, name, budget)
    if solved is None:
        return Condition(left, operator, right, name)
    root, rising = solved
    return _half_line(root, operator if rising else _TURNED[operator])


def _half_line(end: Node, operator: str) -> RealSet:
    if operator == "=":
        return Points((end,))
    if operator == "!=":
        return Combined(tree.DIFFERENCE, (Span(None, None), Points((end,))))
    if operator in ("<", "<="):
        return Span(None, None if end == tree.INFINITY else end, False, operator == "<=" and end != tree.INFINITY)
    unbounded = end == tree.NEGATIVE_INFINITY
    return Span(None if unbounded else end, None, operator == ">=" and not unbounded, False)


def _linear(node: Node, name: str, budget: Budget) -> tuple[Node, bool] | None:
    """(root, whether it rises) of a tree linear in a variable with a rational slope, or None."""
    budget.spend(40)
    try:
        values = [tree.substitute(node, {name: tree.number(value)}) for value in (0, 1, 2, 5, -3)]
        slope = numerics.exact(tree.add(values[1], tree.negative(values[0])))
    except ArithmeticError:
        return None
    if slope is None or slope == 0:
        return None
    for at, value in zip((2, 5, -3), values[2:], strict=True):
        straight = tree.add(values[0], tree.number(Fraction(slope) * at))
        if not agreement(value, straight, budget).equal:
            return None
    return tree.multiply(values[0], tree.number(Fraction(-1) / slope)), slope > 0


# -- comparison


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is a set of real numbers."""
    from reward_service.verifiers.matching import different

    budget = matcher.budget
    wanted = read(gold, budget)
    if wanted is None:
        return _match_structure(gold, answer, matcher)
    if gold.kind == tree.TUPLE and answer.kind == tree.LIST and not is_condition(answer):
        return different(gold, answer, "interval.kind")
    found = read(answer, budget)
    if found is None:
        return different(gold, answer, "interval.kind", "the reference is a set of real numbers")
    quick = _match_spans(wanted, found, matcher)
    if quick is not None and quick.equal:
        return quick
    if wanted == found == Points(()):
        return Outcome(equal=True, rule="set.empty", reason="both are empty")
    wanted, found = _as_union(gold, wanted, budget), _as_union(answer, found, budget)
    verdict = _same_set(wanted, found, budget)
    if verdict is None:
        return quick or different(gold, answer, "interval.different")
    equal, certain = verdict
    if not equal:
        return different(gold, answer, "interval.different")
    return Outcome(
        equal=True,
        rule="interval.members",
        reason="the same set of real numbers",
        flags=() if certain else ("probabilistic",),
    )


def _as_union(node: Node, item: RealSet, budget: Budget) -> RealSet:
    """ "x < -2, x > 5" holds for no x if the comma means "and", so there it means "or"."""
    if node.kind != tree.LIST or node.value == "or" or not isinstance(item, Combined):
        return item
    try:
        empty, inhabited = _same_at(item, Points(()), {}, budget)
    except ArithmeticError:
        return item
    if not empty or inhabited:
        return item
    return Combined(tree.UNION, item.sets)


def _match_structure(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """A set that is not one of reals, as {(x, y) | ...}: element and condition alike."""
    from reward_service.verifiers.matching import different

    if answer.kind == tree.RELATION and answer.value in (("in",), ("=",)):
        answer = answer.parts[1]
    if answer.kind != gold.kind or len(answer.parts) != len(gold.parts) or not gold.parts:
        return different(gold, answer, "set.kind")
    if gold.kind == tree.UNION:
        from reward_service.verifiers.kinds import sets

        return sets.match_collection(Node(tree.SET, gold.parts), Node(tree.SET, answer.parts), matcher)
    for left, right in zip(gold.parts, answer.parts, strict=True):
        if not matcher.match(left, right).equal:
            return different(gold, answer, "set.different")
    return Outcome(equal=True, rule="set.structure", reason="equal part by part")


def _match_spans(gold: RealSet, answer: RealSet, matcher: Matcher) -> Outcome | None:
    """Two plain intervals: their ends and brackets."""
    if not isinstance(gold, Span) or not isinstance(answer, Span):
        return None
    unequal = Outcome(equal=False, rule="interval.different", reason="the intervals differ")
    if (gold.low_closed, gold.high_closed) != (answer.low_closed, answer.high_closed):
        return unequal
    flags: tuple[str, ...] = ()
    for left, right in ((gold.low, answer.low), (gold.high, answer.high)):
        if left is None or right is None:
            if left is not right:
                return unequal
            continue
        outcome = matcher.match(left, right)
        if not outcome.equal:
            return unequal
        flags += outcome.flags
    return Outcome(
        equal=True, rule="interval.ends", reason="equal ends and brackets", flags=tuple(dict.fromkeys(flags))
    )


def _same_set(gold: RealSet, answer: RealSet, budget: Budget) -> tuple[bool, bool] | None:
    """(equal, certain), or None where end points have no values. Parameters in end points take three probe values."""
    certain = not (_has_condition(gold) or _has_condition(answer))
    parameters = sorted(_parameters(gold) | _parameters(answer))
    compared = 0
    for index in range(9) if parameters else (0,):
        point: dict[str, Fraction | int] = {name: probe(name, index, False) for name in parameters}
        try:
            same, inhabited = _same_at(gold, answer, point, budget)
        except ArithmeticError:
            continue
        if not same:
            return False, True
        compared += inhabited
        if compared >= 2:
            break
    return (True, certain and not parameters) if compared else None


def _same_at(gold: RealSet, answer: RealSet, point: dict[str, Fraction | int], budget: Budget) -> tuple[bool, bool]:
    """(whether both hold the same samples, whether any sample is in them)."""
    ends: list[Fraction] = []
    for item in (gold, answer):
        _collect_ends(item, point, ends, budget)
    ends.sort()
    distinct: list[Fraction] = []
    for end in ends:
        if not distinct or end - distinct[-1] > _CLOSE * max(1, abs(end)):
            distinct.append(end)
    samples = list(distinct)
    if distinct:
        samples.extend((low + high) / 2 for low, high in zip(distinct, distinct[1:], strict=False))
        samples.extend((distinct[0] - 1, distinct[-1] + 1, distinct[0] - 1000, distinct[-1] + 1000))
    else:
        samples.append(Fraction(0))
    if _has_condition(gold) or _has_condition(answer):
        samples.extend(_GRID)
    inhabited = False
    for sample in samples:
        budget.spend(10)
        inside = _contains(gold, sample, point, budget)
        if inside != _contains(answer, sample, point, budget):
            return False, inhabited
        inhabited = inhabited or inside
    return True, inhabited


def _has_condition(item: RealSet) -> bool:
    if isinstance(item, Combined):
        return any(_has_condition(inner) for inner in item.sets)
    return isinstance(item, Condition)


def _parameters(item: RealSet) -> frozenset[str]:
    if isinstance(item, Combined):
        return frozenset().union(*(_parameters(inner) for inner in item.sets))
    if isinstance(item, Condition):
        return (tree.names(item.left) | tree.names(item.right)) - {item.variable}
    nodes = item.values if isinstance(item, Points) else tuple(end for end in (item.low, item.high) if end is not None)
    return frozenset().union(*(tree.names(node) for node in nodes))


def _number(node: Node, point: dict[str, Fraction | int], budget: Budget) -> Fraction:
    """A rational within 2**-150 of the value. Raises ArithmeticError where it has none."""
    exact = numerics.exact(node, point)
    if exact is not None:
        return Fraction(exact)
    value = numerics.evaluate(node, point, numerics.Precision(260, budget))
    if len(value) != 4 or abs(value[2]) > 20_000:
        raise numerics.TooLarge("an end point too large to compare")
    number = Fraction(int(value[1])) * Fraction(2) ** int(value[2])
    return -number if value[0] else number


def _collect_ends(item: RealSet, point: dict[str, Fraction | int], ends: list[Fraction], budget: Budget) -> None:
    if isinstance(item, Combined):
        for inner in item.sets:
            _collect_ends(inner, point, ends, budget)
    elif isinstance(item, Span):
        ends.extend(_number(end, point, budget) for end in (item.low, item.high) if end is not None)
    elif isinstance(item, Points):
        ends.extend(_number(value, point, budget) for value in item.values)
    else:
        ends.extend(_roots(item, point, budget))


def _roots(item: Condition, point: dict[str, Fraction | int], budget: Budget) -> list[Fraction]:
    """Where the two sides of a condition meet, as far as a change of sign between grid points shows it."""
    difference = tree.add(item.left, tree.negative(item.right))
    found: list[Fraction] = []
    before: tuple[Fraction, Fraction] | None = None
    for place in _GRID:
        try:
            value = _number(difference, {**point, item.variable: place}, budget)
        except ArithmeticError:
            before = None
            continue
        if value == 0:
            found.append(place)
        elif before is not None and (before[1] > 0) != (value > 0) and before[1] != 0:
            root = _bisected(difference, item.variable, before, place, point, budget)
            if root is not None:
                found.append(root)
        before = (place, value)
    return found


def _bisected(
    node: Node,
    name: str,
    start: tuple[Fraction, Fraction],
    high: Fraction,
    point: dict[str, Fraction | int],
    budget: Budget,
) -> Fraction | None:
    """The root between two places of different sign, to 2**-110; None at a pole."""
    low, rising = start[0], start[1] < 0
    largest = abs(start[1])
    for _ in range(112):
        middle = (low + high) / 2
        try:
            value = _number(node, {**point, name: middle}, budget)
        except ArithmeticError:
            return None
        if value == 0:
            return middle
        if (value < 0) == rising:
            low = middle
        else:
            high = middle
        largest = max(largest, abs(value))
    return None if largest > 1_000_000 else (low + high) / 2


def _contains(item: RealSet, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    if isinstance(item, Combined):
        inside = [_contains(inner, sample, point, budget) for inner in item.sets]
        if item.operation == tree.UNION:
            return any(inside)
        return all(inside) if item.operation == tree.INTERSECTION else inside[0] and not any(inside[1:])
    if isinstance(item, Span):
        return _above(item.low, item.low_closed, sample, point, budget) and _below(
            item.high, item.high_closed, sample, point, budget
        )
    if isinstance(item, Points):
        return any(_near(_number(value, point, budget), sample) for value in item.values)
    return _holds(item, sample, point, budget)


def _near(end: Fraction, sample: Fraction) -> bool:
    return abs(end - sample) <= _CLOSE * max(1, abs(end))


def _above(end: Node | None, closed: bool, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    if end is None:
        return True
    value = _number(end, point, budget)
    return closed if _near(value, sample) else sample > value


def _below(end: Node | None, closed: bool, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    if end is None:
        return True
    value = _number(end, point, budget)
    return closed if _near(value, sample) else sample < value


def _holds(item: Condition, sample: Fraction, point: dict[str, Fraction | int], budget: Budget) -> bool:
    """Whether the condition holds; it does not where a side is undefined."""
    bindings = {**point, item.variable: sample}
    try:
        apart = _number(tree.add(item.left, tree.negative(item.right)), bindings, budget)
    except ArithmeticError:
        return False
    zero = abs(apart) <= _CLOSE * max(1, abs(sample))
    operator = item.operator
    if zero:
        return operator in ("<=", ">=", "=")
    if operator in ("<", "<="):
        return apart < 0
    if operator in (">", ">="):
        return apart > 0
    return operator == "!="
