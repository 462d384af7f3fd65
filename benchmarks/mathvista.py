"""MathVista: 6141 questions on figures, geometry, tables and science, 1000 of them (testmini) with public answers.

Source: lupantech/MathVista, evaluation/build_query.py (prompts) and calculate_score.py (the official profiles);
how others ask: lmms-eval, tasks/mathvista/mathvista_evals.py `create_one_query`; VLMEvalKit, vlm/qwen2_vl/prompt.py.
lmms-eval's task `solution` is the prompt "solution", and VLMEvalKit's own prompt is "query".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.mathvista_layout import layout
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, stored
from reward_service.types import Choice, Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat, Profile
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Image, Prompt, Sample, Tag

PACKAGED = Path(__file__).parent / "samples" / "mathvista"

HUB = HubSource(
    repository="AI4Math/MathVista",
    revision="2b6ad69445fbb5695c9b165475e8decdbeb97747",
    columns=(
        *("pid", "question", "image", "choices", "unit", "precision", "answer", "question_type", "answer_type"),
        *("metadata", "query"),
    ),
    images=("decoded_image",),
)
WAYS_OUT = "give a local snapshot with --data DIR, or take the packaged synthetic questions with --split sample"

BREAKDOWNS = ("question_type", "answer_type", "task", "category", "context", "grade", "skills", "language", "source")
KINDS = {"text": "choice", "integer": "number", "float": "number", "list": "list"}
HINTS = {
    "text": "Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end.",
    "integer": "Hint: Please answer the question requiring an integer answer and provide the final value, "
    "e.g., 1, 2, 3, at the end.",
    "float-1": "Hint: Please answer the question requiring a floating-point number with one decimal place and provide "
    "the final value, e.g., 1.2, 1.3, 1.4, at the end.",
    "float-2": "Hint: Please answer the question requiring a floating-point number with two decimal places and provide "
    "the final value, e.g., 1.23, 1.34, 1.45, at the end.",
    "list": "Hint: Please answer the question requiring a Python list as an answer and provide the final list, "
    "e.g., [1, 2, 3], [1.2, 1.3, 1.4], at the end.",
}
# lmms-eval's shot_type "format-prompt".
FORMATS = {
    "text": "Answer with the option's letter from the given choices directly.",
    "integer": "Answer the question using a single integer number.",
    "float-1": "Answer the question using a single floating-point number with one decimal place.",
    "float-2": "Answer the question using a single floating-point number with two decimal places.",
    "list": "Answer the question using a Python list.",
}
SHORT_WORDS = "Please try to answer the question with short words or phrases if possible."


def load(request: LoadRequest) -> Sequence[Sample]:
    """The samples of a split. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    if request.split == "sample" and request.data is None:
        request = LoadRequest(split="sample", data=str(PACKAGED), limit=request.limit)
    return [sample_of(row) for row in unique(read_split(HUB, request, WAYS_OUT), "pid")]


def sample_of(row: Row) -> Sample:
    """The sample that a row in MathVista's columns describes. Raises InputFileError naming the row and the column."""
    answer_type = row.text("answer_type")
    if answer_type not in KINDS:
        raise InputFileError(f"{row.place}: answer_type must be one of {', '.join(KINDS)}, found {answer_type!r}")
    choices = row.texts("choices")
    images = row.one_image("decoded_image", "image")
    reference = Reference(
        answer=row.text("answer"),
        kind=KINDS[answer_type],
        choices=tuple(Choice(label=_letter(index), text=text) for index, text in enumerate(choices)),
        precision=row.optional_integer("precision"),
        unit=row.optional_text("unit"),
        question=row.text("question"),
    )
    return Sample(
        id=row.text("pid"),
        question=reference.question,
        reference=reference,
        images=images,
        tags=_tags(row, answer_type, images),
        fields={"answer_type": answer_type, "query": row.optional_text("query"), "query_choices": reference.choices},
    )


def _tags(row: Row, answer_type: str, images: tuple[Image, ...]) -> dict[str, Tag]:
    """The groups that MathVista reports, and "picture": the picture's content where it is at hand, else its path."""
    inner = row.inner("metadata")
    tags: dict[str, Tag] = {"question_type": row.text("question_type"), "answer_type": answer_type}
    tags |= {name: inner.text(name) for name in BREAKDOWNS if name not in ("question_type", "answer_type", "skills")}
    tags["skills"] = inner.texts("skills")
    tags["picture"] = picture_key(images, row.text("image"))
    return tags


