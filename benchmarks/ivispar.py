"""iVISPAR, text modality: 300 boards of 4 by 4 fields on which 2 to 11 geoms are slid from a start to a goal.

Source: anon148/iVISPAR and SharkyBamboozle/iVISPAR, Data/Configs/Main/config_*.json (one puzzle a file), README.md
(anchors), and the files that `ivispar_conversation` and the verifier name. The published score is of played games:
`rfteval play` plays them. `rfteval run` asks for the whole plan at once, which is another task, named so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.profiles import official
from benchmarks.quirks import NO_OUTPUTS
from reward_service.types import Reference
from reward_service.verifiers.official.ivispar_board import Puzzle, described, read_puzzle
from rfteval.benchmark import Anchor, Benchmark, LoadRequest, Metric
from rfteval.errors import InputFileError, SourceError
from rfteval.metrics import Item
from rfteval.rows import HubSource, Row
from rfteval.sources import require_columns, unique
from rfteval.types import Message, Prompt, Sample, TextPart

CONFIGURATIONS = HubSource(
    repository="SharkyBamboozle/iVISPAR",
    revision="",
    columns=("config_instance_id", "experiment_type", "grid_size", "complexity_c1", "landmarks"),
)
FOLDERS = ("", "Data/Configs/Main")
WAYS_OUT = "clone the authors' repository and name its folder, or one of config_*.json files, with --data DIR"
KEPT = ("grid_size", "complexity_c1", "landmarks")


def load(request: LoadRequest) -> Sequence[Sample]:
    """The puzzles, in the order of their files' names.

    Raises SourceError (no folder, no configuration in it, fields missing) and InputFileError (a malformed one).
    """
    if request.data is None:
        raise SourceError(f"iVISPAR is not read from the hub: {WAYS_OUT}")
    found = (sorted((Path(request.data) / folder).glob("config_*.json")) for folder in FOLDERS)
    files = next((names for names in found if names), [])
    if not files:
        raise SourceError(f"{request.data} has no config_*.json: {WAYS_OUT}")
    rows = unique((row for file in files for row in _rows(file)), "config_instance_id")
    return [sample_of(row) for row in islice(rows, request.limit)]


def _rows(file: Path) -> Iterator[Row]:
    """The puzzle of a file, or the puzzles of a file that holds a list of them."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputFileError(f"{file}: not readable JSON: {error}") from None
    for values in content if isinstance(content, list) else [content]:
        if not isinstance(values, dict):
            raise InputFileError(f"{file}: expected an object, found {str(values)[:40]}")
        row = Row(place=str(file), values=values)
        require_columns(CONFIGURATIONS, row)
        yield row


def sample_of(row: Row) -> Sample:
    """The sample of one configuration. Raises InputFileError naming the file."""
    kind = row.text("experiment_type")
    if kind != "SlidingGeomPuzzle":
        raise InputFileError(f"{row.place}: 'experiment_type' must be SlidingGeomPuzzle, found {kind!r}")
    stored = json.dumps({name: row.values[name] for name in KEPT})
    try:
        puzzle = read_puzzle(stored)
    except ValueError as error:
        raise InputFileError(f"{row.place}: {error}") from None
    shortest = [str(move) for move in row.texts("shortest_move_sequence") if move != "start"]
    return Sample(
        id=row.text("config_instance_id"),
        question=f"From\n{described(puzzle, puzzle.start)}\nto\n{described(puzzle, puzzle.goal)}",
        reference=Reference(answer=stored, alternatives=("\n".join(shortest),) if shortest else (), kind="text"),
        tags={"geoms": str(len(puzzle.pieces)), "shortest": str(puzzle.shortest), "board": str(puzzle.size)},
    )


def puzzle_of(sample: Sample) -> Puzzle:
    """The puzzle that a sample asks to solve."""
    return read_puzzle(sample.reference.answer)


def ask_plan(sample: Sample) -> Prompt:
    """Our own prompt for all moves at once; the authors ask for one at a time (`rfteval play`)."""
    puzzle = puzzle_of(sample)
    last = chr(ord("A") + puzzle.size - 1)
    text = (
        f"Objects stand on a board of {puzzle.size} by {puzzle.size} fields, with columns A to {last} from left to "
        f"right and rows 1 to {puzzle.size} from bottom to top. A move takes one object one field up, down, left or "
        "right. No object may leave the board or enter a field where another one stands.\n\n"
        f"Start:\n{described(puzzle, puzzle.start)}\n\nGoal:\n{described(puzzle, puzzle.goal)}\n\n"
        "Think first. Then write a line 'Plan:' and under it your moves, at most 20, one a line, like this:\n"
        "move red cube left"
    )
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=(TextPart(text=text),)),))


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """Completed games, and those completed in as few moves as possible, in percent of the scored ones."""
    scored = [item for item in items if item.score is not None]
    counts = {
        "completed": sum(item.score == 1 for item in scored),
        "completed in the fewest moves": sum("shortest" in item.flags for item in scored),
    }
    return tuple(
        Metric(name=name, value=100 * count / len(scored) if scored else None, highest=100, samples=len(scored))
        for name, count in counts.items()
    )


_README = "README of anon148/iVISPAR, as read in 2026-11"
_TEXT = {
    **{"Claude 3.5 Sonnet": 45.33, "LLaVA-OneVision-72B": 22.67, "Gemini 2.0 Flash": 21.33},
    **{"InternVL2.5-78B": 19.33, "Qwen2-72B": 15.33, "GPT-4o": 6.0},
}
IVISPAR = Benchmark(
    name="ivispar",
    title="iVISPAR, text modality",
    homepage="https://github.com/SharkyBamboozle/iVISPAR",
    licence="none read",
    citation="Mayer et al., iVISPAR - An Interactive Visual-Spatial Reasoning Benchmark for VLMs, arXiv:2502.03214",
    splits=("main",),
    default_split="main",
    load=load,
    prompts={"plan": ask_plan},
    default_prompt="plan",
    profiles={
        "plan": official(
            "ivispar_official", "a whole plan, carried out; not the published task", name="plan", read="plan"
        ),
        "official": official("ivispar_official", "a played game, a command a line, 20 commands at most"),
    },
    default_profile="plan",
    breakdowns=("geoms", "shortest"),
    headline=headline,
    anchors=tuple(
        Anchor(model=model, score=score, of="completed games %, text, played", source=_README)
        for model, score in _TEXT.items()
    ),
    quirks=(
        NO_OUTPUTS,
        "no revision is pinned: the puzzles are read from a clone of the authors' repository",
        "the published score is of played games: rfteval play; rfteval run asks for the plan at once",
        "the simulator reads 'often' as ten times and 'left' before 'right', wherever they stand in a command",
        "the published deviation from the optimal path is not made",
    ),
)
