"""A run as MathVista's own output file, which its scripts score: one JSON object by pid.

Source: lupantech/MathVista, evaluation/generate_response.py (the fields of a problem, `query`, `response`),
extract_answer.py (`extraction`) and calculate_score.py (`prediction`, `true_false`, and the fields it reads).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reward_service.limits import Budget
from reward_service.types import Reference
from reward_service.verifiers.official.mathvista import MathvistaParameters, check_extraction
from rfteval.benchmark import Answer

OFFICIAL = "mathvista_official"
METADATA = ("language", "source", "category", "task", "context", "grade", "skills")
FILE = "output.json"


def layout(answers: Sequence[Answer]) -> Mapping[str, object]:
    """One file: pid → problem, response, extraction, prediction, true_false.

    `extraction` is the answer that we found, or the stored one where that was judged. `prediction` and `true_false` are
    what calculate_score.py makes of it, so an empty extraction has the nearest option's luck, as it has there. Both are
    left out where the answer is withheld.
    """
    return {FILE: {answer.sample.id: problem(answer) for answer in answers}}


def problem(answer: Answer) -> dict[str, object]:
    """The fields of one problem, named and typed as the scripts read them."""
    sample, reference = answer.sample, answer.sample.reference
    found: dict[str, object] = {
        "question": sample.question,
        "image": f"images/{sample.id}.jpg",
        "choices": [choice.text for choice in reference.choices] or None,
        "unit": reference.unit or None,
        "precision": reference.precision,  # a whole number: calculate_score.py gives it to round()
        "answer": reference.answer,
        "question_type": sample.tags["question_type"],
        "answer_type": sample.tags["answer_type"],
        "pid": sample.id,
        "metadata": {name: _listed(sample.tags[name]) for name in METADATA if name in sample.tags},
        "query": answer.asked,
        "response": answer.response.text,
        "extraction": extraction_of(answer),
    }
    if reference.answer:
        found |= _official(str(found["extraction"]), reference)
    return found


def extraction_of(answer: Answer) -> str:
    """What the scripts call the extraction; empty where no answer was found."""
    if answer.verdict is not None and answer.verdict.verifier == OFFICIAL:
        return str(answer.response.extras.get("official_extraction", ""))
    return "" if answer.verdict is None else answer.verdict.extracted or ""


def _official(extraction: str, reference: Reference) -> dict[str, object]:
    verdict = check_extraction(extraction, reference, MathvistaParameters(), Budget())
    return {"prediction": verdict.extracted, "true_false": verdict.correct}


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
