"""Answers stated in Chinese: 答案是C, 故选：C, 应选B项, C选项正确, 答案为145°; in Japanese and Korean by label only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reward_service.verifiers.choices.answers import read_short, sentence_end
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.labels import Labels, read_labels
from reward_service.verifiers.choices.page import Page
from reward_service.verifiers.choices.statements import MAX_CUES, label_finding

_CUE = re.compile(
    r"(?:(?:正确|最终|最后|所以|因此|故|本题|参考)?(?:的)?(?P<answer>答案|回答|答(?=:))[)\]]?(?:应该|应当|应|就)?"
    r"(?:选项|选择|选|是|为|:|\s){0,4}"
    r"|(?:故|应|因此|所以|应该|综上|则|正确的?|本题|我)?(?:选项|选择|选)(?:是|为|:|的是|\s){0,3}"
    r"|而(?:是|应选|应为)|(?:正解|答え|解答|정답|답)(?:は|은|는|이)?\s?:?)[\s:*_\"'(（]{0,6}"
)
_CORRECT = re.compile(r"(?<![A-Za-z])([A-Za-z])\s?(?:选项|项)?\s?(?:是|为)?\s?(?:正确|对的)")
_WRONG = re.compile(r"\s?(?:选?项)?[^。\n]{0,8}?(?:错误|不正确|不对|不符)")
_CLAUSE_END = re.compile(r"[。！？\n；，]")
_NOT_CHOSEN = ("不", "非", "能", "以下", "哪个", "各", "备", "排除")


def chinese(page: Page) -> Iterator[Finding]:
    """Every statement of an answer in Chinese."""
    flat = page.flat
    if flat.isascii():
        return
    for match in list(_CUE.finditer(flat))[-MAX_CUES:]:
        if flat[max(0, match.start() - 3) : match.start()].endswith(_NOT_CHOSEN):
            continue
        labels = _labels_after(page, match.end())
        if labels is not None:
            if not _WRONG.match(flat, labels.end, labels.end + 20):
                yield label_finding(page, labels, match.start(), "statement")
        elif match["answer"]:
            found = _text_after(page, match)
            if found is not None:
                yield found
    for match in list(_CORRECT.finditer(flat))[-MAX_CUES:]:
        place = page.options.find_label(match[1])
        if place is not None:
            labels = Labels(indices=(place,), end=match.end(), certain=True, bracketed=False)
            yield label_finding(page, labels, match.start(), "affirmed")


def _labels_after(page: Page, end: int) -> Labels | None:
    labels = read_labels(page.flat, end, page.options, several=page.several)
    if labels is None and page.flat[end - 1 : end] == "(":
        labels = read_labels(page.flat, end - 1, page.options, several=page.several)
    return labels if labels is not None and labels.certain else None


def _text_after(page: Page, match: re.Match[str]) -> Finding | None:
    end = sentence_end(page.flat, match.end())
    stop = _CLAUSE_END.search(page.flat, match.end(), end)
    segment = page.text[match.end() : stop.start() if stop else end]
    read = read_short(segment, page.options, several=page.several)
    if read is None or not read.indices:
        return None
    return Finding(
        indices=read.indices,
        position=match.start(),
        rule="statement",
        level="explicit",
        text=read.text,
        by_label=read.by_label,
    )
