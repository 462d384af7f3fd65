"""MMMU: college questions of 30 subjects, 900 in validation with public answers, 150 in dev, 10,500 in test without.

Source: MMMU-Benchmark/MMMU, mmmu/configs/llava1.5.yaml and mmmu/utils/data_utils.py (prompts), mmmu/utils/eval_utils.py
(the official profiles). The authors' runner shows a model the first picture only; "interleaved" shows each where its
token stands. How others ask: lmms-eval, tasks/mmmu/utils.py `construct_prompt` and mmmu_val.yaml; VLMEvalKit,
dataset/image_mcq.py `MMMUDataset` and vlm/qwen2_vl/prompt.py `_build_mmmu_prompt`; QwenLM/Qwen3-VL,
evaluation/mmmu/run_mmmu.py.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Sequence

from benchmarks.mmmu_layout import layout
from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.subjects import interleaved, numbered_images, read_subjects
from reward_service.types import Choice, Reference
from rfteval.benchmark import Benchmark, LoadRequest, OutputFormat, Profile
from rfteval.errors import InputFileError
from rfteval.rows import HubSource, Row
from rfteval.sources import unique
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

PICTURES = 7
TOKEN = re.compile(r"<image (\d+)>")
DOMAINS = {
    "Art and Design": ("Art", "Art_Theory", "Design", "Music"),
    "Business": ("Accounting", "Economics", "Finance", "Manage", "Marketing"),
    "Science": ("Biology", "Chemistry", "Geography", "Math", "Physics"),
    "Health and Medicine": (
        *("Basic_Medical_Science", "Clinical_Medicine", "Diagnostics_and_Laboratory_Medicine", "Pharmacy"),
        "Public_Health",
    ),
    "Humanities and Social Science": ("History", "Literature", "Sociology", "Psychology"),
    "Tech and Engineering": (
        *("Agriculture", "Architecture_and_Engineering", "Computer_Science", "Electronics", "Energy_and_Power"),
        *("Materials", "Mechanical_Engineering"),
    ),
}
DOMAIN_OF = {subject: domain for domain, subjects in DOMAINS.items() for subject in subjects}
SUBJECTS = tuple(sorted(DOMAIN_OF))  # as in the authors' scripts, which one seed runs through
HUB = HubSource(
    repository="MMMU/MMMU",
    revision="98e6ac0cb9b7b2cd2c991b85a50762edc4aedc68",
    columns=("id", "question", "options", "answer", "question_type"),
    images=tuple(f"image_{number}" for number in range(1, PICTURES + 1)),
    config=SUBJECTS[0],
)
WITHHELD = "?"  # the answer to every question of the test split; an empty reference is never scored
LETTER = "Answer with the option's letter from the given choices directly."
BRIEF = "Answer the question using a single word or phrase."
SELECT = "Please select the correct answer from the options above."
GUESS = (
    " If you are uncertain or the problem is too complex, make a reasoned guess based on the information provided. "
    "Avoid repeating steps indefinitely—provide your best guess even if unsure. Determine whether to think step by "
    "step based on the difficulty of the question, considering all relevant information before answering."
)


def load(request: LoadRequest) -> Sequence[Sample]:
    """The samples of a split, subject by subject. Raises SourceError and InputFileError."""
    rows = read_subjects(HUB, SUBJECTS, request, "give a local snapshot with --data DIR")
    return [sample_of(row) for row in unique(rows, "id")]


def sample_of(row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    question, sample_id = row.text("question"), row.text("id")
    choices = lettered(listed(row, "options")) if row.text("question_type") == "multiple-choice" else ()
    answer = row.text("answer")
    answers = (
        listed(row, "answer") if not choices and answer.startswith("[") else ("" if answer == WITHHELD else answer,)
    )
    require_letter(row, choices, answers[0])
    images = numbered_images(row, PICTURES)
    subject = subject_of(sample_id)
    return Sample(
        id=sample_id,
        question=question,
        reference=Reference(
            answer=answers[0],
            alternatives=answers[1:],
            kind="choice" if choices else "auto",
            choices=choices,
            question=question,
        ),
        images=tuple(images.values()),
        tags={
            "subject": subject,
            "domain": DOMAIN_OF.get(subject, "other"),
            "question_type": row.text("question_type"),
            "subfield": row.optional_text("subfield"),
            "difficulty": row.optional_text("topic_difficulty"),
            "picture": picture_key(images.values(), sample_id),
        },
        fields={"images": images},
    )


def listed(row: Row, column: str) -> tuple[str, ...]:
    """A list that the hub keeps as Python's text of it, or as a list; of a list inside a list, the parts.

    Raises InputFileError for anything else.
    """
    value = row.values.get(column)
    try:
        found = ast.literal_eval(value) if isinstance(value, str) else value
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = None
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]  # validation_Accounting_29 of MMMU-Pro
    if not isinstance(found, list) or not all(isinstance(part, (str, int, float)) for part in found):
        raise InputFileError(f"{row.place}: {column!r} must be a list, or a list as Python writes it")
    return tuple(str(part) for part in found)


def lettered(options: Sequence[str]) -> tuple[Choice, ...]:
    """Options under the letters from A on."""
    return tuple(Choice(label=label, text=text) for label, text in zip(string.ascii_uppercase, options, strict=False))


def require_letter(row: Row, choices: Sequence[Choice], answer: str) -> None:
    """Raises InputFileError where the answer to a multiple-choice question is no letter of it (empty: withheld)."""
    if choices and answer and answer not in [choice.label for choice in choices]:
        raise InputFileError(f"{row.place}: the answer {answer!r} is none of the {len(choices)} options' letters")


def subject_of(sample_id: str) -> str:
    """The subject in an identifier such as validation_Art_Theory_12."""
    return "_".join(sample_id.split("_")[1:-1])


def query_of(sample: Sample) -> str:
    """Question, options and request, with picture tokens. The authors' YAML folds a blank line to one line break."""
    if not sample.reference.choices:
        return f"{sample.question}\n{BRIEF}"
    options = "".join(f"({choice.label}) {choice.text}\n" for choice in sample.reference.choices)
    return f"{sample.question}\n{options}\n{LETTER}"


