"""Where the parser stands: tokens, position, and the counters that bound the descent."""

from __future__ import annotations

from typing import Final

from reward_service.errors import InputLimitExceeded
from reward_service.limits import Budget, InputLimits
from reward_service.verifiers.parsing.tokens import COMMAND, END, END_TOKEN, SIGN, TEXT, Token


class ParseError(ValueError):
    """The text is not mathematics in a form this grammar reads; the message says where it stopped."""


_OPENERS_OF_CONDITIONS: Final = frozenset(
    {"where", "for", "with", "if", "when", "such", "whenever", "provided", "given", "unless"}
)


def opens_condition_token(token: Token) -> bool:
    """Whether a text begins a condition: "where", "for some integer", "if"."""
    return token.kind == TEXT and token.value.split(" ", 1)[0].lower() in _OPENERS_OF_CONDITIONS


def _without_final_stop(items: list[Token]) -> list[Token]:
    """The tokens without the full stops and commas that end a sentence."""
    end = len(items) - 1
    while end > 0 and items[end - 1].kind == SIGN and items[end - 1].value in (".", ",", ";", ":", "\\\\"):
        end -= 1
    return [*items[:end], items[-1]]


class State:
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

    def peek(self) -> Token:
        """The token at the position."""
        return self.tokens[self.position]

    def ahead(self, distance: int) -> Token:
        """The token some places further; END past the end."""
        index = self.position + distance
        return self.tokens[index] if index < len(self.tokens) else END_TOKEN

    def take(self) -> Token:
        """The token at the position, which moves on."""
        token = self.tokens[self.position]
        if token.kind != END:
            self.position += 1
        return token

    def at_sign(self, value: str) -> bool:
        """Whether a given sign comes next."""
        token = self.tokens[self.position]
        return token.kind == SIGN and token.value == value

    def at_command(self, value: str) -> bool:
        """Whether a given command comes next."""
        token = self.tokens[self.position]
        return token.kind == COMMAND and token.value == value

    def skip_sign(self, value: str) -> bool:
        """Move past a given sign if it comes next; whether it did."""
        if self.at_sign(value):
            self.position += 1
            return True
        return False

    def fail(self, what: str) -> ParseError:
        """An error that says what was expected and where."""
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

    def closed(self) -> bool:
        """Whether a bracket, cell, row or bar closes here, or the text ends."""
        token = self.peek()
        if token.kind == END:
            return True
        if token.kind == SIGN:
            return token.value in (")", "]", "}", "\\}", "\\\\", "&") or (token.value == "|" and self.bars > 0)
        return token.kind == COMMAND and token.value in ("end", "rangle", "rbrace", "rbrack")

    def opens_condition(self) -> bool:
        """Whether a word such as "if" comes next."""
        return opens_condition_token(self.peek())
