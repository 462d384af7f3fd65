"""Variables with subscripts, unknown functions applied to arguments, combinations written with letters."""

from __future__ import annotations

import re
from typing import Final

from reward_service.errors import InputLimitExceeded
from reward_service.verifiers.parsing import brackets, lists, powers, primary, tree
from reward_service.verifiers.parsing.printing import printed
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import END, FUNCTION, NAME, NUMBER, RELATION, SIGN, TEXT, WORD, Token
from reward_service.verifiers.parsing.tree import Node

# Letters that name a function whenever a bracket follows; others do so only as a whole side of a relation.
_SYMBOLIC_INDEX: Final = re.compile(r"(\d{0,3})\*?([nmkrN])([+-]\d{1,3})?")
_FUNCTION_LETTERS: Final = frozenset("fgFG")


def name(state: State, *, script: bool) -> Node:
    """A variable with its subscripts and primes, or a function or combination that starts with a letter."""
    token = state.take()
    name = str(token.value)
    if script and not state.at_sign("_"):
        return _plain_name(name)
    if name == "Delta" and state.peek().kind == NAME:
        name = f"Delta {state.take().value}"  # one name, a change of something
    exponent: Node | None = None
    subscripted = False
    while True:
        if state.at_sign("_"):
            state.take()
            if name in ("R", "Z", "N", "Q") and state.peek().kind == SIGN and state.peek().value in ("+", "-", "*"):
                return Node(tree.NUMBER_SET, (), f"{name}{state.take().value}")
            index = subscript(state)
            name = f"{name}_{printed(index)}"
            subscripted = True
        elif state.at_sign("^") and _subscript_follows_exponent(state):
            state.take()
            exponent = powers.exponent(state)
        else:
            break
    if subscripted and exponent is not None:
        special = _chinese_combination(name, exponent)
        return special if special is not None else tree.power(tree.symbol(name), exponent)
    countable = name[2:].isdigit() or (name[0] == "C" and _SYMBOLIC_INDEX.fullmatch(name[2:]) is not None)
    if subscripted and state.at_sign("^") and name[:2] in ("C_", "A_") and countable:
        mark = state.position
        state.take()
        special = _chinese_combination(name, powers.exponent(state))
        if special is not None:
            return special
        state.position = mark
    while state.at_sign("'"):
        state.take()
        name += "'"
    if name == "C" and state.at_sign("("):
        chosen = _combination_in_brackets(state)
        if chosen is not None:
            return chosen
    if state.at_sign("(") and _applies(state, token, name, subscripted):
        return _applied(state, name)
    if name in _FUNCTION_LETTERS and state.at_sign("^") and _is_inverse(state):
        return _applied(state, f"{name}^-1")
    return tree.symbol(name) if subscripted or name.endswith("'") else _plain_name(name)


def _plain_name(name: str) -> Node:
    if name == "e":
        return Node(tree.CONSTANT, (), "e")
    if name == "i":
        return Node(tree.CONSTANT, (), "i")
    return tree.symbol(name)


def _combination_in_brackets(state: State) -> Node | None:
    """C(5, 2), C(n, k): two arguments after a capital C choose."""
    mark = state.position
    state.take()
    inner = lists.sequence(state)
    two = inner.kind == tree.LIST and len(inner.parts) == 2 and inner.value == ","
    if two and state.skip_sign(")") and state.peek().kind != RELATION:
        return Node(tree.CALL, inner.parts, "binom")
    state.position = mark
    return None


def _chinese_combination(name: str, exponent: Node) -> Node | None:
    """C_5^2 and A_5^2: combinations and arrangements in the Chinese notation, lower index over upper."""
    letter, _, index = name.partition("_")
    if letter == "C" and (combination := _SYMBOLIC_INDEX.fullmatch(index)):
        factor, variable, shift = combination.groups()
        top = tree.multiply(tree.number(int(factor)), tree.symbol(variable)) if factor else tree.symbol(variable)
        if shift:
            top = tree.add(top, tree.number(int(shift)))
        return Node(tree.CALL, (top, exponent), "binom")
    if letter in "CA" and index.isdigit() and exponent.kind == tree.NUMBER and isinstance(exponent.value, int):
        if len(index) > 6:
            raise InputLimitExceeded("a binomial index of more than 6 digits")
        parts = (tree.number(int(index)), exponent)
        return Node(tree.CALL, parts, "binom" if letter == "C" else "arrangements")
    return None


