"""Step rewards: `step_accuracy` and `step_validity` as R1-VL defines them, and `steps`, a score for each step.

R1-VL (StepGRPO, arXiv 2503.12937): StepRAR = 1 + a·k for a right answer, a·k for a wrong one, 0 without an answer, with
k the share of key steps found; StepRVR = 1 for a response that is complete and in order, else 0. Both are one number
for a response. `steps` gives what those leave out: a score with a place for every step, for per-step credit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, StepScore, Verdict
from reward_service.verifiers.choice import VERIFIER as CHOICE
from reward_service.verifiers.math import VERIFIER as MATH
from reward_service.verifiers.reasoning.arithmetic import calculations
from reward_service.verifiers.registry import Verifier

_HEADING = re.compile(r"^[ \t]{0,8}(?:#{1,6} ?)?(?:\*\*)?Step[ ]{0,3}(\d{1,3})\b[:.)]?(?:\*\*)?:?", re.MULTILINE | re.I)
_NUMBERED = re.compile(r"^[ \t]{0,8}(\d{1,3})[.)][ \t]", re.MULTILINE)
_FINAL = re.compile(r"^[ \t]{0,8}(?:#{1,6} ?)?(?:\*\*)?(?:The )?final answer(?: is)?\b", re.MULTILINE | re.I)
_CLAUSE_END = re.compile(r"[.,;!?](?=\s|$)")
_TAGS_END = re.compile(r"</think>|<answer>", re.I)
_TAG = re.compile(r"<[a-z]{1,20}>", re.I)
_DESCRIPTION = re.compile(r"^[ \t]{0,8}#{1,6} ?Image Description\b", re.MULTILINE | re.I)
_RATIONALE = re.compile(r"^[ \t]{0,8}#{1,6} ?Rationales?\b", re.MULTILINE | re.I)
MAX_STEPS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyParameters:
    """Parameters of `step_accuracy` (StepRAR)."""

    key_steps: tuple[str, ...] = parameter((), 'key steps; synonyms of one step are separated by "|"')
    alpha: float = parameter(0.1, "a: weight of the share of key steps found", minimum=0.0)
    correct: bool | None = parameter(None, "whether the answer is right; absent: checked here by `auto`")

    def __post_init__(self) -> None:
        if not self.key_steps or not all(_synonyms(step) for step in self.key_steps):
            raise ValueError("'key_steps' must be a non-empty list of non-empty texts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityParameters:
    """Parameters of `step_validity` (StepRVR)."""

    sections: bool = parameter(True, "whether the image description and rationale of R1-VL are required too")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepParameters:
    """Parameters of `steps`."""

    key_steps: tuple[str, ...] = parameter((), 'key steps; synonyms of one step are separated by "|"')
    ordered: bool = parameter(True, "whether key steps count only in the order given")
    unit: str = parameter(
        "paragraph",
        "paragraph: a step is a numbered one, or else a paragraph, and holds key steps; "
        "clause: it ends with a punctuation mark and is a key step",
        choices=("paragraph", "clause"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a response: its number as written (0 for none) and its body's place."""

    number: int
    start: int
    end: int


def split_steps(text: str) -> list[Step]:
    """The steps of a response: "Step n" headings, else a numbered list, else paragraphs. The final answer is none."""
    final = [match.start() for match in _FINAL.finditer(text)]
    last = final[-1] if final else len(text)
    for pattern in (_HEADING, _NUMBERED):
        starts = [match for match in pattern.finditer(text) if match.start() < last][:MAX_STEPS]
        if starts:
            ends = [match.start() for match in starts[1:]] + [last]
            return [
                Step(number=int(match.group(1)), start=match.end(), end=max(end, match.end()))
                for match, end in zip(starts, ends, strict=True)
            ]
    steps: list[Step] = []
    position = 0
    for paragraph in re.split(r"(\n[ \t]*\n)", text[:last]):
        if paragraph.strip() and len(steps) < MAX_STEPS:
            steps.append(Step(number=0, start=position, end=position + len(paragraph)))
        position += len(paragraph)
    return steps


