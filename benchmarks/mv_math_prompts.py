"""The prompts of MV-MATH, one a kind of question: a system text, two worked examples, a request and the question.

Source: eternal8080/MV-MATH, models/prompt.py (texts) and models/Qwen2-vl.py (pictures first, then the text). The
published Python texts hold `\\f` and `\\t` where LaTeX's `\\frac`, `\\times` and `\\text` were meant, so that models
are sent a form feed and tabs; that is kept, except in the free-form text, where the authors doubled the backslashes.
"""

from __future__ import annotations

_TRIANGLE = (
    "Step 1 (Mathematical theorem used: Pythagorean theorem): The Pythagorean theorem states that in a right triangle, "
    "the square of the hypotenuse is equal to the sum of the squares of the other two sides. The formula is:  \n"
    "\\[c^2 = a^2 + b^2\\], where \\( a \\) and \\( b \\) are the legs, and \\( c \\) is the hypotenuse.\n"
    "Step 2 (Substitute the known values): Given \\( a = 3 \\) and \\( b = 4 \\). Substituting these values into the "
    "formula:  \n\\[c^2 = 3^2 + 4^2 = 9 + 16 = 25\\]\n"
    "Step 3 (Calculate the hypotenuse): Taking the square root gives:  \n\\[c = \\sqrt{25} = 5\\]\n"
)
_AREA = (
    "Step 1 (Mathematical theorem used: Pythagorean theorem): We first use the Pythagorean theorem to find the length "
    "of \\( BC \\). The formula is:  \n"
    "\\[AC^2 = AB^2 + BC^2\\], where \\( AC \\) is the hypotenuse, and \\( AB \\) and \\( BC \\) are the legs.\n"
    "Step 2 (Substitute the known values): Given \\( AC = 5 \\) and \\( AB = 4 \\). Substituting these values:  \n"
    "\\[5^2 = 4^2 + BC^2 \\implies 25 = 16 + BC^2\\]\n"
    "Step 3 (Solve for \\( BC \\)):  \n\\[BC^2 = 25 - 16 = 9 \\implies BC = \\sqrt{9} = 3\\]\n"
    "Step 4 (Calculate the area): The area of the right triangle is given by \\( \frac{1}{2} \times AB \times BC \\). "
    "Substituting the known values:  \n\\[ \text{Area} = \frac{1}{2} \times 4 \times 3 = 6\\]\n"
)
_SIDES = "Question: If a triangle has two sides of length 3 and 4, "
_RIGHT = "Question: In the right triangle ABC, AB is perpendicular to BC. It is known that AC=5 and AB=4. "
_FORMAT = "using the following format: Step X (Mathematical theorem/basis used): Detailed solution steps. Answer"

CHOICE = (
    f"\n{_SIDES}what is the length of the hypotenuse?  A.10  B.8  C.5  D.4\n\nAnswer:  \n{_TRIANGLE}Answer: {{C}}\n\n\n"
    f"{_RIGHT}Find the area of the right triangle.  A.20  B.10  C.5  D.6\nAnswer:  \n{_AREA}Answer: {{D}}\n\n"
    "Your final answer must be one of A, B, C, and D.\nPlease reason step by step, and put your final answer within {}."
    f" Each step is placed on a new line, {_FORMAT}: {{}}\n"
)
SINGLE_STEP = (
    f"\n{_SIDES}what is the length of the hypotenuse?  \n\nAnswer:  \n{_TRIANGLE}Answer: 5\n\n\n"
    f"{_RIGHT}Find the area of the right triangle.  \nAnswer:  \n"
    + _AREA.replace("\f", "\\f").replace("\t", "\\t").replace("\\[ \\text", "\\[\\text")
    + f"Answer: 6\n\nPlease reason step by step, each step is placed on a new line, {_FORMAT}\n"
)
MULTI_STEP = (
    f"\n{_SIDES}(1)what is the length of the hypotenuse? (2)what is the area of this triangle?\n\nAnswer:\n(1)"
    + _TRIANGLE.replace("  \n", "\n")
    + "So the length of the hypotenuse is 5.\n(2)Step 1: The area of a right triangle is half the product of its two "
    "sides. \nStep 2: So the area of this triangle is 3*4/2=6.\nSo the area of this triangle is 6.\n\n"
    f"{_RIGHT}(1).Find the area of the right triangle.  (2).What is the height of the hypotenuse of this right "
    "triangle?\nAnswer:\n(1)."
    + _AREA.replace("  \n", "\n")
    + "So the area of the right triangle is 6.\n(2). Step 1: According to the equal area method, the area of a right "
    "triangle is equal to half the product of the two right-angled sides, which is also equal to half the product of "
    "the hypotenuse and the corresponding height.\nStep 2: According to the above principle and the conclusion of the "
    "first step, we can get AB*BC/2=AC*h/2\nStep 3: Substituting the values, we get h=3*4/5=2.4\nSo the height of the "
    f"hypotenuse of this right triangle is 2.4.\n\n\nPlease reason step by step, each step is placed on a new line, "
    f"{_FORMAT}: X\n"
)
_ASSISTANT = (
    "You are an assistant for solving math problems. Your input consists of a math question and images. Your task is "
    "to output the solution steps and the answer. The output format should be a step-by-step approach."
)
EXAMPLES = {"choice": CHOICE, "single-step": SINGLE_STEP, "multi-step": MULTI_STEP}
SYSTEM = {
    "choice": f"{_ASSISTANT} Each question is multiple choice with one correct answer. Your final answer must be one "
    "of A, B, C, or D",
    "single-step": _ASSISTANT,
    "multi-step": "You are a math problem-solving assistant. Your input is a math problem and a picture of the "
    "problem. Each problem is a multi-step problem. Your task is to output the solution ideas and answers for each "
    "step. The output format is step-by-step.",
}
