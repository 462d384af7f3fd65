"""The likeliest option: the rule of benchmarks that rank the texts of their options instead of asking for a letter.

The text that is judged is a table of log-likelihoods, one entry an option in the order of the reference's choices, as
rfteval.models.likelihood writes it. SEED-Bench's own interfaces differ in what they compare: the one for InstructBLIP
sums over the tokens of an option and its end (model/instruct_blip_interface.py, with LAVIS's T5, which sums where a
reduction of "none" is asked for), that for LLaVA-1.5 averages over tokens and end
(SEED-Bench-2/model/llava_v2_interface.py), that for Qwen-VL-Chat over tokens without the end
(SEED-Bench-2/model/qwen_vl_chat_interface.py). All take the least loss; of equal ones the first counts here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

_CHARACTERS_PER_UNIT = 200
_LONGEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeliestParameters:
    """Parameters of `likeliest_option`."""

    per_token: bool = parameter(False, "compare means over tokens, so that long options lose nothing by their length")
    end: bool = parameter(True, "count the token that ends the option too")


def check(text: str, reference: Reference, parameters: LikeliestParameters, budget: Budget) -> Verdict:
    """CORRECT where the likeliest option is the reference's; a table that is none is no wrong answer but unscored."""
    budget.spend(1 + len(text) // _CHARACTERS_PER_UNIT)
    labels = [choice.label for choice in reference.choices]
    if reference.answer not in labels:
        reason = f"the reference must be the label of an option, found {reference.answer[:40]!r}"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="likeliest.reference")
    try:
        losses = _losses(text, len(labels), parameters)
    except ValueError as error:
        return Verdict(status=Status.ERROR, reason=f"no table of likelihoods: {error}", rule="likeliest.table")
    least = min(losses)
    chosen = labels[losses.index(least)]
    right = chosen == reference.answer
    return Verdict(
        status=Status.CORRECT if right else Status.INCORRECT,
        score=float(right),
        extracted=chosen,
        reason=f"option {chosen} has the least loss, {least:.3f}",
        rule="likeliest.mean" if parameters.per_token else "likeliest.sum",
        flags=("tie",) if losses.count(least) > 1 else (),
    )


def _losses(text: str, options: int, parameters: LikeliestParameters) -> list[float]:
    """The loss of each option. Raises ValueError for anything but a table of that many."""
    if len(text) > _LONGEST:
        raise ValueError(f"{len(text)} characters are too many for one")
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    columns = [table.get(name) for name in ("log_likelihoods", "ends", "tokens")] if isinstance(table, dict) else []
    numbers = [column for column in columns if isinstance(column, list) and all(map(_is_number, column))]
    if len(numbers) != 3 or any(len(column) != options for column in numbers):
        raise ValueError(f"it has not three lists of {options} finite numbers")
    losses = []
    for likelihood, end, tokens in zip(*numbers, strict=True):
        counted = tokens + 1 if parameters.end else tokens
        if counted < 1:
            raise ValueError("an option has no tokens")
        loss = -(likelihood + end if parameters.end else likelihood)
        losses.append(loss / counted if parameters.per_token else loss)
    return losses


def _is_number(value: object) -> bool:
    # So far from the largest number that no sum of two is infinite; a comparison refuses NaN and long integers too.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e300 < value < 1e300


VERIFIER = Verifier(
    name="likeliest_option",
    version="1",
    summary="The option whose text a model would most likely write, from a table of log-likelihoods",
    parameters=LikeliestParameters,
    check=check,
)
