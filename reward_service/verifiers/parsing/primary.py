"""One factor: picks the rule for what stands at the position."""

from __future__ import annotations

from reward_service.verifiers.parsing import brackets, commands, functions, names, tree
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import COMMAND, FUNCTION, NAME, NUMBER, SIGN, TEXT
from reward_service.verifiers.parsing.tree import Node


def primary(state: State, *, script: bool = False) -> Node:
    """One factor without its postfixes. In a script (after "^" or "_") a name stands alone."""
    state.count()
    if script:
        state.enter()
    token = state.peek()
    kind = token.kind
    if kind == NUMBER:
        node = _literal(state)
    elif kind == NAME:
        node = names.name(state, script=script)
    elif kind == FUNCTION:
        node = functions.function(state)
    elif kind == SIGN:
        node = brackets.bracketed(state, token)
    elif kind == COMMAND:
        node = commands.command(state, token)
    elif kind == TEXT:
        state.take()
        words = [str(token.value)]
        while state.peek().kind == TEXT:
            words.append(str(state.take().value))
        node = Node(tree.TEXT, (), " ".join(words))
    else:
        raise state.fail("expected a value")
    if script:
        state.depth -= 1
    return node


def _literal(state: State) -> Node:
    value, places, digits = state.take().value
    if state.at_sign("_") and places is None:
        state.take()
        return Node(tree.CALL, (tree.number(value), names.subscript(state)), f"base:{digits}")
    if places is None:
        return tree.number(value)
    return Node(tree.DECIMAL, (), (value, places))
