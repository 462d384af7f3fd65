"""What is there for reinforcement to choose from: greedy answers beside several samples of the same questions.

    rfteval run --bench synthetic --split validation --limit 400 --out runs/greedy
    rfteval run --bench synthetic --split validation --limit 400 --samples 8 --temperature 1 --out runs/eight
    python tests/perf/headroom.py runs/greedy runs/eight

Prints a line a family: accuracy greedy and sampled, questions of which any, all, or only some samples are right (a
group of the last kind is what training by groups learns from), and how often questions that are wrong greedily are
right when sampled. Questions that only one run asked are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rfteval.stored_run import StoredRun, read_run


def right(run: StoredRun) -> dict[str, list[bool]]:
    """Whether each response to a question is right, by the question's id; unscored ones are left out."""
    found: dict[str, list[bool]] = {}
    for record in run.records:
        if record.scored is not None and record.scored.reward is not None:
            found.setdefault(record.sample_id, []).append(record.scored.reward == 1.0)
    return found


def line(name: str, ids: Sequence[str], greedy: Mapping[str, list[bool]], sampled: Mapping[str, list[bool]]) -> str:
    """One row of the table, in percent of the questions `ids`."""
    count = len(ids)
    shares = (
        sum(greedy[each][0] for each in ids),
        sum(sum(sampled[each]) / len(sampled[each]) for each in ids),
        sum(any(sampled[each]) for each in ids),
        sum(all(sampled[each]) for each in ids),
        sum(any(sampled[each]) and not all(sampled[each]) for each in ids),
    )
    return f"| {name} | {count} | " + " | ".join(f"{100 * share / count:.1f}" for share in shares) + " |"


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    greedy_run, sampled_run = (read_run(Path(folder)) for folder in sys.argv[1:])
    greedy, sampled = right(greedy_run), right(sampled_run)
    families: dict[str, list[str]] = {}
    for stored in sampled_run.samples:
        if stored.sample.id in greedy and stored.sample.id in sampled:
            families.setdefault(str(stored.sample.tags.get("family", "")), []).append(stored.sample.id)
    shared = [each for ids in families.values() for each in ids]
    print("| family | questions | greedy % | sampled % | any right % | all right % | some right % |")
    print("|---|---|---|---|---|---|---|")
    print(line("all", shared, greedy, sampled))
    for family, ids in sorted(families.items()):
        print(line(family, ids, greedy, sampled))
    for name, greedily in (("right", True), ("wrong", False)):
        counts = [sum(sampled[each]) / len(sampled[each]) for each in shared if greedy[each][0] is greedily]
        bands = (sum(not each for each in counts), sum(0 < each < 0.5 for each in counts))
        rest = len(counts) - sum(bands)
        print(
            f"greedily {name}: {len(counts)}; sampled right never {bands[0]}, in less than half {bands[1]}, else {rest}"
        )


if __name__ == "__main__":
    main()
