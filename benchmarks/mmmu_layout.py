"""A run as MMMU's own output files: responses by subject, parsed answers by subject, and one file of all answers.

Source: MMMU-Benchmark/MMMU, mmmu/README.md and main_parse_and_eval.py (`SUBJECT/output.json` in, `parsed_output.json`
and `result.json` out), main_eval_only.py and the test server (one object of id → answer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reward_service.limits import Budget
from reward_service.verifiers.official.mmmu_parsing import parse_choice
from rfteval.benchmark import Answer
from rfteval.labels import picked_label


def layout(answers: Sequence[Answer]) -> Mapping[str, object]:
    """Files below a folder, as the scripts want and write them.

    The parsed answers and verdicts are ours: where no option was found the answer is empty and wrong, while the
    scripts draw one by chance when they parse `output.json` themselves; what is unscored is in neither. The file of all
    answers has every response, also where the gold answers are withheld (the test split, whose answers are sent to the
    authors' server): the option found or, of an open question, the response, which they parse in any case.
    """
    subjects: dict[str, list[Answer]] = {}
    for answer in answers:
        subjects.setdefault(str(answer.sample.tags["subject"]), []).append(answer)
    files: dict[str, object] = {}
    for subject, mine in subjects.items():
        files[f"{subject}/output.json"] = [_response(answer) for answer in mine]
        scored = [answer for answer in mine if answer.verdict is not None and answer.verdict.score is not None]
        if scored:
            files[f"{subject}/parsed_output.json"] = [_parsed(answer) for answer in scored]
            right = sum(_score(answer) for answer in scored)
            files[f"{subject}/result.json"] = {"acc": right / len(scored), "num_example": len(scored)}
    split = answers[0].sample.id.partition("_")[0] if answers else "validation"
    short = "val" if split == "validation" else split
    files[f"total_{short}_output.json"] = {answer.sample.id: _prediction(answer) for answer in answers}
    return files


def _response(answer: Answer) -> dict[str, object]:
    return {**_question(answer), **_options(answer), "response": answer.response.text}


def _parsed(answer: Answer) -> dict[str, object]:
    picked = _picked(answer)
    extracted = "" if answer.verdict is None else answer.verdict.extracted or ""
    row: dict[str, object] = {
        **_question(answer),
        "response": answer.response.text,
        "parsed_pred": picked if answer.sample.reference.choices else [extracted],
    }
    if answer.sample.reference.choices:
        row["index2ans"] = _options(answer)["index2ans"]
    return {**row, "judge": "Correct" if _score(answer) == 1 else "Wrong"}


def _question(answer: Answer) -> dict[str, object]:
    reference = answer.sample.reference
    golds = [reference.answer, *reference.alternatives]
    return {
        "id": answer.sample.id,
        "question_type": answer.sample.tags["question_type"],
        "answer": golds[0] if len(golds) == 1 else golds,
    }


def _options(answer: Answer) -> dict[str, object]:
    choices = answer.sample.reference.choices
    if not choices:
        return {}
    return {
        "all_choices": [choice.label for choice in choices],
        "index2ans": {choice.label: choice.text for choice in choices},
    }


def _prediction(answer: Answer) -> str:
    return _picked(answer) if answer.sample.reference.choices else answer.response.text


def _picked(answer: Answer) -> str:
    """The label of the option that was found, by the authors' rule where there is no verdict to tell it."""
    reference = answer.sample.reference
    if answer.verdict is None or answer.verdict.score is None:
        return parse_choice(answer.response.text, reference.choices, Budget(), pro=False).label or ""
    return picked_label(reference, answer.verdict.extracted) or ""


def _score(answer: Answer) -> float:
    return 0.0 if answer.verdict is None else answer.verdict.score or 0.0
