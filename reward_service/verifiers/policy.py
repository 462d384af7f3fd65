"""The choices a person could make either way, as parameters with a default: rounding, units, order, extra answers.

Each default is the reading under which the labelled data of several projects agree best (docs/verifier.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from reward_service.parameters import parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class MathPolicy:
    """Parameters of the `math` verifier."""

    input: str = parameter(
        "full_response",
        "what the response is: a full response from which the answer is extracted first, or the bare answer",
        choices=("full_response", "expression"),
    )
    strictness: str = parameter(
        "lenient",
        "which extraction rules may count: boxed only, explicit statements too, or a last line or number as well",
        choices=("boxed", "explicit", "lenient"),
    )
    rounding: str = parameter(
        "reference",
        "reference: a decimal reference accepts answers that round to it at its own precision; exact: no rounding; "
        "loose: either side may be a rounding of the other",
        choices=("exact", "reference", "loose"),
    )
    relative_tolerance: float = parameter(
        0.0, "largest relative difference accepted on top of the rounding rule", minimum=0.0, maximum=0.5
    )
    units: str = parameter(
        "if_both",
        "if_both: convert and compare units when both sides have one; required: the answer must carry the "
        "reference's unit; ignore: compare magnitudes only",
        choices=("if_both", "required", "ignore"),
    )
    order: str = parameter(
        "reference",
        "reference: tuples and stated lists are ordered, sets and bare enumerations are not; strict: every list is "
        "ordered; free: none is",
        choices=("reference", "strict", "free"),
    )
    simplification: str = parameter(
        "free",
        "free: any equal form is right; required: the answer must be in simplest form where the rule is decidable "
        "(reduced fractions, evaluated arithmetic)",
        choices=("free", "required"),
    )
    case: str = parameter(
        "ignore",
        "whether letter case matters in texts; names of variables are always case-sensitive",
        choices=("ignore", "strict"),
    )


DEFAULT_POLICY = MathPolicy()
