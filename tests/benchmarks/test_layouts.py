"""Files in the authors' own layouts: the fields their scripts read, with the values they expect, and their verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mathvista import MATHVISTA
from benchmarks.mmmu import MMMU
from reward_service.limits import Budget
from reward_service.types import Choice, Reference, Status, Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import Answer, LoadRequest
from rfteval.types import Response, Sample

# What calculate_score.py takes from each problem (commit 2a249bb of lupantech/MathVista), and of its metadata.
READ = ("choices", "question_type", "answer_type", "precision", "extraction", "answer", "metadata")
GROUPS = ("language", "source", "category", "task", "context", "grade", "skills")


def judged(verifier: str, text: str, reference: Reference, **parameters: object) -> Verdict:
    found = registry.get(verifier)
    return registry.run(found, text, reference, registry.parameters_for(found, parameters), Budget())


@pytest.mark.parametrize("run", ["llavar", "gpt4_2shot_solution", "bard"])
def test_a_released_mathvista_run_comes_back_as_it_was_scored(run: str, shared_data: Path) -> None:
    """Stored extraction in, the authors' prediction and verdict out; the script's line that changed aside."""
    samples = {
        each.id: each for each in MATHVISTA.load(LoadRequest(split="testmini", data=str(shared_data / "mathvista")))
    }
    rows = [
        json.loads(line) for line in (shared_data / "mathvista" / "outputs" / f"{run}.jsonl").read_text().splitlines()
    ]
    answers = []
    for row in rows:
        sample = samples[row["pid"]]
        extraction = str(row["official_extraction"])
        response = Response(sample_id=sample.id, text=row["response"] or "", extras={"official_extraction": extraction})
        verdict = judged("mathvista_official", extraction, sample.reference)
        answers.append(Answer(sample=sample, response=response, verdict=verdict, asked="asked"))
    (file,) = MATHVISTA.layouts["mathvista"](answers).values()
    assert isinstance(file, Mapping)
    assert list(file) == [row["pid"] for row in rows]
    differing = [row["pid"] for row in rows if file[row["pid"]]["true_false"] != row["official_correct"]]
    assert len(differing) <= 2
    for row in rows:
        problem = file[row["pid"]]
        assert problem["extraction"] == str(row["official_extraction"])
        assert problem["response"] == (row["response"] or "")
        assert set(READ) <= set(problem) and set(problem["metadata"]) == set(GROUPS)
        assert problem["precision"] is None or isinstance(problem["precision"], int)
        assert (problem["choices"] is None) == (problem["question_type"] == "free_form")
        assert isinstance(problem["metadata"]["skills"], list)
        assert problem["true_false"] == (problem["prediction"] == problem["answer"])


def test_our_own_extraction_is_what_the_script_would_be_given() -> None:
    reference = Reference(answer="No", choices=(Choice(label="A", text="Yes"), Choice(label="B", text="No")))
    tags = {"question_type": "multi_choice", "answer_type": "text", "skills": ("logical reasoning",)}
    sample = Sample(id="7", question="Is it?", reference=reference, tags=tags)
    for said, prediction in (("(B) No", "No"), ("B", "No"), (None, "No")):  # nothing is nearest to the shortest
        status = Status.NO_ANSWER if said is None else Status.CORRECT
        verdict = Verdict(status=status, score=float(said is not None), extracted=said, verifier="choice")
        answer = Answer(sample=sample, response=Response(sample_id="7", text="..."), verdict=verdict)
        (file,) = MATHVISTA.layouts["mathvista"]([answer]).values()
        assert file["7"]["extraction"] == (said or "") and file["7"]["prediction"] == prediction  # type: ignore[index]


def test_a_withheld_answer_has_no_verdict() -> None:
    tags = {"question_type": "free_form", "answer_type": "integer"}
    sample = Sample(id="7", question="How many?", reference=Reference(answer="", kind="number"), tags=tags)
    verdict = Verdict(status=Status.INVALID_REFERENCE, reason="withheld", verifier="math")
    answer = Answer(sample=sample, response=Response(sample_id="7", text="5"), verdict=verdict)
    (file,) = MATHVISTA.layouts["mathvista"]([answer]).values()
    assert "true_false" not in file["7"] and "prediction" not in file["7"]  # type: ignore[index]


@pytest.fixture(scope="module")
def qwen(shared_data: Path) -> list[tuple[dict[str, Any], Answer]]:
    """The released responses of one run, judged by the published rule with every random draw wrong."""
    answers = []
    for line in (shared_data / "mmmu" / "outputs" / "qwen_vl.jsonl").read_text().splitlines():
        row = json.loads(line)
        golds = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
        choices = tuple(Choice(label=label, text=text) for label, text in row.get("index2ans", {}).items())
        reference = Reference(answer=golds[0], alternatives=tuple(golds[1:]), choices=choices)
        tags = {"subject": row["subject"], "question_type": row["question_type"]}
        sample = Sample(id=row["id"], question="", reference=reference, tags=tags)
        verdict = judged("mmmu_official", row["response"], reference, fallback="wrong")
        answers.append(
            (row, Answer(sample=sample, response=Response(sample_id=row["id"], text=row["response"]), verdict=verdict))
        )
    return answers


def test_mmmu_output_files_are_as_released(qwen: list[tuple[dict[str, Any], Answer]]) -> None:
    """`SUBJECT/output.json` is to the field what the authors released for the run."""
    files = MMMU.layouts["mmmu"]([answer for _, answer in qwen])
    released: dict[str, list[dict[str, Any]]] = {}
    for row, _ in qwen:
        released.setdefault(row["subject"], []).append(
            {name: value for name, value in row.items() if name != "subject"}
        )
    assert {name for name in files if name.endswith("/output.json")} == {
        f"{subject}/output.json" for subject in released
    }
    for subject, rows in released.items():
        assert files[f"{subject}/output.json"] == rows
    assert len(released) == 30


def test_mmmu_verdicts_and_answers_add_up(qwen: list[tuple[dict[str, Any], Answer]]) -> None:
    files: Mapping[str, Any] = MMMU.layouts["mmmu"]([answer for _, answer in qwen])
    right = sum(answer.verdict is not None and answer.verdict.correct for _, answer in qwen)
    parsed = [row for name, rows in files.items() if name.endswith("/parsed_output.json") for row in rows]
    assert sum(row["judge"] == "Correct" for row in parsed) == right
    results = [value for name, value in files.items() if name.endswith("/result.json")]
    assert sum(result["acc"] * result["num_example"] for result in results) == pytest.approx(right)
    every = files["total_val_output.json"]
    assert list(every) == [answer.sample.id for _, answer in qwen]
    for _, answer in qwen:
        labels = {choice.label for choice in answer.sample.reference.choices}
        assert every[answer.sample.id] in {*labels, ""} if labels else every[answer.sample.id] == answer.response.text


def test_what_is_unscored_is_not_wrong_and_withheld_answers_can_be_sent() -> None:
    choices = (Choice(label="A", text="one"), Choice(label="B", text="two"))
    tags = {"subject": "Math", "question_type": "multiple-choice"}
    sample = Sample(id="test_Math_1", question="", reference=Reference(answer="", choices=choices), tags=tags)
    verdict = Verdict(status=Status.INVALID_REFERENCE, reason="withheld", verifier="mmmu_official")
    answer = Answer(sample=sample, response=Response(sample_id=sample.id, text="It is (B)."), verdict=verdict)
    files = MMMU.layouts["mmmu"]([answer])
    assert set(files) == {"Math/output.json", "total_test_output.json"}
    assert files["total_test_output.json"] == {"test_Math_1": "B"}
