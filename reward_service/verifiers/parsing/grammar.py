"""Tokens → tree: one precedence climber for LaTeX and plain mathematics, bounded in depth and nodes.

From loose to tight: lists (";" then "," and connectives), conditions, relation chains, set operations, sums, products
(written or implied), signs, powers and postfixes. Implied products bind like written ones, so 1/2x is (1/2)x.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from reward_service.errors import InputLimitExceeded
from reward_service.limits import Budget, InputLimits
from reward_service.verifiers.parsing import environments, tokens, tree
from reward_service.verifiers.parsing.normalise import normalised
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


class ParseError(ValueError):
    """The text is not mathematics in a form this grammar reads; the message says where it stopped."""


# Letters that name a function whenever a bracket follows; others do so only as a whole side of a relation.
_FUNCTION_LETTERS: Final = frozenset("fgFG")
_PLAIN_NUMBER_SETS: Final = frozenset({"R", "Z", "N", "Q", "N+", "N*", "Z+", "R+"})
_COMMAND_SYMBOLS: Final = frozenset(
    {"square", "triangle", "star", "infin", "cdots", "ldots", "dots", "dotsc", "vdots", "dotsb"}
)
_ELLIPSES: Final = frozenset({"cdots", "ldots", "dots", "dotsc", "vdots", "dotsb", "dotsm"})
_DECORATIONS: Final = {"vec": "vec", "hat": "hat", "tilde": "tilde", "dot": "dot", "ddot": "ddot", "widehat": "hat", "bar": "bar",
    "widetilde": "tilde", "overrightarrow": "vec"}  # fmt: skip
_TRANSPARENT: Final = frozenset(
    {"boxed", "fbox", "overline", "underline", "underbrace", "overbrace", "mathop", "ensuremath", "displaylines"}
)
_OPENERS: Final = {"(": ")", "[": "]"}
_CLOSERS: Final = frozenset({")", "]", "}", "\\}", "|"})
_MULTIPLY: Final = frozenset({"times", "cdot", "ast", "bullet", "star"})
_UNARY_TEXT_STOPS: Final = frozenset(
    {"where", "for", "with", "if", "when", "such", "whenever", "provided", "given", "unless"}
)


def parse(text: str, limits: InputLimits, budget: Budget, *, comma_groups: bool = True) -> Node:
    """The tree of an answer's text.

    Raises ParseError where the text is not read as mathematics, InputLimitExceeded where it is over a limit.
    """
    cleaned = normalised(text)
    budget.spend(5 + len(cleaned) // 2)
    parser = Parser(tokens.tokenise(cleaned, limits, comma_groups=comma_groups), limits, budget)
    return parser.whole()


class Parser:
    """Position in a token list, and what bounds the descent."""

    __slots__ = ("bars", "budget", "cells", "depth", "limits", "nodes", "position", "tokens")

    def __init__(self, items: list[Token], limits: InputLimits, budget: Budget) -> None:
        self.tokens = _without_final_stop(items)
        self.position = 0
        self.depth = 0
        self.nodes = 0
        self.cells = 0  # open environments: inside them "&" parts cells
        self.bars = 0  # open absolute-value bars: inside them a bar closes
        self.limits = limits
        self.budget = budget

    # -- token access

    def peek(self) -> Token:
        return self.tokens[self.position]

    def ahead(self, distance: int) -> Token:
        index = self.position + distance
        return self.tokens[index] if index < len(self.tokens) else tokens.END_TOKEN

    def take(self) -> Token:
        token = self.tokens[self.position]
        if token.kind != END:
            self.position += 1
        return token

    def at_sign(self, value: str) -> bool:
        token = self.tokens[self.position]
        return token.kind == SIGN and token.value == value

    def at_command(self, value: str) -> bool:
        token = self.tokens[self.position]
        return token.kind == COMMAND and token.value == value

    def skip_sign(self, value: str) -> bool:
        if self.at_sign(value):
            self.position += 1
            return True
        return False

    def fail(self, what: str) -> ParseError:
        token = self.peek()
        where = "the end" if token.kind == END else repr(token.value)
        return ParseError(f"{what} at {where}")

    def enter(self) -> None:
        """One level of nesting more: a bracket, an exponent, a sign before a sign."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise InputLimitExceeded(f"nested deeper than {self.limits.depth}")

    def count(self) -> None:
        """One part more."""
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise InputLimitExceeded(f"more than {self.limits.nodes} parts")
        self.budget.spend(8)

    # -- lists

    def whole(self) -> Node:
        if self.peek().kind == END:
            raise ParseError("nothing to read")
        node = self.sequence()
        if self.peek().kind != END:
            raise self.fail("could not read on")
        return node

    def sequence(self) -> Node:
        """Everything up to a closing bracket or the end: groups parted by ";", in them items parted by "," or words."""
        self.enter()
        groups = [self.items()]
        while self.skip_sign(";"):
            if self._closed():
                break
            groups.append(self.items())
        self.depth -= 1
        if len(groups) == 1:
            return groups[0]
        return Node(tree.LIST, tuple(groups), ";")

    def items(self) -> Node:
        items = [self.relation()]
        separator = ","
        conditions: list[Node] = []
        while True:
            token = self.peek()
            if token.kind == SIGN and token.value == ",":
                self.position += 1
                while self.skip_sign(","):
                    pass
                if self.peek().kind == WORD:
                    self.position += 1
            elif token.kind == WORD:
                separator = token.value
                self.position += 1
            elif token.kind == COMMAND and token.value in ("boxed", "fbox"):
                pass
            elif _opens_condition(token):
                conditions.append(self.condition())
                break
            elif token.kind == SIGN and token.value == "&" and not self.cells:
                separator = "and"
                self.position += 1
            elif token.kind == SIGN and token.value == "(" and self._alternative_in_brackets():
                separator = "or"
                self.position += 2
                items.append(self.relation())
                self.skip_sign(")")
                continue
            elif token.kind == SIGN and token.value == "(" and self._quantifier_in_brackets():
                self.position += 1
                conditions.append(self.condition() if self.opens_condition() else self.relation())
                self.skip_sign(")")
                continue
            else:
                break
            if self._closed() or self.at_sign(";"):
                break
            if _opens_condition(self.peek()):
                continue
            items.append(self.relation())
        while len(items) > 1 and _is_membership_of_number_set(items[-1]):
            conditions.insert(0, items.pop())
        body = items[0] if len(items) == 1 else Node(tree.LIST, tuple(items), separator)
        if conditions and not (body.kind == tree.RELATION and _is_membership_of_number_set(body)):
            return Node(tree.WHERE, (body, *conditions))
        return body

    def condition(self) -> Node:
        """What follows "where", "for", "if": a relation, or words such as "some integer t".

        Anything else there would be dropped unread, so it is an error.
        """
        opener = str(self.take().value)
        words = opener.split(" ")[1:]
        while self.peek().kind == TEXT:
            words.append(str(self.take().value))
        if self._closed() or self.at_sign(","):
            return Node(tree.TEXT, (), " ".join(words) or opener)
        node = self.items()
        subjects = node.parts if node.kind == tree.LIST else (node,)
        if all(part.kind == tree.SYMBOL for part in subjects):
            return Node(tree.TEXT, (), " ".join([*words, *(str(part.value) for part in subjects)]))
        if all(part.kind in (tree.RELATION, tree.WHERE, tree.SYMBOL, tree.TEXT) for part in subjects):
            return node
        if all(part.kind in (tree.NOTED, tree.SYMBOL, tree.TEXT) for part in subjects):
            notes = [str(part.value) if part.kind != tree.NOTED else f"{printed(part)}" for part in subjects]
            return Node(tree.TEXT, (), " ".join([*words, *notes]))
        raise self.fail("a condition that is no relation")

    def _quantifier_in_brackets(self) -> bool:
        """Whether a spaced bracket after a value holds its quantifier, as in `2k\\pi (k \\in \\mathbb{Z})`."""
        first, second, third = self.ahead(1), self.ahead(2), self.ahead(3)
        if _opens_condition(first):
            return True
        return (
            first.kind == NAME
            and second.kind == RELATION
            and second.value == "in"
            and (third.kind == COMMAND or (third.kind == NAME and third.value in _PLAIN_NUMBER_SETS))
        )

    def _alternative_in_brackets(self) -> bool:
        """Whether a bracket offers another form of the value before it: `3 (or 6/2)`."""
        following = self.ahead(1)
        return following.kind == WORD and following.value == "or"

    def opens_condition(self) -> bool:
        """Whether a word such as "if" comes next."""
        return _opens_condition(self.peek())

    def _closed(self) -> bool:
        token = self.peek()
        if token.kind == END:
            return True
        if token.kind == SIGN:
            return token.value in (")", "]", "}", "\\}", "\\\\", "&") or (token.value == "|" and self.bars > 0)
        return token.kind == COMMAND and token.value in ("end", "rangle", "rbrace", "rbrack")

    # -- relations and sets

    def relation(self) -> Node:
        if self.at_command("forall") or self.at_command("exists"):
            self.take()
            bound = self.relation()
            if not (self.skip_sign(",") or self.skip_sign(":")) and self._closed():
                return bound
            return Node(tree.WHERE, (self.relation(), bound), "forall")
        if self.peek().kind == RELATION and self.peek().value in ("=", "~", "=>"):
            self.take()
        first = self.united()
        if self.at_sign(":"):
            first = self._after_colon(first)
        operators: list[str] = []
        operands = [first]
        while self.peek().kind == RELATION:
            operator = str(self.take().value)
            if operator == "=" and self.peek().kind == RELATION:  # "= >" and kin
                operator = str(self.take().value)
            if self._closed() or self.at_sign(","):
                raise self.fail("a relation without its right side")
            operators.append(operator)
            operand = self.united()
            if self.at_sign(":"):
                operand = self._after_colon(operand)
            if operator in ("in", "notin") and operand.kind == tree.SYMBOL and operand.value in _PLAIN_NUMBER_SETS:
                operand = Node(tree.NUMBER_SET, (), operand.value)
            operands.append(operand)
        if self._modulus(operands):
            operators.append("mod")
        elif operators and operators[-1] == "equiv" and operands[-1].kind == tree.CALL and operands[-1].value == "mod":
            operands[-1:] = operands[-1].parts
            operators.append("mod")
        if not operators:
            return first
        return Node(tree.RELATION, tuple(operands), tuple(operators))

    def _modulus(self, operands: list[Node]) -> bool:
        """`\\pmod{5}`, `(mod 5)`: reads the modulus behind a congruence or a bare residue."""
        if self.at_command("pmod") or self.at_command("mod"):
            self.take()
            operands.append(self.united())
            return True
        following = self.ahead(1)
        if self.at_sign("(") and following.kind == COMMAND and following.value in ("mod", "bmod", "pmod"):
            self.position += 2
            operands.append(self.united())
            self.skip_sign(")")
            return True
        return False

    def _after_colon(self, first: Node) -> Node:
        """A ratio a:b(:c), or a label before its value."""
        self.take()
        if first.kind == tree.TEXT:
            return Node(tree.LABELLED, (self.relation(),), first.value)
        parts = [first, self.united()]
        while self.skip_sign(":"):
            parts.append(self.united())
        return Node(tree.RATIO, tuple(parts))

    def united(self) -> Node:
        """Set operations over sums."""
        left = self.sum()
        while True:
            token = self.peek()
            if token.kind == COMMAND and token.value in ("cup", "bigcup", "cupdot"):
                kind = tree.UNION
            elif token.kind == COMMAND and token.value in ("cap", "bigcap"):
                kind = tree.INTERSECTION
            elif (token.kind == COMMAND and token.value in ("setminus", "backslash", "smallsetminus")) or (
                token.kind == SIGN and token.value == "\\"
            ):
                kind = tree.DIFFERENCE
            elif token.kind == NAME and token.value == "U" and left.kind in (tree.TUPLE, tree.UNION):
                kind = tree.UNION
            else:
                return left
            self.take()
            left = Node(kind, (left, self.sum()))

    # -- arithmetic

    def sum(self) -> Node:
        left = self._signed_product()
        while True:
            token = self.peek()
            if token.kind == SIGN and token.value in "+-":
                self.take()
                right = self._signed_product()
                if token.value == "+":
                    left = tree.add(left, right)
                elif _is_set(left) or _is_set(right):
                    left = Node(tree.DIFFERENCE, (left, right))
                else:
                    left = tree.add(left, tree.negative(right))
            elif token.kind == COMMAND and token.value in ("pm", "mp"):
                self.take()
                left = Node(tree.PLUS_MINUS, (left, self._signed_product()), 1 if token.value == "pm" else -1)
            else:
                return left

    def _signed_product(self) -> Node:
        token = self.peek()
        if token.kind == SIGN and token.value == "-":
            self.take()
            self.enter()
            node = tree.negative(self._signed_product())
            self.depth -= 1
            return node
        if token.kind == SIGN and token.value == "+":
            self.take()
            if self.at_sign("-"):
                self.take()
                return Node(tree.PLUS_MINUS, (tree.ZERO, self.product()), 1)
            self.enter()
            node = self._signed_product()
            self.depth -= 1
            return node
        if token.kind == COMMAND and token.value in ("pm", "mp"):
            self.take()
            return Node(tree.PLUS_MINUS, (tree.ZERO, self.product()), 1 if token.value == "pm" else -1)
        return self.product()

    def product(self, *, implied_only: bool = False) -> Node:
        """Factors joined by signs of multiplication and division or by standing side by side."""
        left = self.power()
        while True:
            token = self.peek()
            kind, value = token.kind, token.value
            if not implied_only and ((kind == SIGN and value == "*") or (kind == COMMAND and value in _MULTIPLY)):
                self.take()
                left = tree.multiply(left, self._signed_factor())
            elif not implied_only and ((kind == SIGN and value == "/") or (kind == COMMAND and value == "div")):
                self.take()
                left = self._divided(left)
            elif not implied_only and kind == COMMAND and value in ("bmod", "mod"):
                self.take()
                left = Node(tree.CALL, (left, self._signed_factor()), "mod")
            elif kind == TEXT:
                if _opens_condition(token):
                    break
                left = self._noted(left)
            elif self._starts_factor(token, implied_only):
                left = self._juxtaposed(left)
            else:
                break
        return left

    def _divided(self, left: Node) -> Node:
        divisor = self._signed_factor()
        if (  # "1 1/2" is lexed as 1, 1/2: see _juxtaposed
            left.kind == tree.NUMBER and divisor.kind == tree.NUMBER and divisor.value == 0
        ):
            return tree.multiply(left, tree.power(divisor, tree.MINUS_ONE))
        return tree.divide(left, divisor)

    def _signed_factor(self) -> Node:
        if self.at_sign("-"):
            self.take()
            self.enter()
            node = tree.negative(self._signed_factor())
            self.depth -= 1
            return node
        if self.at_sign("+"):
            self.take()
        return self.power()

    def _starts_factor(self, token: Token, implied_only: bool) -> bool:
        kind, value = token.kind, token.value
        if kind == NAME:
            return not (value == "U" and self.ahead(1).kind == SIGN and self.ahead(1).value in ("(", "[", "\\{"))
        if kind == FUNCTION:
            return not implied_only
        if kind == NUMBER:
            before = self.tokens[self.position - 1]
            return before.kind != NUMBER or token.spaced
        if kind == SIGN:
            if value == "|":
                return self.bars == 0
            if value == "(":
                following = self.ahead(1)
                if following.kind == COMMAND and following.value in ("mod", "bmod", "pmod"):
                    return False
                return not (self._quantifier_in_brackets() or self._alternative_in_brackets())
            return value in ("{", "\\{", "[") and not (value == "[" and implied_only)
        return kind == COMMAND and value in environments.FACTOR_COMMANDS

    def _juxtaposed(self, left: Node) -> Node:
        token = self.peek()
        before = self.tokens[self.position - 1]
        if token.kind == NUMBER and before.kind == NUMBER:
            return self._mixed_plain(left)
        if token.kind == COMMAND and token.value == "frac" and before.kind == NUMBER and left.kind == tree.NUMBER:
            right = self.power()
            if right.kind == tree.NUMBER and isinstance(right.value, Fraction) and 0 < right.value < 1:
                return tree.number(left.value + right.value)  # 1\frac12 is one and a half
            return tree.multiply(left, right)
        if left.kind == tree.CALL and left.value in ("degree", "arcminute") and token.kind == NUMBER:
            right = self.power()
            if right.kind == tree.CALL and right.value in ("arcminute", "arcsecond"):
                return tree.add(left, right)
            return tree.multiply(left, right)
        if left.kind == tree.ADD and left.parts[-1].kind == tree.CALL and left.parts[-1].value == "arcminute":
            return tree.add(left, self.power())
        right = self.power()
        if right.kind == tree.TUPLE and left.kind == tree.SYMBOL and left.value[0].isupper():
            return Node(tree.RELATION, (left, right), ("=",))  # the point A(1, 2)
        return tree.multiply(left, right)

    def _mixed_plain(self, left: Node) -> Node:
        """`1 1/2`: a whole number, a space, a proper fraction of two literals."""
        top, slash, bottom = self.peek(), self.ahead(1), self.ahead(2)
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
            raise self.fail("two numbers side by side")
        self.position += 3
        return tree.number(left.value + Fraction(top.value[0], bottom.value[0]))

    def _noted(self, left: Node) -> Node:
        words = [str(self.take().value)]
        while True:
            token = self.peek()
            if token.kind == TEXT and not _opens_condition(token):
                words.append(str(self.take().value))
            elif token.kind == SIGN and token.value == "^" and self.ahead(1).kind in (NUMBER, SIGN):
                mark = self.position
                self.take()
                exponent = self.exponent()
                if exponent.kind != tree.NUMBER:
                    self.position = mark
                    break
                words[-1] += f"^{exponent.value}"
            elif token.kind == SIGN and token.value == "/" and self.ahead(1).kind == TEXT:
                self.take()
                words.append("/")
            else:
                break
        text = " ".join(words)
        if left.kind == tree.NOTED:
            return Node(tree.NOTED, left.parts, f"{left.value} {text}")
        if left.kind == tree.TEXT:
            return Node(tree.TEXT, (), f"{left.value} {text}")
        return Node(tree.NOTED, (left,), text)

    # -- powers and postfixes

    def power(self) -> Node:
        node = self._postfixed(environments.primary(self))
        if self.at_sign("^"):
            self.take()
            node = self._postfixed(self._raised(node))
            while self.at_sign("^"):  # 9^9^9: not LaTeX, read from the right as everywhere else
                self.take()
                upper = self._raised(node.parts[1] if node.kind == tree.POWER else tree.ONE)
                node = tree.power(node.parts[0] if node.kind == tree.POWER else node, upper)
        return node

    def _raised(self, base: Node) -> Node:
        token = self.peek()
        if token.kind == COMMAND and token.value in ("circ", "degree", "textcirc", "degrees"):
            self.take()
            return Node(tree.CALL, (base,), "degree")
        if token.kind == COMMAND and token.value == "prime":
            self.take()
            return _primed(base, 1)
        if token.kind == SIGN and token.value == "{":
            special = self._special_exponent(base)
            if special is not None:
                return special
        return tree.power(base, self.exponent())

    def _special_exponent(self, base: Node) -> Node | None:
        """`^{\\circ}`, `^{\\prime}`, `^{\\circ}C` and the like."""
        inner, after = self.ahead(1), self.ahead(2)
        closed = after.kind == SIGN and after.value == "}"
        if inner.kind == COMMAND and closed:
            if inner.value in ("circ", "degree", "textcirc"):
                self.position += 3
                return Node(tree.CALL, (base,), "degree")
            if inner.value == "prime":
                self.position += 3
                return _primed(base, 1)
        if inner.kind == COMMAND and inner.value == "prime" and after.kind == COMMAND and after.value == "prime":
            third = self.ahead(3)
            if third.kind == SIGN and third.value == "}":
                self.position += 4
                return _primed(base, 2)
        if inner.kind == SIGN and inner.value == "'" and closed:
            self.position += 3
            return _primed(base, 1)
        if inner.kind == SIGN and inner.value in "+-*" and closed and base.kind in (tree.SYMBOL, tree.NUMBER_SET):
            self.position += 3
            return Node(base.kind, (), f"{base.value}{inner.value}")
        return None

    def exponent(self) -> Node:
        """What may follow "^": a braced group, a bracket, or one signed factor."""
        self.enter()
        token = self.peek()
        if token.kind == SIGN and token.value == "{":
            node = environments.braced(self)
        elif token.kind == SIGN and token.value in "+-":
            self.take()
            inner = self.exponent()
            node = tree.negative(inner) if token.value == "-" else inner
        elif token.kind == COMMAND and token.value in _ELLIPSES:
            raise self.fail("a power without its exponent")
        else:
            node = self._postfixed(environments.primary(self, script=True))
            if self.at_sign("^"):
                self.take()
                node = tree.power(node, self.exponent())
        self.depth -= 1
        return node

    def _postfixed(self, node: Node) -> Node:
        """Factorials, percent signs, primes and degrees after a factor."""
        while True:
            token = self.peek()
            if token.kind == SIGN:
                if token.value == "!":
                    if self.ahead(1).kind == RELATION and self.ahead(1).value == "=" and not self.ahead(1).spaced:
                        return node
                    self.take()
                    self.count()
                    double = self.at_sign("!") and not self.peek().spaced
                    if double:
                        self.take()
                    node = Node(tree.CALL, (node,), "double_factorial" if double else "factorial")
                    continue
                if token.value in ("%", "\\%"):
                    self.take()
                    node = Node(tree.CALL, (node,), "percent")
                    continue
                if token.value == "'":
                    count = 0
                    while self.skip_sign("'"):
                        count += 1
                    node = _primed(node, count)
                    continue
            elif token.kind == COMMAND and token.value in ("degree", "textdegree", "textcirc", "degrees"):
                self.take()
                node = Node(tree.CALL, (node,), "degree")
                continue
            return node


