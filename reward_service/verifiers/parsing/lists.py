"""Lists: groups parted by ";", items parted by "," and connectives, and the conditions behind them."""

from __future__ import annotations

from typing import Final

from reward_service.verifiers.parsing import relations, tree
from reward_service.verifiers.parsing.printing import printed
from reward_service.verifiers.parsing.state import ParseError, State, opens_condition_token
from reward_service.verifiers.parsing.tokens import COMMAND, END, NAME, NUMBER, RELATION, SIGN, TEXT, WORD
from reward_service.verifiers.parsing.tree import Node

_ORDER: Final = frozenset({"<", "<=", ">", ">=", "!="})


def whole(state: State) -> Node:
    """Everything up to the end. Raises ParseError where something is left unread."""
    if state.peek().kind == END:
        raise ParseError("nothing to read")
    node = sequence(state)
    if state.peek().kind != END:
        raise state.fail("could not read on")
    return node


def sequence(state: State) -> Node:
    """Everything up to a closing bracket or the end: groups parted by ";", in them items parted by "," or words."""
    state.enter()
    groups = [items(state)]
    while state.skip_sign(";"):
        if state.closed():
            break
        groups.append(items(state))
    state.depth -= 1
    if len(groups) == 1:
        return groups[0]
    return Node(tree.LIST, tuple(groups), ";")


def items(state: State) -> Node:
    items = [relations.relation(state)]
    separator = ","
    conditions: list[Node] = []
    while True:
        token = state.peek()
        if token.kind == SIGN and token.value == ",":
            state.position += 1
            while state.skip_sign(","):
                pass
            if state.peek().kind == WORD:
                state.position += 1
        elif token.kind == WORD:
            separator = token.value
            state.position += 1
        elif token.kind == COMMAND and token.value in ("boxed", "fbox"):
            pass
        elif opens_condition_token(token):
            conditions.append(condition(state))
            break
        elif token.kind == SIGN and token.value == "&" and not state.cells:
            separator = "and"
            state.position += 1
        elif token.kind == SIGN and token.value == "(" and alternative_in_brackets(state):
            separator = "or"
            state.position += 2
            items.append(relations.relation(state))
            state.skip_sign(")")
            continue
        elif token.kind == SIGN and token.value == "(" and quantifier_in_brackets(state):
            state.position += 1
            conditions.append(condition(state) if state.opens_condition() else relations.relation(state))
            state.skip_sign(")")
            continue
        else:
            break
        if state.closed() or state.at_sign(";"):
            break
        if opens_condition_token(state.peek()):
            continue
        items.append(relations.relation(state))
    while len(items) > 1 and (_is_membership_of_number_set(items[-1]) or _is_domain(items[-1], items[0])):
        conditions.insert(0, items.pop())
    body = items[0] if len(items) == 1 else Node(tree.LIST, tuple(items), separator)
    if conditions and not (body.kind == tree.RELATION and _is_membership_of_number_set(body)):
        return Node(tree.WHERE, (body, *conditions))
    return body


def condition(state: State) -> Node:
    """What follows "where", "for", "if": a relation, or words such as "some integer t".

    Anything else there would be dropped unread, so it is an error.
    """
    opener = str(state.take().value)
    words = opener.split(" ")[1:]
    while state.peek().kind == TEXT:
        words.append(str(state.take().value))
    if state.closed() or state.at_sign(","):
        return Node(tree.TEXT, (), " ".join(words) or opener)
    node = items(state)
    subjects = node.parts if node.kind == tree.LIST else (node,)
    if all(part.kind == tree.SYMBOL for part in subjects):
        return Node(tree.TEXT, (), " ".join([*words, *(str(part.value) for part in subjects)]))
    if all(part.kind in (tree.RELATION, tree.WHERE, tree.SYMBOL, tree.TEXT) for part in subjects):
        return node
    if all(part.kind in (tree.NOTED, tree.SYMBOL, tree.TEXT) for part in subjects):
        notes = [str(part.value) if part.kind != tree.NOTED else f"{printed(part)}" for part in subjects]
        return Node(tree.TEXT, (), " ".join([*words, *notes]))
    raise state.fail("a condition that is no relation")


def quantifier_in_brackets(state: State) -> bool:
    """Whether a spaced bracket after a value holds its quantifier, as in `2k\\pi (k \\in \\mathbb{Z})`."""
    first, second, third = state.ahead(1), state.ahead(2), state.ahead(3)
    if opens_condition_token(first):
        return True
    if first.kind in (NAME, NUMBER) and second.kind == RELATION and second.value in _ORDER:
        return True
    return (
        first.kind == NAME
        and second.kind == RELATION
        and second.value == "in"
        and (third.kind == COMMAND or (third.kind == NAME and third.value in relations.PLAIN_NUMBER_SETS))
    )


def alternative_in_brackets(state: State) -> bool:
    """Whether a bracket offers another form of the value before it: `3 (or 6/2)`."""
    following = state.ahead(1)
    return following.kind == WORD and following.value == "or"


def _is_membership_of_number_set(node: Node) -> bool:
    return (
        node.kind == tree.RELATION
        and node.value == ("in",)
        and node.parts[1].kind == tree.NUMBER_SET
        and node.parts[0].kind in (tree.SYMBOL, tree.LIST)
    )


def _is_domain(node: Node, function: Node) -> bool:
    """Whether an inequality behind an equation says for which arguments it holds: y = x^2, x > 0."""
    if node.kind != tree.RELATION or not set(node.value) <= _ORDER or function.kind != tree.RELATION:
        return False
    name, value = function.parts[0], function.parts[-1]
    if function.value != ("=",) or name.kind not in (tree.SYMBOL, tree.APPLY) or not tree.is_scalar(value):
        return False
    bound = tree.names(node)
    return bool(bound) and bound <= tree.names(value) and not (name.kind == tree.SYMBOL and name.value in bound)
