"""Primary expressions of the grammar: literals, names, functions, brackets, fractions, roots, and LaTeX environments.

Split from grammar.py by size; each function takes the parser and reads one construct from its position.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from reward_service.errors import InputLimitExceeded
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.printing import printed
from reward_service.verifiers.parsing.tokens import (
    COMMAND,
    END,
    FUNCTION,
    NAME,
    NUMBER,
    RELATION,
    SIGN,
    TEXT,
    WORD,
    Token,
)
from reward_service.verifiers.parsing.tree import Node

if TYPE_CHECKING:
    from reward_service.verifiers.parsing.grammar import Parser

FACTOR_COMMANDS: Final = frozenset(
    "frac sqrt cbrt binom dbinom tbinom pi infty lfloor lceil lvert lVert vert Vert langle begin sum prod int lim overline vec hat "
    "bar tilde angle mathbb emptyset varnothing overrightarrow ldots cdots dots dotsc dotsb dotsm triangle square widehat "
    "underbrace overbrace ddot dot iint oint partial lbrace lbrack".split()
)
_FUNCTION_LETTERS: Final = frozenset("fgFG")
_ELLIPSES: Final = frozenset({"cdots", "ldots", "dots", "dotsc", "vdots", "dotsb", "dotsm"})
_DECORATIONS: Final = frozenset({"vec", "hat", "tilde", "dot", "ddot", "widehat", "widetilde", "overrightarrow"})
_TRANSPARENT: Final = frozenset({"boxed", "fbox", "underline", "ensuremath", "mathop", "bar", "overline"})
_INVERSE: Final = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec", "csc": "arccsc", "sinh": "arsinh",
    "cosh": "arcosh", "tanh": "artanh",
}  # fmt: skip
_SEVERAL_ARGUMENTS: Final = frozenset({"max", "min", "gcd", "lcm", "log", "binom"})


def primary(parser: Parser, *, script: bool = False) -> Node:
    """One factor without its postfixes. In a script (after "^" or "_") a name stands alone."""
    parser.count()
    if script:
        parser.enter()
    token = parser.peek()
    kind = token.kind
    if kind == NUMBER:
        node = _literal(parser)
    elif kind == NAME:
        node = _name(parser, script=script)
    elif kind == FUNCTION:
        node = _function(parser)
    elif kind == SIGN:
        node = _bracketed(parser, token)
    elif kind == COMMAND:
        node = _command(parser, token)
    elif kind == TEXT:
        parser.take()
        words = [str(token.value)]
        while parser.peek().kind == TEXT:
            words.append(str(parser.take().value))
        node = Node(tree.TEXT, (), " ".join(words))
    else:
        raise parser.fail("expected a value")
    if script:
        parser.depth -= 1
    return node


def _literal(parser: Parser) -> Node:
    value, places, digits = parser.take().value
    if parser.at_sign("_") and places is None:
        parser.take()
        return Node(tree.CALL, (tree.number(value), subscript(parser)), f"base:{digits}")
    if places is None:
        return tree.number(value)
    return Node(tree.DECIMAL, (), (value, places))


def _name(parser: Parser, *, script: bool) -> Node:
    token = parser.take()
    name = str(token.value)
    if script and not parser.at_sign("_"):
        return _plain_name(name)
    exponent: Node | None = None
    subscripted = False
    while True:
        if parser.at_sign("_"):
            parser.take()
            index = subscript(parser)
            name = f"{name}_{printed(index)}"
            subscripted = True
        elif parser.at_sign("^") and _subscript_follows_exponent(parser):
            parser.take()
            exponent = parser.exponent()
        else:
            break
    if subscripted and exponent is not None:
        special = _chinese_combination(name, exponent)
        return special if special is not None else tree.power(tree.symbol(name), exponent)
    if subscripted and parser.at_sign("^") and name[0] in "CA" and name[2:].isdigit():
        mark = parser.position
        parser.take()
        special = _chinese_combination(name, parser.exponent())
        if special is not None:
            return special
        parser.position = mark
    while parser.at_sign("'"):
        parser.take()
        name += "'"
    if name == "C" and parser.at_sign("("):
        chosen = _combination_in_brackets(parser)
        if chosen is not None:
            return chosen
    if parser.at_sign("(") and _applies(parser, token, name, subscripted):
        return _applied(parser, name)
    if name in _FUNCTION_LETTERS and parser.at_sign("^") and _is_inverse(parser):
        return _applied(parser, f"{name}^-1")
    return tree.symbol(name) if subscripted or name.endswith("'") else _plain_name(name)


def _combination_in_brackets(parser: Parser) -> Node | None:
    """C(5, 2), C(n, k): two arguments after a capital C choose."""
    mark = parser.position
    parser.take()
    inner = parser.sequence()
    if inner.kind == tree.LIST and len(inner.parts) == 2 and inner.value == "," and parser.skip_sign(")"):
        if parser.peek().kind != RELATION:
            return Node(tree.CALL, inner.parts, "binom")
    parser.position = mark
    return None


def _plain_name(name: str) -> Node:
    if name == "e":
        return Node(tree.CONSTANT, (), "e")
    if name == "i":
        return Node(tree.CONSTANT, (), "i")
    return tree.symbol(name)


def _chinese_combination(name: str, exponent: Node) -> Node | None:
    """C_5^2 and A_5^2: combinations and arrangements in the Chinese notation, lower index over upper."""
    letter, _, index = name.partition("_")
    if letter in "CA" and index.isdigit() and exponent.kind == tree.NUMBER and isinstance(exponent.value, int):
        if len(index) > 6:
            raise InputLimitExceeded("a binomial index of more than 6 digits")
        parts = (tree.number(int(index)), exponent)
        return Node(tree.CALL, parts, "binom" if letter == "C" else "arrangements")
    return None


def _subscript_follows_exponent(parser: Parser) -> bool:
    """Whether `^x` is followed by `_`, as in v^2_0: then the exponent belongs to the name with its subscript."""
    first = parser.ahead(1)
    if first.kind in (NUMBER, NAME):
        after = parser.ahead(2)
        return after.kind == SIGN and after.value == "_"
    if first.kind == SIGN and first.value == "{":
        level, distance = 1, 2
        while level and distance < 12:
            token = parser.ahead(distance)
            if token.kind == END:
                return False
            if token.kind == SIGN and token.value == "{":
                level += 1
            elif token.kind == SIGN and token.value == "}":
                level -= 1
            distance += 1
        after = parser.ahead(distance)
        return level == 0 and after.kind == SIGN and after.value == "_"
    return False


def subscript(parser: Parser) -> Node:
    """What follows "_"."""
    token = parser.peek()
    if token.kind == SIGN and token.value == "{":
        return braced(parser)
    return primary(parser, script=True)


def _applies(parser: Parser, token: Token, name: str, subscripted: bool) -> bool:
    """Whether `name(` is a function applied rather than a product.

    f, g, F, G and primed names always; any other name when it and its bracket are one side of a relation or one
    item of a list, and the bracket holds only names and numbers.
    """
    if name.rstrip("'") in _FUNCTION_LETTERS or name.endswith("'") or (subscripted and name[0] in _FUNCTION_LETTERS):
        return True
    before = parser.tokens[parser.position - (4 if subscripted else 2)] if parser.position >= 2 else None
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
        item = parser.ahead(distance)
        if item.kind == SIGN and item.value == ")" and not expects_value:
            after = parser.ahead(distance + 1)
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


def _is_inverse(parser: Parser) -> bool:
    values = [parser.ahead(distance).value for distance in range(1, 6)]
    return values[0] == "{" and values[1] == "-" and _is_one(parser.ahead(3)) and values[3] == "}" and values[4] == "("


def _is_one(token: Token) -> bool:
    return token.kind == NUMBER and token.value[0] == 1


def _applied(parser: Parser, name: str) -> Node:
    if name.endswith("^-1"):
        parser.position += 5
    parser.take()
    arguments = _arguments(parser.sequence())
    if not parser.skip_sign(")") and parser.peek().kind != END:
        raise parser.fail("expected a closing bracket")
    return Node(tree.APPLY, arguments, name)


def _arguments(node: Node) -> tuple[Node, ...]:
    return node.parts if node.kind == tree.LIST and node.value in (",", ";") else (node,)


# -- functions


def _function(parser: Parser) -> Node:
    name = str(parser.take().value)
    exponent: Node | None = None
    index: Node | None = None
    while parser.at_sign("^") or parser.at_sign("_"):
        if parser.take().value == "^":
            exponent = parser.exponent()
        else:
            index = subscript(parser)
    primes = 0
    while parser.skip_sign("'"):
        primes += 1
    if exponent == tree.MINUS_ONE and name in _INVERSE:
        name, exponent = _INVERSE[name], None
    arguments = _function_arguments(parser, name)
    node = _call(name, arguments, index)
    if primes:
        node = Node(tree.CALL, (node,), "derivative")
    return node if exponent is None else tree.power(node, exponent)


def _function_arguments(parser: Parser, name: str) -> tuple[Node, ...]:
    token = parser.peek()
    if token.kind == SIGN and token.value in ("(", "[", "{", "\\{"):
        closer = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}[str(token.value)]
        parser.take()
        inner = parser.sequence()
        if not parser.skip_sign(closer) and parser.peek().kind != END:
            raise parser.fail(f"expected {closer!r} after the argument of {name}")
        return _arguments(inner) if name in _SEVERAL_ARGUMENTS else (inner,)
    if token.kind == END or (token.kind == SIGN and token.value in (")", "}", ",", "+")):
        raise parser.fail(f"{name} without an argument")
    if token.kind == SIGN and token.value == "-":
        parser.take()
        return (tree.negative(parser.product(implied_only=True)),)
    if name == "sqrt" or name == "cbrt":
        return (parser.power(),)
    return (parser.product(implied_only=True),)


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


# -- brackets


def _bracketed(parser: Parser, token: Token) -> Node:
    value = token.value
    if value == "(" or value == "[":
        return _round_or_square(parser)
    if value == "{":
        return braced(parser)
    if value == "\\{":
        return _braces(parser)
    if value == "|":
        return _absolute(parser, "|")
    if value == "\\|":
        return _absolute(parser, "\\|")
    if value == "]":
        return _open_interval(parser)
    if value in ("\\$", "$", "\\&", "\\#", "\\_"):
        parser.take()
        return primary(parser)
    if value == "." and parser.ahead(1).kind != END:
        parser.take()
        return primary(parser)
    if value == "_":
        return _prefixed_combination(parser)
    raise parser.fail("expected a value")


def _prefixed_combination(parser: Parser) -> Node:
    """`_nC_k`, `{}_nP_k`: the notation with the number before the letter."""
    parser.take()
    top = subscript(parser)
    letter = parser.take()
    if letter.kind == NAME and letter.value in ("C", "P") and parser.skip_sign("_"):
        return Node(tree.CALL, (top, subscript(parser)), "binom" if letter.value == "C" else "arrangements")
    raise parser.fail("expected a value")


def _round_or_square(parser: Parser) -> Node:
    opener = str(parser.take().value)
    bars, parser.bars = parser.bars, 0
    if parser.at_sign(")") or parser.at_sign("]"):
        raise parser.fail("empty brackets")
    inner = parser.sequence()
    parser.bars = bars
    closing = parser.peek()
    if closing.kind == SIGN and closing.value in (")", "]"):
        parser.take()
        closer = str(closing.value)
    elif closing.kind == END:
        closer = ")" if opener == "(" else "]"
    else:
        raise parser.fail("expected a closing bracket")
    if inner.kind == tree.LIST and inner.value in (",", ";", "and"):
        return _matrix_from_lists(opener, inner) or Node(tree.TUPLE, inner.parts, opener + closer)
    if opener + closer == "()" or tree.is_scalar(inner) or inner.kind == tree.MATRIX:
        if parser.at_sign("_") and inner.kind == tree.NUMBER and opener == "(":
            parser.take()
            return Node(tree.CALL, (inner, subscript(parser)), f"base:{inner.value}")
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


def _open_interval(parser: Parser) -> Node:
    """]a, b[ : the continental spelling of (a, b)."""
    parser.take()
    for index in range(parser.position, len(parser.tokens)):
        token = parser.tokens[index]
        if token.kind == SIGN and token.value in ("[", "]"):
            if token.value == "[":
                parser.tokens[index] = Token(SIGN, ")", token.spaced, token.start)
            break
    inner = parser.sequence()
    closing = parser.peek()
    if inner.kind != tree.LIST or len(inner.parts) != 2 or closing.kind != SIGN or closing.value not in ("[", "]", ")"):
        raise parser.fail("expected a value")
    parser.take()
    return Node(tree.TUPLE, inner.parts, "(" + ("]" if closing.value == "]" else ")"))


def braced(parser: Parser) -> Node:
    """A LaTeX group {...}; a missing brace at the very end is forgiven. A group with a list in it reads as a set."""
    if _opens_builder(parser):
        return _braces(parser)
    parser.take()
    bars, parser.bars = parser.bars, 0
    if parser.skip_sign("}"):
        parser.bars = bars
        return primary(parser)
    inner = parser.sequence()
    if parser.at_sign("|") or parser.at_command("mid"):
        inner = _builder(parser, inner)
    parser.bars = bars
    if not parser.skip_sign("}") and not parser.skip_sign("\\}") and parser.peek().kind != END:
        raise parser.fail("expected a closing brace")
    return inner


def _opens_builder(parser: Parser) -> bool:
    """Whether an unescaped brace opens a set all the same: {x | ...}."""
    name, bar = parser.ahead(1), parser.ahead(2)
    if name.kind != NAME:
        return False
    return (bar.kind == SIGN and bar.value in ("|", ":")) or (bar.kind == COMMAND and bar.value in ("mid", "vert"))


def _braces(parser: Parser) -> Node:
    """A set \\{...\\}: by enumeration, or by a condition after a bar or colon."""
    parser.take()
    bars, parser.bars = parser.bars, 1  # a bar after an element opens the condition
    if parser.skip_sign("\\}") or parser.skip_sign("}"):
        parser.bars = bars
        return Node(tree.EMPTY)
    inner = parser.sequence()
    if parser.at_sign("|") or parser.at_command("mid") or parser.at_command("vert") or parser.at_sign(":"):
        inner = _builder(parser, inner)
    elif inner.kind == tree.RATIO and len(inner.parts) == 2:
        inner = Node(tree.BUILDER, inner.parts)
    elif inner.kind == tree.RELATION and inner.parts[0].kind == tree.RATIO:
        element, first = inner.parts[0].parts
        inner = Node(tree.BUILDER, (element, Node(tree.RELATION, (first, *inner.parts[1:]), inner.value)))
    elif inner.kind == tree.LIST:
        inner = Node(tree.SET, inner.parts)
    else:
        inner = Node(tree.SET, (inner,))
    parser.bars = bars
    if not any(parser.skip_sign(closer) for closer in ("\\}", "}", ")")) and parser.peek().kind != END:
        if parser.at_command("rbrace"):
            parser.take()
        else:
            raise parser.fail("expected a closing brace")
    return inner


def _builder(parser: Parser, element: Node) -> Node:
    parser.take()
    parser.bars = 0
    return Node(tree.BUILDER, (element, parser.sequence()))


def _absolute(parser: Parser, bar: str) -> Node:
    parser.take()
    parser.bars += 1
    inner = parser.sequence()
    parser.bars -= 1
    if not parser.skip_sign(bar) and not parser.skip_sign("|"):
        closed = parser.peek()
        if not (closed.kind == COMMAND and closed.value in ("rvert", "rVert", "vert", "Vert")):
            raise parser.fail("an absolute value without its closing bar")
        parser.take()
    return Node(tree.CALL, (inner,), "abs")


# -- commands


def _command(parser: Parser, token: Token) -> Node:
    name = str(token.value)
    if name == "frac":
        parser.take()
        top = _fraction_part(parser)
        bottom = _fraction_part(parser)
        return _derivative(top, bottom) or tree.divide(top, bottom)
    if name == "sqrt":
        return _root(parser)
    if name == "cbrt":
        parser.take()
        return Node(tree.CALL, (parser.power(), tree.number(3)), "root")
    if name in ("binom", "dbinom", "tbinom"):
        parser.take()
        top = _fraction_part(parser)
        return Node(tree.CALL, (top, _fraction_part(parser)), "binom")
    if name == "pi":
        parser.take()
        return Node(tree.CONSTANT, (), "pi")
    if name == "infty" or name == "infin":
        parser.take()
        return tree.INFINITY
    if name in ("emptyset", "varnothing"):
        parser.take()
        return Node(tree.EMPTY)
    if name == "mathbb":
        return _number_set(parser)
    if name in ("lfloor", "lceil"):
        return _rounded(parser, name)
    if name in ("lvert", "lVert", "vert", "Vert"):
        return _absolute(parser, name)
    if name in ("langle", "lbrace", "lbrack"):
        return _angled(parser, name)
    if name == "begin":
        return _environment(parser)
    if name in ("sum", "prod", "int", "iint", "oint", "lim", "limsup", "liminf"):
        return _big_operator(parser, name)
    if name in _ELLIPSES:
        parser.take()
        return tree.symbol("…")
    if name in _TRANSPARENT or name in _DECORATIONS or name in ("underbrace", "overbrace"):
        return _decorated(parser, name)
    if name in ("angle", "triangle", "measuredangle", "odot"):
        parser.take()
        return _prefixed_name(parser, name)
    if name in ("neg", "lnot"):
        parser.take()
        return Node(tree.CALL, (primary(parser),), "not")
    if name in ("square", "star", "partial"):
        parser.take()
        return tree.symbol(name)
    if name in ("end", "rangle", "rbrace", "rbrack", "rfloor", "rceil", "rvert", "rVert", "mid", "choose", "over"):
        raise parser.fail("expected a value")
    parser.take()
    return tree.symbol(f"\\{name}")


def _fraction_part(parser: Parser) -> Node:
    """An argument of \\frac: a group, or a single digit or name, as TeX reads it."""
    token = parser.peek()
    if token.kind == SIGN and token.value == "{":
        return braced(parser)
    if token.kind == NUMBER and token.value[1] is None and isinstance(token.value[0], int):
        digits = token.value[2]
        if len(digits) > 1:
            rest = digits[1:]
            parser.tokens[parser.position] = Token(NUMBER, (int(rest), None, rest), False, token.start + 1)
            return tree.number(int(digits[0]))
    if token.kind == SIGN and token.value == "(":
        return primary(parser)
    return primary(parser, script=True)


def _derivative(top: Node, bottom: Node) -> Node | None:
    """dy/dx as one name: the two differentials do not cancel to y/x."""
    if bottom.kind == tree.MULTIPLY and len(bottom.parts) == 2 and bottom.parts[0] == tree.symbol("d"):
        variable = bottom.parts[1]
        if variable.kind == tree.SYMBOL and (
            top == tree.symbol("d") or (top.kind == tree.MULTIPLY and top.parts[0] == tree.symbol("d"))
        ):
            return tree.symbol(f"{printed(top)}/{printed(bottom)}")
    return None


def _root(parser: Parser) -> Node:
    parser.take()
    index: Node | None = None
    if parser.at_sign("["):
        parser.take()
        index = parser.sequence()
        if not parser.skip_sign("]"):
            raise parser.fail("expected ']' after the index of a root")
    token = parser.peek()
    if token.kind == SIGN and token.value == "{":
        inner = braced(parser)
    elif token.kind == SIGN and token.value in ("(", "|"):
        inner = primary(parser)
    else:
        inner = primary(parser, script=True)
    if index is None or index == tree.number(2):
        return tree.power(inner, tree.HALF)
    return Node(tree.CALL, (inner, index), "root")


def _number_set(parser: Parser) -> Node:
    parser.take()
    letter = str(parser.take().value)
    if letter not in ("R", "Z", "N", "Q", "C"):
        return tree.symbol(letter)
    name = letter
    while parser.at_sign("^") or parser.at_sign("_"):
        parser.take()
        token = parser.peek()
        if token.kind == SIGN and token.value == "{":
            parser.take()
            while not parser.at_sign("}") and parser.peek().kind != END:
                name += _script_text(parser.take())
            parser.skip_sign("}")
        else:
            name += _script_text(parser.take())
    return Node(tree.NUMBER_SET, (), name)


def _script_text(token: Token) -> str:
    if token.kind == NUMBER:
        return str(token.value[2])
    if token.kind == RELATION:
        return {"<=": "<=", ">=": ">="}.get(str(token.value), str(token.value))
    return str(token.value)


def _rounded(parser: Parser, name: str) -> Node:
    parser.take()
    bars, parser.bars = parser.bars, 0
    inner = parser.sequence()
    parser.bars = bars
    closing = parser.peek()
    if closing.kind != COMMAND or closing.value not in ("rfloor", "rceil"):
        raise parser.fail("a floor or ceiling without its closing bracket")
    parser.take()
    return Node(tree.CALL, (inner,), "floor" if name == "lfloor" else "ceil")


def _angled(parser: Parser, name: str) -> Node:
    parser.take()
    inner = parser.sequence()
    closing = parser.peek()
    expected = {"langle": "rangle", "lbrace": "rbrace", "lbrack": "rbrack"}[name]
    if closing.kind == COMMAND and closing.value == expected:
        parser.take()
    elif closing.kind != END and not (closing.kind == SIGN and closing.value == "\\}"):
        raise parser.fail("expected a closing bracket")
    else:
        parser.take()
    parts = inner.parts if inner.kind == tree.LIST else (inner,)
    if name == "lbrace":
        return Node(tree.SET, parts)
    return Node(tree.TUPLE, parts, "<>" if name == "langle" else "[]")


def _decorated(parser: Parser, name: str) -> Node:
    parser.take()
    token = parser.peek()
    inner = braced(parser) if token.kind == SIGN and token.value == "{" else primary(parser, script=True)
    if name in ("underbrace", "overbrace"):
        if parser.at_sign("_") or parser.at_sign("^"):
            parser.take()
            subscript(parser)
        return inner
    if name in _DECORATIONS or (name == "bar" and inner.kind == tree.SYMBOL):
        return tree.symbol(f"{name}:{printed(inner)}")
    return inner


def _prefixed_name(parser: Parser, prefix: str) -> Node:
    letters: list[str] = []
    if parser.peek().kind == TEXT:
        return tree.symbol(f"{prefix} {parser.take().value}")
    while parser.peek().kind in (NAME, NUMBER) and len(letters) < 6:
        token = parser.take()
        letters.append(str(token.value[2]) if token.kind == NUMBER else str(token.value))
        if parser.at_sign("_"):
            parser.take()
            letters.append(f"_{printed(subscript(parser))}")
        while parser.skip_sign("'"):
            letters.append("'")
    return tree.symbol(f"{prefix} {''.join(letters)}")


def _big_operator(parser: Parser, name: str) -> Node:
    parser.take()
    lower = upper = None
    while parser.at_sign("_") or parser.at_sign("^"):
        if parser.take().value == "_":
            lower = subscript(parser)
        else:
            upper = parser.exponent()
    body = parser._signed_product()
    if (
        name in ("sum", "prod")
        and lower is not None
        and upper is not None
        and lower.kind == tree.RELATION
        and lower.value == ("=",)
    ):
        return Node(tree.CALL, (body, lower.parts[0], lower.parts[1], upper), name)
    bounds = tuple(bound for bound in (lower, upper) if bound is not None)
    return Node(tree.CALL, (body, *bounds), f"opaque_{name}")


# -- environments


def _environment(parser: Parser) -> Node:
    parser.take()
    name = _environment_name(parser)
    if name in ("array", "tabular", "aligned", "alignedat") and (parser.at_sign("{") or parser.at_sign("[")):
        closer = "}" if parser.at_sign("{") else "]"
        while not parser.at_sign(closer) and parser.peek().kind != END:
            parser.take()
        parser.skip_sign(closer)
    parser.cells += 1
    rows = _rows(parser)
    parser.cells -= 1
    if parser.at_command("end"):
        parser.take()
        _environment_name(parser)
    if name in ("cases", "dcases", "rcases"):
        return _cases(rows)
    if name.endswith("matrix") or name in ("array", "tabular"):
        return _matrix(parser, name, rows)
    flat = [cell for row in rows for cell in row]
    if not flat:
        raise parser.fail("an empty environment")
    return flat[0] if len(flat) == 1 else Node(tree.LIST, tuple(flat), ",")


def _environment_name(parser: Parser) -> str:
    if not parser.skip_sign("{"):
        raise parser.fail("expected the name of an environment")
    letters = []
    while not parser.at_sign("}") and parser.peek().kind != END:
        letters.append(str(parser.take().value))
    parser.skip_sign("}")
    return "".join(letters).strip("*")


def _rows(parser: Parser) -> list[list[Node]]:
    rows: list[list[Node]] = []
    row: list[Node] = []
    entries = 0
    bars, parser.bars = parser.bars, 0
    while True:
        if parser.at_sign("&"):
            parser.take()
            continue
        if parser.at_sign("\\\\"):
            parser.take()
            if row:
                rows.append(row)
            row = []
            continue
        if parser.at_command("end") or parser.peek().kind == END:
            break
        if parser.at_sign("\\") or parser.at_sign(","):
            parser.take()
            continue
        if parser.peek().kind == WORD:
            parser.take()
            continue
        row.append(parser.condition() if parser.opens_condition() else parser.sequence())
        entries += 1
        if entries > parser.limits.matrix_entries:
            raise InputLimitExceeded(f"more than {parser.limits.matrix_entries} matrix entries")
        if not (
            parser.at_sign("&")
            or parser.at_sign("\\\\")
            or parser.at_command("end")
            or parser.peek().kind == END
            or parser.at_sign("\\")
        ):
            raise parser.fail("could not read on")
    if row:
        rows.append(row)
    parser.bars = bars
    return rows


def _matrix(parser: Parser, name: str, rows: list[list[Node]]) -> Node:
    if not rows:
        raise parser.fail("an empty matrix")
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise parser.fail("matrix rows of different lengths")
    matrix = Node(tree.MATRIX, tuple(entry for row in rows for entry in row), (len(rows), width))
    if name in ("vmatrix", "Vmatrix"):
        return Node(tree.CALL, (matrix,), "det")
    return matrix


def _cases(rows: list[list[Node]]) -> Node:
    parts: list[Node] = []
    for row in rows:
        value = row[0]
        condition = row[1] if len(row) > 1 else Node(tree.TEXT, (), "")
        if len(row) == 1 and value.kind == tree.WHERE:
            value, condition = value.parts[0], value.parts[1]
        elif len(row) == 1 and value.kind == tree.LIST and len(value.parts) == 2:
            value, condition = value.parts
        parts.extend((value, condition))
    return Node(tree.CASES, tuple(parts))


def fraction_literal(node: Node) -> Fraction | None:
    """The value of a literal integer, decimal or quotient of integers."""
    return tree.rational(node)
