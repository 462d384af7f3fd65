"""What two runs' responses were made with, and a way from one to the other that changes one thing at a time. Pure.

Responses cannot be taken apart afterwards: a model asked with another prompt gives other responses. So where several
settings differ, only runs that were made in between can tell them apart.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from rfteval.stored_run import StoredRun

# Settings that decide responses. The token limit is left out: a shorter one can be had by cutting.
WHAT = ("model", "prompt", "control", "sampling")
_OF_THE_LIMIT = "max_tokens"


def made_with(run: StoredRun) -> dict[str, str]:
    """What the run's responses were made with, each as a text that is equal where the setting is."""
    settings = run.report["settings"]
    sampling = settings.get("sampling") or {}
    found = {
        "model": str(settings.get("model") or settings.get("responses_sha256") or ""),
        "prompt": str(settings.get("prompt") or ""),
        "control": str(settings.get("control") or ""),
        "sampling": repr(sorted((key, value) for key, value in sampling.items() if key != _OF_THE_LIMIT)),
    }
    others = {key: value for key, value in settings.items() if key.startswith("model_") or key == "responses_sha256"}
    found["model"] += repr(sorted(others.items(), key=str)) if others else ""
    return found


def limit_of(run: StoredRun) -> int | None:
    """The most tokens a response could have, None where it is not known (stored responses)."""
    limit = (run.report["settings"].get("sampling") or {}).get(_OF_THE_LIMIT)
    return limit if isinstance(limit, int) else None


def changed(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The names of the settings that differ."""
    return [name for name in WHAT if one[name] != other[name]]


def way(first: StoredRun, last: StoredRun, between: Sequence[StoredRun]) -> list[StoredRun]:
    """The shortest way from `first` to `last` over runs in `between` on which every step changes one setting.

    Where there is none: first and last alone.
    """
    runs = [first, *between, last]
    settings = [made_with(run) for run in runs]
    reached: dict[int, int | None] = {0: None}
    queue = deque([0])
    while queue:
        here = queue.popleft()
        for there in range(1, len(runs)):
            if there not in reached and len(changed(settings[here], settings[there])) == 1:
                reached[there] = here
                queue.append(there)
    place: int | None = len(runs) - 1
    if place not in reached:
        return [first, last]
    found = []
    while place is not None:
        found.append(runs[place])
        place = reached[place]
    return found[::-1]


def step_name(before: StoredRun, after: StoredRun) -> str:
    """What one step changes, in words."""
    names = changed(made_with(before), made_with(after))
    if not names:
        return "another draw of the same responses"
    stored = "responses_sha256" in before.report["settings"] or "responses_sha256" in after.report["settings"]
    if names == ["model"] and stored:
        return "responses"
    return " and ".join(names)
