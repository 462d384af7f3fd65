"""What the words before a number say of it: stated ("is", "="), had ("costs"), merely mentioned ("of"), denied"
" ("not").

Word tables and one look at the last few words: it runs once for every number of a sentence, so it backtracks nowhere.
"""

from __future__ import annotations

import enum
import re
from typing import Final


class Cue(enum.IntEnum):
    """How the words before a number present it; the values are weights, the largest for a result."""

    DENIED = -100
    CONDITION = -3
    WEAK = -2
    NONE = 0
    WORTH = 2
    HAD = 3
    STATED = 4
    COMPUTED = 5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final = re.compile(r"[^\W\d_]+(?:['’][a-zàâäéèêëîïôöùûüç]+)?|[=≈≃→⇒≅:：<>≤≥]|\d+|\x01+")

# Words that may stand between a verb and the number it states.
_FILLER: Final = _words(
    "approximately about around roughly nearly almost exactly only just simply therefore thus then now also still"
    " indeed"
    " actually worth at as the a an hence again approx environ approximativement unos aproximadamente etwa ungefähr"
    " estimated precisely boxed fbox"
)
_IS: Final = _words(
    "= ≈ ≃ → ⇒ ≅ : ： is are was were be become becomes remain remains give gives yield yields get gets got equal"
    " equals"
    " total totals totaling totalling makes being comes amounts represent represents to shows show read reads obtain"
    " obtains namely answer leaving est sont son es ist sind beträgt é è são sera هو"
)
_IS_ENDINGS: Final = ("是", "为", "為", "有", "共", "得", "剩", "剩下", "需要", "赚了", "等于", "約", "约", "到", "了")
_HAS: Final = _words(
    "has have had need needs cost costs pay pays paid earn earns earned made make spend spends spent take takes took"
    " leave leaves left measure measures contain contains containing having require requires weigh weighs bought buy"
    " buys sold sell sells find found see use used uses save saves saved receive receives ate eat eats reach reaches"
    " drove run runs ran scored tiene tendrá hat travels travel walks walk"
)
_MODALS: Final = frozenset(["will", "can", "must", "would", "should", "could"])
_HAS_PAIRS: Final = frozenset([("a", "déjà"), ("aura", "encore"), ("il", "a"), ("elle", "a"), ("y", "a")])
_WORTH: Final = _words(
    "value score average mean median mode range length height width area volume perimeter cost price amount distance"
    " speed velocity rate weight mass age probability difference measure balance profit number count increase"
    " decrease"
    " drop gain loss change rise fall reduction discount"
)
_WEAK: Final = _words(
    "of by from per every each than least most between after first last next over under below above within before"
    " step"
    " figure fig table question problem case row column equation part page chapter option group item example top"
    " bottom"
    " more fewer less times plus minus into on with for through during since until line round day week year month"
    " level"
    " stage grade model version number object person player and bar team class box method dataset set point node"
    " angle"
    " side d'ici problem no exercise section"
)
_DENIALS: Final = frozenset(["not", "never", "cannot", "neither", "nor", "unlike", "without"])
_DENIAL_PAIRS: Final = frozenset(
    [("instead", "of"), ("rather", "than"), ("no", "longer"), ("such", "as"), ("for", "example"), ("for", "instance")]
)
_BESIDE_DENIAL: Final = frozenset(
    ["be", "equal", "to", "simply", "just", "exactly", "only", "the", "answer", "boxed", "fbox"]
)

_CONDITION: Final = re.compile(
    r"\b(?:at|when|if|for|where|let|with|since|given|assume|assuming|suppose|using|as|substitute|substituting"
    r"|plugging in|put|set|setting|than|because|that)\s+(?:(?:[a-z]\s?,\s?)?(?:[a-z]|\x01{1,80})\s?"
    r"(?:=|is|equals|approaches|tends to|goes to|gets closer to)?)\s*[$]?$"
    r"|\b(?:at|when|where)\s+[a-z]{2,8}\s?=\s*[$]?$"
)
# "40 + 80 =", as opposed to "x =": what stands before the sign was reckoned.
_COMPUTATION: Final = re.compile(r"\d[\d.,]{0,12}\)?\s?(?:[a-z%°]{1,14}+[.]?\s?){0,4}+\)?\s?[=≈≃]$")
_EQUALS: Final = frozenset("=≈≃")
_CONDITION_ENDS: Final = frozenset(["=", "is", "equals", "approaches", "to"])


def cue(before: str) -> Cue:
    """The cue of a number from the text before it in its sentence, in lower case; only the last 60 characters"
    " count."""
    before = before[-60:].rstrip(" \n\t*_`\"'“”($")
    words = _WORDS.findall(before)
    if not words:
        return Cue.NONE
    last = words[-1]
    if _is_denied(words):
        return Cue.DENIED
    if (last in _CONDITION_ENDS or len(last) == 1 or last[0] == "\x01") and _CONDITION.search(before):
        return Cue.CONDITION
    if last in _EQUALS and _COMPUTATION.search(before):
        return Cue.COMPUTED
    if last in _IS or last.endswith(_IS_ENDINGS):
        return Cue.STATED
    if tuple(words[-2:]) in _HAS_PAIRS:
        return Cue.HAD
    end = len(words)
    while end > 1 and words[end - 1] in _FILLER:
        end -= 1
    return _of_words(words[:end])


def condition_before(before: str) -> bool:
    """Whether the text before a formula makes it a condition: "when $x = 5$"."""
    return _CONDITION.search(before[-60:] + "\x01") is not None


def _of_words(words: list[str]) -> Cue:
    last = words[-1]
    pair = tuple(words[-2:])
    if last in _IS or last.endswith(_IS_ENDINGS) or pair in (("left", "with"), ("given", "by")):
        return Cue.STATED
    if last == "of" and len(words) > 1:
        if words[-2] == "total" or (words[-2] == "sum" and words[-3:-2] == ["a"]):
            return Cue.STATED
        if words[-2] in _WORTH:
            return Cue.WORTH
    if pair == ("in", "total"):
        return Cue.STATED
    if last in _HAS or pair in _HAS_PAIRS or (len(words) > 1 and words[-2] in _MODALS and last.isalpha()):
        return Cue.HAD
    if last in _WEAK or pair in (("divided", "by"), ("multiplied", "by"), ("out", "of")):
        return Cue.WEAK
    return Cue.NONE


def _is_denied(words: list[str]) -> bool:
    end = len(words)
    while end > 1 and (words[end - 1] in _BESIDE_DENIAL or words[end - 1] in _FILLER):
        end -= 1
    for position in {end, len(words)}:
        word = words[position - 1]
        if word in _DENIALS or word.endswith(("n't", "n’t", "不是", "并非", "不等于")):
            return True
        if tuple(words[position - 2 : position]) in _DENIAL_PAIRS:
            return True
    return False
