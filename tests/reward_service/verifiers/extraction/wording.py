"""Ways in which models say their final answer, collected by kind; `{v}` stands for the value.

Templates are written for this test: each is a class of wording, met in responses of several models.
"""

from __future__ import annotations

from reward_service.limits import Budget
from reward_service.verifiers.extraction import Extraction
from reward_service.verifiers.extraction.answer import find_answer

BOXED = (
    r"\boxed{{{v}}}",
    r"$\boxed{{{v}}}$",
    r"\( \boxed{{{v}}} \)",
    r"\fbox{{{v}}}",
    "**Final Answer**\n\n\\[ \\boxed{{{v}}} \\]",
    "Put your final answer in \\boxed{{}}: the total is \\boxed{{{v}}}.",
    "You asked me to write the answer as \\boxed{{answer}}. \\boxed{{{v}}}",
    "Final Answer: \\boxed{{{v}}}\n\nRemember: always put your answer in \\boxed{{}}.",
    "The answer is \\boxed{{41}}. Wait, that is wrong. The answer is \\boxed{{{v}}}.",
    "<think>hmm \\boxed{{99}}</think>\n\n**Solution**\nStep 1: 3 + 4 = 7\n\n**Final Answer:** $\\boxed{{{v}}}$",
    r"It is \boxed{{\boxed{{{v}}}}}.",
)

ANNOUNCED = (
    "### Final Answer\n{v}",
    "### Final Answer\n\n**{v}**",
    "**Final Answer:**\n{v}",
    "**Answer:** {v}",
    "**Answer: {v}**",
    "**Answer**: {v}",
    "Answer = {v}",
    "ANSWER: {v}",
    "[ANSWER] {v}",
    "Final Answer → {v}",
    "✅ **Final Answer: {v}**",
    "> **Answer:** {v}",
    "Ans: {v}",
    "A: {v}",
    "Some steps first.\n#### {v}",
    "The answer is {v}.",
    "The answer is: {v}",
    "The answer is **{v}**.",
    "So the final answer is {v}.",
    "Therefore, the correct answer is {v}. I hope it is correct.",
    "Answer: {v} (since 3*4 = 12)",
    "The answer to this problem is therefore {v}.",
    "The answer would be {v}.",
    "It can't be 42. So the answer is {v}.",
    "The answer is not 42. The answer is {v}.",
    "The answer is 41. Hmm, no, let me recompute. The answer is {v}.",
    "To find it we do 3 + 4.\n\nFinal Answer: {v}\n\nExplanation: 3 + 4 is done by adding.",
    "## Answer\n\n{v}\n\n## Notes\n\nWe used 3 and 4.",
    "<answer>{v}</answer>",
    "<think>maybe 3 or 99</think><answer>{v}</answer>",
    "<think>The answer is \\boxed{{99}}</think>\nThe answer is {v}.",
    '{{"reasoning": "We add 3 and 4", "answer": "{v}"}}',
    "{v} is the answer.",
    "The final result is {v}",
    "答案是{v}。",
    "因此答案是 {v}。",
    "所以，最终答案是：**{v}**",
    "故答案为：{v}",
    "Réponse : {v}",
    "La respuesta es {v}.",
    "Die Antwort ist {v}.",
    "Ответ: {v}",
    "答えは{v}です。",
    "정답은 {v}입니다.",
)

