"""What OlympiadBench asks: the request for each form of answer, in English and Chinese, and pictures where they stand.

Source: OpenBMB/OlympiadBench, inference/code/evaluators/evaluator.py (`make_prompt`, `get_answer_type_text`) and
gpt_4v.py (system message, order of text and pictures).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

TOKEN = re.compile(r"<image_(\d+)>")
KINDS = {
    "Numerical": ("a numerical value", "数值"),
    "Expression": ("an expression", "表达式"),
    "Equation": ("an equation", "方程"),
    "Interval": ("an interval", "区间"),
}


def _kind_of(answer_type: str, language: str) -> str:
    found = next((words for kind, words in KINDS.items() if kind in answer_type), None)
    return "" if found is None else found[language == "zh"]


def answer_hint(answer_type: str, language: str, *, multiple: bool) -> str:
    """What the prompt says of the form of the answer (`get_answer_type_text`); nothing for a tuple."""
    if "Need_human_evaluate" in answer_type or "Tuple" in answer_type:
        return ""
    chinese = language == "zh"
    kinds = [_kind_of(each, language) for each in answer_type.split(",")]
    if not multiple:
        return f"，答案类型为{kinds[0]}" if chinese else f"The answer of The problem should be {kinds[0]}. "
    if len(set(kinds)) == 1:
        if chinese:
            return f"，题目有多个答案，答案类型均为{kinds[0]}"
        return f"The problem has multiple answers, each of them should be {kinds[0]}. "
    if chinese:
        return f"，题目有多个答案，答案类型分别为{'、'.join(kinds)}"
    return f"The problem has multiple answers, with the answers in order being {', '.join(kinds)}. "


def instruction(sample: Sample) -> str:
    """The request before the problem (`make_prompt`)."""
    multiple, unit = bool(sample.fields["multiple"]), bool(sample.reference.unit)
    maths = sample.tags["subject"] == "maths"
    hint = answer_hint(str(sample.tags["answer_type"]), str(sample.tags["language"]), multiple=multiple)
    if sample.tags["language"] == "zh":
        box = ("\\boxed{用英文逗号连接的多个答案}" if multiple else "\\boxed{答案}") + ("(单位)" if unit else "")
        rest = "，注意答案的单位不要放在\\boxed{}中" if unit else ""
        return (
            f"以下是中国{'数学' if maths else '物理'}竞赛中的解答题{hint}。请根据题目的要求和所提供的信息计算得出答案。"
            f"解答过程和结果中使用的变量和公式请使用LaTeX格式表示。请在最后以“所以最终答案是{box}。”显式给出结果{rest}。"
        )
    box = ("\\boxed{multiple answers connected with commas}" if multiple else "\\boxed{answer}") + "(unit)" * unit
    rest = ", note that the unit of the answer should not be included in \\boxed{}" if unit else ""
    return (
        f"The following is an open-ended problem from an International {'Math' if maths else 'Physics'} competition. "
        f"{hint}Please calculate the answer according to the given requirements and the information provided. Please "
        "use LaTeX format to represent the variables and formulas used in the solution process and results. Please end "
        f'your solution with "So the final answer is {box}." and give the result explicitly{rest}.'
    )


def asker(*, system: bool) -> Callable[[Sample], Prompt]:
    """As gpt_4v.py: pieces of text without the blanks at their ends, and the pictures where their tokens stand."""

    def ask(sample: Sample) -> Prompt:
        pieces = TOKEN.split(f"{instruction(sample)}\n{sample.fields['problem']}")
        images = sample.fields["images"]
        assert isinstance(images, Mapping)
        parts: list[TextPart | ImagePart] = []
        for place, piece in enumerate(pieces):
            if place % 2 == 1:
                parts += [ImagePart(image=image) for image in (images.get(int(piece)),) if isinstance(image, Image)]
            elif piece.strip():
                parts.append(TextPart(text=piece.strip()))
        message = Message(role="user", parts=tuple(parts))
        return Prompt(sample_id=sample.id, messages=(_system(sample), message) if system else (message,))

    return ask


def _system(sample: Sample) -> Message:
    maths = sample.tags["subject"] == "maths"
    chinese = f"你是一个中文人工智能助手。请根据要求，完成下面的{'数学' if maths else '物理'}竞赛题目。"
    subject = "Math" if maths else "Physics"
    english = f"You are an AI assistant. Please answer the following {subject} competition problems as required."
    text = chinese if sample.tags["language"] == "zh" else english
    return Message(role="system", parts=(TextPart(text=text),))