def split_clauses(text: str) -> list[Step]:
    """Steps of short reasoning in running text: each ends with a mark before a space or the end of the reasoning.

    "<think>P is 6, Q is 9. 6 + 9 = 15.</think><answer>15</answer>" has three; the final answer is none.
    """
    final = [match.start() for pattern in (_TAGS_END, _FINAL) if (match := pattern.search(text)) is not None]
    ends = [match.end() for match in _CLAUSE_END.finditer(text[: min(final, default=len(text))])][:MAX_STEPS]
    return [Step(number=0, start=start, end=end) for start, end in zip([0, *ends], ends, strict=False)]


def _synonyms(step: str) -> tuple[str, ...]:
    return tuple(part.strip().casefold() for part in step.split("|") if part.strip())


def matched_share(text: str, key_steps: tuple[str, ...]) -> float:
    """k: the share of key steps of which any synonym occurs in the joined bodies of the steps, case ignored."""
    bodies = "\n".join(text[step.start : step.end] for step in split_steps(text)).casefold()
    return sum(any(word in bodies for word in _synonyms(step)) for step in key_steps) / len(key_steps)


def check_accuracy(text: str, reference: Reference, parameters: AccuracyParameters, budget: Budget) -> Verdict:
    """StepRAR. Its scale is 0 to 1 + alpha. Unscored when the answer itself could not be checked."""
    budget.spend(1 + len(text) * len(parameters.key_steps) // 200)
    share = matched_share(text, parameters.key_steps)
    extracted = None
    if parameters.correct is None:
        verifier = CHOICE if reference.choices else MATH
        verdict: Verdict = verifier.check(text, reference, verifier.parameters(), budget)
        if not verdict.status.scored:
            return verdict
        right, answered, extracted = verdict.correct, verdict.status is not Status.NO_ANSWER, verdict.extracted
    else:
        right, answered = parameters.correct, bool(text.strip())
    score = (1.0 if right else 0.0) + parameters.alpha * share if answered else 0.0
    if not answered:
        status = Status.NO_ANSWER
    elif right:
        status = Status.CORRECT
    else:
        status = Status.PARTIAL if score > 0 else Status.INCORRECT
    said = "right" if right else "wrong" if answered else "missing"
    reason = f"the answer is {said}; {share:.0%} of {len(parameters.key_steps)} key steps found"
    return Verdict(status=status, score=score, extracted=extracted, reason=reason, rule="steps.accuracy")


def check_validity(text: str, reference: Reference, parameters: ValidityParameters, budget: Budget) -> Verdict:
    """StepRVR: 1 iff complete (sections, a step, a final answer) and logical (steps 1..n in order, then the answer)."""
    budget.spend(1 + len(text) // 100)
    problem = _validity_problem(text, parameters)
    status = Status.CORRECT if problem is None else Status.INCORRECT
    reason = problem or "complete and in order"
    return Verdict(status=status, score=float(problem is None), reason=reason, rule="steps.validity")


def _validity_problem(text: str, parameters: ValidityParameters) -> str | None:
    if parameters.sections:
        for pattern, name in ((_DESCRIPTION, "image description"), (_RATIONALE, "rationale")):
            if pattern.search(text) is None:
                return f"incomplete: no {name}"
    headings = list(_HEADING.finditer(text))
    final = _FINAL.search(text)
    if not headings:
        return "incomplete: no numbered step"
    if final is None or not text[final.end() :].strip(" :*#\n\t."):
        return "incomplete: no final answer"
    numbers = [int(match.group(1)) for match in headings]
    if numbers != list(range(1, len(numbers) + 1)):
        return f"not in order: the steps are numbered {', '.join(map(str, numbers[:8]))}"
    if final.start() < headings[-1].start():
        return "not in order: the final answer comes before the last step"
    return None


def check_steps(text: str, reference: Reference, parameters: StepParameters, budget: Budget) -> Verdict:
    """A score per step, and their mean: 0 for a false calculation, else 1 (with key steps: 1 only if it adds one).

    Clauses are key steps or not: the longest sequence that is in both, in order, has the score 1, so that a wrong
    clause costs only itself.
    """
    budget.spend(1 + len(text) * (1 + len(parameters.key_steps)) // 200)
    clauses = parameters.unit == "clause"
    steps = split_clauses(text) if clauses else split_steps(text)
    if not steps:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no step found", rule="steps.none")
    pending = [_synonyms(step) for step in parameters.key_steps]
    if clauses and pending:
        bodies = [_TAG.sub("", text[step.start : step.end]).strip().casefold() for step in steps]
        return _clauses_scored(steps, _common(bodies, pending, budget), len(pending))
    scores = []
    for step in steps:
        body = text[step.start : step.end]
        false = [calculation.text for calculation in calculations(body, budget) if not calculation.right]
        found = _take_key_steps(body.casefold(), pending, parameters.ordered)
        if false:
            score, reason = 0.0, f"false calculation: {false[0]}"
        elif parameters.key_steps:
            score, reason = float(found > 0), f"{found} key steps" if found else "no further key step"
        else:
            score, reason = 1.0, "no false calculation"
        scores.append(StepScore(start=step.start, end=step.end, score=score, reason=reason))
    if parameters.key_steps:
        total = (len(parameters.key_steps) - len(pending)) / len(parameters.key_steps)
        total *= sum(not score.reason.startswith("false") for score in scores) / len(scores)
    else:
        total = sum(score.score for score in scores) / len(scores)
    return _verdict(scores, total)


def _clauses_scored(steps: list[Step], right: set[int], wanted: int) -> Verdict:
    scores = [
        StepScore(
            start=step.start,
            end=step.end,
            score=float(place in right),
            reason="a key step" if place in right else "no key step here",
        )
        for place, step in enumerate(steps)
    ]
    return _verdict(scores, len(right) / max(wanted, len(steps)))


def _verdict(scores: list[StepScore], total: float) -> Verdict:
    status = Status.CORRECT if total == 1.0 else Status.INCORRECT if total == 0.0 else Status.PARTIAL
    reason = f"{sum(score.score > 0 for score in scores)} of {len(scores)} steps stand"
    return Verdict(status=status, score=total, reason=reason, rule="steps.each", steps=tuple(scores))


def _common(bodies: list[str], wanted: list[tuple[str, ...]], budget: Budget) -> set[int]:
    """The places in `bodies` of a longest common subsequence with `wanted` (Wagner and Fischer 1974)."""
    budget.spend(len(bodies) * len(wanted) // 5)
    lengths = [[0] * (len(wanted) + 1) for _ in range(len(bodies) + 1)]
    for row in reversed(range(len(bodies))):
        for column in reversed(range(len(wanted))):
            if bodies[row] in wanted[column]:
                lengths[row][column] = lengths[row + 1][column + 1] + 1
            else:
                lengths[row][column] = max(lengths[row + 1][column], lengths[row][column + 1])
    found: set[int] = set()
    row = column = 0
    while row < len(bodies) and column < len(wanted):
        if bodies[row] in wanted[column]:
            found.add(row)
            row, column = row + 1, column + 1
        elif lengths[row + 1][column] >= lengths[row][column + 1]:
            row += 1
        else:
            column += 1
    return found


def _take_key_steps(body: str, pending: list[tuple[str, ...]], ordered: bool) -> int:
    """Remove from `pending` the key steps that this body has; in order, only from its front. Returns how many."""
    found = 0
    index = 0
    while index < len(pending):
        if any(word in body for word in pending[index]):
            del pending[index]
            found += 1
        elif ordered:
            break
        else:
            index += 1
    return found


VERIFIERS = (
    Verifier(
        name="step_accuracy",
        version="1",
        summary="R1-VL's StepRAR: right answer plus a share for the key steps found.",
        parameters=AccuracyParameters,
        check=check_accuracy,
    ),
    Verifier(
        name="step_validity",
        version="1",
        summary="R1-VL's StepRVR: complete, numbered in order, answer last.",
        parameters=ValidityParameters,
        check=check_validity,
    ),
    Verifier(
        name="steps",
        version="1",
        summary="A score for each step: key steps in order, and calculations checked.",
        parameters=StepParameters,
        check=check_steps,
    ),
)
