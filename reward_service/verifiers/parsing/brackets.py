"""Everything between brackets: groups, tuples, intervals, sets, absolute values, floors."""

from __future__ import annotations

from reward_service.verifiers.parsing import lists, names, primary, tree
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import COMMAND, END, NAME, SIGN, Token
from reward_service.verifiers.parsing.tree import Node


def bracketed(state: State, token: Token) -> Node:
    """What an opening bracket, brace or bar begins."""
    value = token.value
    if value == "(" or value == "[":
        return _round_or_square(state)
    if value == "{":
        return braced(state)
    if value == "\\{":
        return _braces(state)
    if value == "|":
        return absolute(state, "|")
    if value == "\\|":
        return absolute(state, "\\|")
    if value == "]":
        return _open_interval(state)
    if value in ("\\$", "$", "\\&", "\\#", "\\_"):
        state.take()
        return primary.primary(state)
    if value == "." and state.ahead(1).kind != END:
        state.take()
        return primary.primary(state)
    if value == "_":
        return names.prefixed_combination(state)
    raise state.fail("expected a value")


def _round_or_square(state: State) -> Node:
    opener = str(state.take().value)
    bars, state.bars = state.bars, 0
    if state.at_sign(")") or state.at_sign("]"):
        raise state.fail("empty brackets")
    inner = lists.sequence(state)
    state.bars = bars
    closing = state.peek()
    if closing.kind == SIGN and closing.value in (")", "]"):
        state.take()
        closer = str(closing.value)
    elif closing.kind == END:
        closer = ")" if opener == "(" else "]"
    else:
        raise state.fail("expected a closing bracket")
    if inner.kind == tree.LIST and inner.value in (",", ";", "and"):
        return _matrix_from_lists(opener, inner) or Node(tree.TUPLE, inner.parts, opener + closer)
    if opener + closer == "()" or tree.is_scalar(inner) or inner.kind == tree.MATRIX:
        if state.at_sign("_") and inner.kind == tree.NUMBER and opener == "(":
            state.take()
            return Node(tree.CALL, (inner, names.subscript(state)), f"base:{inner.value}")
        return inner
    return Node(tree.TUPLE, (inner,), opener + closer)


def _matrix_from_lists(opener: str, inner: Node) -> Node | None:
    """[[1,2],[3,4]] as a matrix: square brackets in square brackets, rows of equal length."""
    rows = inner.parts
    if opener != "[" or not all(row.kind == tree.TUPLE and row.value == "[]" for row in rows):
        return None
    width = len(rows[0].parts)
    if any(len(row.parts) != width for row in rows):
        return None
    return Node(tree.MATRIX, tuple(entry for row in rows for entry in row.parts), (len(rows), width))


def _open_interval(state: State) -> Node:
    """]a, b[ : the continental spelling of (a, b)."""
    state.take()
    for index in range(state.position, len(state.tokens)):
        token = state.tokens[index]
        if token.kind == SIGN and token.value in ("[", "]"):
            if token.value == "[":
                state.tokens[index] = Token(SIGN, ")", token.spaced, token.start)
            break
    inner = lists.sequence(state)
    closing = state.peek()
    if inner.kind != tree.LIST or len(inner.parts) != 2 or closing.kind != SIGN or closing.value not in ("[", "]", ")"):
        raise state.fail("expected a value")
    state.take()
    return Node(tree.TUPLE, inner.parts, "(" + ("]" if closing.value == "]" else ")"))


def braced(state: State) -> Node:
    """A LaTeX group {...}; a missing brace at the very end is forgiven. A group with a list in it reads as a set."""
    if _opens_builder(state):
        return _braces(state)
    state.take()
    bars, state.bars = state.bars, 0
    if state.skip_sign("}"):
        state.bars = bars
        return primary.primary(state)
    inner = lists.sequence(state)
    if state.at_sign("|") or state.at_command("mid"):
        inner = _builder(state, inner)
    elif state.at_command("choose") or state.at_command("over"):  # TeX's infix forms: {n \\choose k}, {a \\over b}
        chosen = state.take().value == "choose"
        lower = lists.sequence(state)
        inner = Node(tree.CALL, (inner, lower), "binom") if chosen else tree.divide(inner, lower)
    state.bars = bars
    if state.at_sign(".") and state.ahead(1).kind == SIGN and state.ahead(1).value == "}":
        state.take()  # the full stop of a sentence inside the box
    if not state.skip_sign("}") and not state.skip_sign("\\}") and state.peek().kind != END:
        raise state.fail("expected a closing brace")
    return inner


