"""LaTeX commands that stand for a value: fractions, roots, number sets, decorated names."""

from __future__ import annotations

from typing import Final

from reward_service.verifiers.parsing import brackets, environments, functions, lists, names, powers, primary, tree
from reward_service.verifiers.parsing.printing import printed
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import END, NAME, NUMBER, RELATION, SIGN, TEXT, Token
from reward_service.verifiers.parsing.tree import Node

_ELLIPSES: Final = frozenset({"cdots", "ldots", "dots", "dotsc", "vdots", "dotsb", "dotsm"})
_DECORATIONS: Final = frozenset({"vec", "hat", "tilde", "dot", "ddot", "widehat", "widetilde", "overrightarrow"})
_TRANSPARENT: Final = frozenset({"boxed", "fbox", "underline", "ensuremath", "mathop", "bar", "overline"})
_IMAGINARY: Final = Node(tree.CONSTANT, (), "i")
_CLOSING: Final = frozenset(
    {"end", "rangle", "rbrace", "rbrack", "rfloor", "rceil", "rvert", "rVert", "mid", "choose", "over"}
)


def command(state: State, token: Token) -> Node:
    """The value of a LaTeX command; an unknown one is a variable of that name."""
    name = str(token.value)
    if name == "frac":
        state.take()
        top = _fraction_part(state)
        bottom = _fraction_part(state)
        return _derivative(top, bottom) or tree.divide(top, bottom)
    if name == "sqrt":
        return _root(state)
    if name == "cbrt":
        state.take()
        return Node(tree.CALL, (powers.power(state), tree.number(3)), "root")
    if name in ("binom", "dbinom", "tbinom"):
        state.take()
        top = _fraction_part(state)
        return Node(tree.CALL, (top, _fraction_part(state)), "binom")
    if name == "pi":
        state.take()
        return Node(tree.CONSTANT, (), "pi")
    if name == "infty" or name == "infin":
        state.take()
        return tree.INFINITY
    if name in ("emptyset", "varnothing"):
        state.take()
        return Node(tree.EMPTY)
    if name == "mathbb":
        return _number_set(state)
    if name in ("lfloor", "lceil"):
        return brackets.rounded(state, name)
    if name in ("lvert", "lVert", "vert", "Vert"):
        return brackets.absolute(state, name)
    if name in ("langle", "lbrace", "lbrack"):
        return brackets.angled(state, name)
    if name == "begin":
        return environments.environment(state)
    if name in ("sum", "prod", "int", "iint", "oint", "lim", "limsup", "liminf"):
        return functions.big_operator(state, name)
    if name in _ELLIPSES:
        state.take()
        return tree.symbol("…")
    if name in _TRANSPARENT or name in _DECORATIONS or name in ("underbrace", "overbrace"):
        return _decorated(state, name)
    if name in ("angle", "triangle", "measuredangle", "odot"):
        state.take()
        return _prefixed_name(state, name)
    if name in ("neg", "lnot"):
        state.take()
        return Node(tree.CALL, (primary.primary(state),), "not")
    if name in ("square", "star", "partial"):
        state.take()
        return tree.symbol(name)
    if name in _CLOSING:
        raise state.fail("expected a value")
    state.take()
    return tree.symbol(f"\\{name}")


def _fraction_part(state: State) -> Node:
    """An argument of \\frac: a group, or a single digit or name, as TeX reads it."""
    token = state.peek()
    if token.kind == SIGN and token.value == "{":
        return brackets.braced(state)
    if token.kind == NUMBER and token.value[1] is None and isinstance(token.value[0], int):
        digits = token.value[2]
        if len(digits) > 1:
            rest = digits[1:]
            state.tokens[state.position] = Token(NUMBER, (int(rest), None, rest), False, token.start + 1)
            return tree.number(int(digits[0]))
    if token.kind == SIGN and token.value == "(":
        return primary.primary(state)
    return primary.primary(state, script=True)


def _derivative(top: Node, bottom: Node) -> Node | None:
    """dy/dx as one name: the two differentials do not cancel to y/x."""
    if bottom.kind == tree.MULTIPLY and len(bottom.parts) == 2 and bottom.parts[0] == tree.symbol("d"):
        variable = bottom.parts[1]
        if variable.kind == tree.SYMBOL and (
            top == tree.symbol("d") or (top.kind == tree.MULTIPLY and top.parts[0] == tree.symbol("d"))
        ):
            return tree.symbol(f"{printed(top)}/{printed(bottom)}")
    return None


def _root(state: State) -> Node:
    state.take()
    index: Node | None = None
    if state.at_sign("["):
        state.take()
        index = lists.sequence(state)
        if not state.skip_sign("]"):
            raise state.fail("expected ']' after the index of a root")
    token = state.peek()
    if token.kind == SIGN and token.value == "{":
        inner = brackets.braced(state)
    elif token.kind == SIGN and token.value in ("(", "|"):
        inner = primary.primary(state)
    else:
        inner = primary.primary(state, script=True)
    if index is None or index == tree.number(2):
        return tree.power(inner, tree.HALF)
    return Node(tree.CALL, (inner, index), "root")


def _number_set(state: State) -> Node:
    state.take()
    letter = str(state.take().value)
    if letter not in ("R", "Z", "N", "Q", "C"):
        return tree.symbol(letter)
    name = letter
    while state.at_sign("^") or state.at_sign("_"):
        state.take()
        token = state.peek()
        if token.kind == SIGN and token.value == "{":
            state.take()
            while not state.at_sign("}") and state.peek().kind != END:
                name += _script_text(state.take())
            state.skip_sign("}")
        else:
            name += _script_text(state.take())
    return Node(tree.NUMBER_SET, (), name)


def _script_text(token: Token) -> str:
    if token.kind == NUMBER:
        return str(token.value[2])
    if token.kind == RELATION:
        return {"<=": "<=", ">=": ">="}.get(str(token.value), str(token.value))
    return str(token.value)


def _decorated(state: State, name: str) -> Node:
    state.take()
    token = state.peek()
    inner = brackets.braced(state) if token.kind == SIGN and token.value == "{" else primary.primary(state, script=True)
    if name in ("underbrace", "overbrace"):
        if state.at_sign("_") or state.at_sign("^"):
            state.take()
            names.subscript(state)
        return inner
    if name in ("overline", "bar") and any(part == _IMAGINARY for part in tree.walk(inner)):
        return _conjugated(inner)
    if name in _DECORATIONS or (name == "bar" and inner.kind == tree.SYMBOL):
        return tree.symbol(f"{name}:{printed(inner)}")
    return inner


def _conjugated(node: Node) -> Node:
    """The complex conjugate: i turned into -i."""
    if node == _IMAGINARY:
        return tree.negative(node)
    return Node(node.kind, tuple(_conjugated(part) for part in node.parts), node.value) if node.parts else node


def _prefixed_name(state: State, prefix: str) -> Node:
    letters: list[str] = []
    if state.peek().kind == TEXT:
        return tree.symbol(f"{prefix} {state.take().value}")
    while state.peek().kind in (NAME, NUMBER) and len(letters) < 6:
        token = state.take()
        letters.append(str(token.value[2]) if token.kind == NUMBER else str(token.value))
        if state.at_sign("_"):
            state.take()
            letters.append(f"_{printed(names.subscript(state))}")
        while state.skip_sign("'"):
            letters.append("'")
    return tree.symbol(f"{prefix} {''.join(letters)}")
