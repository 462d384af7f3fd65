"""`verify`: one response against one reference, in this process and thread, bounded by a budget of work units.

For notebooks and tests. Training and evaluation go through the service, which runs the same verifiers in workers
that can be killed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reward_service.errors import WorkLimitExceeded
from reward_service.limits import FULL_WORK_UNITS, Budget
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers import registry


def verify(
    response: str,
    gold: str | Sequence[str],
    *,
    choices: Sequence[str] | Mapping[str, str] | None = None,
    question: str | None = None,
    kind: str = "full_response",
    verifier: str = "auto",
    **parameters: object,
) -> Verdict:
    """Judge `response` against `gold`.

    `gold` is one answer or several that are all right. `choices` makes it multiple choice: option texts, or a mapping
    of letter → text; the gold may then be a letter or an option's text. `kind` says what the response is:
    "full_response" (the answer is first extracted from it) or "expression" (it is the bare answer). Further keyword
    arguments are the verifier's parameters, as `rfteval verifiers` lists them.

    Never raises for the content of `response` or `gold`; raises UnknownVerifierError and ParameterError for misuse.
    """
    reference = reference_from(gold, choices=choices, question=question)
    chosen = registry.resolve(verifier, reference)
    if not isinstance(response, str):
        reason = f"the response is no text but {type(response).__name__}"
        return registry.stamped(Verdict(status=Status.REJECTED, reason=reason, rule="limit.input"), chosen)
    if kind != "full_response" or "input" in parameters:
        parameters = {"input": kind, **parameters}
    checked = registry.parameters_for(chosen, parameters)
    try:
        return registry.run(chosen, response, reference, checked, Budget(FULL_WORK_UNITS))
    except WorkLimitExceeded as error:
        return Verdict(
            status=Status.TIMEOUT,
            reason=str(error),
            rule="limit",
            verifier=chosen.name,
            version=chosen.version,
            digest=chosen.digest,
        )


def reference_from(
    gold: str | Sequence[str],
    *,
    choices: Sequence[str] | Mapping[str, str] | None = None,
    question: str | None = None,
) -> Reference:
    """A Reference from plain values, as a JSONL row or a notebook has them.

    A number stands for its text. What is neither text nor number (None, NaN, bytes) stands for no answer, which
    verifiers call INVALID_REFERENCE.
    """
    answers = _texts(gold)
    return Reference(
        answer=answers[0] if answers else "",
        alternatives=answers[1:],
        choices=choices_from(choices),
        question=question or "",
    )


def _texts(gold: object) -> tuple[str, ...]:
    if isinstance(gold, str):
        return (gold,)
    if isinstance(gold, bool) or (isinstance(gold, float) and not math.isfinite(gold)):
        return ()
    if isinstance(gold, int | float):
        return (str(gold),)
    if isinstance(gold, list | tuple):
        return tuple(text for part in gold for text in _texts(part))
    return ()


def choices_from(choices: Sequence[str] | Mapping[str, str] | None) -> tuple[Choice, ...]:
    """Labelled choices: a mapping keeps its letters, a sequence is lettered A, B, C, ...; TypeError for one text."""
    if isinstance(choices, str):
        raise TypeError("choices must be a list of option texts or a mapping of letter to text, not one text")
    if not choices:
        return ()
    if isinstance(choices, Mapping):
        return tuple(Choice(label=str(label), text=str(text)) for label, text in choices.items())
    return tuple(Choice(label=chr(ord("A") + index), text=str(text)) for index, text in enumerate(choices))
