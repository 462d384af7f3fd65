"""`gui_action`: does the response take the reference's action on a screen: type, place and typed text.

The reference is a JSON object {"action": "click", "box": [x1, y1, x2, y2]} or {"action": "type", "text": "..."};
the response must hold such an object with "coordinate" (or "point") and "text". Action type, then argument, is the
reward of UI-R1 (arXiv 2503.21620) and of GUI-R1 (arXiv 2504.10458 §3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.grounding.answer_text import answer_text, last_object
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionParameters:
    """Parameters of `gui_action`."""

    type_share: float = parameter(
        0.5, "share of the score for the right action type alone, where it has arguments", minimum=0, maximum=1
    )


def check(text: str, reference: Reference, parameters: ActionParameters, budget: Budget) -> Verdict:
    """1 for the right action with the right arguments, `type_share` for the right type only, else 0."""
    budget.spend(1 + len(text) // 50)
    wanted = last_object(reference.answer)
    if wanted is None or not isinstance(wanted.get("action"), str):
        reason = 'the reference is no JSON object with an "action"'
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="gui.reference")
    answer, where = answer_text(text)
    found = last_object(answer)
    if found is None or not isinstance(found.get("action"), str):
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason='no JSON object with an "action"', rule="gui.none")
    shown = str(found["action"])[:80]
    if _plain(found["action"]) != _plain(wanted["action"]):
        reason = f"the action is {shown!r}, wanted {wanted['action']!r}"
        return Verdict(status=Status.INCORRECT, score=0.0, extracted=shown, reason=reason, rule="gui.type")
    problem = _argument_problem(found, wanted)
    if problem is None:
        return Verdict(
            status=Status.CORRECT,
            score=1.0,
            extracted=shown,
            reason="action and arguments agree",
            rule="gui.action",
            extraction_rule=where,
        )
    status = Status.PARTIAL if parameters.type_share > 0 else Status.INCORRECT
    return Verdict(
        status=status,
        score=parameters.type_share,
        extracted=shown,
        reason=f"right action, but {problem}",
        rule="gui.argument",
        extraction_rule=where,
    )


def _argument_problem(found: dict[str, object], wanted: dict[str, object]) -> str | None:
    box = _numbers(wanted.get("box"), 4)
    if box is not None:
        point = _numbers(found.get("coordinate", found.get("point")), 2)
        if point is None:
            return "it names no point"
        if not (box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]):
            return f"the point {point[0]:g}, {point[1]:g} is outside the box"
    for key in ("text", "direction", "key"):
        if key in wanted and _plain(found.get(key)) != _plain(wanted[key]):
            return f"its {key} is {str(found.get(key))[:60]!r}"
    return None


def _numbers(value: object, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    numbers = [float(part) for part in value if isinstance(part, (int, float)) and abs(part) < 1e12]
    return numbers if len(numbers) == count else None


def _plain(value: object) -> str:
    return " ".join(str(value).split()).casefold()


VERIFIER = Verifier(
    name="gui_action",
    version="1",
    summary="Whether a screen action has the reference's type, place and text.",
    parameters=ActionParameters,
    check=check,
)
