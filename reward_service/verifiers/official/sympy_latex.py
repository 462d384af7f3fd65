"""The tree that sympy's `parse_latex` (with ANTLR) makes of a LaTeX text, for the published rules that begin with it.

OlympiadBench compares such trees. This reads the same grammar (sympy 1.13, sympy/parsing/latex/LaTeX.g4 and
_parse_latex_antlr.py) with a parser of our own, so nothing is evaluated as code. What the rules owe to that grammar:

- every letter is a variable, so `AB` is A·B, `e` and `i` are names, and `\\pi` is one until the rule puts 3.14 for it;
  `\\text{cm}` is a product of text, c and m, and a percent sign or a tilde makes the whole text unreadable;
- reading stops where it cannot go on, and what was read by then counts: `12,5` is 12, `5\\sqrt2` is 5, `a+` is a;
- what stands side by side is multiplied before it is divided by: `a/b c` is a/(bc), `3\\frac{1}{2}` is 3/2;
- a name before a bracket is a function of it: `x(x+1)` is x applied to x+1, `2(x+1)` a product;
- digits may be apart: `1 2` is 12; `\\log` is the natural logarithm; an index behind a power is lost: `v^2_0` is v^2.

Sums, integrals and limits are kept as unknown functions of their parts; a derivative is the quotient it is written as.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from reward_service.errors import InputLimitExceeded
from reward_service.limits import Budget
from reward_service.verifiers.official.sympy_latex_tokens import (
    BIG,
    BINOMIALS,
    CLOSING,
    FRACTIONS,
    FUNCTIONS,
    MAXIMUM_DIGITS,
    OVER,
    RELATIONS,
    RESERVED,
    TIMES,
    Reader,
    Stop,
    Unreadable,
    reader_of,
)
from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

PI: Final = "\\pi"


def read(text: str, budget: Budget) -> Node:
    """The tree of `text`. Raises Unreadable, and InputLimitExceeded over a limit."""
    reader = reader_of(text, budget)
    node = _relation(reader)
    reader.peek()  # the first token that is not read must be one
    return node


def _relation(reader: Reader) -> Node:
    node = _sum(reader)
    while (sign := RELATIONS.get(reader.peek().strip("&") or "")) is not None:
        start = reader.place
        reader.take()
        try:
            right = _sum(reader)
        except Stop:
            reader.place = start
            break
        if node.kind == tree.RELATION and sign != "=":
            raise Unreadable("a chain of inequalities")
        node = Node(tree.RELATION, (node, right), (sign,))
    return node


def _sum(reader: Reader) -> Node:
    reader.deeper()
    parts = [_product(reader)]
    while reader.peek() in ("+", "-"):
        start = reader.place
        sign = reader.take()
        try:
            part = _product(reader)
        except Stop:
            reader.place = start
            break
        parts.append(tree.negative(part) if sign == "-" else part)
    reader.depth -= 1
    return tree.add(*parts)


def _product(reader: Reader, *, functions: bool = True) -> Node:
    node = _unary(reader, functions=functions)
    while (sign := reader.peek()) in TIMES or sign in OVER:
        start = reader.place
        reader.take()
        try:
            part = _unary(reader, functions=functions)
        except Stop:
            reader.place = start
            break
        node = tree.multiply(node, part) if sign in TIMES else tree.multiply(node, tree.power(part, tree.MINUS_ONE))
    return node


def _unary(reader: Reader, *, functions: bool) -> Node:
    if reader.peek() in ("+", "-"):
        reader.deeper()
        sign = reader.take()
        node = _unary(reader, functions=functions)
        reader.depth -= 1
        return tree.negative(node) if sign == "-" else node
    factors = [_postfix(reader)]
    while True:
        start, depth = reader.place, reader.depth
        if not functions and reader.peek() in (*FUNCTIONS, *BIG, "\\sqrt", "\\overline"):
            break
        try:
            factors.append(_postfix(reader))
        except Stop:
            reader.place, reader.depth = start, depth
            break
    return tree.multiply(*factors)


def _postfix(reader: Reader) -> Node:
    node = _component(reader)
    while reader.peek() in ("^", "!"):
        start = reader.place
        if reader.take() == "!":
            node = Node(tree.CALL, (node,), "factorial")
            continue
        try:
            exponent = _script(reader)
            if reader.peek() == "_":  # the index in v^2_0 is read and means nothing
                reader.take()
                _script(reader)
        except Stop:
            reader.place = start
            break
        node = Node(tree.POWER, (node, exponent))
    return node


def _script(reader: Reader) -> Node:
    """What stands after "^" or "_": an atom, or an expression in braces."""
    if reader.peek() == "{":
        return _group(reader)
    return _atom(reader)


def _group(reader: Reader) -> Node:
    reader.deeper()
    opening = reader.take(*CLOSING)
    node = _sum(reader)
    reader.take(CLOSING[opening])
    reader.depth -= 1
    return node


def _component(reader: Reader) -> Node:
    token = reader.peek()
    if token in CLOSING:
        return _group(reader)
    if token == "|":
        reader.deeper()
        reader.take()
        node = Node(tree.CALL, (_sum(reader),), "abs")
        reader.take("|")
        reader.depth -= 1
        return node
    if token in ("\\lfloor", "\\lceil"):
        reader.take()
        inner = _sum(reader)
        reader.take("\\rfloor" if token == "\\lfloor" else "\\rceil")
        return Node(tree.CALL, (inner,), "floor" if token == "\\lfloor" else "ceil")
    if token in FUNCTIONS:
        return _function(reader)
    if token == "\\sqrt":
        return _root(reader)
    if token == "\\overline":
        reader.take()
        return Node(tree.APPLY, (_group(reader),), "conjugate")
    if token in BIG:
        return _big(reader)
    return _atom(reader, applied=True)


def _function(reader: Reader) -> Node:
    """A function with its index, power and argument. Digits of an index may be the argument: `\\log_2 8`."""
    command = reader.take()
    start, depth = reader.place, reader.depth
    for spared in range(MAXIMUM_DIGITS):
        base, exponent, digits = _scripts(reader, spared)
        try:
            argument = _argument(reader)
            break
        except Stop:
            if spared + 1 >= digits:
                raise
            reader.place, reader.depth = start, depth
    return _called(command, argument, base, exponent)


def _scripts(reader: Reader, spared: int) -> tuple[Node | None, Node | None, int]:
    """(index, power, how many digits the index could have), leaving the last `spared` of those digits alone."""
    base = exponent = None
    digits = 0
    while reader.peek() in ("_", "^"):
        if reader.take() == "^":
            exponent = _script(reader)
        elif not reader.peek().isdigit():
            base = _script(reader)
        else:
            begin = reader.place
            digits = len(_digits(reader))
            reader.place -= spared
            base = tree.number(int("".join(reader.tokens[begin : reader.place])))
    return base, exponent, digits


def _argument(reader: Reader) -> Node:
    """What a function is applied to: the first expression in brackets, or the product that follows."""
    if reader.peek() != "(":
        return _product(reader, functions=False)
    return _arguments(reader)[0]


def _called(command: str, argument: Node, base: Node | None, exponent: Node | None) -> Node:
    name = FUNCTIONS[command]
    if name == "log":
        if base is None and command == "\\lg":
            base = tree.number(10)
        node = Node(tree.CALL, (argument,), "ln") if base is None else Node(tree.CALL, (argument, base), "log")
    elif exponent == tree.MINUS_ONE and name != "exp" and not name.startswith("ar"):
        return Node(tree.CALL, (argument,), f"ar{name}" if name.endswith("h") else f"arc{name}")
    else:
        node = Node(tree.CALL, (argument,), name)
    return node if exponent is None else Node(tree.POWER, (node, exponent))


def _root(reader: Reader) -> Node:
    reader.take()
    degree = _group(reader) if reader.peek() == "[" else None
    if reader.peek() != "{":
        raise Stop("\\sqrt")
    inner = _group(reader)
    exponent = tree.HALF if degree is None else tree.divide(tree.ONE, degree)
    return Node(tree.POWER, (inner, exponent))


def _big(reader: Reader) -> Node:
    """A sum, product, integral or limit: its bounds and its body, not worked out."""
    name = reader.take()
    parts = []
    while reader.peek() in ("_", "^"):
        reader.take()
        if reader.peek() == "{":
            reader.take()
            parts.append(_sum(reader))
            while reader.peek() in ("=", "\\to", "\\rightarrow"):
                reader.take()
                parts.append(_sum(reader))
            reader.take("}")
        else:
            parts.append(_atom(reader))
    return Node(tree.APPLY, (*parts, _product(reader)), name)


def _atom(reader: Reader, *, applied: bool = False) -> Node:
    token = reader.peek()
    if token.isdigit():
        return _number(reader)
    if token in FRACTIONS:
        reader.take()
        return tree.divide(_half(reader), _half(reader))
    if token in BINOMIALS:
        reader.take()
        return Node(tree.CALL, (_braced(reader), _braced(reader)), "binom")
    if token == "\\mathit":
        reader.take()
        reader.take("{")
        name = ""
        while reader.peek() != "}":
            name += reader.take()
        reader.take("}")
        return tree.symbol(name)
    if not token or token in RESERVED or not (token[0].isalpha() or (token[0] == "\\" and token[1:].isalpha())):
        raise Stop(token)
    return _name(reader, applied=applied)


def _name(reader: Reader, *, applied: bool) -> Node:
    """A variable with its subscript and primes, or such a name applied to what stands in brackets behind it."""
    first = reader.take()
    if first == "\\infty":
        return tree.INFINITY
    subscript = primes = ""
    while reader.peek() == "_" or reader.peek()[:1] == "'":
        if reader.peek() == "_" and not subscript:
            start = reader.place
            reader.take()
            try:
                begin = reader.place
                _script(reader)
            except Stop:
                reader.place = start
                break
            inner = reader.tokens[begin : reader.place]
            subscript = "".join(inner[1:-1] if inner[0] == "{" else inner)
        elif reader.peek()[:1] == "'" and not primes:
            primes = reader.take()
        else:
            break
    name = f"{first}_{{{subscript}}}{primes}" if subscript else f"{first}{primes}"
    if applied and reader.peek() == "(" and (len(first) == 1 or first[0] == "\\"):
        start, depth = reader.place, reader.depth
        try:
            return Node(tree.APPLY, _arguments(reader), name)
        except Stop:
            reader.place, reader.depth = start, depth
    return tree.symbol(name)


def _arguments(reader: Reader) -> tuple[Node, ...]:
    reader.take("(")
    parts = [_sum(reader)]
    while reader.peek() == ",":
        reader.take()
        parts.append(_sum(reader))
    reader.take(")")
    return tuple(parts)


def _half(reader: Reader) -> Node:
    """One half of a fraction: a digit, or an expression in braces."""
    if reader.peek().isdigit():
        return tree.number(int(reader.take()))
    return _braced(reader)


def _braced(reader: Reader) -> Node:
    if reader.peek() != "{":
        raise Stop(reader.peek())
    return _group(reader)


def _number(reader: Reader) -> Node:
    """Digits, in groups of three behind commas, and decimals."""
    digits = _digits(reader)
    while (
        reader.peek() == ","
        and all(part.isdigit() for part in reader.tokens[reader.place + 1 : reader.place + 4])
        and len(reader.tokens) >= reader.place + 4
    ):
        reader.take()
        digits += "".join(reader.take() for _ in range(3))
    if reader.peek() == ".":
        reader.take()
        places = _digits(reader)
        if not places:
            raise Unreadable("a decimal point without decimals")
        return Node(tree.DECIMAL, (), (Fraction(int(digits + places), 10 ** len(places)), len(places)))
    return tree.number(int(digits))


def _digits(reader: Reader) -> str:
    digits = ""
    while reader.peek().isdigit():
        digits += reader.take()
        if len(digits) > MAXIMUM_DIGITS:
            raise InputLimitExceeded(f"more than {MAXIMUM_DIGITS} digits")
    return digits
