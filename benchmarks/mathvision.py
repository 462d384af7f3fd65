"""MATH-Vision: 3040 competition problems with pictures, of 16 subjects and five levels; testmini is 304 of them.

Source: mathllm/MATH-V, models/Qwen-VL.py (prompts) and evaluation/evaluate.py (the official profile); lmms-eval,
tasks/mathvision/utils.py and mathvision_test.yaml (its prompt). Several pictures of one problem are released stitched
into one, so every problem has one, and its text keeps the tokens `<image1>` etc.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import UNPINNED
from reward_service.types import Choice, Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split, unique
from rfteval.types import Prompt, Sample

HUB = HubSource(
    repository="MathLLMs/MathVision",
    revision="main",  # the two splits have had the same file names since their release; no commit of it is known here
    columns=("id", "question", "options", "image", "answer", "level", "subject"),
    images=("decoded_image",),
)
LETTERS = "ABCDE"
BRIEF = "Answer the question using a single word or phrase."
STEPS = 'Please solve the problem step by step and put your answer in one "\\boxed{}".'
LETTER = "Answer the question with the option's letter from the given choices directly."
BOXED = f'{STEPS} If it is a multiple choice question, only one letter is allowed in the "\\boxed{{}}".'


def load(request: LoadRequest) -> Sequence[Sample]:
    """The samples of a split. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    rows = unique(read_split(HUB, request, "give a local snapshot with --data DIR"), "id")
    return [sample_of(row) for row in rows]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    options = row.texts("options")
    answer = row.identifier("answer")
    if options and (len(options) != len(LETTERS) or answer not in LETTERS):
        found = f"{len(options)} options and the answer {answer!r}"
        raise InputFileError(
            f"{row.place}: a multiple-choice row has 5 options and a letter from A to E, found {found}"
        )
    question = row.text("question")
    images = row.one_image("decoded_image", "image")
    return Sample(
        id=row.identifier("id"),
        question=question,
        reference=Reference(
            answer=answer,
            kind="choice" if options else "auto",
            choices=tuple(Choice(label=letter, text=text) for letter, text in zip(LETTERS, options, strict=False)),
            question=question,
        ),
        images=images,
        tags={
            "subject": row.text("subject"),
            "level": row.identifier("level"),
            "question_type": "multiple choice" if options else "free form",
            "picture": picture_key(images, row.text("image")),
        },
    )


def problem_text(sample: Sample) -> str:
    """The question and its options, which are left out where they are only the letters that the picture shows."""
    options = [choice.text for choice in sample.reference.choices]
    shown = "" if "".join(options) == LETTERS else "".join(f"({LETTERS[i]}) {text}\n" for i, text in enumerate(options))
    return f"{sample.question}\n{shown}"


def ask_direct(sample: Sample) -> Prompt:
    """The problem, then the request for a word or phrase."""
    return pictures_first(sample, f"{problem_text(sample)}\n{BRIEF}")


def ask_step_by_step(sample: Sample) -> Prompt:
    """The request for reasoning and a boxed answer, then the problem."""
    return pictures_first(sample, f"{BOXED}\n{problem_text(sample)}")


def ask_as_lmms_eval(sample: Sample) -> Prompt:
    """lmms-eval's task `mathvision_test`: the request, then the problem with no blank between, all options shown."""
    options = "\n".join(f"{choice.label}. {choice.text}" for choice in sample.reference.choices)
    asked = f"{sample.question}\nChoices: {options}\n{LETTER}" if options else sample.question
    return pictures_first(sample, f"{STEPS}{asked}")


PROFILES = (
    RULES,
    official("mathvision_official", "the published extraction and comparison, numbers to two decimal places"),
)

MATHVISION = Benchmark(
    name="mathvision",
    title="MATH-Vision",
    homepage="https://mathllm.github.io/mathvision",
    licence="MIT (the text in the repository is that of the MATH data set); the problems are from competitions",
    citation="Wang et al., Measuring Multimodal Mathematical Reasoning with MATH-Vision Dataset, NeurIPS 2024, "
    "arXiv:2402.14804",
    splits=("test", "testmini"),
    default_split="testmini",
    load=load,
    prompts={"direct": ask_direct, "step-by-step": ask_step_by_step, "lmms-eval": ask_as_lmms_eval},
    default_prompt="step-by-step",
    profiles={profile.name: profile for profile in PROFILES},
    default_profile="rules",
    breakdowns=("subject", "level", "question_type"),
    cluster_key="picture",
    outputs=OutputFormat(sample_id="id", text="response", verdict="official_correct"),
    quirks=(UNPINNED,),
)
