"""A benchmark from a YAML file: it loads, asks and scores as the file says, and names what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image as Picture

from rfteval import registry
from rfteval.benchmark import LoadRequest
from rfteval.cli.app import execute
from rfteval.errors import InputFileError, SourceError, UnknownNameError
from rfteval.types import ImagePart, TextPart
from rfteval.yaml_benchmark import from_file

ROWS = [
    {
        "pid": "a",
        "question": "What is {answer} + 1?",
        "answer": "3",
        "options": None,
        "image": "a.png",
        "subject": "sums",
    },
    {
        "pid": "b",
        "question": "Which is even?",
        "answer": "B",
        "options": ["3", "4"],
        "image": "b.png",
        "subject": "parity",
    },
    {"pid": "c", "question": "How long?", "answer": 12, "options": None, "image": None, "subject": "sums"},
]
FILE = """\
name: mine
source: {data: rows.jsonl}
columns: {id: pid, question: question, answer: answer, choices: options, images: [image], tags: [subject]}
prompt: |
  {question}
  {choices}

  Put it in \\boxed{{}}.
breakdowns: [subject]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    for name in ("a", "b"):
        Picture.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
    (tmp_path / "mine.yaml").write_text(FILE)
    return tmp_path


def changed(folder: Path, before: str, after: str) -> Path:
    path = folder / "mine.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    return path


def test_rows_become_samples_and_prompts(folder: Path) -> None:
    benchmark = registry.benchmark(str(folder / "mine.yaml"))
    samples = benchmark.load(LoadRequest(split="test"))
    assert [sample.id for sample in samples] == ["a", "b", "c"]
    assert [sample.reference.kind for sample in samples] == ["auto", "choice", "auto"]
    assert samples[2].reference.answer == "12"
    assert [len(sample.images) for sample in samples] == [1, 1, 0]
    assert samples[0].tags == {"subject": "sums"}
    shown = [
        next(p for p in benchmark.prompts["file"](s).messages[0].parts if isinstance(p, TextPart)).text for s in samples
    ]
    assert shown[0] == "What is {answer} + 1?\n\nPut it in \\boxed{}."
    assert shown[1] == "Which is even?\n(A) 3\n(B) 4\n\nPut it in \\boxed{}."
    assert isinstance(benchmark.prompts["file"](samples[0]).messages[0].parts[0], ImagePart)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("breakdowns:", "breakdown:", "unknown field 'breakdown'; did you mean breakdowns"),
        ("{id: pid,", "{identifier: pid,", "unknown field 'identifier'"),
        ("{choices}", "{options}", "unknown part of the prompt 'options'"),
        ("[subject]\n", "[topic]\n", r"breakdown 'topic' is none of columns.tags \(subject\)"),
        ("{data: rows.jsonl}", "{data: rows.jsonl, hub: a/b}", "either 'data'"),
        ("{data: rows.jsonl}", "{hub: a/b}", "source.revision is missing"),
        ("name: mine", "name: My Own", "name: string should match"),
        ("name: mine", "name: [", "not readable as YAML"),
        ("name: mine\n", "", "name: field required"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(folder: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        from_file(changed(folder, before, after))


def test_columns_that_are_not_there_are_named_with_those_that_are(folder: Path) -> None:
    benchmark = from_file(changed(folder, "id: pid", "id: number"))
    with pytest.raises(SourceError, match="no column 'number'; found pid, question, answer"):
        benchmark.load(LoadRequest(split="test"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="`rfteval new-benchmark` writes one"):
        registry.benchmark(str(tmp_path / "none.yaml"))


def test_files_of_a_folder_are_benchmarks_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFTEVAL_BENCHMARKS", str(folder))
    assert registry.benchmark("mine").breakdowns == ("subject",)
    with pytest.raises(UnknownNameError, match="did you mean mine"):
        registry.benchmark("minee")
    monkeypatch.setenv("RFTEVAL_BENCHMARKS", str(folder / "none"))
    with pytest.raises(InputFileError, match="is no folder of benchmark files"):
        registry.benchmark("mine")


def test_what_is_written_works_when_it_is_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The columns are guessed from the rows, and the written file needs no more for these."""
    file = folder / "new.yaml"
    assert execute(["new-benchmark", str(file), "--data", str(folder / "rows.jsonl")]) == 0
    assert registry.benchmark(str(file)).breakdowns == ("subject",)
    assert execute(["new-benchmark", str(file), "--check"]) == 0
    said = capsys.readouterr().out
    assert "new: 3 samples, 2 pictures" in said and "Think step by step" in said and "\\boxed{}" in said
    assert "gold answers that come out right: 3 of 3" in said
    assert "wrong answers that come out right: 0 of 3" in said
    assert execute(["new-benchmark", str(file)]) == 1
    assert "--force" in capsys.readouterr().err


def test_a_check_finds_gold_answers_that_cannot_be_right(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**ROWS[1], "pid": "x", "answer": "E"}, *ROWS]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert execute(["new-benchmark", str(folder / "mine.yaml"), "--check"]) == 1
    assert "cannot be scored: x" in capsys.readouterr().out


def test_a_run_on_a_file(folder: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text(
        "".join(json.dumps({"pid": p, "response": r}) + "\n" for p, r in (("a", "3"), ("b", "A"), ("c", "12")))
    )
    out = tmp_path / "out"
    run = ["run", "--bench", str(folder / "mine.yaml"), "--model", f"replay:{answers}", "--out", str(out)]
    assert execute(run) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["benchmark"] == "mine"
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)
    assert report["breakdowns"]["subject"]["sums"]["accuracy"] == 1
