"""Games of iVISPAR played by a model: a turn for every game that goes on, until each is solved or out of commands.

All games take their turns together, so that a backend gets them as one batch. A game whose model fails to answer has no
response and so no score; it is not played again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from benchmarks.ivispar import puzzle_of
from benchmarks.ivispar_conversation import turn
from reward_service.verifiers.official.ivispar_board import Board, Puzzle, command_of, described, moved
from rfteval.models import Model
from rfteval.types import Prompt, Sample, Sampling

STEPS = 20
HISTORY = 2


@dataclass(slots=True, kw_only=True)
class Game:
    """One game as it stands: the boards and commands so far, what the model said, and its failure, if any."""

    sample: Sample
    puzzle: Puzzle
    board: Board
    history: int
    past: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def solved(self) -> bool:
        """Whether every piece is at its goal."""
        return self.board == self.puzzle.goal

    def ask(self) -> Prompt:
        """The prompt of the next turn."""
        shown = self.past[-self.history :] if self.history else []
        goal, current = described(self.puzzle, self.puzzle.goal), described(self.puzzle, self.board)
        return turn(goal, current, shown, self.sample.id)

    def take(self, text: str) -> None:
        """Carry out what a response says."""
        command = command_of(text)
        self.past.append((described(self.puzzle, self.board), command))
        self.said.append(text)
        self.board = moved(self.puzzle, self.board, command)

    def row(self) -> dict[str, object]:
        """The game as `rfteval rescore` reads it: its commands, one a line; null where the model failed."""
        commands = None if self.error is not None else "\n".join(command for _, command in self.past)
        return {
            **{"id": self.sample.id, "response": commands, "solved": self.solved, "error": self.error},
            "said": self.said,
        }


async def play(
    model: Model, samples: Sequence[Sample], sampling: Sampling, *, steps: int = STEPS, history: int = HISTORY
) -> AsyncIterator[Game]:
    """The games as each ends. Raises ModelError where the model as a whole cannot answer."""
    games = {sample.id: _begun(sample, history) for sample in samples}
    for step in range(1, steps + 1):
        if not games:
            return
        async for response in model.generate([game.ask() for game in games.values()], sampling):
            game = games[response.sample_id]
            if response.error is not None:
                game.error = response.error
            else:
                game.take(response.text)
        over = [game for game in games.values() if game.solved or game.error is not None or step == steps]
        for game in over:
            del games[game.sample.id]
            yield game


def _begun(sample: Sample, history: int) -> Game:
    puzzle = puzzle_of(sample)
    return Game(sample=sample, puzzle=puzzle, board=puzzle.start, history=history)
