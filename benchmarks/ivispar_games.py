"""Games of iVISPAR on disk: a line each as it ends, the settings they were played with, and which are still to play."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.ivispar import IVISPAR
from benchmarks.ivispar_conversation import SYSTEM
from benchmarks.ivispar_play import play
from rfteval.benchmark import LoadRequest
from rfteval.errors import UsageError
from rfteval.models import Model
from rfteval.plan import Plan
from rfteval.types import Sample, Sampling

GAMES = "games.jsonl"
SETTINGS = "games.json"


def played(
    model: Model | None, plan: Plan, sampling: Sampling, *, steps: int, history: int, say: Callable[[str], None]
) -> Path:
    """Play the games of `plan` that its folder lacks; the file of all of them.

    A game that ended with a failure of the model is played again. Raises UsageError where the folder holds games played
    otherwise, SourceError and InputFileError for the puzzles, and ModelError.
    """
    if model is None:
        raise UsageError("name a model with --model: there is no default one for games")
    samples = IVISPAR.load(LoadRequest(split="main", data=plan.data, limit=plan.limit))
    plan.out.mkdir(parents=True, exist_ok=True)
    settings = {
        **{"model": dict(model.identity), "sampling": sampling.settings(), "steps": steps, "history": history},
        "prompt": hashlib.sha256(SYSTEM.encode()).hexdigest()[:12],
    }
    _settle(plan.out / SETTINGS, settings)
    file = plan.out / GAMES
    done = _whole(file)
    lacking = [sample for sample in samples if sample.id not in done]
    asyncio.run(_play(model, lacking, sampling, file, steps, history, say))
    return file


def _settle(file: Path, settings: dict[str, object]) -> None:
    """Keep the settings with the first game. Raises UsageError naming what differs from them later."""
    wanted = json.loads(json.dumps(settings))
    if not file.exists():
        file.write_text(json.dumps(settings, indent=1))
        return
    held = json.loads(file.read_text())
    differing = [name for name in wanted if held.get(name) != wanted[name]]
    if differing:
        raise UsageError(
            f"{file.parent} holds games played with another {' and another '.join(differing)}; choose another --out"
        )


def _whole(file: Path) -> set[str]:
    """The ids of the games in `file` that a model finished; lines cut off by a kill, and failures, are taken out."""
    kept: dict[str, str] = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the last line of a killed process
        if row["response"] is not None:
            kept[row["id"]] = line
    if file.exists():
        changed = file.with_suffix(".new")
        changed.write_text("".join(f"{line}\n" for line in kept.values()))
        changed.replace(file)
    return set(kept)


async def _play(
    model: Model,
    samples: Sequence[Sample],
    sampling: Sampling,
    file: Path,
    steps: int,
    history: int,
    say: Callable[[str], None],
) -> None:
    with file.open("a", encoding="utf-8") as out:
        number = 0
        async for game in play(model, samples, sampling, steps=steps, history=history):
            number += 1
            out.write(json.dumps(game.row()) + "\n")
            out.flush()
            how = "failed: " + game.error if game.error else f"{'solved' if game.solved else 'not solved'}"
            say(f"{number}/{len(samples)} {game.sample.id}: {how}, {len(game.past)} commands")
