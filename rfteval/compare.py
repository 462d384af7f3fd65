"""Runs of the same questions against each other: differences with paired errors, tests, and the questions that flip.

Pure: a comparison is a function of what the runs' folders hold. What makes two runs incomparable is refused; what makes
them less comparable than they look is said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfteval.errors import UsageError
from rfteval.metrics import ROTATION_OF, Item, Tally, clusters_of, sample_scores, tally
from rfteval.statistics.paired import Difference, Flips, difference, flips, holm
from rfteval.stored_run import StoredRun
from rfteval.types import Sample

# Settings in which runs may differ, and which a reader of their difference must know, in the order they are shown.
SHOWN_SETTINGS = ("model", "prompt", "control", "sampling", "profile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One run of a comparison: its folder's name, the settings that are shown, and its score as it stands."""

    name: str
    settings: Mapping[str, str]
    overall: Tally
    questions: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A question that exactly one run has right: the right answer, and what each was found to say (None: nothing)."""

    question: str
    gained: bool
    answer: str
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The second run against the first one. `left_out` counts questions that only one of them has a score for.

    `flips` and `flipped` are there where both have one response to a question. `adjusted` is the p-value after Holm's
    correction for several comparisons. `control` is that of the second run, where the first has none.
    """

    first: str
    second: str
    control: str | None
    difference: Difference
    flips: Flips | None
    flipped: tuple[Flip, ...]
    left_out: int
    adjusted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All runs, and each after the first against the first. `notes` say what makes them less comparable."""

    benchmark: str
    split: str
    cluster_key: str | None
    sides: tuple[Side, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]


def compare(runs: Sequence[StoredRun], *, across_profiles: bool = False) -> Comparison:
    """Compare each run with the first. Raises UsageError where that makes no sense: another benchmark or split, other
    questions under the same ids, no question in common, or (unless `across_profiles`) another way to score.
    """
    if len(runs) < 2:
        raise UsageError("name at least two folders of runs to compare")
    first = runs[0]
    for other in runs[1:]:
        refuse_other_questions(first, other)
        if not across_profiles and other.report["profile"] != first.report["profile"]:
            raise UsageError(
                f"{first.directory} is scored by profile {first.report['profile']!r} and {other.directory} by "
                f"{other.report['profile']!r}; rescore one of them, ask `rfteval why` what the profile makes out, or "
                "compare them nevertheless with --across-profiles"
            )
    names = _names(runs)
    sides = [_side(run, name) for run, name in zip(runs, names, strict=True)]
    key = first.report.get("statistics", {}).get("cluster_key")
    clusters = _clusters(first, key)
    pairs = [_pair(runs[0], run, sides[0], side, clusters) for run, side in zip(runs[1:], sides[1:], strict=True)]
    tested = [pair.difference.p_value for pair in pairs if pair.difference.p_value is not None]
    adjusted = iter(holm(tested))
    return Comparison(
        benchmark=str(first.report["benchmark"]),
        split=str(first.report["split"]),
        cluster_key=key,
        sides=tuple(sides),
        pairs=tuple(
            pair if pair.difference.p_value is None else dataclasses.replace(pair, adjusted=next(adjusted))
            for pair in pairs
        ),
        notes=tuple(note for run, name in zip(runs[1:], names[1:], strict=True) for note in notes_on(first, run, name)),
    )


def refuse_other_questions(first: StoredRun, other: StoredRun) -> None:
    """Raise UsageError where two runs do not ask the same."""
    for what in ("benchmark", "split"):
        if first.report[what] != other.report[what]:
            raise UsageError(
                f"{first.directory} is a run of {what} {first.report[what]!r} and {other.directory} of "
                f"{other.report[what]!r}; only runs of the same questions can be compared"
            )
    known = {each.sample.id: each.sample for each in first.samples}
    common = [each.sample for each in other.samples if each.sample.id in known]
    if not common:
        raise UsageError(f"{first.directory} and {other.directory} have no question in common")
    controlled = "control" in first.report["settings"] or "control" in other.report["settings"]
    changed = [sample.id for sample in common if not _same(known[sample.id], sample)]
    if changed and not controlled:
        raise UsageError(
            f"{len(changed)} questions, such as {changed[0]!r}, are others in {other.directory} than in "
            f"{first.directory}, under the same ids; run or rescore both with the same data"
        )


def _same(one: Sample, other: Sample) -> bool:
    return one.question == other.question and one.reference == other.reference


def notes_on(first: StoredRun, other: StoredRun, name: str) -> list[str]:
    """What makes the second run less comparable with the first than it looks, in sentences."""
    said = []
    mine, theirs = first.report["settings"], other.report["settings"]
    for side in (first, other):
        unscored = side.report["overall"]["unscored"]
        if unscored:
            said.append(f"{side.directory.name}: {unscored} of {side.report['overall']['items']} have no score")
    if first.report["profile"] != other.report["profile"]:
        said.append(f"{name} is scored by another profile")
    for verifier, digest in theirs.get("verifiers", {}).items():
        before = mine.get("verifiers", {}).get(verifier, digest)
        if before != digest:
            said.append(
                f"{name} is scored by another version of {verifier} ({digest}, not {before}); rescore both alike"
            )
    mine_shown, theirs_shown = settings_of(first), settings_of(other)
    if ("control" in mine_shown) != ("control" in theirs_shown):
        also = [what for what in SHOWN_SETTINGS if mine_shown.get(what) != theirs_shown.get(what) and what != "control"]
        if also:
            said.append(f"{name} differs in {' and '.join(also)} too, so the difference is not the control's alone")
    own, others = {each.sample.id for each in first.samples}, {each.sample.id for each in other.samples}
    if own != others:
        said.append(
            f"{name} has {len(others - own)} questions that the first run lacks, and lacks {len(own - others)} of its; "
            f"the {len(own & others)} in common are compared"
        )
    return said


def settings_of(run: StoredRun) -> dict[str, str]:
    """The settings in which runs differ, as short texts."""
    settings = run.report["settings"]
    found = {}
    for name in SHOWN_SETTINGS:
        value = settings.get(name)
        if name == "model":
            value = value or "stored responses"
        if name == "profile":
            value = run.report["profile"]
        if isinstance(value, Mapping):
            value = " ".join(f"{key}={part}" for key, part in value.items())
        if value not in (None, ""):
            found[name] = str(value)
    return found


def question_scores(run: StoredRun) -> dict[str, float]:
    """The score of each question: the mean over its responses, and of a circular control the worst rotation.

    A question without a score, or with a rotation without one, is left out.
    """
    scores = sample_scores(item for _, item, _ in run.items())
    question_of = {each.sample.id: _question(each.sample) for each in run.samples}
    whole: dict[str, list[float]] = {}
    lacking = {question_of[name] for name in question_of if name not in scores}
    for name, question in question_of.items():
        if question not in lacking:
            whole.setdefault(question, []).append(scores[name])
    return {question: min(values) for question, values in whole.items()}


def _question(sample: Sample) -> str:
    of = sample.tags.get(ROTATION_OF)
    return of if isinstance(of, str) else sample.id


def _clusters(run: StoredRun, key: str | None) -> dict[str, str]:
    samples = [each.sample for each in run.samples]
    found = clusters_of(samples, key)
    return {_question(sample): found[sample.id] for sample in samples if sample.id in found}


def _side(run: StoredRun, name: str) -> Side:
    key = run.report.get("statistics", {}).get("cluster_key")
    items = [item for _, item, _ in run.items()]
    return Side(
        name=name,
        settings=settings_of(run),
        overall=tally(items, clusters_of([each.sample for each in run.samples], key)),
        questions=question_scores(run),
    )


def _pair(one: StoredRun, other: StoredRun, first: Side, second: Side, clusters: Mapping[str, str]) -> Pair:
    if not first.questions.keys() & second.questions.keys():
        raise UsageError(f"{one.directory} and {other.directory} have no question for which both have a score")
    counted, flipped = _flips(one, other)
    return Pair(
        first=first.name,
        second=second.name,
        control=None if first.settings.get("control") else second.settings.get("control"),
        difference=difference(first.questions, second.questions, clusters),
        flips=counted,
        flipped=flipped,
        left_out=len(first.questions.keys() ^ second.questions.keys()),
        adjusted=None,
    )


def _flips(one: StoredRun, other: StoredRun) -> tuple[Flips | None, tuple[Flip, ...]]:
    """Right and wrong by question, where each has one scored response there; partial credit is not right."""
    sides = []
    for run in (one, other):
        found = {}
        for each, item, _ in run.items():
            if each.sample.id in found:
                return None, ()
            found[each.sample.id] = item
        sides.append(found)
    both = [name for name, item in sides[0].items() if item.score is not None and _scored(sides[1].get(name))]
    answers = {each.sample.id: each.sample.reference.answer for each in other.samples}
    right = [{name: side[name].status == "CORRECT" for name in both} for side in sides]
    flipped = [
        Flip(
            question=name,
            gained=right[1][name],
            answer=answers[name],
            first=sides[0][name].extracted,
            second=sides[1][name].extracted,
        )
        for name in both
        if right[0][name] is not right[1][name]
    ]
    return flips(*right), tuple(flipped)


def _scored(item: Item | None) -> bool:
    return item is not None and item.score is not None


def _names(runs: Sequence[StoredRun]) -> list[str]:
    """Short names: the folders' own, with their parents' where two are alike."""
    names = [run.directory.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = ["/".join(run.directory.resolve().parts[-2:]) for run in runs]
    return names
