"""Known functions with and without brackets, and the big operators Σ, Π, ∫, lim."""

from __future__ import annotations

from typing import Final

from reward_service.verifiers.parsing import arithmetic, lists, names, powers, tree
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import END, RELATION, SIGN
from reward_service.verifiers.parsing.tree import Node

_INVERSE: Final = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec", "csc": "arccsc",
    "sinh": "arsinh", "cosh": "arcosh", "tanh": "artanh", "sech": "arsech", "csch": "arcsch", "coth": "arcoth",
}  # fmt: skip
_IMAGINARY: Final = Node(tree.CONSTANT, (), "i")
_NAMED_BY_THEMSELVES: Final = frozenset({"max", "min", "sup", "inf", "det", "dim", "deg", "gcd", "lcm", "arg", "rank"})
_SEVERAL_ARGUMENTS: Final = frozenset({"max", "min", "gcd", "lcm", "log", "binom"})


def function(state: State) -> Node:
    """A known function with its index, power and argument: `\\sin^2 x`, `\\log_2 8`, `sqrt(2)`."""
    name = str(state.take().value)
    exponent: Node | None = None
    index: Node | None = None
    while state.at_sign("^") or state.at_sign("_"):
        if state.take().value == "^":
            exponent = powers.exponent(state)
        else:
            index = names.subscript(state)
    if name in _NAMED_BY_THEMSELVES and (state.peek().kind in (RELATION, END) or state.at_sign("}")):
        return tree.symbol(name)
    primes = 0
    while state.skip_sign("'"):
        primes += 1
    if exponent == tree.MINUS_ONE and name in _INVERSE:
        name, exponent = _INVERSE[name], None
    arguments = _function_arguments(state, name)
    node = _call(name, arguments, index)
    if primes:
        node = Node(tree.CALL, (node,), "derivative")
    return node if exponent is None else tree.power(node, exponent)


def _function_arguments(state: State, name: str) -> tuple[Node, ...]:
    token = state.peek()
    if token.kind == SIGN and token.value in ("(", "[", "{", "\\{"):
        closer = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}[str(token.value)]
        state.take()
        inner = lists.sequence(state)
        if not state.skip_sign(closer) and state.peek().kind != END:
            raise state.fail(f"expected {closer!r} after the argument of {name}")
        return names.arguments(inner) if name in _SEVERAL_ARGUMENTS else (inner,)
    if token.kind == END or (token.kind == SIGN and token.value in (")", "}", ",", "+")):
        raise state.fail(f"{name} without an argument")
    if token.kind == SIGN and token.value == "-":
        state.take()
        return (tree.negative(arithmetic.product(state, implied_only=True)),)
    if name == "sqrt" or name == "cbrt":
        return (powers.power(state),)
    return (arithmetic.product(state, implied_only=True),)


def _call(name: str, arguments: tuple[Node, ...], index: Node | None) -> Node:
    if name == "sqrt":
        return tree.power(arguments[0], tree.HALF)
    if name == "cbrt":
        return Node(tree.CALL, (arguments[0], tree.number(3)), "root")
    if name == "exp":
        return tree.power(Node(tree.CONSTANT, (), "e"), arguments[0])
    if name == "lg":
        return Node(tree.CALL, (arguments[0], tree.number(10)), "log")
    if name == "lb":
        return Node(tree.CALL, (arguments[0], tree.number(2)), "log")
    if name == "log" and index is not None:
        return Node(tree.CALL, (arguments[0], index), "log")
    if name == "ln":
        return Node(tree.CALL, (arguments[0],), "ln")
    if index is not None:
        return Node(tree.CALL, (*arguments, index), f"{name}_")
    return Node(tree.CALL, arguments, name)


def _as_index(node: Node) -> Node:
    if node == _IMAGINARY:
        return tree.symbol("i")
    if not node.parts:
        return node
    return Node(node.kind, tuple(_as_index(part) for part in node.parts), node.value)


def big_operator(state: State, name: str) -> Node:
    """Σ and Π with a range, which can be evaluated; ∫, lim and the rest, which are compared as written."""
    state.take()
    lower = upper = None
    while state.at_sign("_") or state.at_sign("^"):
        if state.take().value == "_":
            lower = names.subscript(state)
        else:
            upper = powers.exponent(state)
    body = arithmetic.signed_product(state)
    if (
        name in ("sum", "prod")
        and lower is not None
        and upper is not None
        and lower.kind == tree.RELATION
        and lower.value == ("=",)
    ):
        variable, start = lower.parts
        if variable == _IMAGINARY:  # in a sum over i, i is an index
            variable, body, upper = tree.symbol("i"), _as_index(body), _as_index(upper)
        return Node(tree.CALL, (body, variable, start, upper), name)
    bounds = tuple(bound for bound in (lower, upper) if bound is not None)
    return Node(tree.CALL, (body, *bounds), f"opaque_{name}")
