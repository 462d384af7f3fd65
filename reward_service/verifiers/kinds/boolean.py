"""Yes and no, true and false, in English and Chinese, with or without an explanation after the word.

"Yes", "true" and "correct" are one answer, "no", "false" and "incorrect" the other. "Not sure" is neither, and an
answer that says both is none.
"""

from __future__ import annotations

import re

from reward_service.verifiers.outcome import Context, Outcome

_YES = ("yes", "true", "correct", "right", "yeah", "yep", "affirmative", "是的", "是", "对的", "对", "正确", "真")
_NO = (
    "no",
    "false",
    "incorrect",
    "wrong",
    "nope",
    "negative",
    "untrue",
    "不是",
    "否",
    "不对",
    "不正确",
    "错误",
    "错",
    "假",
)
_READ_CHARACTERS = 300

_WRAPPERS = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|boxed|textrm|emph)\s{0,3}\{|[{}$*_`\"“”]|\\[()\[\],;!]|\\(?=\s)"
)
_POLAR = re.compile(
    r"(?P<word>(?<![a-z])(?:yes|true|correct|right|yeah|yep|affirmative|no|false|incorrect|wrong|nope|negative|untrue)(?![a-z])"
    r"|是的|不是|是|对的|不对|对|不正确|正确|真|否|错误|错|假)"
)
_FRAME = re.compile(
    r"(?:\s|[:,.\-–—>(\[#：，]|\b(?:it|is|it's|this|that|that's|the|final|answer|statement|claim|given|to|question|i|think|would|say|believe"
    r"|be|so|therefore|thus|hence|definitely|clearly|certainly|indeed|absolutely|of|course|well|response|conclusion|option|proposition|was"
    r"|assertion|sentence|equation|function|judgement|ans|a|b|c|d)\b|答案(?:是|为)?|所以|因此|结论(?:是|为)?|该|说法|命题|判断|这|个|为|选|：|['‘’]|\))*"
)
_NOT = re.compile(r"\b(?:not|isn't|never|hardly)\s+(?:at\s+all\s+|really\s+|quite\s+)?$|(?:不|并不|并非)$")
_UNSURE = re.compile(
    r"\b(?:not\s+(?:sure|certain|clear|known|possible\s+to|enough)|unsure|uncertain|unknown|maybe|perhaps|possibly|depends|cannot|can't|"
    r"undetermined|unclear|either|neither|sometimes|partly|partially)\b|不确定|无法|不能|可能|不一定"
)
_CALCULATED = re.compile(r"\s*[+*^=<>\\]|\s*(?:\bor\b|或)\s|\s*,?\s*[-+]?\d[\d.,]*\s*$")  # "no + 1", "yes, 12"
_BOTH = re.compile(r"\s*(?:/|\||,?\s*\b(?:or|and)\b|或|和|,)\s*$")


def compare(gold: str, answer: str, context: Context) -> Outcome | None:
    """Compare two yes/no answers; None where the reference is not one."""
    wanted = _exact(gold)
    if wanted is None:
        return None
    found = polarity(answer)
    if found is None:
        return Outcome(equal=False, rule="boolean.none", reason="the answer says neither yes nor no")
    if found == wanted:
        return Outcome(equal=True, rule="boolean.same", reason=f"both say {_name(wanted)}")
    return Outcome(
        equal=False, rule="boolean.opposite", reason=f"the answer says {_name(found)}, the reference {_name(wanted)}"
    )


def is_polar(gold: str) -> bool:
    """Whether a reference is a bare yes or no."""
    return _exact(gold) is not None


def polarity(text: str) -> bool | None:
    """What a yes/no answer says: its first polar word, a "not" before it counted; None for neither and for both."""
    plain = _WRAPPERS.sub("", text[:_READ_CHARACTERS].replace("’", "'")).casefold().strip()
    frame = _FRAME.match(plain)
    start = frame.end() if frame else 0
    match = _POLAR.match(plain, start)
    if match is None:
        return _after_not(plain, start)
    if _UNSURE.search(plain[:start]) or _CALCULATED.match(plain, match.end()):
        return None
    said = match["word"] in _YES
    if _NOT.search(plain[: match.start()]):
        said = not said
    following = _POLAR.search(plain, match.end())
    opposite = following is not None and (following["word"] in _YES) != (match["word"] in _YES)
    if following is not None and opposite and _BOTH.match(plain[match.end() : following.start()]):
        return None
    return said


def _after_not(plain: str, start: int) -> bool | None:
    """ "Not true", "not correct": the opposite of the word denied."""
    denied = re.match(r"(?:not|isn't|never)\s+(?:at\s+all\s+|really\s+|quite\s+|necessarily\s+)?", plain[start:])
    if denied is None or _UNSURE.match(plain, start):
        return None
    match = _POLAR.match(plain, start + denied.end())
    return None if match is None or "necessarily" in denied[0] else match["word"] not in _YES


def _exact(text: str) -> bool | None:
    """Whether a reference is a bare yes or no, and which."""
    plain = _WRAPPERS.sub("", text).casefold().strip(" \t\n.。!！()'‘’")
    if plain in ("yes", "true", "correct", "是", "是的", "对", "对的", "正确", "真", "t", "y"):
        return True if len(plain) > 1 or not plain.isascii() else None
    if plain in ("no", "false", "incorrect", "wrong", "否", "不是", "不对", "不正确", "错", "错误", "假"):
        return False
    return None


def _name(value: bool) -> str:
    return "yes" if value else "no"
