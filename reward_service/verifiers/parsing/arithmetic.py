"""Sums and products, written and implied, with signs, ±, mixed numbers and words beside values."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from reward_service.verifiers.parsing import lists, powers, tree
from reward_service.verifiers.parsing.state import State, opens_condition_token
from reward_service.verifiers.parsing.tokens import COMMAND, FUNCTION, NAME, NUMBER, SIGN, TEXT, Token
from reward_service.verifiers.parsing.tree import Node

_MULTIPLY: Final = frozenset({"times", "cdot", "ast", "bullet", "star"})
_FACTOR_COMMANDS: Final = frozenset(
    {
        "frac", "sqrt", "cbrt", "binom", "dbinom", "tbinom", "pi", "infty", "lfloor", "lceil", "lvert", "lVert", "vert",
        "Vert", "langle", "begin", "sum", "prod", "int", "lim", "overline", "vec", "hat", "bar", "tilde", "angle",
        "mathbb", "emptyset", "varnothing", "overrightarrow", "ldots", "cdots", "dots", "dotsc", "dotsb", "dotsm",
        "triangle", "square", "widehat", "underbrace", "overbrace", "ddot", "dot", "iint", "oint", "partial", "lbrace",
        "lbrack",
    }
)  # fmt: skip


def sum_of_products(state: State) -> Node:
    """Terms joined by +, -, ± and ∓; a difference where an operand is a set.

    A sum in brackets stays one term, since a series with an ellipsis is read by the shape of its terms.
    """
    terms = [signed_product(state)]
    while True:
        token = state.peek()
        if token.kind == SIGN and token.value in "+-":
            state.take()
            right = signed_product(state)
            if token.value == "+":
                terms.append(right)
            elif _is_set(terms[-1]) or _is_set(right):
                terms = [Node(tree.DIFFERENCE, (_added(terms), right))]
            else:
                terms.append(tree.negative(right))
        elif token.kind == COMMAND and token.value in ("pm", "mp"):
            state.take()
            sign = 1 if token.value == "pm" else -1
            terms = [Node(tree.PLUS_MINUS, (_added(terms), signed_product(state)), sign)]
        else:
            return _added(terms)


def _added(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Node(tree.ADD, tuple(terms))


def signed_product(state: State) -> Node:
    """A product with the signs before it; ± before it stands for both signs."""
    token = state.peek()
    if token.kind == SIGN and token.value == "-":
        state.take()
        state.enter()
        node = tree.negative(signed_product(state))
        state.depth -= 1
        return node
    if token.kind == SIGN and token.value == "+":
        state.take()
        if state.at_sign("-"):
            state.take()
            return Node(tree.PLUS_MINUS, (tree.ZERO, product(state)), 1)
        state.enter()
        node = signed_product(state)
        state.depth -= 1
        return node
    if token.kind == COMMAND and token.value in ("pm", "mp"):
        state.take()
        return Node(tree.PLUS_MINUS, (tree.ZERO, product(state)), 1 if token.value == "pm" else -1)
    return product(state)


def product(state: State, *, implied_only: bool = False) -> Node:
    """Factors joined by signs of multiplication and division or by standing side by side."""
    left = powers.power(state)
    while True:
        token = state.peek()
        kind, value = token.kind, token.value
        if not implied_only and ((kind == SIGN and value == "*") or (kind == COMMAND and value in _MULTIPLY)):
            state.take()
            left = tree.multiply(left, _signed_factor(state))
        elif not implied_only and ((kind == SIGN and value == "/") or (kind == COMMAND and value == "div")):
            state.take()
            left = _divided(state, left)
        elif not implied_only and kind == COMMAND and value in ("bmod", "mod"):
            state.take()
            left = Node(tree.CALL, (left, _signed_factor(state)), "mod")
        elif kind == TEXT:
            if opens_condition_token(token):
                break
            left = _noted(state, left)
        elif _starts_factor(state, token, implied_only):
            left = _juxtaposed(state, left)
        else:
            break
    return left


def _divided(state: State, left: Node) -> Node:
    divisor = _signed_factor(state)
    if (  # "1 1/2" is lexed as 1, 1/2: see _juxtaposed
        left.kind == tree.NUMBER and divisor.kind == tree.NUMBER and divisor.value == 0
    ):
        return tree.multiply(left, tree.power(divisor, tree.MINUS_ONE))
    return tree.divide(left, divisor)


def _signed_factor(state: State) -> Node:
    if state.at_sign("-"):
        state.take()
        state.enter()
        node = tree.negative(_signed_factor(state))
        state.depth -= 1
        return node
    if state.at_sign("+"):
        state.take()
    return powers.power(state)


def _starts_factor(state: State, token: Token, implied_only: bool) -> bool:
    kind, value = token.kind, token.value
    if kind == NAME:
        return not (value == "U" and state.ahead(1).kind == SIGN and state.ahead(1).value in ("(", "[", "\\{"))
    if kind == FUNCTION:
        return not implied_only
    if kind == NUMBER:
        before = state.tokens[state.position - 1]
        return before.kind != NUMBER or token.spaced
    if kind == SIGN:
        if value == "|":
            return state.bars == 0
        if value == "(":
            following = state.ahead(1)
            if following.kind == COMMAND and following.value in ("mod", "bmod", "pmod"):
                return False
            return not (lists.quantifier_in_brackets(state) or lists.alternative_in_brackets(state))
        return value in ("{", "\\{", "[") and not (value == "[" and implied_only)
    return kind == COMMAND and value in _FACTOR_COMMANDS


_DENIALS: Final = re.compile(r"\bnot?\b|n't\b|\bnever\b|\bneither\b|\bother than\b|[不非没无未]", re.IGNORECASE)
_ANNOUNCES: Final = re.compile(r"(?:\b(?:is|are|be|equals|was)|[:=]|[是为得]|等于|答案|结果|解)$", re.IGNORECASE)


def _after_words(words: str, value: Node) -> Node | None:
    """A value behind words that announce it ("the answer is"), or the reals but for it ("all real numbers except")."""
    words = words.strip()
    if words.casefold() in ("all real numbers except", "all reals except", "all real x except"):
        excluded = value.parts if value.kind == tree.LIST else (value,)
        return Node(tree.DIFFERENCE, (Node(tree.NUMBER_SET, (), "R"), Node(tree.SET, excluded)))
    if _ANNOUNCES.search(words) and not _DENIALS.search(words):
        return Node(tree.LABELLED, (value,), words)
    return None


def _juxtaposed(state: State, left: Node) -> Node:
    if left.kind == tree.TEXT:
        mark = state.position
        announced = _after_words(str(left.value), product(state))
        if announced is not None:
            return announced
        state.position = mark
    token = state.peek()
    before = state.tokens[state.position - 1]
    if token.kind == NUMBER and before.kind == NUMBER:
        if _is_prime_power(state, left):
            return tree.multiply(left, powers.power(state))
        return _mixed_plain(state, left)
    if token.kind == COMMAND and token.value == "frac" and before.kind == NUMBER and left.kind == tree.NUMBER:
        right = powers.power(state)
        if right.kind == tree.NUMBER and isinstance(right.value, Fraction) and 0 < right.value < 1:
            return tree.number(left.value + right.value)  # 1\frac12 is one and a half
        return tree.multiply(left, right)
    if left.kind == tree.CALL and left.value in ("degree", "arcminute") and token.kind == NUMBER:
        right = powers.power(state)
        if right.kind == tree.CALL and right.value in ("arcminute", "arcsecond"):
            return tree.add(left, right)
        return tree.multiply(left, right)
    if left.kind == tree.ADD and left.parts[-1].kind == tree.CALL and left.parts[-1].value == "arcminute":
        return tree.add(left, powers.power(state))
    right = powers.power(state)
    if right.kind == tree.TUPLE and left.kind == tree.SYMBOL and left.value[0].isupper():
        return Node(tree.RELATION, (left, right), ("=",))  # the point A(1, 2)
    return tree.multiply(left, right)


def _is_prime_power(state: State, left: Node) -> bool:
    """`2^6 3^5`: a power of a number beside the next one, as in a factorisation."""
    raised, following = state.tokens[state.position - 2], state.ahead(1)
    factor = left.parts[-1] if left.kind == tree.MULTIPLY else left
    return (
        raised.kind == SIGN
        and raised.value == "^"
        and factor.kind == tree.POWER
        and factor.parts[0].kind == tree.NUMBER
        and not (following.kind == SIGN and following.value == "/")
    )


def _mixed_plain(state: State, left: Node) -> Node:
    """`1 1/2`: a whole number, a space, a proper fraction of two literals."""
    top, slash, bottom = state.peek(), state.ahead(1), state.ahead(2)
    proper = (
        left.kind == tree.NUMBER
        and isinstance(left.value, int)
        and top.kind == NUMBER
        and slash.kind == SIGN
        and slash.value == "/"
        and bottom.kind == NUMBER
        and isinstance(top.value[0], int)
        and isinstance(bottom.value[0], int)
        and 0 < top.value[0] < bottom.value[0]
    )
    if not proper:
        raise state.fail("two numbers side by side")
    state.position += 3
    return tree.number(left.value + Fraction(top.value[0], bottom.value[0]))


def _noted(state: State, left: Node) -> Node:
    words = [str(state.take().value)]
    while True:
        token = state.peek()
        if token.kind == TEXT and not opens_condition_token(token):
            words.append(str(state.take().value))
        elif token.kind == SIGN and token.value == "^" and state.ahead(1).kind in (NUMBER, SIGN):
            mark = state.position
            state.take()
            exponent = powers.exponent(state)
            if exponent.kind != tree.NUMBER:
                state.position = mark
                break
            words[-1] += f"^{exponent.value}"
        elif token.kind == SIGN and token.value == "/" and state.ahead(1).kind == TEXT:
            state.take()
            words.append("/")
        else:
            break
    text = " ".join(words)
    if left.kind == tree.NOTED:
        return Node(tree.NOTED, left.parts, f"{left.value} {text}")
    if left.kind == tree.TEXT:
        return Node(tree.TEXT, (), f"{left.value} {text}")
    return Node(tree.NOTED, (left,), text)


def _is_set(node: Node) -> bool:
    return node.kind in (tree.SET, tree.BUILDER, tree.UNION, tree.INTERSECTION, tree.DIFFERENCE, tree.NUMBER_SET)
