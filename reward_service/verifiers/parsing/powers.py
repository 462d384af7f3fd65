"""Powers and what may follow a factor: exponents, factorials, percent signs, degrees, primes."""

from __future__ import annotations

from typing import Final

from reward_service.verifiers.parsing import brackets, primary, tree
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import COMMAND, END, RELATION, SIGN
from reward_service.verifiers.parsing.tree import Node

_ELLIPSES: Final = frozenset({"cdots", "ldots", "dots", "dotsc", "vdots", "dotsb", "dotsm"})


def power(state: State) -> Node:
    """A factor with its postfixes and exponents; exponents associate to the right."""
    node = postfixed(state, primary.primary(state))
    if state.at_sign("^"):
        state.take()
        node = postfixed(state, _raised(state, node))
        while state.at_sign("^"):  # 9^9^9: not LaTeX, read from the right as everywhere else
            state.take()
            upper = _raised(state, node.parts[1] if node.kind == tree.POWER else tree.ONE)
            node = tree.power(node.parts[0] if node.kind == tree.POWER else node, upper)
    return node


def _raised(state: State, base: Node) -> Node:
    token = state.peek()
    if token.kind == COMMAND and token.value in ("circ", "degree", "textcirc", "degrees"):
        state.take()
        return Node(tree.CALL, (base,), "degree")
    if token.kind == COMMAND and token.value == "prime":
        state.take()
        return _primed(base, 1)
    if token.kind == SIGN and token.value in "+*-" and base.kind == tree.SYMBOL and base.value in "RZNQ":
        following = state.ahead(1)
        if following.kind in (END, RELATION) or (following.kind == SIGN and following.value in (",", ")", "}", ";")):
            state.take()
            return Node(tree.NUMBER_SET, (), f"{base.value}{token.value}")
    if token.kind == SIGN and token.value == "{":
        special = _special_exponent(state, base)
        if special is not None:
            return special
    return tree.power(base, exponent(state))


def _special_exponent(state: State, base: Node) -> Node | None:
    """`^{\\circ}`, `^{\\prime}`, `^{\\circ}C` and the like."""
    inner, after = state.ahead(1), state.ahead(2)
    closed = after.kind == SIGN and after.value == "}"
    if inner.kind == COMMAND and closed:
        if inner.value in ("circ", "degree", "textcirc"):
            state.position += 3
            return Node(tree.CALL, (base,), "degree")
        if inner.value == "prime":
            state.position += 3
            return _primed(base, 1)
    if inner.kind == COMMAND and inner.value == "prime" and after.kind == COMMAND and after.value == "prime":
        third = state.ahead(3)
        if third.kind == SIGN and third.value == "}":
            state.position += 4
            return _primed(base, 2)
    if inner.kind == SIGN and inner.value == "'" and closed:
        state.position += 3
        return _primed(base, 1)
    if inner.kind == SIGN and inner.value in "+-*" and closed and base.kind in (tree.SYMBOL, tree.NUMBER_SET):
        state.position += 3
        return Node(base.kind, (), f"{base.value}{inner.value}")
    return None


def exponent(state: State) -> Node:
    """What may follow "^": a braced group, a bracket, or one signed factor."""
    state.enter()
    token = state.peek()
    if token.kind == SIGN and token.value == "{":
        node = brackets.braced(state)
    elif token.kind == SIGN and token.value in "+-":
        state.take()
        inner = exponent(state)
        node = tree.negative(inner) if token.value == "-" else inner
    elif token.kind == COMMAND and token.value in _ELLIPSES:
        raise state.fail("a power without its exponent")
    else:
        node = postfixed(state, primary.primary(state, script=True))
        if state.at_sign("^"):
            state.take()
            node = tree.power(node, exponent(state))
    state.depth -= 1
    return node


def postfixed(state: State, node: Node) -> Node:
    """Factorials, percent signs, primes and degrees after a factor."""
    while True:
        token = state.peek()
        if token.kind == SIGN:
            if token.value == "!":
                if state.ahead(1).kind == RELATION and state.ahead(1).value == "=" and not state.ahead(1).spaced:
                    return node
                state.take()
                state.count()
                double = state.at_sign("!") and not state.peek().spaced
                if double:
                    state.take()
                node = Node(tree.CALL, (node,), "double_factorial" if double else "factorial")
                continue
            if token.value in ("%", "\\%"):
                state.take()
                node = Node(tree.CALL, (node,), "percent")
                continue
            if token.value == "'":
                count = 0
                while state.skip_sign("'"):
                    count += 1
                node = _primed(node, count)
                continue
        elif token.kind == COMMAND and token.value in ("degree", "textdegree", "textcirc", "degrees"):
            state.take()
            node = Node(tree.CALL, (node,), "degree")
            continue
        return node


def _primed(base: Node, count: int) -> Node:
    if base.kind == tree.SYMBOL:
        return Node(tree.SYMBOL, (), base.value + "'" * count)
    if base.kind in (tree.NUMBER, tree.DECIMAL):
        return Node(tree.CALL, (base,), "arcminute" if count == 1 else "arcsecond")
    return Node(tree.CALL, (base,), "derivative")
