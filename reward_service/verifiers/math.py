"""The `math` verifier: the final answer is found in the response, then compared with the reference kind by kind.

The reference decides: the first kind that recognises it settles the pair, and other accepted references are tried in
turn. Nothing here knows how an answer is found or compared; it orders the steps and turns outcomes into verdicts.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from functools import cache
from typing import Final

from reward_service.drafts import right_or_wrong
from reward_service.errors import InputLimitExceeded
from reward_service.limits import DEFAULT_LIMITS, Budget
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.kinds.bare import compare_bare
from reward_service.verifiers.outcome import Context, Outcome
from reward_service.verifiers.policy import MathPolicy
from reward_service.verifiers.references import unreadable
from reward_service.verifiers.registry import Verifier

Kind = Callable[[str, str, Context], Outcome | None]

# Asked in this order; the first that does not answer None settles the pair. Loaded when first asked, so that a
# number costs no import of the expression machinery.
KINDS: Final[tuple[str, ...]] = (
    "number",
    "parts",
    "bases",
    "dates",
    "ratio",
    "quantity",
    "option_letter",
    "boolean",
    "expression",
    "text",
)


# A reference that says what it is asks fewer kinds: words are not mathematics, even where they could be read as such.
_STATED_KINDS: Final[dict[str, tuple[str, ...]]] = {"text": ("text",), "boolean": ("boolean", "text")}
_STATED_ORDER: Final = {"set": "free", "list": "strict"}

# How collections of school problems part the accepted forms of one answer: "2-√3 ## -√3+2".
_ALTERNATIVES: Final = re.compile(r"\s*\\?#\s*\\?#\s*")


@cache
def _kind(name: str) -> Kind:
    """The comparison of one kind; by import statements, since the digest follows those and no run-time names."""
    match name:
        case "number":
            from reward_service.verifiers.kinds import number

            return number.compare
        case "parts":
            from reward_service.verifiers.kinds import parts

            return parts.compare
        case "bases":
            from reward_service.verifiers.kinds import bases

            return bases.compare
        case "dates":
            from reward_service.verifiers.kinds import dates

            return dates.compare
        case "ratio":
            from reward_service.verifiers.kinds import ratio

            return ratio.compare
        case "quantity":
            from reward_service.verifiers.kinds import quantity

            return quantity.compare
        case "option_letter":
            from reward_service.verifiers.kinds import option_letter

            return option_letter.compare
        case "boolean":
            from reward_service.verifiers.kinds import boolean

            return boolean.compare
        case "expression":
            from reward_service.verifiers.kinds import expression

            return expression.compare
        case "text":
            from reward_service.verifiers.kinds import text

            return text.compare
    raise LookupError(f"no kind of answer is named {name!r}")


def check(text: str, reference: Reference, parameters: MathPolicy, budget: Budget) -> Verdict:
    """Judge a response (or, with input="expression", a bare answer) against the reference and its alternatives."""
    if parameters.input == "expression" and (settled := _bare_numbers(text, reference, parameters)) is not None:
        return settled
    golds = tuple(
        gold.strip()
        for given in (reference.answer, *reference.alternatives)
        for gold in (_ALTERNATIVES.split(given) if "#" in given else (given,))
        if gold.strip()
    )
    if not golds:
        return Verdict(status=Status.INVALID_REFERENCE, reason="the reference is empty", rule="reference.empty")
    golds = tuple(gold for gold in golds if not unreadable(gold))
    if not golds:
        reason = f"the reference says nothing, or is cut off: {reference.answer[:80]!r}"
        return Verdict(status=Status.INVALID_REFERENCE, reason=reason, rule="reference.unreadable")
    limits = DEFAULT_LIMITS
    if max(map(len, golds)) > limits.reference_characters or len(golds) > limits.alternatives:
        return Verdict(status=Status.REJECTED, reason="the reference is over the input limits", rule="limit")
    if parameters.order == "reference" and reference.kind in _STATED_ORDER:
        parameters = dataclasses.replace(parameters, order=_STATED_ORDER[reference.kind])
    context = Context(reference=reference, policy=parameters, budget=budget)
    golds = tuple(_stated(gold, budget) for gold in golds)
    if parameters.input == "expression":
        verdict = _judge(golds, text.strip(), "given", context)
        if verdict.status is not Status.INCORRECT or len(text) > limits.answer_characters:
            return verdict
        if verdict.rule == "expression.counts":
            return verdict
        formula = only_formula(text)
        if formula is not None:
            return _judge(golds, formula, "only_formula", context) if formula else verdict
        if not _is_sentence(text):
            return verdict
    from reward_service.verifiers.extraction.answer import find_answer

    extraction = find_answer(
        text,
        strictness=parameters.strictness,
        budget=budget,
        wanted=_wanted(golds, reference),
        question=reference.question,
    )
    if extraction is None and parameters.input == "expression":
        return verdict
    if extraction is None or extraction.level == "lenient":
        spoken = _spoken(text, golds, parameters)
        if spoken is not None:
            return _judge(golds, spoken, "yes_or_no", context)
    if extraction is None:
        return Verdict(
            status=Status.NO_ANSWER,
            score=0.0,
            reason="no final answer was found",
            rule="extraction",
            extraction_rule="none",
        )
    return _judge(golds, extraction.text, extraction.rule, context)


def _bare_numbers(text: str, reference: Reference, parameters: MathPolicy) -> Verdict | None:
    """The verdict where answer and reference are nothing but numbers, which needs none of the steps of `check`."""
    if reference.alternatives or reference.kind in _STATED_KINDS or parameters.simplification == "required":
        return None
    answer = text.strip()
    outcome = compare_bare(reference.answer.strip(), answer, reference, parameters)
    return None if outcome is None else _verdict(outcome, answer, "given")


def _spoken(text: str, golds: tuple[str, ...], parameters: MathPolicy) -> str | None:
    """Yes or no, where that is what is asked for and the response opens with the word: "No, it is not."."""
    if parameters.strictness != "lenient":
        return None
    from reward_service.verifiers.extraction.tags import answer_region
    from reward_service.verifiers.kinds import boolean

    if not all(boolean.is_polar(gold) for gold in golds):
        return None
    region = answer_region(text)
    said = boolean.polarity(text[region.start : min(region.end, region.start + 400)].strip())
    return None if said is None else "yes" if said else "no"


_LIST: Final = re.compile(r"\$?\s*(?:\\left|\\)?[\[({].*,.*[\])}]\s*\$?", re.DOTALL)
_WORDS: Final = re.compile(r"(?:\\text\s?\{)?[A-Za-z][A-Za-z' -]{2,80}\}?")


def _wanted(golds: tuple[str, ...], reference: Reference) -> str:
    """What kind of answer extraction looks for: the stated kind, else the shape (never the value) of the reference."""
    if reference.kind != "auto":
        return reference.kind
    if reference.unit:
        return "auto"
    from reward_service.verifiers.kinds.number import read_number

    if all(read_number(gold) is not None for gold in golds):
        return "number"
    if all(_LIST.fullmatch(gold) for gold in golds):
        return "list"
    if all(_WORDS.fullmatch(gold) for gold in golds):
        return "text"
    return "auto"


# Words beside a formula that deny it, offer another one, or only bound it.
_DOUBTFUL: Final = re.compile(
    r"\b(?:not|no|nor|never|neither|either|or|except|unless|wrong|incorrect|false|cannot|least|most|less|more|fewer|greater"
    r"|between|than|if|instead|but|maybe|perhaps|question)\b|n't\b|[不非没错或]",
    re.IGNORECASE,
)
_FORMULA: Final = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$|\\\(([^$]+?)\\\)|\\\[([^$]+?)\\\]", re.DOTALL)


def only_formula(text: str) -> str | None:
    """The one formula of a sentence that says nothing else of it: "Therefore $x > 5$ is the solution.".

    Empty where the words around it deny it or offer another answer; None where there is not exactly one formula.
    """
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return None
    found = list(_FORMULA.finditer(text))
    if len(found) != 1:
        return None
    around = text[: found[0].start()] + " " + text[found[0].end() :]
    if not any(letter.isalpha() for letter in around) or any(sign.isdigit() for sign in around) or "\\" in around:
        return None
    return "" if _DOUBTFUL.search(around) else next(group for group in found[0].groups() if group)


def _is_sentence(text: str) -> bool:
    """Whether a text given as an answer is a sentence or a whole solution around the answer."""
    if len(text) < 6 or text.isdigit():
        return False
    if len(text) < 240 and any(letter.isalpha() for letter in text):
        from reward_service.verifiers.kinds.number import read_number

        if read_number(text) is not None:  # "twelve and a half" is a number, and not twelve with words beside it
            return False
    from reward_service.verifiers.reading import is_prose

    if "\\boxed" in text:
        return is_prose(text.replace("\\boxed", " ")) or any(letter.isalpha() for letter in _outside_boxes(text))
    return is_prose(text) and " " in text.strip()


def _outside_boxes(text: str) -> str:
    """What stands before, between and after the boxes of a text, mathematics aside."""
    kept = []
    for piece in text.split("\\boxed"):
        depth = 0
        start = 0
        for position, character in enumerate(piece):
            depth += (character == "{") - (character == "}")
            if depth <= 0:
                start = position + (character == "}")
                break
        kept.append(piece[start:])
    return _FORMULA.sub(" ", " ".join(kept))


_SOLUTION_CHARACTERS: Final = 200  # a reference of more is a whole solution if it states its answer explicitly


def _stated(gold: str, budget: Budget) -> str:
    """The reference itself, or the final answer of a reference that is a whole solution."""
    if ("\\boxed" not in gold and len(gold) < _SOLUTION_CHARACTERS) or not _is_sentence(gold):
        return gold
    from reward_service.verifiers.extraction.answer import find_answer

    found = find_answer(gold, strictness="explicit", budget=budget)
    return gold if found is None or not found.text.strip() else found.text.strip()


def _judge(golds: tuple[str, ...], answer: str, extraction_rule: str, context: Context) -> Verdict:
    if not answer:
        return Verdict(
            status=Status.NO_ANSWER,
            score=0.0,
            reason="the answer is empty",
            rule="extraction",
            extraction_rule=extraction_rule,
        )
    outcome: Outcome | None = None
    for gold in golds:
        found = compare(gold, answer, context)
        if found is not None and (outcome is None or found.equal):
            outcome = found
        if found is not None and found.equal:
            break
    if outcome is None:
        return Verdict(
            status=Status.INVALID_REFERENCE,
            extracted=answer,
            reason=f"the reference {golds[0][:80]!r} is not of any kind that can be compared",
            rule="reference.kind",
            extraction_rule=extraction_rule,
        )
    return _verdict(outcome, answer, extraction_rule)


def _verdict(outcome: Outcome, answer: str, extraction_rule: str) -> Verdict:
    return right_or_wrong(
        outcome.equal,
        extracted=answer,
        reason=outcome.reason,
        rule=outcome.rule,
        extraction_rule=extraction_rule,
        flags=outcome.flags,
    )


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """One reference answer against one extracted answer. None where no kind recognises the reference."""
    try:
        for name in _STATED_KINDS.get(context.reference.kind, KINDS):
            outcome = _kind(name)(gold, answer, context)
            if outcome is not None:
                return outcome
    except InputLimitExceeded as error:
        if gold == answer:
            return Outcome(equal=True, rule="expression.as_written", reason="written alike")
        raise InputLimitExceeded(f"the reference is over a limit: {error}") from None
    return None


VERIFIER: Final = Verifier(
    name="math",
    version="1",
    summary="mathematical answers: numbers, expressions, equations, sets, intervals, matrices, units, text",
    parameters=MathPolicy,
    check=check,
)
