"""`box_iou` and `point_in_box`: is the region, or the point, the response names where the reference says?

Boxes are x1, y1, x2, y2 in the reference's own units (pixels or a normalised grid): no rescaling is guessed. Overlap
with a threshold is the grounding reward of Visual-RFT (arXiv 2503.01785) and of Curr-ReFT's open stage (arXiv
2503.07065); a click inside the box is the point reward of GUI agents (UI-R1, arXiv 2503.21620).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.grounding.answer_text import answer_text, last_numbers, last_object
from reward_service.verifiers.registry import Verifier

Box = tuple[float, float, float, float]
_KEYS = ("bbox_2d", "bbox", "box", "point_2d", "point", "coordinate")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxParameters:
    """Parameters of `box_iou`."""

    threshold: float = parameter(
        0.5, "intersection over union from which the box counts as right", minimum=0, maximum=1
    )
    mode: str = parameter(
        "threshold",
        "score: the overlap itself where it reaches the threshold, else 0; or the plain overlap; or 1 and 0",
        choices=("threshold", "plain", "binary"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointParameters:
    """`point_in_box` has no parameters."""


def intersection_over_union(first: Box, second: Box) -> float:
    """Overlap of two boxes as a share of their union, 0 to 1; 0 when both are empty."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    union = _area(first) + _area(second) - shared
    return shared / union if union > 0 else 0.0


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def read_box(text: str) -> Box | None:
    """A box from JSON ({"bbox_2d": [..]}) or from the last group of four numbers; corners in either order."""
    numbers = _listed(text, 4) or last_numbers(text, 4)
    if numbers is None:
        return None
    x1, y1, x2, y2 = numbers
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _listed(text: str, count: int) -> tuple[float, ...] | None:
    found = last_object(text) or {}
    for key in _KEYS:
        value = found.get(key)
        if isinstance(value, list) and len(value) == count:
            numbers = [part for part in value if isinstance(part, (int, float)) and not isinstance(part, bool)]
            if len(numbers) == count and all(abs(part) < 1e12 for part in numbers):
                return tuple(float(part) for part in numbers)
    return None


def _invalid(reference: Reference) -> Verdict:
    return Verdict(
        status=Status.INVALID_REFERENCE,
        reason=f"the reference is no box of four numbers with an area: {reference.answer[:60]!r}",
        rule="box.reference",
    )


def check_box(text: str, reference: Reference, parameters: BoxParameters, budget: Budget) -> Verdict:
    """Score of the response's box by its overlap with the reference's."""
    budget.spend(1 + len(text) // 50)
    wanted = read_box(reference.answer)
    if wanted is None or _area(wanted) <= 0:
        return _invalid(reference)
    answer, where = answer_text(text)
    found = read_box(answer)
    if found is None:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no box of four numbers", rule="box.none")
    overlap = intersection_over_union(found, wanted)
    reached = overlap >= parameters.threshold
    score = {"plain": overlap, "binary": float(reached), "threshold": overlap if reached else 0.0}[parameters.mode]
    status = Status.INCORRECT if not reached else Status.CORRECT
    if parameters.mode == "plain" and not reached and overlap > 0:
        status = Status.PARTIAL
    return Verdict(
        status=status,
        score=score,
        extracted=_shown(found),
        reason=f"intersection over union {overlap:.3f}, threshold {parameters.threshold:g}",
        rule="box.iou",
        extraction_rule=where,
    )


def check_point(text: str, reference: Reference, parameters: PointParameters, budget: Budget) -> Verdict:
    """Score 1 when the response's point lies in the reference's box, its edges included."""
    budget.spend(1 + len(text) // 50)
    box = read_box(reference.answer)
    if box is None or _area(box) <= 0:
        return _invalid(reference)
    answer, where = answer_text(text)
    point = _listed(answer, 2) or last_numbers(answer, 2)
    if point is None:
        return Verdict(status=Status.NO_ANSWER, score=0.0, reason="no point of two numbers", rule="point.none")
    inside = box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]
    distance = math.hypot(
        max(box[0] - point[0], 0.0, point[0] - box[2]), max(box[1] - point[1], 0.0, point[1] - box[3])
    )
    return Verdict(
        status=Status.CORRECT if inside else Status.INCORRECT,
        score=float(inside),
        extracted=_shown(point),
        reason="the point is inside the box" if inside else f"the point is {distance:g} outside the box",
        rule="point.in_box",
        extraction_rule=where,
    )


def _shown(numbers: tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{number:g}" for number in numbers) + "]"


VERIFIERS = (
    Verifier(
        name="box_iou",
        version="1",
        summary="Overlap of the response's bounding box with the reference's.",
        parameters=BoxParameters,
        check=check_box,
    ),
    Verifier(
        name="point_in_box",
        version="1",
        summary="Whether the response's point lies in the reference's box.",
        parameters=PointParameters,
        check=check_point,
    ),
)
