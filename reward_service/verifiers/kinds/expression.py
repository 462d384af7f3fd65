"""One value: a number or an expression, exact or approximate, with or without a name, a unit or a remark beside it.

`match` compares trees for the recursion of matching.py; `compare` is the kind for texts: it reads both sides and
starts that recursion, so it settles every reference that the parser can read, whatever its structure.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from reward_service.verifiers import numerics
from reward_service.verifiers.kinds.rounding import Written, accepted, accepted_between
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.printing import shown
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import Agreement, agreement, value_of
from reward_service.verifiers.statements import read_statement

if TYPE_CHECKING:
    from reward_service.verifiers.matching import Matcher

_EXACT: Final = Outcome(equal=True, rule="expression.exact", reason="equal as exact values")
_PROBABLE: Final = Outcome(
    equal=True,
    rule="expression.probing",
    reason="equal at every probe point, in high precision",
    flags=("probabilistic",),
)


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two texts as mathematics; None where the reference is not mathematics."""
    from reward_service.verifiers.reading import compare_texts

    return compare_texts(gold, answer, context)


def match(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """The reference is one value, or a value with ± that stands for two."""
    from reward_service.verifiers.matching import different

    if has_signs(gold):
        from reward_service.verifiers.kinds import sets

        return sets.match_collection(gold, answer, matcher)
    kind = answer.kind
    if kind == tree.RELATION:
        return _stated(gold, answer, matcher)
    if kind in (tree.SET, tree.TUPLE) and len(answer.parts) == 1:
        return matcher.match(gold, answer.parts[0])
    if kind == tree.MATRIX and answer.value == (1, 1):
        return matcher.match(gold, answer.parts[0])
    if kind == tree.LIST or has_signs(answer):
        return _every_item(gold, answer, matcher)
    if kind == tree.MATRIX or gold.kind == tree.CALL and gold.value == "det":
        from reward_service.verifiers.kinds import matrix

        evaluated = matrix.evaluated(answer)
        if evaluated is not None and evaluated.kind != tree.MATRIX:
            return match(gold, evaluated, matcher)
    if kind == tree.NOTED or gold.kind == tree.NOTED:
        return _noted(gold, answer, matcher)
    if (
        gold.kind == tree.SYMBOL
        and gold.value == "R"
        and kind in (tree.TUPLE, tree.NUMBER_SET, tree.TEXT, tree.BUILDER)
    ):
        return matcher.match(Node(tree.NUMBER_SET, (), "R"), answer)
    if not tree.is_scalar(answer):
        return different(gold, answer, "expression.kind", "the reference is one value")
    return _values(gold, answer, matcher)


def match_text(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """Words inside a structure: equal but for case, spacing and punctuation."""
    from reward_service.verifiers.matching import different

    if answer.kind == tree.RELATION:
        stated = read_statement(answer)
        if stated is not None and stated.names:
            return matcher.match(gold, stated.value)
    if answer.kind in (tree.TEXT, tree.SYMBOL) and _folded(str(gold.value)) == _folded(str(answer.value)):
        return Outcome(equal=True, rule="text.folded", reason="the same words")
    return different(gold, answer, "text.different")


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def has_signs(node: Node) -> bool:
    """Whether a scalar holds a ± and so stands for two values."""
    return tree.is_scalar(node) and any(part.kind == tree.PLUS_MINUS for part in tree.walk(node))


def both_signs(node: Node) -> tuple[Node, Node]:
    """The two values of an expression with ±: every ± as plus with every ∓ as minus, then the other way round."""
    return _signed(node, 1), _signed(node, -1)


def _signed(node: Node, sign: int) -> Node:
    if not node.parts:
        return node
    parts = tuple(_signed(part, sign) for part in node.parts)
    if node.kind == tree.PLUS_MINUS:
        left, right = parts
        right = right if sign * node.value > 0 else tree.negative(right)
        return right if left == tree.ZERO else tree.add(left, right)
    return Node(node.kind, parts, node.value)


# -- an answer that is an equation or a list


def _stated(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """`x = 5`, `m+n = 5`, `x = 2+3 = 5`, `5 ≈ 4.99`: every exact member in known variables must be the reference."""
    from reward_service.verifiers.matching import different

    if answer.value == ("in",):
        inner = answer.parts[1]
        if inner.kind == tree.SET and len(inner.parts) == 1:
            return matcher.match(gold, inner.parts[0])
        return different(gold, answer, "expression.kind", "a set where one value is wanted")
    stated = read_statement(answer)
    if stated is None:
        return different(gold, answer, "expression.relation", "a condition where a value is wanted")
    values = stated.values
    if not stated.names:
        values = _values_of_equation(gold, stated.values)
    if not values:
        if stated.approximate and stated.names:
            return matcher.match(gold, stated.approximate[0])
        return different(gold, answer, "expression.relation", "an equation where a value is wanted")
    outcome = matcher.match(gold, values[-1])
    if not outcome.equal:
        return outcome
    known = tree.names(gold)
    for value in values[:-1]:
        if tree.is_scalar(value) and is_plain(value, known) and not _values(gold, value, matcher).equal:
            return different(gold, answer, "expression.contradiction", "its members are not equal")
    return outcome


def is_plain(node: Node, known: frozenset[str]) -> bool:
    """Whether an expression is worked out in known variables: none other, and no unknown function."""
    return tree.names(node) <= known and not any(part.kind == tree.APPLY for part in tree.walk(node))


def _values_of_equation(gold: Node, members: tuple[Node, ...]) -> tuple[Node, ...]:
    """The members that can be the value of an equation without a name in front: `m + n = 113`, `2·3 = 6`.

    The first member must be an expression in at least two variables, or hold none but the reference's; an equation
    in one unknown, such as 3x = 6, is a condition on it and has no value.
    """
    if len(members) < 2:
        return members
    first, rest = members[0], members[1:]
    foreign = tree.names(first) - tree.names(gold)
    if any(part.kind == tree.APPLY for part in tree.walk(first)):
        return rest
    if not foreign:
        return members
    if len(foreign) == 1 and first.kind != tree.CALL:
        return ()
    return rest if first.kind in (tree.ADD, tree.MULTIPLY, tree.CALL, tree.POWER) else ()


def _every_item(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """A list is right for one value only if each of its items is: `\\frac12, 0.5`; `41 or 42` is not 42."""
    from reward_service.verifiers.kinds.sets import items
    from reward_service.verifiers.matching import different

    found = items(answer)
    outcome = None
    for item in found:
        outcome = matcher.match(gold, item.value)
        if not outcome.equal:
            return different(gold, answer, "expression.several", "several values where one is wanted")
    return outcome or different(gold, answer, "expression.kind")


# -- units and remarks


def _noted(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    """Values with words beside them: units convert, remarks are ignored."""
    from reward_service.verifiers.kinds.units import conversion, parse_tail
    from reward_service.verifiers.matching import different

    gold_value = gold.parts[0] if gold.kind == tree.NOTED else gold
    answer_value = answer.parts[0] if answer.kind == tree.NOTED else answer
    policy = matcher.context.policy
    gold_unit = _unit_of(gold)
    answer_unit = _unit_of(answer)
    if answer.kind == tree.NOTED and answer_unit is None and parse_tail(str(answer.value)) is None:
        return different(
            gold, answer, "expression.remark", f"the words {str(answer.value)[:40]!r} may change the value"
        )
    if policy.units == "ignore" or gold_unit == answer_unit:
        return matcher.match(gold_value, answer_value)
    if gold_unit is None or answer_unit is None:
        if policy.units == "required" and gold_unit is not None:
            return different(gold, answer, "quantity.unit_missing", "the reference has a unit, the answer has none")
        return matcher.match(gold_value, answer_value)
    change = conversion(answer_unit, gold_unit)
    if change is None:
        return different(gold, answer, "quantity.dimension", "the units measure different things")
    factor, offset = change
    converted = tree.multiply(tree.number(factor), answer_value)
    return matcher.match(gold_value, tree.add(converted, tree.number(offset)) if offset else converted)


def _unit_of(node: Node):  # type: ignore[no-untyped-def]
    from reward_service.verifiers.kinds.units import parse_tail

    if node.kind != tree.NOTED:
        return None
    tail = parse_tail(str(node.value))
    return tail.unit if tail is not None else None


# -- values


def _values(gold: Node, answer: Node, matcher: Matcher) -> Outcome:
    from reward_service.verifiers.matching import different

    budget = matcher.budget
    gold, answer = _comparable_degrees(gold, answer)
    if _has_imaginary(gold) and not _has_imaginary(answer) and "I" in tree.names(answer) - tree.names(gold):
        answer = tree.substitute(answer, {"I": Node(tree.CONSTANT, (), "i")})  # a program's spelling
    result = agreement(gold, answer, budget)
    if not result.equal and _logarithm_without_base(gold, answer):
        result = agreement(_decimal_logarithms(gold), _decimal_logarithms(answer), budget)
    if result is Agreement.EXACT:
        return _EXACT
    if result is Agreement.PROBABLE:
        return _PROBABLE
    rule = _rounded(gold, answer, matcher.context)
    if rule is not None:
        return Outcome(equal=True, rule=f"number.{rule}", reason=f"{shown(answer)} for {shown(gold)}: {rule}")
    if _percent_alone(gold, answer, budget):
        return Outcome(equal=True, rule="number.percent", reason="the same percentage, with and without the sign")
    if _constants_differ(gold, answer, budget):
        return Outcome(
            equal=True,
            rule="function.constant",
            reason="equal but for a constant of integration",
            flags=("probabilistic",),
        )
    why = "cannot be evaluated within the bounds, and not written alike" if result is Agreement.UNKNOWN else ""
    return different(gold, answer, "expression.different", why)


def _has_imaginary(node: Node) -> bool:
    return any(part.kind == tree.CONSTANT and part.value == "i" for part in tree.walk(node))


def _comparable_degrees(gold: Node, answer: Node) -> tuple[Node, Node]:
    """Degrees beside a bare number: the number counts degrees, unless it is written with π and so counts radians."""
    gold_degrees, answer_degrees = _has_degrees(gold), _has_degrees(answer)
    if gold_degrees == answer_degrees:
        return gold, answer
    bare = answer if gold_degrees else gold
    if any(part.kind == tree.CONSTANT and part.value == "pi" for part in tree.walk(bare)):
        return gold, answer
    if gold_degrees:
        return gold, Node(tree.CALL, (answer,), "degree")
    return Node(tree.CALL, (gold,), "degree"), answer


def _has_degrees(node: Node) -> bool:
    """Whether the value itself is an angle in degrees, rather than a function of one."""
    if node.kind == tree.CALL:
        return node.value in ("degree", "arcminute", "arcsecond")
    if node.kind in (tree.ADD, tree.MULTIPLY):
        return any(_has_degrees(part) for part in node.parts)
    return False


def _logarithm_without_base(gold: Node, answer: Node) -> bool:
    return any(
        part.kind == tree.CALL and part.value == "log" and len(part.parts) == 1
        for node in (gold, answer)
        for part in tree.walk(node)
    )


def _decimal_logarithms(node: Node) -> Node:
    if not node.parts:
        return node
    parts = tuple(_decimal_logarithms(part) for part in node.parts)
    if node.kind == tree.CALL and node.value == "log" and len(parts) == 1:
        return Node(tree.CALL, (parts[0], tree.number(10)), "log")
    return Node(node.kind, parts, node.value)


def _rounded(gold: Node, answer: Node, context: Context) -> str | None:
    """The rounding rule under which a constant answer is right, or None."""
    if context.policy.rounding == "exact" and context.reference.tolerance is None:
        return None
    if tree.names(gold) or tree.names(answer):
        return None
    gold_written, answer_written = _written(gold), _written(answer)
    if answer_written is None:
        value = value_of(answer, context.budget)
        if value is None:
            return None
        answer_written = Written(value)
    if gold_written is not None:
        return accepted(gold_written, answer_written, context)
    value = value_of(gold, context.budget)
    if value is None:
        return None
    slack = abs(value) / (1 << 300)
    return accepted_between(None, value - slack, value + slack, answer_written, context)


def _written(node: Node) -> Written | None:
    if node.kind == tree.DECIMAL:
        value, places = node.value
        return Written(value, Fraction(1, 10**places), _digits(value, places))
    if node.kind == tree.NUMBER:
        return Written(Fraction(node.value))
    if node.kind == tree.CALL and node.value == "percent":
        inner = _written(node.parts[0])
        if inner is None:
            return None
        step = None if inner.step is None else inner.step / 100
        return Written(inner.value / 100, step, inner.digits, True)
    if node.kind == tree.CALL and node.value == "degree":
        return None
    try:
        value = numerics.exact(node)
    except ArithmeticError:
        return None
    return None if value is None else Written(Fraction(value), _step_of_power(node))


def _step_of_power(node: Node) -> Fraction | None:
    """The last place of a decimal in scientific notation: 7.8 · 10^2 is known to tens."""
    if node.kind == tree.MULTIPLY and len(node.parts) == 2 and node.parts[0].kind == tree.DECIMAL:
        scale = numerics.exact(node.parts[1])
        if scale is not None and node.parts[1].kind == tree.POWER and node.parts[1].parts[0] == tree.number(10):
            return abs(Fraction(scale)) / 10 ** node.parts[0].value[1]
    return None


def _digits(value: Fraction, places: int) -> int:
    return len(str(abs(int(value * 10**places)))) if value else 1


def _percent_alone(gold: Node, answer: Node, budget: object) -> bool:
    """10 for 10 %: only one side has the sign, and the other is the bare percentage above one."""
    for signed, bare in ((gold, answer), (answer, gold)):
        if signed.kind == tree.CALL and signed.value == "percent" and bare.kind != tree.CALL:
            inner, value = tree.rational(signed.parts[0]), tree.rational(bare)
            return inner is not None and value is not None and inner == value and abs(value) > 1
    return False


_CONSTANT_NAMES: Final = frozenset({"C", "c", "K", "C_1", "c_1", "C_0", "const"})


def _constants_differ(gold: Node, answer: Node, budget) -> bool:  # type: ignore[no-untyped-def]
    """Two antiderivatives: both have an additive constant, and they differ by a constant."""
    gold_body, answer_body = _without_constant(gold), _without_constant(answer)
    if answer_body is None or not tree.names(answer_body):
        return False
    if gold_body is None:
        return "C" in tree.names(answer) and agreement(gold, answer_body, budget).equal
    if agreement(gold_body, answer_body, budget).equal:
        return True
    if "C" not in tree.names(gold) | tree.names(answer):
        return False  # a small c may be any variable
    variables = tree.names(gold_body) | tree.names(answer_body)
    if len(variables) != 1:
        return False
    apart = tree.add(gold_body, tree.negative(answer_body))
    shifted = tree.substitute(apart, {next(iter(variables)): tree.symbol("…shifted")})
    return agreement(apart, shifted, budget).equal


def _without_constant(node: Node) -> Node | None:
    """The sum without its additive constant C, or None where it has none."""
    if node.kind != tree.ADD:
        return None
    rest = tuple(part for part in node.parts if not (part.kind == tree.SYMBOL and part.value in _CONSTANT_NAMES))
    if len(rest) != len(node.parts) - 1 or any(tree.names(part) & _CONSTANT_NAMES for part in rest):
        return None
    return tree.add(*rest) if rest else None
