"""The text that MATH-Vision's script takes for a model's answer, and how it tidies LaTeX before comparing.

Source: mathllm/MATH-V, evaluation/evaluate.py (the steps before `is_equal`) and `find_math_answer`, `_strip_string`,
`_fix_sqrt`, `_fix_fracs`, `_fix_a_slash_b` of evaluation/utils.py. The order of the steps is
part of the rule: a text after "(C) " on one line becomes one word with the letter, and is no longer the letter.

Everything here is `str` methods and one search for the last box, so a text of a megabyte takes one pass a step.
"""

from __future__ import annotations

_LETTERS = "ABCDE"
_PHRASES = (
    *("the final answer is", "The final answer is", "the answer is", "The answer is"),
    *("the correct answer is", "The correct answer is", "the answer should be", "The answer should be"),
)
_BOX = "oxed{"
_DROPPED = ("\\text", "\\mbox"), ("\\left", "\\right", "^{\\circ}", "^\\circ", "{m}^3", "m^3")
_UNITS = ("{units}", "units", "{km}", "km")


def answer_of(response: str) -> str:
    """The answer the script reads out of a response, in lower case; it may be empty or a whole paragraph."""
    answer = response.strip()
    for letter in _LETTERS:
        ends = answer.endswith((f" {letter}.", f" ({letter})."))
        if ends or answer.startswith((f"{letter}\n", f"({letter})\n", f"({letter}) {letter}\n")):
            answer = letter
    number = answer.split("is ")[-1].rstrip(".")
    if _is_number(number):
        answer = number
    if _BOX not in answer:
        for phrase in _PHRASES:
            answer = _after(answer, phrase)
    elif answer.count(_BOX) > 1:
        answer = "\\boxed{" + answer.split(_BOX)[-1]
    answer = tidy(answer)
    for opening, closing in ("()", "{}"):
        for letter in _LETTERS.lower():
            answer = answer.replace(f"{opening}{letter}{closing}", letter)
    return answer.rstrip(".").lstrip(":").strip()


def _after(answer: str, phrase: str) -> str:
    """The first sentence of what follows the last `phrase`; without one, the text with its ends stripped."""
    tail = answer.split(phrase)[-1].strip()
    return tail.split("\n")[0].split(". ")[0] if phrase in answer else tail


def tidy(text: str) -> str:
    """`find_math_answer`: what the last box holds, or the whole text, after the last "=", without units and spaces."""
    text = text.lower().replace("{}", "")
    text = _boxed(text)
    first_closing, first_opening = text.find("}"), text.find("{")
    if first_closing != -1 and (first_opening == -1 or first_closing < first_opening):
        text = text[:first_closing]
    text = text.split("=")[-1].split("\\approx")[-1]
    text = text.replace(" ", "").replace("\\,", "").replace("∞", "\\infty").replace("+\\infty", "\\infty")
    text = text.replace("\\\\", "\\").replace("\n", "")
    for word in _DROPPED[0]:
        text = text.replace(word, "")
    text = text.replace("bmatrix", "pmatrix")
    for word in (*_DROPPED[1], *_UNITS):
        text = text.replace(word, "")
    return _strip(text)


def _boxed(text: str) -> str:
    """From the first box to the last closing brace, as the script's greedy pattern has it; without one, the text."""
    start, end = text.find(_BOX), text.rfind("}")
    return text[start + len(_BOX) : end] if start != -1 and end >= start + len(_BOX) else text


def _strip(text: str) -> str:
    """`_strip_string`, from the MATH data set's own script."""
    text = text.replace("\n", "").replace("\\!", "").replace("\\\\", "\\")
    for old, new in (("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""), ("\\right", "")):
        text = text.replace(old, new)
    for word in ("^{\\circ}", "^\\circ", "\\$", "$"):
        text = text.replace(word, "")
    text = text.split("\\text{ ")[0].replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.")
    if not text:
        return text
    if text[0] == ".":
        text = "0" + text
    for mark in ("=", "\\approx"):
        if text.count(mark) == 1:
            text = text.split(mark)[-1]
    if "sqrt" in text:
        text = _brace_roots(text)
    text = text.replace(" ", "")
    if "sqrt" in text:
        text = _brace_fractions(text)
    return _as_fraction("\\frac{1}{2}" if text == "0.5" else text)


def _brace_roots(text: str) -> str:
    """`\\sqrt3` as `\\sqrt{3}`."""
    head, *tails = text.split("\\sqrt")
    fixed = (tail if not tail or tail[0] == "{" else f"{{{tail[0]}}}{tail[1:]}" for tail in tails)
    return "\\sqrt".join((head, *fixed))


def _brace_fractions(text: str) -> str:
    """`\\frac12` as `\\frac{1}{2}`; unchanged where one of the fractions is cut off."""
    head, *tails = text.split("\\frac")
    fixed = [head]
    for tail in tails:
        if tail and tail[0] == "{":
            fixed.append(tail)
        elif len(tail) < 2:
            return text
        elif tail[1] == "{":
            fixed.append(f"{{{tail[0]}}}{tail[1:]}")
        else:
            fixed.append(f"{{{tail[0]}}}{{{tail[1]}}}{tail[2:]}")
    return "\\frac".join(fixed)


def _as_fraction(text: str) -> str:
    """`3/4` as `\\frac{3}{4}`, where both are whole numbers as Python writes them."""
    top, _, bottom = text.partition("/")
    try:
        whole = f"{int(top)}/{int(bottom)}" == text
    except ValueError:  # no number, or one of more digits than Python reads
        return text
    return f"\\frac{{{top}}}{{{bottom}}}" if whole else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
