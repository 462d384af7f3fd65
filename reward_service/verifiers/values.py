"""Two scalar expressions: one value or not, under the rules for rounding, degrees, percent and constants."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from reward_service.limits import Budget
from reward_service.verifiers import numerics
from reward_service.verifiers.coefficients import rounded_alike
from reward_service.verifiers.differences import different
from reward_service.verifiers.kinds.rounding import Written, accepted, accepted_between
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.printing import shown
from reward_service.verifiers.parsing.tree import Node
from reward_service.verifiers.probing import Agreement, agreement, value_of

_EXACT: Final = Outcome(equal=True, rule="expression.exact", reason="equal as exact values")
_PROBABLE: Final = Outcome(
    equal=True,
    rule="expression.probing",
    reason="equal at every probe point, in high precision",
    flags=("probabilistic",),
)


def compare_values(gold: Node, answer: Node, context: Context) -> Outcome:
    """Whether two scalar expressions have one value, exactly or under the rules for rounding, degrees and percent."""
    budget = context.budget
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
    rule = _rounded(gold, answer, context)
    if rule is not None:
        return Outcome(equal=True, rule=f"number.{rule}", reason=f"{shown(answer)} for {shown(gold)}: {rule}")
    if _percent_alone(gold, answer):
        return Outcome(equal=True, rule="number.percent", reason="the same percentage, with and without the sign")
    if context.policy.rounding != "exact" and rounded_alike(gold, answer, budget):
        return Outcome(
            equal=True,
            rule="expression.rounded",
            reason="equal but for rounded coefficients",
            flags=("probabilistic",),
        )
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


_PARTS_OF_DEGREE: Final = {"degree": Fraction(1), "arcminute": Fraction(1, 60), "arcsecond": Fraction(1, 3600)}


def _comparable_degrees(gold: Node, answer: Node) -> tuple[Node, Node]:
    """Degrees beside a bare number: the number counts degrees, unless it is written with π and so counts radians."""
    gold_degrees, answer_degrees = _has_degrees(gold), _has_degrees(answer)
    if gold_degrees == answer_degrees:
        return gold, answer
    bare = answer if gold_degrees else gold
    if any(part.kind == tree.CONSTANT and part.value == "pi" for part in tree.walk(bare)):
        return gold, answer
    return _without_degrees(gold), _without_degrees(answer)


def _without_degrees(node: Node) -> Node:
    """An angle counted in degrees, as a plain number; angles inside functions keep their sign."""
    if node.kind == tree.CALL and node.value in _PARTS_OF_DEGREE:
        return tree.multiply(node.parts[0], tree.number(_PARTS_OF_DEGREE[node.value]))
    if node.kind in (tree.ADD, tree.MULTIPLY):
        return Node(node.kind, tuple(_without_degrees(part) for part in node.parts))
    return node


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
            places: int = node.parts[0].value[1]
            return abs(Fraction(scale)) / Fraction(10) ** places
    return None


def _digits(value: Fraction, places: int) -> int:
    return len(str(abs(int(value * 10**places)))) if value else 1


def _percent_alone(gold: Node, answer: Node) -> bool:
    """10 for 10 %: only one side has the sign, and the other is the bare percentage above one."""
    for signed, bare in ((gold, answer), (answer, gold)):
        if signed.kind == tree.CALL and signed.value == "percent" and bare.kind != tree.CALL:
            inner, value = tree.rational(signed.parts[0]), tree.rational(bare)
            return inner is not None and value is not None and inner == value and abs(value) > 1
    return False


_CONSTANT_NAMES: Final = frozenset({"C", "c", "K", "C_1", "c_1", "C_0", "const"})


def _constants_differ(gold: Node, answer: Node, budget: Budget) -> bool:
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
    node = tree.add(*node.parts)
    rest = tuple(part for part in node.parts if not (part.kind == tree.SYMBOL and part.value in _CONSTANT_NAMES))
    if len(rest) != len(node.parts) - 1 or any(tree.names(part) & _CONSTANT_NAMES for part in rest):
        return None
    return tree.add(*rest) if rest else None