def _subscript_follows_exponent(state: State) -> bool:
    """Whether `^x` is followed by `_`, as in v^2_0: then the exponent belongs to the name with its subscript."""
    first = state.ahead(1)
    if first.kind in (NUMBER, NAME):
        after = state.ahead(2)
        return after.kind == SIGN and after.value == "_"
    if first.kind == SIGN and first.value == "{":
        level, distance = 1, 2
        while level and distance < 12:
            token = state.ahead(distance)
            if token.kind == END:
                return False
            if token.kind == SIGN and token.value == "{":
                level += 1
            elif token.kind == SIGN and token.value == "}":
                level -= 1
            distance += 1
        after = state.ahead(distance)
        return level == 0 and after.kind == SIGN and after.value == "_"
    return False


def subscript(state: State) -> Node:
    """What follows "_"."""
    token = state.peek()
    if token.kind == FUNCTION:  # f_\\max
        return tree.symbol(str(state.take().value))
    if token.kind == SIGN and token.value == "{":
        inner, after = state.ahead(1), state.ahead(2)
        if inner.kind == FUNCTION and after.kind == SIGN and after.value == "}":
            state.position += 3
            return tree.symbol(str(inner.value))
        return brackets.braced(state)
    return primary.primary(state, script=True)


def _applies(state: State, token: Token, name: str, subscripted: bool) -> bool:
    """Whether `name(` is a function applied rather than a product.

    f, g, F, G and primed names always; any other name when it and its bracket are one side of a relation or one
    item of a list, and the bracket holds only names and numbers.
    """
    if name.rstrip("'") in _FUNCTION_LETTERS or name.endswith("'") or (subscripted and name[0] in _FUNCTION_LETTERS):
        return True
    before = state.tokens[state.position - (4 if subscripted else 2)] if state.position >= 2 else None
    starts = (
        before is None
        or before.kind in (RELATION, WORD)
        or (before.kind == SIGN and before.value in (",", ";", "(", "{", "|"))
        or subscripted
    )
    if not starts:
        return False
    distance, expects_value = 1, True
    while distance < 14:
        item = state.ahead(distance)
        if item.kind == SIGN and item.value == ")" and not expects_value:
            after = state.ahead(distance + 1)
            if after.kind == RELATION:
                return True
            return _in_tuple(before) and after.kind == SIGN and after.value in (",", ")") and name[0] not in "xyzabcmn"
        if expects_value and item.kind == SIGN and item.value == "-":
            distance += 1
            continue
        if expects_value and item.kind in (NAME, NUMBER, TEXT):
            if item.kind == NAME and item.value == name:
                return False
            expects_value = False
        elif not expects_value and item.kind == SIGN and item.value == ",":
            expects_value = True
        else:
            return False
        distance += 1
    return False


def _in_tuple(before: Token | None) -> bool:
    return before is not None and before.kind == SIGN and before.value in ("(", ",")


def _is_inverse(state: State) -> bool:
    values = [state.ahead(distance).value for distance in range(1, 6)]
    return values[0] == "{" and values[1] == "-" and _is_one(state.ahead(3)) and values[3] == "}" and values[4] == "("


def _is_one(token: Token) -> bool:
    return token.kind == NUMBER and token.value[0] == 1


def _applied(state: State, name: str) -> Node:
    if name.endswith("^-1"):
        state.position += 5
    state.take()
    inner = arguments(lists.sequence(state))
    if not state.skip_sign(")") and state.peek().kind != END:
        raise state.fail("expected a closing bracket")
    return Node(tree.APPLY, inner, name)


def arguments(node: Node) -> tuple[Node, ...]:
    """The arguments of a function from what its bracket held."""
    return node.parts if node.kind == tree.LIST and node.value in (",", ";") else (node,)


def prefixed_combination(state: State) -> Node:
    """`_nC_k`, `{}_nP_k`: the notation with the number before the letter."""
    state.take()
    top = subscript(state)
    letter = state.take()
    if letter.kind == NAME and letter.value in ("C", "P") and state.skip_sign("_"):
        return Node(tree.CALL, (top, subscript(state)), "binom" if letter.value == "C" else "arrangements")
    raise state.fail("expected a value")
