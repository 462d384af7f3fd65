"""Long texts on a page: how much of each is shown within a budget, and a response cut into what it is made of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reward_service.verifiers.extraction.tags import answer_region

Piece = tuple[str, str]  # (kind, text); kinds: "text", "answer", "reasoning", "after", "cut"

# Reasoning that follows the answer, which the region then ends before.
_OPENERS = ("<think", "<reasoning", "<thought", "[THINK]", "◁think")
_LABELLED = re.compile(r"\(?([A-Za-z])(?:\)|[.:])?(?=\s|$)")


def fair_share(lengths: Sequence[int], budget: int) -> int:
    """The largest length such that all texts, cut to it, fit into `budget`; short ones leave room to long ones."""
    left = budget
    for place, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - place)
        if length > share:
            return share
        left -= length
    return max(lengths, default=0)


def shortened(text: str, most: int) -> list[Piece]:
    """The text, or its beginning and its end with what is between them counted."""
    if len(text) <= most:
        return [("text", text)] if text else []
    head = most * 2 // 3
    tail = most - head
    cut = len(text) - head - tail
    return [("text", text[:head]), ("cut", f"{cut:,} characters left out"), ("text", text[len(text) - tail :])]


def pieces(text: str, extracted: str | None, extraction_rule: str, most: int) -> list[Piece]:
    """A response as reasoning, text, the extracted answer where it stands, and what follows the end of the turn.

    What exceeds `most` characters is left out: of the reasoning first, and never the answer.
    """
    region = answer_region(text)
    before, said, after = text[: region.start], text[region.start : region.end], text[region.end :]
    if region.truncated:  # reasoning that was cut off: it is all there is
        before, after = before + after, ""
    at = locate(said, extracted, extraction_rule)
    parts: list[Piece] = [("reasoning", before)]
    if at is None:
        parts.append(("text", said))
    else:
        parts += [("text", said[: at[0]]), ("answer", said[at[0] : at[1]]), ("text", said[at[1] :])]
    parts.append(("reasoning" if after.lstrip().startswith(_OPENERS) else "after", after))
    room = most
    found: list[list[Piece]] = [[] for _ in parts]
    order = sorted(range(len(parts)), key=lambda place: (_RANK[parts[place][0]], len(parts[place][1])))
    for place in order:
        kind, part = parts[place]
        kept = [("text", part)] if kind == "answer" else shortened(part, max(room, 200))
        room -= sum(len(shown) for what, shown in kept if what != "cut")
        found[place] = [(kind if what == "text" else what, shown) for what, shown in kept if shown]
    return [piece for each in found for piece in each]


_RANK = {"answer": 0, "text": 1, "reasoning": 2, "after": 3}


def locate(text: str, extracted: str | None, extraction_rule: str = "") -> tuple[int, int] | None:
    """Where the extracted answer stands in `text` (code points, end exclusive), or None where it does not verbatim.

    The last place counts that is not inside a longer word or number; for a boxed answer, the last box.
    """
    if not extracted or not extracted.strip():
        return None
    wanted = extracted.strip()
    if "boxed" in extraction_rule:
        box = text.rfind("\\boxed")
        at = text.find(wanted, box) if box >= 0 else -1
        if at >= 0:
            return at, at + len(wanted)
    for candidate in _written(wanted):
        place = _last(text, candidate)
        if place is not None:
            return place, place + len(candidate)
    lowered = text.lower()
    if len(lowered) == len(text):  # else places would shift
        place = _last(lowered, wanted.lower())
        if place is not None:
            return place, place + len(wanted)
    return None


def _written(wanted: str) -> Iterable[str]:
    """The ways the answer may stand there: as it is, and an option by its label alone."""
    yield wanted
    label = _LABELLED.match(wanted)
    if label is not None and len(wanted) > 1:
        yield f"({label[1]})"
        yield wanted[label.end() :].strip() or wanted
        yield label[1]


def _last(text: str, wanted: str) -> int | None:
    end = len(text)
    for _ in range(64):  # places inside longer words are passed over, boundedly
        at = text.rfind(wanted, 0, end)
        if at < 0:
            return None
        if not (_joined(text, at) or _joined(text, at + len(wanted))):
            return at
        end = at + len(wanted) - 1
    return None


def _joined(text: str, place: int) -> bool:
    """Whether the characters on both sides of `place` belong to one word or number."""
    if not 0 < place < len(text):
        return False
    left, right = text[place - 1], text[place]
    if left.isascii() and right.isascii() and left.isalnum() and right.isalnum():
        return True
    return (left == "." and right.isdigit() and place > 1 and text[place - 2].isdigit()) or (
        left.isdigit() and right == "." and place + 1 < len(text) and text[place + 1].isdigit()
    )