def ask_interleaved(sample: Sample) -> Prompt:
    """The query with every picture where its token stands."""
    parts = interleaved(query_of(sample), TOKEN, images_of(sample))
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


def ask_first_picture(sample: Sample) -> Prompt:
    """As the authors' runner: the first picture alone, before the query, whose tokens stay in the text."""
    image = images_of(sample).get(1)
    parts = (*(() if image is None else (ImagePart(image=image),)), TextPart(text=query_of(sample)))
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


def ask_as_lmms_eval(sample: Sample) -> Prompt:
    """lmms-eval's task `mmmu_val`: the pictures that the text names, in the order of their numbers, then the text."""
    options = "\n".join(f"{choice.label}. {choice.text}" for choice in sample.reference.choices)
    text = f"{sample.question}\n{options}\n\n{LETTER}" if options else f"{sample.question}\n\n{BRIEF}"
    named = sorted({int(number) for number in TOKEN.findall(text)})
    pictures = (ImagePart(image=image) for number, image in images_of(sample).items() if number in named)
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=(*pictures, TextPart(text=text))),))


def _vlmevalkit_query(sample: Sample) -> str:
    options = "".join(f"{choice.label}. {choice.text}\n" for choice in sample.reference.choices)
    return f"Question: {sample.question}\n" + (f"Options:\n{options}{SELECT} \n" if options else "")


def ask_as_vlmevalkit(sample: Sample) -> Prompt:
    """VLMEvalKit's own prompt, every picture where its token stands. An open question is asked with no request."""
    parts = interleaved(_vlmevalkit_query(sample), TOKEN, images_of(sample))
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


def ask_as_qwen2_vl(sample: Sample) -> Prompt:
    """As VLMEvalKit asks the Qwen2-VL family: all pictures first, the tokens left in the text."""
    return pictures_first(sample, _vlmevalkit_query(sample).rstrip())


def ask_as_qwen_thinking_aloud(sample: Sample) -> Prompt:
    """As Qwen's released script asks with `--use-cot`; without, it asks as `ask_as_qwen2_vl` does."""
    return pictures_first(sample, _vlmevalkit_query(sample).rstrip() + GUESS)


def images_of(sample: Sample) -> dict[int, Image]:
    """The sample's pictures by number."""
    images = sample.fields["images"]
    if not isinstance(images, dict):
        raise TypeError(f"sample {sample.id}: its numbered pictures are kept in a dict")
    return images


def official_profiles(verifier: str) -> tuple[Profile, ...]:
    """The published rule with its random fallback as the expectation, and as the two ends of its range."""
    kinds = {
        "official": ("expected", "the published rule; a response without an option counts 1 / options"),
        "official-low": ("wrong", "as official, every random draw wrong: the low end of what a seed can give"),
        "official-high": ("right", "as official, every random draw right: the high end of what a seed can give"),
    }
    return tuple(
        official(verifier, summary, name=name, fallback=fallback) for name, (fallback, summary) in kinds.items()
    )


MMMU = Benchmark(
    name="mmmu",
    title="MMMU",
    homepage="https://mmmu-benchmark.github.io",
    licence="Apache-2.0; pictures by their sources, see the disclaimers of the repository",
    citation="Yue et al., MMMU: A Massive Multi-discipline Multimodal Understanding and Reasoning Benchmark for Expert "
    "AGI, CVPR 2024, arXiv:2311.16502",
    splits=("validation", "dev", "test"),
    default_split="validation",
    load=load,
    prompts={
        "interleaved": ask_interleaved,
        "first-picture": ask_first_picture,
        "lmms-eval": ask_as_lmms_eval,
        "vlmevalkit": ask_as_vlmevalkit,
        "vlmevalkit-qwen2-vl": ask_as_qwen2_vl,
        "qwen-vl-cot": ask_as_qwen_thinking_aloud,
    },
    default_prompt="interleaved",
    profiles={profile.name: profile for profile in (RULES, *official_profiles("mmmu_official"))},
    default_profile="rules",
    breakdowns=("domain", "subject", "question_type", "subfield", "difficulty"),
    cluster_key="picture",
    outputs=OutputFormat(sample_id="id", text="response"),
    layouts={"mmmu": layout},
)
