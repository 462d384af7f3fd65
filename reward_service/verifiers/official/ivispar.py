"""`ivispar_official`: whether commands solve a puzzle of iVISPAR, by carrying them out.

Source: iVISPAR's Source/Evaluate/evaluate_episodes_sgp.py (`check_won`: solved, and in as many moves as a shortest
solution has) and Data/Params/params_experiment.json (20 commands, the board looked at after each). The reference is the
authors' configuration as JSON. The text is either what `rfteval play` stores, a command a line, or a whole plan, whose
lines that are a move count, from the last line "Plan:" on where there is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.official.ivispar_board import moved, read_puzzle
from reward_service.verifiers.registry import Verifier

_MOVE = re.compile(r"^[\s\d.)*`-]*(move \w+ \w+ (?:up|down|left|right))[\s.`*]*$", re.IGNORECASE)
_PLAN = re.compile(r"^\W*plan\W*$", re.IGNORECASE)
_LONGEST = 200  # characters of a line that can be a command


@dataclass(frozen=True, slots=True, kw_only=True)
class IvisparParameters:
    """Parameters of `ivispar_official`."""

    read: str = parameter(
        "commands", "commands: each line is one; plan: lines that are a move", choices=("commands", "plan")
    )
    steps: int = parameter(20, "commands that are carried out; the published number is 20", minimum=1, maximum=1000)


def check(text: str, reference: Reference, parameters: IvisparParameters, budget: Budget) -> Verdict:
    """Carry the commands out until the puzzle is solved or the steps are used up."""
    budget.spend(1 + len(text) // 1_000)
    try:
        puzzle = read_puzzle(reference.answer)
    except ValueError as error:
        return Verdict(status=Status.INVALID_REFERENCE, reason=str(error), rule="ivispar.reference")
    lines = [line.strip()[:_LONGEST] for line in text.splitlines() if line.strip()]
    commands = _planned(lines) if parameters.read == "plan" else lines
    if not commands:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="there is no command", rule="ivispar.none")
    board, idle = puzzle.start, 0
    for number, command in enumerate(commands[: parameters.steps], start=1):
        budget.spend()
        before, board = board, moved(puzzle, board, command)
        idle += before == board
        if board == puzzle.goal:
            shortest = puzzle.shortest is not None and number <= puzzle.shortest
            return Verdict(
                status=Status.CORRECT,
                score=1.0,
                extracted=f"{number} commands",
                reason=f"solved with {number} commands, {idle} of which moved nothing",
                rule="ivispar.solved",
                flags=("shortest",) if shortest else (),
            )
    away = sum(field != goal for field, goal in zip(board, puzzle.goal, strict=True))
    used = min(len(commands), parameters.steps)
    return Verdict(
        status=Status.INCORRECT,
        score=0.0,
        extracted=f"{used} commands",
        reason=f"{away} pieces are not at their goal after {used} commands, {idle} of which moved nothing",
        rule="ivispar.unsolved",
    )


def _planned(lines: list[str]) -> list[str]:
    starts = [number for number, line in enumerate(lines, start=1) if _PLAN.match(line)]
    return [found.group(1) for line in lines[starts[-1] if starts else 0 :] if (found := _MOVE.match(line))]


VERIFIER = Verifier(
    name="ivispar_official",
    version="1",
    summary="iVISPAR: commands carried out on the board until every piece is at its goal",
    parameters=IvisparParameters,
    check=check,
)
