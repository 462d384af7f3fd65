"""Configurations in the fields of iVISPAR's Data/Configs, written for these tests; a file of theirs holds one."""

from __future__ import annotations

from typing import Any

from benchmarks.ivispar import CONFIGURATIONS, IVISPAR
from rfteval.types import Sample
from tests.benchmarks.case import Case

Field = tuple[int, int]


def piece(color: str, body: str, start: Field, goal: Field) -> dict[str, Any]:
    return {
        **{"geom_nr": 1, "body": body, "color": color},
        **{"start_coordinate": list(start), "goal_coordinate": list(goal)},
    }


def configuration(name: str, moves: list[str], *pieces: dict[str, Any]) -> dict[str, Any]:
    return {
        **{"config_instance_id": name, "experiment_type": "SlidingGeomPuzzle", "complexity_c1": len(moves)},
        **{"complexity_c2": 0, "grid_size": 4, "use_rendering": True, "shortest_move_sequence": ["start", *moves]},
        "landmarks": list(pieces),
    }


LEFT = configuration(
    "b_4_g_2_c1_2_c2_0_i_1",
    ["move red cube left", "move red cube left"],
    piece("red", "cylinder", (3, 1), (3, 1)),
    piece("red", "cube", (3, 2), (1, 2)),
)
ROUND = configuration(
    "b_4_g_2_c1_3_c2_0_i_1",
    ["move green sphere up", "move blue cube right", "move blue cube right"],
    piece("blue", "cube", (0, 0), (2, 0)),
    piece("green", "sphere", (1, 0), (1, 1)),
)


def solution(sample: Sample) -> tuple[str, ...]:
    (moves,) = sample.reference.alternatives
    return (moves,)


def plan(sample: Sample) -> tuple[str, ...]:
    (moves,) = sample.reference.alternatives
    listed = "\n".join(f"{number}. {move}" for number, move in enumerate(moves.splitlines(), start=1))
    return f"I could move red cube down.\nPlan:\n{moves}", f"**Plan:**\n{listed}\n"


CASES = (
    Case(
        benchmark=IVISPAR,
        source=CONFIGURATIONS,
        split="main",
        file="config_all.json",
        rows=[LEFT, ROUND],
        said={"": solution, "plan": plan},
        prompts={
            "plan": "Objects stand on a board of 4 by 4 fields, with columns A to D from left to right and rows 1 to 4 "
            "from bottom to top. A move takes one object one field up, down, left or right. No object may leave the "
            "board or enter a field where another one stands.\n\nStart:\nD2 red cylinder\nD3 red cube\n\nGoal:\n"
            "D2 red cylinder\nB3 red cube\n\nThink first. Then write a line 'Plan:' and under it your moves, at most "
            "20, one a line, like this:\nmove red cube left"
        },
    ),
)
