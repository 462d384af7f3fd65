"""Scripted responses to synthetic problems: not a model, but a stand-in that errs in the ways models do.

It knows the answer and is told to be wrong, vague, cut off or unhelpful in a stated share of cases, in several styles,
so that every way a response can end is walked through without a model. Its accuracy is set by `SCRIPTS` and says
nothing about any model.
"""

from __future__ import annotations

from random import Random

from benchmarks.synthetic.question import Problem

# What the script does, in how many of a hundred cases.
SCRIPTS = {"right": 70, "wrong": 15, "hedged": 5, "refused": 5, "truncated": 3, "empty": 2}

STYLES = ("boxed", "sentence", "tagged", "labelled", "bare", "bold")
REFUSALS = (
    "I'm sorry, but I can't make out the details of this picture.",
    "I am unable to see the image, so I cannot answer this question.",
    "There is not enough information in the picture to tell.",
)


def respond(problem: Problem, random: Random, script: str) -> str:
    """A response to one problem by one of SCRIPTS."""
    if script == "empty":
        return ""
    if script == "refused":
        return random.choice(REFUSALS)
    if script == "truncated":
        words = problem.trace.split()
        return "Let me look at the picture. " + " ".join(words[: len(words) // 2])
    if script == "hedged":
        first, second = _shown(problem, problem.final), _shown(problem, _wrong(problem, random))
        return f"It could be {first} or {second}, I cannot tell which."
    answer = problem.final if script == "right" else _wrong(problem, random)
    return _phrased(problem, answer, random.choice(STYLES))


def _phrased(problem: Problem, answer: str, style: str) -> str:
    """An answer as models say it. The reasoning goes only with right answers: it would contradict the others."""
    reasoning = problem.trace if answer == problem.final else "I read this off the picture."
    shown = _shown(problem, answer)
    if style == "boxed":
        return f"{reasoning}\n\n\\boxed{{{answer}}}"
    if style == "sentence":
        return f"{reasoning} Therefore, the answer is {shown}."
    if style == "tagged":
        return f"<think>{reasoning}</think><answer>{answer}</answer>"
    if style == "labelled":
        return f"{reasoning}\nAnswer: {shown}"
    if style == "bold":
        return f"{reasoning}\n\n**Final answer: {shown}**"
    return answer


def _shown(problem: Problem, answer: str) -> str:
    """An option as it is quoted, "(B) 12"; a value alone."""
    if problem.choices:
        return f"({answer}) {problem.choices[ord(answer) - ord('A')]}"
    return answer


def _wrong(problem: Problem, random: Random) -> str:
    """Another option, or a value nearby."""
    if problem.choices:
        letters = [chr(ord("A") + index) for index in range(len(problem.choices))]
        return random.choice([letter for letter in letters if letter != problem.final])
    if problem.answer_type == "list":
        parts = problem.answer.strip("[]").split(", ")
        place = random.randrange(len(parts))
        parts[place] = _nudged(parts[place], random)
        return f"[{', '.join(parts)}]"
    return _nudged(problem.answer, random)


def _nudged(number: str, random: Random) -> str:
    """A number written like `number` that is certainly another one, also when rounded."""
    away = random.choice((2, 3, 4))
    return str(round(float(number) + away, 2)) if "." in number else str(int(number) + away)
