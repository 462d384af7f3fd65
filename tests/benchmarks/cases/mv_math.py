"""Rows in the fields of MV-MATH's data/MV-MATH.json, written for these tests; the examples are the authors' own."""

from __future__ import annotations

from typing import Any

from benchmarks.mv_math import HUB, MV_MATH
from tests.benchmarks.case import Case


def row(number: int, kind: str, question: str, answer: str, pictures: int = 2) -> dict[str, Any]:
    return {
        **{"problem_id": number, "question": question, "is_multi_img": True, "analysis": "Solution: ..."},
        **{"input_image": [f"batch_{number}_{place}.jpg" for place in range(pictures)], "answer_type": kind},
        **{"difficulty": "Low", "grade": "Junior", "subject": "Solid Geometry", "image_relavance": "1"},
        "answer": answer,
    }


SHAPES = "Which of these can be folded into a cube?\nA.\n\n<image_1>\nB.\n\n<image_2>"
ROWS = [
    row(1, "choice", SHAPES, "B"),
    row(2, "choice", "How many cubes at least and at most?\n\n<image_1>\n\n<image_2>\nA. 9,14\nB. 9,16\nC. 8,16", "A"),
    row(3, "single-step", "How tall is the flagpole?\n\n<image_1>\n\n<image_2>", "17 m"),
    row(4, "single-step", "Then $m=$ .\n\n<image_1>\n\n<image_2>", "$\\frac{3}{2}$ or $\\frac{15}{2}$."),
    row(5, "single-step", "Which sign stands between them?\n\n<image_1>\n\n<image_2>", "-2"),
]
OFFICIAL = (
    "<system>You are an assistant for solving math problems. Your input consists of a math question and images. "
    "Your task is to output the solution steps and the answer. The output format should be a step-by-step "
    "approach. Each question is multiple choice with one correct answer. Your final answer must be one of A, B, C, "
    "or D<user>[[?]][[?]]\nQuestion: If a triangle has two sides of length 3 and 4, what is the length of the "
    "hypotenuse?  A.10  B.8  C.5  D.4\n\nAnswer:  \nStep 1 (Mathematical theorem used: Pythagorean theorem): The "
    "Pythagorean theorem states that in a right triangle, the square of the hypotenuse is equal to the sum of the "
    "squares of the other two sides. The formula is:  \n\\[c^2 = a^2 + b^2\\], where \\( a \\) and \\( b \\) are "
    "the legs, and \\( c \\) is the hypotenuse.\nStep 2 (Substitute the known values): Given \\( a = 3 \\) and \\( "
    "b = 4 \\). Substituting these values into the formula:  \n\\[c^2 = 3^2 + 4^2 = 9 + 16 = 25\\]\nStep 3 "
    "(Calculate the hypotenuse): Taking the square root gives:  \n\\[c = \\sqrt{25} = 5\\]\nAnswer: {C}\n\n\n"
    "Question: In the right triangle ABC, AB is perpendicular to BC. It is known that AC=5 and AB=4. Find the area "
    "of the right triangle.  A.20  B.10  C.5  D.6\nAnswer:  \nStep 1 (Mathematical theorem used: Pythagorean "
    "theorem): We first use the Pythagorean theorem to find the length of \\( BC \\). The formula is:  \n\\[AC^2 = "
    "AB^2 + BC^2\\], where \\( AC \\) is the hypotenuse, and \\( AB \\) and \\( BC \\) are the legs.\nStep 2 "
    "(Substitute the known values): Given \\( AC = 5 \\) and \\( AB = 4 \\). Substituting these values:  \n\\[5^2 "
    "= 4^2 + BC^2 \\implies 25 = 16 + BC^2\\]\nStep 3 (Solve for \\( BC \\)):  \n\\[BC^2 = 25 - 16 = 9 \\implies "
    "BC = \\sqrt{9} = 3\\]\nStep 4 (Calculate the area): The area of the right triangle is given by \\( \x0c"
    "rac{1}{2} \times AB \times BC \\). Substituting the known values:  \n\\[ \text{Area} = \x0crac{1}{2} \times "
    "4 \times 3 = 6\\]\nAnswer: {D}\n\nYour final answer must be one of A, B, C, and D.\nPlease reason step by "
    "step, and put your final answer within {}. Each step is placed on a new line, using the following format: "
    "Step X (Mathematical theorem/basis used): Detailed solution steps. Answer: {}\n"
    f"\nQuestion: {SHAPES}"
)

CASES = (
    Case(
        benchmark=MV_MATH,
        source=HUB,
        split="train",
        file="data/MV-MATH.json",
        rows=ROWS,
        elsewhere=frozenset({"judge"}),
        prompts={
            "official": OFFICIAL,
            "interleaved": "Which of these can be folded into a cube?\nA.\n\n[[?]]\nB.\n\n[[?]]\n\nPlease reason step "
            "by step, and put your final answer within \\boxed{}.",
        },
    ),
)
