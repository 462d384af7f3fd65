"""Relation chains, congruences, ratios and labels, and the set operations below them."""

from __future__ import annotations

from typing import Final

from reward_service.verifiers.parsing import arithmetic, tree
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import COMMAND, NAME, RELATION, SIGN
from reward_service.verifiers.parsing.tree import Node

PLAIN_NUMBER_SETS: Final = frozenset({"R", "Z", "N", "Q"})


def relation(state: State) -> Node:
    """A chain of relations, a congruence, a quantified statement, or the value alone."""
    if state.at_command("forall") or state.at_command("exists"):
        state.take()
        bound = relation(state)
        if not (state.skip_sign(",") or state.skip_sign(":")) and state.closed():
            return bound
        return Node(tree.WHERE, (relation(state), bound), "forall")
    if state.peek().kind == RELATION and state.peek().value in ("=", "~", "=>"):
        state.take()
    first = united(state)
    if state.at_sign(":"):
        first = _after_colon(state, first)
    operators: list[str] = []
    operands = [first]
    while state.peek().kind == RELATION:
        operator = str(state.take().value)
        if operator == "=" and state.peek().kind == RELATION:  # "= >" and kin
            operator = str(state.take().value)
        if state.closed() or state.at_sign(","):
            raise state.fail("a relation without its right side")
        operators.append(operator)
        operand = united(state)
        if state.at_sign(":"):
            operand = _after_colon(state, operand)
        if operator in ("in", "notin") and operand.kind == tree.SYMBOL and operand.value in PLAIN_NUMBER_SETS:
            operand = Node(tree.NUMBER_SET, (), operand.value)
        operands.append(operand)
    if _modulus(state, operands):
        operators.append("mod")
    elif operators and operators[-1] == "equiv" and operands[-1].kind == tree.CALL and operands[-1].value == "mod":
        operands[-1:] = operands[-1].parts
        operators.append("mod")
    if not operators:
        return first
    return Node(tree.RELATION, tuple(operands), tuple(operators))


def _modulus(state: State, operands: list[Node]) -> bool:
    """`\\pmod{5}`, `(mod 5)`: reads the modulus behind a congruence or a bare residue."""
    if state.at_command("pmod") or state.at_command("mod"):
        state.take()
        operands.append(united(state))
        return True
    following = state.ahead(1)
    if state.at_sign("(") and following.kind == COMMAND and following.value in ("mod", "bmod", "pmod"):
        state.position += 2
        operands.append(united(state))
        state.skip_sign(")")
        return True
    return False


def _after_colon(state: State, first: Node) -> Node:
    """A ratio a:b(:c), or a label before its value."""
    state.take()
    if first.kind == tree.TEXT:
        return Node(tree.LABELLED, (relation(state),), first.value)
    parts = [first, united(state)]
    while state.skip_sign(":"):
        parts.append(united(state))
    return Node(tree.RATIO, tuple(parts))


def united(state: State) -> Node:
    """Set operations over sums."""
    left = arithmetic.sum_of_products(state)
    while True:
        token = state.peek()
        if token.kind == COMMAND and token.value in ("cup", "bigcup", "cupdot"):
            kind = tree.UNION
        elif token.kind == COMMAND and token.value in ("cap", "bigcap"):
            kind = tree.INTERSECTION
        elif (token.kind == COMMAND and token.value in ("setminus", "backslash", "smallsetminus")) or (
            token.kind == SIGN and token.value == "\\"
        ):
            kind = tree.DIFFERENCE
        elif token.kind == NAME and token.value == "U" and left.kind in (tree.TUPLE, tree.UNION):
            kind = tree.UNION
        else:
            return left
        state.take()
        left = Node(kind, (left, arithmetic.sum_of_products(state)))
