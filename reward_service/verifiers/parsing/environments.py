"""LaTeX environments: matrices, arrays, cases and aligned rows."""

from __future__ import annotations

from reward_service.errors import InputLimitExceeded
from reward_service.verifiers.parsing import lists, tree
from reward_service.verifiers.parsing.state import State
from reward_service.verifiers.parsing.tokens import END, WORD
from reward_service.verifiers.parsing.tree import Node


def environment(state: State) -> Node:
    """A matrix, a function by cases, or the rows of any other environment as a list."""
    state.take()
    name = _environment_name(state)
    if name in ("array", "tabular", "aligned", "alignedat") and (state.at_sign("{") or state.at_sign("[")):
        closer = "}" if state.at_sign("{") else "]"
        while not state.at_sign(closer) and state.peek().kind != END:
            state.take()
        state.skip_sign(closer)
    state.cells += 1
    rows = _rows(state)
    state.cells -= 1
    if state.at_command("end"):
        state.take()
        _environment_name(state)
    if name in ("cases", "dcases", "rcases"):
        return _cases(rows)
    if name.endswith("matrix") or name in ("array", "tabular"):
        return _matrix(state, name, rows)
    flat = [cell for row in rows for cell in row]
    if not flat:
        raise state.fail("an empty environment")
    return flat[0] if len(flat) == 1 else Node(tree.LIST, tuple(flat), ",")


def _environment_name(state: State) -> str:
    if not state.skip_sign("{"):
        raise state.fail("expected the name of an environment")
    letters = []
    while not state.at_sign("}") and state.peek().kind != END:
        letters.append(str(state.take().value))
    state.skip_sign("}")
    return "".join(letters).strip("*")


def _rows(state: State) -> list[list[Node]]:
    rows: list[list[Node]] = []
    row: list[Node] = []
    entries = 0
    bars, state.bars = state.bars, 0
    while True:
        if state.at_sign("&"):
            state.take()
            continue
        if state.at_sign("\\\\"):
            state.take()
            if row:
                rows.append(row)
            row = []
            continue
        if state.at_command("end") or state.peek().kind == END:
            break
        if state.at_sign("\\") or state.at_sign(","):
            state.take()
            continue
        if state.peek().kind == WORD:
            state.take()
            continue
        row.append(lists.condition(state) if state.opens_condition() else lists.sequence(state))
        entries += 1
        if entries > state.limits.matrix_entries:
            raise InputLimitExceeded(f"more than {state.limits.matrix_entries} matrix entries")
        if not (
            state.at_sign("&")
            or state.at_sign("\\\\")
            or state.at_command("end")
            or state.peek().kind == END
            or state.at_sign("\\")
        ):
            raise state.fail("could not read on")
    if row:
        rows.append(row)
    state.bars = bars
    return rows


def _matrix(state: State, name: str, rows: list[list[Node]]) -> Node:
    if not rows:
        raise state.fail("an empty matrix")
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise state.fail("matrix rows of different lengths")
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