CONCLUDED = (
    "Therefore, x = {v}.",
    "Therefore, $x = {v}$.",
    "Thus, the area is {v} square units.",
    "Thus, the area of the triangle with base 3 and height 4 is {v}.",
    "The value of x is therefore {v}.",
    "Hence, the sum of 3 and 4 is equal to {v}.",
    "Therefore, she has **{v} apples** left.",
    "She has 12 apples, gives away 3, and buys some more. Therefore, she now has {v} apples.",
    "1. First, 3 + 4 = 7\n2. Then 7 * 2 = 14\n\nSo, in total there are {v} marbles. 😊",
    "**Therefore, the total is {v}.**\n\nIf you need help, ask me at 555-1234!",
    "**Conclusion:** The probability is {v}.",
    "After solving, we get ${v}$.",
    "So we have:\n\n$$x = {v}$$",
    "\\[\nx = \\frac{{1}}{{2}} \\cdot 3 = {v}\n\\]",
    "The total cost is:\n\n3 + 4 = {v}",
    "**Solution:**\n\nThe person needs {v} dollars.\n\n**Check:** 3 + 4 = 7 and 7 < 10, correct.",
    "He will have {v} left after 3 days.",
    "There are {v} ways to choose 2 items from 5.",
    "It takes {v} minutes for 3 workers to finish.",
    "So Mary spent a total of {v} on 3 books and 2 pens.",
    "| step | value |\n|---|---|\n| 1 | 3 |\n| 2 | 4 |\n\nThe total is {v}.",
    "The maximum value is {v}, which occurs at x = 3.",
    "When x = 2, the expression equals {v}.",
    "There are 16 on the first plate and 15 on the second, for a total of **{v}**.",
    "因此，小明一共有{v}个苹果。",
    "所以三角形的面积等于{v}平方厘米。",
    "{v}",
    "**{v}**",
)

DENIED = (
    "The answer is not {v}.",
    "The answer isn't {v}",
    "It is not {v}.",
    "I don't think it's {v}.",
    r"\boxed{{{v}}} is wrong.",
    r"The answer is not \boxed{{{v}}}.",
    r"\boxed{{{v}}}. Wait, no, that is wrong.",
    "The answer is {v}. Wait, that's wrong. It should be 41.",
    "The answer is {v}, no wait, 41.",
    "The answer is {v}. Actually, it is 41.",
    "It cannot be {v}, so the answer is 41. ({v})",
    "Is the answer {v}?",
    "Option {v} is not the answer; the answer is 41",
)

HEDGED = (
    "The answer is either 41 or {v}.",
    "The answer is 41 or {v}.",
    "The answer is {v} or 41.",
    "The answer is 41 and {v}.",
    "The answer is {v} or something else",
    "It could be 41 or {v}",
    "x = 41 or x = {v}",
    r"\boxed{{{v}}} or \boxed{{41}}",
    r"\boxed{{41}}, \boxed{{{v}}}",
    "The answer is at least {v}.",
    "The answer is less than {v}.",
    "The answer is greater than {v}",
    "It is between 40 and {v}",
    "The answer is {v} + 1",
    "The answer is {v} - x",
    "The answer is a - {v}.",
    "The answer is f({v})",
    "The answer is the total minus {v}.",
)

REFUSED = (
    "I cannot determine the answer. There are {v} apples in the picture.",
    "There are {v} apples in the picture, but I cannot determine how many are left.",
    "Please provide more information about the {v} apples.",
    "We know {v} was given. I am unable to solve this.",
    "{v} people were asked. No answer.",
    "To solve it we need the image. Without the image, the number cannot be found, even if {v} is shown.",
)

INSIDE_REASONING = (
    "<think>{v}</think>",
    "<think>The answer is \\boxed{{{v}}}",
    "<think>the answer is \\boxed{{{v}}}</think> I do not know.",
    "<think>so <answer>{v}</answer>",
    "◁think▷ The answer is {v}.",
    "<|begin_of_thought|>The answer is {v}.",
    "[THINK]The answer is {v}.",
)


def found(text: str, wanted: str = "number", strictness: str = "lenient", question: str = "") -> Extraction | None:
    """The extraction of a text under a full budget."""
    return find_answer(text, strictness=strictness, budget=Budget(), wanted=wanted, question=question)


def said(text: str, wanted: str = "number", strictness: str = "lenient", question: str = "") -> str | None:
    """The extracted text, or None."""
    extraction = found(text, wanted, strictness, question)
    return None if extraction is None else extraction.text
