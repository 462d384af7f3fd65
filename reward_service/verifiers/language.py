"""The `language` verifier: whether the reasoning stays in one language.

DeepSeek-R1 (arXiv 2501.12948) rewards the share of words in the target language, against chains of thought
that mix languages. A word's language is told by its script, which separates the mixtures seen in practice (Chinese,
Japanese, Korean, Cyrillic, Arabic, Latin); it does not tell English from French. Mathematics is left out: digits,
symbols, LaTeX commands and single letters belong to no language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, Verdict
from reward_service.verifiers.registry import Verifier

# CJK characters count one word each; the others are runs of letters of one script.
_SCRIPTS = {
    "latin": r"[A-Za-z\u00c0-\u024f]{2,}",
    "chinese": r"[\u3400-\u4dbf\u4e00-\u9fff]",
    "japanese": r"[\u3040-\u30ff]",
    "korean": r"[\uac00-\ud7af]+",
    "cyrillic": r"[\u0400-\u04ff]+",
    "arabic": r"[\u0600-\u06ff]+",
    "devanagari": r"[\u0900-\u097f]+",
}
_WORDS = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _SCRIPTS.items()))
_MATHEMATICS = re.compile(r"\\[A-Za-z]+|\$[^$\n]{0,2000}\$|</?[a-z]{1,20}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageParameters:
    """Parameters of the `language` verifier."""

    script: str = parameter(
        "auto", "the script wanted; auto: that of the question, or latin without one", choices=("auto", *_SCRIPTS)
    )


def script_counts(text: str) -> dict[str, int]:
    """Words per script, mathematics left out."""
    counts: dict[str, int] = {}
    for match in _WORDS.finditer(_MATHEMATICS.sub(" ", text)):
        name = match.lastgroup or ""
        counts[name] = counts.get(name, 0) + 1
    return counts


def check(text: str, reference: Reference, parameters: LanguageParameters, budget: Budget) -> Verdict:
    """Score: the share of words in the wanted script, 1 for a response without words."""
    budget.spend(1 + (len(text) + len(reference.question)) // 10)
    wanted = parameters.script
    if wanted == "auto":
        asked = script_counts(reference.question)
        wanted = max(asked, key=lambda name: (asked[name], name)) if asked else "latin"
    counts = script_counts(text)
    accepted = {wanted, "chinese"} if wanted == "japanese" else {wanted}  # Japanese is written with kanji too
    total = sum(counts.values())
    share = sum(counts.get(name, 0) for name in accepted) / total if total else 1.0
    status = Status.CORRECT if share == 1.0 else Status.INCORRECT if share == 0.0 else Status.PARTIAL
    reason = f"{share:.1%} of {total} words are in the {wanted} script"
    return Verdict(status=status, score=share, reason=reason, rule=f"language.{wanted}")


VERIFIER = Verifier(
    name="language",
    version="1",
    summary="Share of a response's words that are in the wanted script (language consistency).",
    parameters=LanguageParameters,
    check=check,
)