def _letter(index: int) -> str:
    return chr(ord("A") + index)


def hint_of(sample: Sample, hints: Mapping[str, str] = HINTS) -> str:
    """The sentence that says what form the answer is to have."""
    answer_type = sample.fields["answer_type"]
    if answer_type == "float":
        return hints[f"float-{sample.reference.precision or 1}"]
    return hints[str(answer_type)]


def _question(sample: Sample) -> str:
    return f"{sample.question} (Unit: {sample.reference.unit})" if sample.reference.unit else sample.question


def problem_text(sample: Sample) -> str:
    """Question, unit and choices, as in both published orders."""
    lines = [f"Question: {_question(sample)}"]
    if sample.reference.choices:
        lines += ["Choices:", *(f"({choice.label}) {choice.text}" for choice in sample.reference.choices)]
    return "\n".join(lines)


def query_of(sample: Sample) -> str:
    """The released query, hint first: the `query` column, or built as it was where a row has none.

    A control that moves the options makes the stored query another question's, so that it is built there too.
    """
    stored = str(sample.fields["query"]) if sample.reference.choices == sample.fields["query_choices"] else ""
    return stored or f"{hint_of(sample)}\n{problem_text(sample)}".strip()


def ask_query(sample: Sample) -> Prompt:
    """The released query."""
    return pictures_first(sample, query_of(sample))


def ask_solution(sample: Sample) -> Prompt:
    """build_query.py with no examples: hint last, then "Solution:". The script strips the query's ends."""
    return pictures_first(sample, f"{problem_text(sample)}\n{hint_of(sample)}\nSolution:")


def ask_as_lmms_eval(sample: Sample) -> Prompt:
    """lmms-eval's task `cot`: the hint last, and nothing after it."""
    return pictures_first(sample, f"{problem_text(sample)}\n{hint_of(sample)}")


def ask_as_lmms_eval_format(sample: Sample) -> Prompt:
    """lmms-eval's task `format`: no heads, options as "A. ...", and the form of a bare answer."""
    options = "".join(f"{choice.label}. {choice.text}\n" for choice in sample.reference.choices)
    return pictures_first(sample, f"{_question(sample)}\n{options}{hint_of(sample, FORMATS)}")


def ask_as_qwen2_vl(sample: Sample) -> Prompt:
    """As VLMEvalKit asks the Qwen2-VL family: the released query, then a request for few words."""
    return pictures_first(sample, f"{query_of(sample)}\n{SHORT_WORDS}")


def _official(name: str, summary: str, **parameters: object) -> Profile:
    """The rule on the stored extraction, a null one of which is the text "None", as the script's `str()` makes it."""
    return stored("mathvista_official", summary, name=name, field="official_extraction", **parameters)


PROFILES = (
    RULES,
    _official("official-extraction", "the published normalisation and comparison of the stored official extraction"),
    _official(
        "official-strict",
        "as official-extraction, without crediting the nearest option to an unclear one",
        nearest_choice=False,
    ),
)

MATHVISTA = Benchmark(
    name="mathvista",
    title="MathVista",
    homepage="https://mathvista.github.io",
    licence="CC BY-SA 4.0, pictures by their source data sets; for testing only, not for training. "
    "Split sample: synthetic pictures and questions of this project, Apache-2.0",
    citation="Lu et al., MathVista: Evaluating Mathematical Reasoning of Foundation Models in Visual Contexts, "
    "ICLR 2024, arXiv:2310.02255",
    splits=("testmini", "test", "sample"),
    default_split="testmini",
    load=load,
    prompts={
        "query": ask_query,
        "solution": ask_solution,
        "lmms-eval-cot": ask_as_lmms_eval,
        "lmms-eval-format": ask_as_lmms_eval_format,
        "vlmevalkit-qwen2-vl": ask_as_qwen2_vl,
    },
    default_prompt="query",
    profiles={profile.name: profile for profile in PROFILES},
    default_profile="rules",
    breakdowns=BREAKDOWNS,
    # Answers about one picture stand or fall together. In testmini every picture is asked about once; in test, and in
    # synthetic sets with several questions a picture, they are not independent draws.
    cluster_key="picture",
    outputs=OutputFormat(sample_id="pid", text="response", verdict="official_correct"),
    recorded={"sample": str(PACKAGED / "replay.jsonl")},
    layouts={"mathvista": layout},
)
