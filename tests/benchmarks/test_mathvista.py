"""The benchmark MathVista: prompts to the letter, tags, profiles, and that its questions can be answered rightly."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks import BENCHMARKS
from benchmarks.mathvista import BREAKDOWNS, HUB, MATHVISTA, hint_of
from reward_service.limits import Budget
from reward_service.types import Status, Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError
from rfteval.types import ImagePart, Prompt, Response, Sample, TextPart


@pytest.fixture(scope="module")
def testmini(shared_data: Path) -> list[Sample]:
    return list(MATHVISTA.load(LoadRequest(split="testmini", data=str(shared_data / "mathvista"))))


@pytest.fixture(scope="module")
def packaged() -> list[Sample]:
    return list(MATHVISTA.load(LoadRequest(split="sample")))


def text_of(prompt: Prompt) -> str:
    part = prompt.messages[-1].parts[-1]
    assert isinstance(part, TextPart)
    return part.text


def score(sample: Sample, response: Response, profile: str = "rules") -> Verdict:
    text = MATHVISTA.profiles[profile].text(response)
    assert text is not None
    (component,) = MATHVISTA.profiles[profile].components(sample)
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, text, sample.reference, parameters, Budget())


def ways_to_say(sample: Sample) -> list[str]:
    """The reference as models say it."""
    final = shown = sample.reference.answer
    for choice in sample.reference.choices:
        if choice.text == final:
            final, shown = choice.label, f"({choice.label}) {choice.text}"
            break
    return [f"The answer is {shown}.", f"So we get\n\\boxed{{{final}}}", f"<answer>{final}</answer>"]


def test_it_is_listed_and_whole() -> None:
    assert MATHVISTA in BENCHMARKS
    assert set(BREAKDOWNS) == {
        *("question_type", "answer_type", "task", "category", "context", "grade", "skills", "language", "source"),
    }
    assert len(HUB.revision) == 40
    for split, path in MATHVISTA.recorded.items():
        assert split in MATHVISTA.splits and Path(path).is_file()


@pytest.mark.data
def test_the_query_is_the_released_one_to_the_letter(testmini: list[Sample]) -> None:
    assert len(testmini) == 1000
    for sample in testmini:
        prompt = MATHVISTA.prompts["query"](sample)
        assert text_of(prompt) == sample.fields["query"]
        assert prompt.sample_id == sample.id and len(prompt.messages) == 1


@pytest.mark.data
def test_the_released_query_can_be_built_from_its_parts(testmini: list[Sample]) -> None:
    """So a row without a query is asked in the same words."""
    for sample in testmini:
        bare = dataclasses.replace(sample, fields={**sample.fields, "query": ""})
        assert text_of(MATHVISTA.prompts["query"](bare)) == sample.fields["query"], sample.id


def test_the_solution_prompt_has_the_hint_last(packaged: list[Sample]) -> None:
    """build_query.py: question, choices, hint, and "Solution: ", whose blank the script strips."""
    for sample in packaged:
        lines = text_of(MATHVISTA.prompts["solution"](sample)).split("\n")
        assert lines[0].startswith(f"Question: {sample.question}")
        assert lines[-2:] == [hint_of(sample), "Solution:"]
        assert len(lines) == 3 + (len(sample.reference.choices) + 1 if sample.reference.choices else 0)


def test_lmms_eval_asks_for_the_form_of_a_number(packaged: list[Sample]) -> None:
    endings = {"integer": "a single integer number.", "list": "a Python list."}
    for sample in packaged:
        lines = text_of(MATHVISTA.prompts["lmms-eval-format"](sample)).split("\n")
        assert lines[0].startswith(sample.question) and not lines[0].startswith("Question:")
        assert lines[-1].endswith(endings.get(str(sample.fields["answer_type"]), lines[-1]))
        assert text_of(MATHVISTA.prompts["lmms-eval-cot"](sample)).endswith(f"\n{hint_of(sample)}")


def test_a_picture_comes_before_the_text(packaged: list[Sample]) -> None:
    for name, ask in MATHVISTA.prompts.items():
        image, text = ask(packaged[0]).messages[0].parts
        assert isinstance(image, ImagePart) and isinstance(text, TextPart), name


@pytest.mark.data
def test_tags_have_the_published_sizes(testmini: list[Sample]) -> None:
    def count(key: str, value: str) -> int:
        return sum(value == sample.tags[key] or value in sample.tags[key] for sample in testmini)

    assert count("question_type", "multi_choice") == 540
    assert count("answer_type", "integer") == 418
    assert count("task", "geometry problem solving") == 208
    assert count("language", "chinese") == 62
    assert sum("arithmetic reasoning" in sample.tags["skills"] for sample in testmini) == 353
    assert len({sample.tags["source"] for sample in testmini}) == 31
    assert len({sample.tags["picture"] for sample in testmini}) == 1000


def test_the_extraction_is_taken_as_the_script_takes_it() -> None:
    def extraction(**extras: object) -> str | None:
        response = Response(sample_id="1", text="x", extras=extras)
        return MATHVISTA.profiles["official-extraction"].text(response)

    assert extraction(official_extraction="(B)") == "(B)"
    assert extraction(official_extraction=None) == "None"
    assert extraction(official_extraction=1.5) == "1.5"
    assert extraction(official_extraction=[1, 2]) == "[1, 2]"
    assert extraction() is None


@pytest.mark.parametrize("profile", MATHVISTA.profiles)
def test_an_extracted_reference_is_right_by_every_profile(profile: str, packaged: list[Sample]) -> None:
    for sample in packaged:
        said = ways_to_say(sample)[-1].removeprefix("<answer>").removesuffix("</answer>")
        response = Response(sample_id=sample.id, text=said, extras={"official_extraction": said})
        verdict = score(sample, response, profile)
        assert verdict.correct, (sample.id, said, verdict)


def test_a_reference_said_as_models_say_it_is_right(packaged: list[Sample]) -> None:
    for sample in packaged:
        for said in ways_to_say(sample):
            verdict = score(sample, Response(sample_id=sample.id, text=said))
            assert verdict.correct, (sample.id, said, verdict)


@pytest.mark.data
def test_real_references_said_as_models_say_them_are_right(testmini: list[Sample]) -> None:
    for sample in testmini[::4]:
        for said in ways_to_say(sample)[1:]:
            verdict = score(sample, Response(sample_id=sample.id, text=said))
            assert verdict.correct, (sample.id, said, verdict)


def test_anothers_reference_is_not_right(packaged: list[Sample]) -> None:
    """The reference of the next question of the same answer type, where it differs, is wrong."""
    for answer_type in ("text", "integer", "float", "list"):
        group = [sample for sample in packaged if sample.fields["answer_type"] == answer_type]
        for sample, other in zip(group, group[1:] + group[:1], strict=True):
            said = ways_to_say(other)[1]
            if said != ways_to_say(sample)[1]:
                verdict = score(sample, Response(sample_id=sample.id, text=said))
                assert verdict.status in (Status.INCORRECT, Status.NO_ANSWER), (sample.id, said, verdict)


def test_the_recorded_responses_end_as_they_were_scripted(packaged: list[Sample]) -> None:
    """Right ones are CORRECT, wrong and vague ones are not, a refusal and an empty one have no answer."""
    samples = {sample.id: sample for sample in packaged}
    rows = [json.loads(line) for line in Path(MATHVISTA.recorded["sample"]).read_text().splitlines()]
    assert [row["pid"] for row in rows] == list(samples)
    scripts = set()
    for row in rows:
        status = score(samples[row["pid"]], Response(sample_id=row["pid"], text=row["response"])).status
        scripts.add(row["script"])
        if row["script"] == "right":
            assert status is Status.CORRECT, row
        elif row["script"] in ("wrong", "hedged"):
            assert status in (Status.INCORRECT, Status.NO_ANSWER), row
        elif row["script"] in ("refused", "empty"):
            assert status is Status.NO_ANSWER, row
        else:
            assert row["script"] == "truncated" and status.scored
    assert len(scripts) == 6


def test_a_split_that_is_not_there_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network and no cache: an error, never the packaged questions."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    with pytest.raises(SourceError, match=r"--data DIR.*--split sample") as caught:
        MATHVISTA.load(LoadRequest(split="testmini"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer_type": "number"}, "answer_type must be one of"),
        ({"metadata": None}, "'metadata' must be an object"),
        ({"choices": "a, b"}, "'choices' must be a list of texts"),
        ({"precision": 1.5, "answer_type": "float"}, "'precision' must be a whole number"),
        ({"answer": 4}, "'answer' must be a text"),
        ({"image": "../../secret.png"}, "leads out of the snapshot"),
    ],
)
def test_a_bad_row_is_named_with_file_line_and_column(change: dict[str, object], said: str, tmp_path: Path) -> None:
    lines = (Path(MATHVISTA.recorded["sample"]).parent / "sample.jsonl").read_text().splitlines()[:3]
    lines[1] = json.dumps(json.loads(lines[1]) | change)
    (tmp_path / "testmini.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputFileError, match=said) as caught:
        MATHVISTA.load(LoadRequest(split="testmini", data=str(tmp_path)))
    assert "testmini.jsonl:2" in str(caught.value)
