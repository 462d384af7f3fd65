"""What of a response is the answer at all: not the reasoning, not what follows the end of the model's turn.

An answer that stands only inside reasoning tags is no answer; reasoning that never closes was cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Opening and closing marks of reasoning, as emitted by DeepSeek-R1, Qwen3 and QwQ, Kimi, Magistral, Sky-T1, gpt-oss.
_OPENERS = (
    "<think>",
    "<thinking>",
    "<thought>",
    "<reasoning>",
    "◁think▷",
    "[THINK]",
    "<|begin_of_thought|>",
    "<seed:think>",
    "<|channel|>analysis",
)
_CLOSERS = (
    "</think>",
    "</thinking>",
    "</thought>",
    "</reasoning>",
    "◁/think▷",
    "[/THINK]",
    "<|end_of_thought|>",
    "</seed:think>",
    "<|channel|>final",
)
_MARK_HINTS = ("think", "THINK", "thought", "reasoning>", "<|channel|>")

# What a model prints when it runs on past its own turn: chat markers, or the next question of an invented dialogue.
_TURN_ENDS = (
    (
        "<|",
        (
            "<|im_end|>",
            "<|im_start|>",
            "<|endoftext|>",
            "<|eot_id|>",
            "<|end|>",
            "<|end_of_text|>",
            "<|return|>",
            "<|user|>",
            "<|end_of_solution|>",
        ),
    ),
    ("</s>", ("</s>",)),
    ("<end_of_turn>", ("<end_of_turn>",)),
    ("[INST]", ("[INST]",)),
)
_BLANKS = re.compile(r"\s*")
_NEXT_QUESTION = re.compile(r"\n[ \t*#]{0,4}(?:Question|Human|User|USER|Hint|Problem|Q)(?: \d{1,3})?[ \t*]{0,3}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The part of a response in which an answer counts, and whether its reasoning was cut off."""

    start: int
    end: int
    truncated: bool = False


def answer_region(text: str) -> Region:
    """The stretch after the reasoning and before the end of the turn.

    With nothing after the closing tag, what stood before the reasoning counts; after an opening tag that never
    closes, nothing does.
    """
    start, truncated, end = 0, False, len(text)
    if any(hint in text for hint in _MARK_HINTS):
        start, end, truncated = _after_reasoning(text)
    end = _turn_end(text, start, end)
    return Region(start=start, end=end, truncated=truncated)


def answer_tag(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The inside of the last `<answer>` element of the region that is not empty."""
    stop = end
    for _ in range(8):
        opened = text.rfind("<answer>", start, stop)
        if opened < 0:
            return None
        inner = opened + len("<answer>")
        closed = text.find("</answer>", inner, end)
        inner_end = closed if closed >= 0 else end
        if text[inner : min(inner_end, inner + 200)].strip(" \n\t."):
            return inner, inner_end
        stop = opened
    return None


def _after_reasoning(text: str) -> tuple[int, int, bool]:
    start, closed_at = 0, -1
    for closer in _CLOSERS:
        at = text.rfind(closer)
        if at >= 0 and at + len(closer) > start:
            start, closed_at = at + len(closer), at
    opened = -1
    for opener in _OPENERS:
        at = text.find(opener, start)
        if at >= 0 and (opened < 0 or at < opened):
            opened = at
    if opened >= 0:
        return start, opened, True
    if closed_at >= 0 and not text[start : start + 400].strip():
        first = min((at for opener in _OPENERS if (at := text.find(opener)) >= 0), default=0)
        if not text[start:].strip():
            return 0, first, False
    return start, len(text), False


def _turn_end(text: str, start: int, end: int) -> int:
    """The first mark of a finished turn that something was said before."""
    begin = _BLANKS.match(text, start, end).end()  # type: ignore[union-attr]
    for lead, marks in _TURN_ENDS:
        if text.find(lead, begin, end) < 0:
            continue
        for mark in marks:
            at = text.find(mark, begin, end)
            if at == begin:  # a marker before the first word opens the turn
                begin = at + len(mark)
                at = text.find(mark, begin, end)
            if at > begin:
                end = at
    match = _NEXT_QUESTION.search(text, begin + 1, end) if begin < end else None
    return match.start() if match and text[begin : match.start()].strip() else end