def _opens_builder(state: State) -> bool:
    """Whether an unescaped brace opens a set all the same: {x | ...}."""
    name, bar = state.ahead(1), state.ahead(2)
    if name.kind != NAME:
        return False
    return (bar.kind == SIGN and bar.value in ("|", ":")) or (bar.kind == COMMAND and bar.value in ("mid", "vert"))


def _braces(state: State) -> Node:
    """A set \\{...\\}: by enumeration, or by a condition after a bar or colon."""
    state.take()
    bars, state.bars = state.bars, 1  # a bar after an element opens the condition
    if state.skip_sign("\\}") or state.skip_sign("}"):
        state.bars = bars
        return Node(tree.EMPTY)
    inner = lists.sequence(state)
    if state.at_sign("|") or state.at_command("mid") or state.at_command("vert") or state.at_sign(":"):
        inner = _builder(state, inner)
    elif inner.kind == tree.RATIO and len(inner.parts) == 2:
        inner = Node(tree.BUILDER, inner.parts)
    elif inner.kind == tree.RELATION and inner.parts[0].kind == tree.RATIO:
        element, first = inner.parts[0].parts
        inner = Node(tree.BUILDER, (element, Node(tree.RELATION, (first, *inner.parts[1:]), inner.value)))
    elif inner.kind == tree.LIST:
        inner = Node(tree.SET, inner.parts)
    else:
        inner = Node(tree.SET, (inner,))
    state.bars = bars
    if not any(state.skip_sign(closer) for closer in ("\\}", "}", ")")) and state.peek().kind != END:
        if state.at_command("rbrace"):
            state.take()
        else:
            raise state.fail("expected a closing brace")
    return inner


def _builder(state: State, element: Node) -> Node:
    state.take()
    state.bars = 0
    return Node(tree.BUILDER, (element, lists.sequence(state)))


def absolute(state: State, bar: str) -> Node:
    """An absolute value up to its closing bar."""
    state.take()
    state.bars += 1
    inner = lists.sequence(state)
    state.bars -= 1
    if not state.skip_sign(bar) and not state.skip_sign("|"):
        closed = state.peek()
        if not (closed.kind == COMMAND and closed.value in ("rvert", "rVert", "vert", "Vert")):
            raise state.fail("an absolute value without its closing bar")
        state.take()
    return Node(tree.CALL, (inner,), "abs")


def rounded(state: State, name: str) -> Node:
    """A floor or a ceiling."""
    state.take()
    bars, state.bars = state.bars, 0
    inner = lists.sequence(state)
    state.bars = bars
    closing = state.peek()
    if closing.kind != COMMAND or closing.value not in ("rfloor", "rceil"):
        raise state.fail("a floor or ceiling without its closing bracket")
    state.take()
    return Node(tree.CALL, (inner,), "floor" if name == "lfloor" else "ceil")


def angled(state: State, name: str) -> Node:
    """A tuple in angle brackets, or a set or list in spelled-out braces or brackets."""
    state.take()
    inner = lists.sequence(state)
    closing = state.peek()
    expected = {"langle": "rangle", "lbrace": "rbrace", "lbrack": "rbrack"}[name]
    if closing.kind == COMMAND and closing.value == expected:
        state.take()
    elif closing.kind != END and not (closing.kind == SIGN and closing.value == "\\}"):
        raise state.fail("expected a closing bracket")
    else:
        state.take()
    parts = inner.parts if inner.kind == tree.LIST else (inner,)
    if name == "lbrace":
        return Node(tree.SET, parts)
    return Node(tree.TUPLE, parts, "<>" if name == "langle" else "[]")
