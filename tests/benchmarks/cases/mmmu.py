"""Rows in the columns of MMMU/MMMU and MMMU/MMMU_Pro, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks import mmmu, mmmu_pro
from rfteval.types import Sample
from tests.benchmarks.case import Case, picture


def row(sample_id: str, answer: str, choices: list[str], **others: Any) -> dict[str, Any]:
    return {
        **{"id": sample_id, "question": "What is <image 1>?", "options": repr(choices), "answer": answer},
        **{"topic_difficulty": "Easy", "question_type": "multiple-choice" if choices else "open"},
        **others,
    }


ROWS = [
    row("validation_Art_Theory_2", "C", ["$6", "<image 2>", "$8"], subfield="History"),
    row("validation_Accounting_1", "B", ["$6", "$7", "$8", "$9"], subfield="Auditing"),
    row("validation_Math_3", "1.06", [], subfield="Algebra"),
    row("validation_Physics_4", "['24/7', '3.429']", [], subfield="Optics"),
]
PRO = [
    row(one["id"], one["answer"], ["$6", "<image 2>", "$8", "$9"], subject="Art", image_1=picture("one"))
    | {"image_2": picture("two")}
    for one in ROWS[:2]
]
VISION = [
    {
        **{"id": one["id"], "image": picture("screenshot"), "options": one["options"]},
        **{"answer": one["answer"], "subject": "Art"},
    }
    for one in ROWS[:2]
]


def said(sample: Sample) -> tuple[str, ...]:
    answer = sample.reference.answer
    return (f"The answer is ({answer})",) if sample.reference.choices else (f"The answer is {answer}",)


LINE = (
    "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER "
    "is one of options."
)
DIRECT = "Answer with the option letter from the given choices directly."
SHOWN = "What is <image>?\nA. $6\nB. <image>\nC. $8\nD. $9\n"
STANDARD_PROMPTS = {
    "direct": f"{SHOWN}{DIRECT}[[one]][[two]]",
    "cot": f"{SHOWN}Answer the preceding multiple choice question. {LINE} Think step by step before answering."
    "[[one]][[two]]",
    "qwen-vl": "[[one]][[two]]What is <image 1>?\nA. $6\nB. <image 2>\nC. $8\nD. $9\n"
    "Please select the correct answer from the options.",
}
LUCKY = frozenset({"official-high"})
CASES = (
    Case(
        benchmark=mmmu.MMMU,
        source=mmmu.HUB,
        split="validation",
        file="validation.jsonl",
        rows=ROWS,
        said={"": said},
        lucky=LUCKY,
        prompts={
            "interleaved": "What is ?\n(A) $6\n(B) \n(C) $8\n\n"
            "Answer with the option's letter from the given choices directly.",
            "first-picture": "What is <image 1>?\n(A) $6\n(B) <image 2>\n(C) $8\n\n"
            "Answer with the option's letter from the given choices directly.",
            "lmms-eval": "What is <image 1>?\nA. $6\nB. <image 2>\nC. $8\n\n"
            "Answer with the option's letter from the given choices directly.",
            "vlmevalkit": "Question: What is ?\nOptions:\nA. $6\nB. \nC. $8\n"
            "Please select the correct answer from the options above. \n",
            "vlmevalkit-qwen2-vl": "Question: What is <image 1>?\nOptions:\nA. $6\nB. <image 2>\nC. $8\n"
            "Please select the correct answer from the options above.",
            "qwen-vl-cot": "Question: What is <image 1>?\nOptions:\nA. $6\nB. <image 2>\nC. $8\n"
            "Please select the correct answer from the options above. If you are uncertain or the problem is too "
            "complex, make a reasoned guess based on the information provided. Avoid repeating steps indefinitely—"
            "provide your best guess even if unsure. Determine whether to think step by step based on the difficulty "
            "of the question, considering all relevant information before answering.",
        },
    ),
    *(
        Case(
            benchmark=benchmark,
            source=mmmu_pro.HUB,
            split="test",
            file=f"{config}/test-00000-of-00001.parquet",
            rows=PRO,
            said={"": said},
            lucky=LUCKY,
            prompts=STANDARD_PROMPTS,
        )
        for benchmark, config in (
            (mmmu_pro.MMMU_PRO_STANDARD10, "standard (10 options)"),
            (mmmu_pro.MMMU_PRO_STANDARD4, "standard (4 options)"),
        )
    ),
    Case(
        benchmark=mmmu_pro.MMMU_PRO_VISION,
        source=mmmu_pro.HUB,
        split="test",
        file="vision/test-00000-of-00001.parquet",
        rows=VISION,
        said={"": said},
        lucky=LUCKY,
        prompts={
            "direct": f"{DIRECT} {LINE}[[screenshot]]",
            "cot": f"Write out the multiple-choice question in the image and then solve it. {LINE} Think step by step "
            "before answering.[[screenshot]]",
            "qwen-vl": "[[screenshot]]Identify the problem and solve it. Think step by step before answering.",
        },
    ),
)