def _opens_condition(token: Token) -> bool:
    """Whether a text begins a condition: "where", "for some integer", "if"."""
    return token.kind == TEXT and token.value.split(" ", 1)[0].lower() in _UNARY_TEXT_STOPS


def _primed(base: Node, count: int) -> Node:
    if base.kind == tree.SYMBOL:
        return Node(tree.SYMBOL, (), base.value + "'" * count)
    if base.kind in (tree.NUMBER, tree.DECIMAL):
        return Node(tree.CALL, (base,), "arcminute" if count == 1 else "arcsecond")
    return Node(tree.CALL, (base,), "derivative")


def _is_set(node: Node) -> bool:
    return node.kind in (tree.SET, tree.BUILDER, tree.UNION, tree.INTERSECTION, tree.DIFFERENCE, tree.NUMBER_SET)


def _is_membership_of_number_set(node: Node) -> bool:
    return (
        node.kind == tree.RELATION
        and node.value == ("in",)
        and node.parts[1].kind == tree.NUMBER_SET
        and node.parts[0].kind in (tree.SYMBOL, tree.LIST)
    )


def _without_final_stop(items: list[Token]) -> list[Token]:
    """The tokens without the full stop or comma that ends a sentence."""
    while len(items) > 1 and items[-2].kind == SIGN and items[-2].value in (".", ",", ";", ":", "\\\\"):
        items = [*items[:-2], items[-1]]
    return items


def name_with_subscript(base: str, subscript: Node) -> str:
    """Canonical name of a variable with a subscript, one spelling for x_1, x_{1} and x_{\\text{1}}."""
    return f"{base}_{printed(subscript)}"
