"""iVISPAR's sliding geom puzzle: what a command does to the board, and which command a response gives. Pure.

Source: anon148/iVISPAR and SharkyBamboozle/iVISPAR, Source/iVISPAR/Assets/Scripts: Level/TurnManager.cs (how a command
is decoded), Control/TargetBehaviour.cs (moves), Grid/GridBoard.cs (names of fields); Source/Experiment/agent_systems.py
(`parse_action`, `parse_action_rmv_special_chars`: how a response becomes a command).

The decoder looks for words anywhere: "left" wins over "right" however the sentence goes, the first digits of a command,
else the first of the words one to ten that it holds, say how often to move, so that "often" is ten times.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

Field = tuple[int, int]
Board = tuple[Field, ...]

_COMMANDS = ("move", "start", "reset", "done")
_BODIES = ("cube", "tile", "sphere", "cylinder", "pyramid", "cone", "prism")
_DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_FLAT = {"circle": "sphere", "square": "cube", "triangle": "pyramid", "hexagon": "cylinder"}
_LARGEST = 26  # columns are named by one letter
NOTHING = "no valid action found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A geom: "red cube", and where it starts and belongs, as (column, row) from 0."""

    name: str
    start: Field
    goal: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    """A board of `size` by `size` fields, its pieces, and the length of a shortest solution (None where not stated)."""

    size: int
    pieces: tuple[Piece, ...]
    shortest: int | None = None

    @property
    def start(self) -> Board:
        """Where each piece starts."""
        return tuple(piece.start for piece in self.pieces)

    @property
    def goal(self) -> Board:
        """Where each piece belongs."""
        return tuple(piece.goal for piece in self.pieces)


def read_puzzle(text: str) -> Puzzle:
    """The puzzle of a configuration of the authors, as JSON. Raises ValueError saying what is wrong with it."""
    try:
        content = json.loads(text)
        size = int(content["grid_size"])
        pieces = tuple(
            Piece(
                name=f"{one['color']} {one['body']}".lower(),
                start=_field(one["start_coordinate"]),
                goal=_field(one["goal_coordinate"]),
            )
            for one in content["landmarks"]
        )
        shortest = content.get("complexity_c1")
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise ValueError(f"not a puzzle: {type(error).__name__}: {error}") from None
    names = {piece.name for piece in pieces}
    fields = [field for piece in pieces for field in (piece.start, piece.goal)]
    if not 1 <= size <= _LARGEST or not all(0 <= x < size and 0 <= z < size for x, z in fields):
        raise ValueError(f"a piece does not stand on the board of {size} by {size}")
    apart = len(names) == len({piece.start for piece in pieces}) == len({piece.goal for piece in pieces}) == len(pieces)
    if not pieces or not apart:
        raise ValueError("pieces share a name or a field, or there are none")
    return Puzzle(size=size, pieces=pieces, shortest=shortest if isinstance(shortest, int) else None)


def _field(value: object) -> Field:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"a field has two coordinates, found {value!r}")
    return int(value[0]), int(value[1])


def described(puzzle: Puzzle, board: Board) -> str:
    """The board as text, a line a piece: "D2 red cylinder"."""
    lines = zip(puzzle.pieces, board, strict=True)
    return "\n".join(f"{chr(ord('A') + x)}{z + 1} {piece.name}" for piece, (x, z) in lines)


def command_of(response: str) -> str:
    """The command that a response gives: what stands behind its last "action: move ", freed of special characters."""
    text = response.replace("\n", " ").replace("*", "").replace("#", "").strip().lower()
    for flat, solid in _FLAT.items():
        text = text.replace(flat, solid)
    _, found, rest = text.rpartition("action: move ")
    kept = re.sub(r"[^a-zA-Z0-9\s]", "", f"move {rest.strip()}") if found else NOTHING
    return re.sub(r"\s+", " ", kept).strip()


def moved(puzzle: Puzzle, board: Board, command: str) -> Board:
    """The board after a command; the same one where it moves nothing."""
    text = command.lower()
    if next((word for word in _COMMANDS if word in text), None) != "move":
        return board
    name, direction = _piece_of(text), next((word for word in _DIRECTIONS if word in text), None)
    index = next((index for index, piece in enumerate(puzzle.pieces) if piece.name == name), None)
    if index is None or direction is None:
        return board
    (dx, dz), fields = _DIRECTIONS[direction], list(board)
    for _ in range(min(_times(text), puzzle.size)):
        x, z = fields[index][0] + dx, fields[index][1] + dz
        if not (0 <= x < puzzle.size and 0 <= z < puzzle.size) or (x, z) in fields:
            break
        fields[index] = (x, z)
    return tuple(fields)


def _piece_of(text: str) -> str:
    """ "red cube": the first body that the command holds, with the word before its last place; empty for none."""
    body = next((word for word in _BODIES if word in text), None)
    words = text.split(" ")
    places = [place for place, word in enumerate(words) if word == body]
    return f"{words[places[-1] - 1]} {body}" if places and places[-1] > 0 and 0 not in places else ""


def _times(text: str) -> int:
    digits = re.search(r"[0-9]+", text)
    if digits is not None:
        return int(digits.group()[:3])  # more than a board is long
    return next((number for number, word in enumerate(_NUMBERS, start=1) if word in text), 1)
