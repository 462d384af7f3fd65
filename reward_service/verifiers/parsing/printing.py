"""Tree → text: for a person in a verdict's reason, and as the canonical spelling of a subscript. Not parsed again."""

from __future__ import annotations

from fractions import Fraction

from reward_service.verifiers.parsing import tree
from reward_service.verifiers.parsing.tree import Node

_LIMIT = 160


def shown(node: Node) -> str:
    """`printed`, cut to a length that fits a sentence."""
    text = printed(node)
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


def printed(node: Node, level: int = 0) -> str:
    """One line of plain text. `level` is the binding strength of the place it is printed into."""
    kind, parts, value = node
    if kind == tree.NUMBER:
        text = str(value) if abs(value) < 10**60 else f"{value.__class__.__name__} of many digits"
        return f"({text})" if level > 1 and (value < 0 or isinstance(value, Fraction)) else text
    if kind == tree.DECIMAL:
        return _decimal(value[0], value[1])
    if kind in (tree.SYMBOL, tree.CONSTANT):
        return "∞" if value == "infinity" else "π" if value == "pi" else str(value)
    if kind == tree.ADD:
        text = "+".join(printed(part, 1) for part in parts).replace("+-", "-")
        return f"({text})" if level > 1 else text
    if kind == tree.MULTIPLY:
        if parts[0] == tree.MINUS_ONE and len(parts) > 1:
            text = "-" + "*".join(printed(part, 2) for part in parts[1:])
            return f"({text})" if level > 1 else text
        text = "*".join(printed(part, 2) for part in parts)
        return f"({text})" if level > 2 else text
    if kind == tree.POWER:
        if parts[1] == tree.HALF:
            return f"√{printed(parts[0], 3)}"
        return f"{printed(parts[0], 3)}^{printed(parts[1], 3)}"
    if kind in (tree.CALL, tree.APPLY):
        return f"{value}({', '.join(printed(part) for part in parts)})"
    if kind == tree.PLUS_MINUS:
        left = "" if parts[0] == tree.ZERO else printed(parts[0], 1)
        text = f"{left}{'±' if value > 0 else '∓'}{printed(parts[1], 2)}"
        return f"({text})" if level > 1 else text
    return _structure(node)


def _structure(node: Node) -> str:
    kind, parts, value = node
    inner = [printed(part) for part in parts]
    if kind == tree.RELATION:
        text = inner[0]
        for operator, operand in zip(value, inner[1:], strict=True):
            text += f" {operator} {operand}"
        return text
    if kind == tree.TUPLE:
        return f"{value[0]}{', '.join(inner)}{value[1]}"
    if kind == tree.SET:
        return "{" + ", ".join(inner) + "}"
    if kind == tree.LIST:
        return (f" {value} " if value in ("and", "or") else f"{value} ").join(inner)
    if kind == tree.BUILDER:
        return "{" + " | ".join(inner) + "}"
    if kind in (tree.UNION, tree.INTERSECTION, tree.DIFFERENCE):
        return {tree.UNION: " ∪ ", tree.INTERSECTION: " ∩ ", tree.DIFFERENCE: " \\ "}[kind].join(inner)
    if kind == tree.MATRIX:
        width = value[1]
        rows = [", ".join(inner[index : index + width]) for index in range(0, len(inner), width)]
        return "[" + "; ".join(rows) + "]"
    if kind == tree.RATIO:
        return ":".join(inner)
    if kind == tree.NOTED:
        return f"{inner[0]} {value}"
    if kind == tree.WHERE:
        return f"{inner[0]} where {', '.join(inner[1:])}"
    if kind == tree.LABELLED:
        return f"{value}: {inner[0]}"
    if kind == tree.EMPTY:
        return "∅"
    if kind == tree.CASES:
        return "cases(" + ", ".join(inner) + ")"
    return str(value)


def _decimal(value: Fraction, places: int) -> str:
    scaled = abs(value) * 10**places
    digits = str(scaled.numerator // scaled.denominator).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 else text
