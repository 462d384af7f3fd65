"""Places where a response says outright what it answers: "the answer is C", "option C is correct", "故选C", a box.

Each rule yields Findings in any order; which one counts is decided in decision.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reward_service.limits import Budget
from reward_service.verifiers.choices.answers import read_at, read_short, sentence_end
from reward_service.verifiers.choices.findings import Finding
from reward_service.verifiers.choices.labels import OUT_OF_RANGE, read_labels
from reward_service.verifiers.choices.options import Options
from reward_service.verifiers.choices.surface import Surface
from reward_service.verifiers.extraction.boxed import find_boxed

_MAX_CUES = 60

_ANSWER_NOUN = re.compile(
    r"\b(?P<noun>answers?|ans|option|choice|solution|response|letter|conclusion|prediction|selection"
    r"|réponse|respuesta|resposta|risposta|antwort|ответ|cevap|odpowiedź)\b(?!-)",
    re.IGNORECASE,
)
_KIND_OF_NOUN = {
    "option": "option",
    "choice": "option",
    **dict.fromkeys(("solution", "response", "letter", "prediction", "selection"), "weak"),
}
_COPULA = re.compile(
    r"(?P<gap>(?:[^.?!\n;:=]|\.(?=\d)){0,90}?)"
    r"(?P<copula>\b(?:is|are|was|be|becomes?|seems|appears|est|es|é|è|ist)\b(?!n't)|[:=]|->|→|⇒)",
    re.IGNORECASE,
)
_DASH = re.compile(r"[ \t*_]{1,4}[-–—]{1,2}[ \t*_]{1,4}")
_HEADING = re.compile(r"[ \t*_#:]{0,12}\n", re.IGNORECASE)
_DIRECT_LABEL = re.compile(r"(?:\s+(?:choice|option|letter|number))?[\s*_\"']{0,4}", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:not|never|cannot|can't|neither|incorrect|wrong|eliminate\w*|unlikely|other|if|each|every|any|per|another)\b|n't",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:choose|select|pick|go\s+with|opt\s+for|going\s+with|chose|selecting|choosing|mark|matches|corresponds\s+to|"
    r"match(?:es)?\s+with|corresponding\s+to)\b\s*",
    re.IGNORECASE,
)
_IT_IS = re.compile(
    r"\b(?:it's|it\s+is|it\s+(?:must|should|would|has\s+to|could\s+only|can\s+only)\s+be|that's|that\s+is|leaves(?:\s+us\s+with)?|leaving|"
    r"(?:i|we)(?:'d|\s+would|\s+will|'ll)?\s+(?:say|guess|answer|go\s+for|choose|pick))\s{1,3}"
    r"(?:only\s|just\s|definitely\s|likely\s|probably\s|option\s|choice\s|answer\s|letter\s){0,3}[*_\"']{0,3}",
    re.IGNORECASE,
)
_SO = re.compile(
    r"(?:\b(?:so|thus|hence|therefore|consequently|accordingly|conclusion)\b|∴|=>|⇒|→|->)[\s,:*_\"']{0,6}"
    r"(?:the\s|option\s|choice\s|answer\s|letter\s|is\s){0,3}[*_\"']{0,3}",
    re.IGNORECASE,
)
_SENTENCE_CLOSES = re.compile(r"[\s*_\"')]{0,4}(?:[.!;\n]|$)")
_BOTH = re.compile(
    r"\b(?:both|either)\s{1,3}(?:options?\s|choices?\s|answers?\s)?|\b(?:options|choices|answers)\s{1,3}", re.IGNORECASE
)
_ARE_CORRECT = re.compile(
    r"\s{1,3}(?:are|is|could\s+be|can\s+be|may\s+be|seem|would\s+be)\s(?:both\s|all\s|equally\s|the\s|possibly\s){0,3}"
    r"(?:correct|right|answers?\b|true|possible|valid|plausible)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[\s*_\"')]{0,4}(?:[.!;,\n]|$|because\b|since\b|as\b)", re.IGNORECASE)
_LABEL_CORRECT = re.compile(
    r"(?:(?P<noun>\b(?:option|choice|answer|statement|image|figure|graph|picture|diagram|letter)\b[\s*_\"']{1,5})"
    r"|(?P<open>[(\[])|(?:(?<=\n)|^|(?<=[.!?:,] )|(?<=\b(?:so|is) ))[\s*_]{0,4})(?P<label>[A-Za-z])\b[)\].:]?"
    r"(?P<gap>[^.?!\n;]{0,120}?)\b(?:is|are|was|be|as|seems|appears|represents)\s+(?:[a-z]+\s+){0,3}?"
    r"(?:correct|right(?=\s+(?:answer|option|choice|one)|[\s*_]*[.,;!\n]|[\s*_]*$)|answer|best\s+(?:answer|option|choice|match|fit)|true\s+answer|most\s+(?:\w+\s+)?(?:likely|appropriate|accurate|suitable|plausible|reasonable)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_CHINESE = re.compile(
    r"(?:(?:正确|最终|最后|所以|因此|故|本题|参考)?(?:的)?(?:答案|回答)[)\]]?(?:应该|应当|应|就)?(?:选项|选择|选|是|为|:|\s){0,4}"
    r"|(?:故|应|因此|所以|应该|综上|则|正确的?|本题|我)?(?:选项|选择|选)(?:是|为|:|的是|\s){0,3}|而(?:是|应选|应为))[\s:*_\"'(（]{0,6}"
)
_CHINESE_LABEL = re.compile(r"(?<![A-Za-z])([A-Za-z])\s*(?:选项|项|)\s*(?:是|为)?\s*(?:正确|对的)")
_CHINESE_SENTENCE = re.compile(r"[。！？\n；，]")


def boxed(surface: Surface, options: Options, budget: Budget, *, run: bool) -> Finding | None:
    """The last box that counts, with what it names."""
    if "box" not in surface.text:
        return None
    found = find_boxed(surface.text, 0, len(surface.text), budget)
    if found is None or not found.text.strip():
        return None
    read = read_short(found.text, options, run=run)
    indices, by_label, shown = read if read is not None else (frozenset[int](), False, found.text.strip())
    return Finding(indices=indices, position=found.start, rule="boxed", level="boxed", text=shown, by_label=by_label)


def answer_statements(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """ "The answer is X", "Answer: X", "the correct option would be X", "answer X"."""
    flat = surface.flat
    cues = list(_ANSWER_NOUN.finditer(flat))
    for cue in cues[:10] + cues[10:][-_MAX_CUES:]:
        yield from _after_noun(surface, options, cue, run=run)


def _after_noun(surface: Surface, options: Options, cue: re.Match[str], *, run: bool) -> Iterator[Finding]:
    text, flat = surface.text, surface.flat
    noun = _KIND_OF_NOUN.get(cue["noun"].lower(), "answer")
    before = flat[max(0, cue.start() - 60) : cue.start()]
    if _NEGATION.search(before.rsplit(".", 1)[-1].rsplit("\n", 1)[-1][-24:]):
        return
    direct = _DIRECT_LABEL.match(flat, cue.end())
    labels = read_labels(flat, direct.end(), options, run=run) if direct and direct.end() > cue.end() else None
    if labels is not None and labels.certain:
        if noun == "answer" and not is_denied(flat, labels.end) and not _enumerates(flat, labels.end):
            yield _label_finding(labels.indices, cue.start(), "statement", text[cue.start() : labels.end], options)
        elif noun == "option" and _concludes(before):
            if not is_denied(flat, labels.end):
                yield _label_finding(labels.indices, cue.start(), "concluded", text[cue.start() : labels.end], options)
        return
    copula = _COPULA.match(flat, cue.end())
    position = None
    if noun == "answer":
        heading = _HEADING.match(flat, cue.end()) or _DASH.match(flat, cue.end())
        position = heading.end() if heading else None
    if position is None:
        if copula is None or _NEGATION.search(copula["gap"]):
            return
        position = copula.end()
    read = read_at(text, flat, position, options, run=run)
    if read is None:
        return
    indices, by_label, shown = read
    if not indices and noun != "answer":
        return
    yield Finding(
        indices=indices,
        position=cue.start(),
        rule="statement",
        level="explicit",
        text=shown[:200],
        by_label=by_label,
    )


def _label_finding(indices: tuple[int, ...], position: int, rule: str, shown: str, options: Options) -> Finding:
    groups = frozenset(index if index == OUT_OF_RANGE else options.group_of(index) for index in indices)
    return Finding(indices=groups, position=position, rule=rule, level="explicit", text=shown.strip()[:200])


_DENIED = re.compile(
    r"[\s*_\"')\]]{0,4}(?:(?:choice|option)\s|,[^,.\n]{1,60},\s?)?(?:(?:is|are|was|would\s+be|can|does|do|seems?|could|should)\s{0,3}"
    r"(?:also\s|clearly\s|therefore\s|definitely\s|be\s)?(?:not|n't|incorrect|wrong|false|invalid|unlikely|eliminated|ruled\s+out|excluded|implausible|irrelevant)|n't"
    r"|cannot|can't|\s{0,3}if)\b",
    re.IGNORECASE,
)
_ENUMERATES = re.compile(r"[\s*_\"')\]]{0,4}:\s*\S")
_CONCLUDES = re.compile(
    r"(?:\b(?:is|be|are|was|as|to|with|matches|represents?|describes?|choose|select|pick|suggests?|therefore|thus|hence|"
    r"so|means|makes?|supports?|indicates?|conclude)\b|[:,(](?!\s*\n))[\s*_\"'(]{0,6}(?:the\s|correct\s|answer\s|most\s|likely\s|best\s){0,3}$",
    re.IGNORECASE,
)


def is_denied(flat: str, end: int) -> bool:
    """Whether what follows a label says that it is wrong, or makes it a condition."""
    return bool(_DENIED.match(flat, end))


def _enumerates(flat: str, end: int) -> bool:
    """ "Answer A: because ..." lists options rather than choosing one."""
    return bool(_ENUMERATES.match(flat, end))


def _concludes(before: str) -> bool:
    return bool(_CONCLUDES.search(before))


def chosen(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """ "I choose (C)", "which corresponds to C"."""
    flat = surface.flat
    for match in list(_VERB.finditer(flat))[-_MAX_CUES:]:
        before = flat[max(0, match.start() - 20) : match.start()]
        if _NEGATION.search(before):
            continue
        position = match.end()
        filler = re.compile(r"(?:\s|the|option|choice|answer|letter|[*_\"':]){0,8}", re.IGNORECASE).match(
            flat, position
        )
        start = filler.end() if filler else position
        labels = read_labels(flat, start, options, run=run)
        if (
            labels is not None
            and labels.certain
            and (labels.bracketed or start - position > 3 or len(labels.indices) == 1)
        ):
            if not is_denied(flat, labels.end):
                yield _label_finding(
                    labels.indices, match.start(), "chosen", surface.text[match.start() : labels.end], options
                )


def concluded(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """ "So (B).", "Thus C.", "∴ B": a label alone after a concluding word; "both A and B are correct"."""
    flat = surface.flat
    for match in list(_SO.finditer(flat))[-_MAX_CUES:]:
        labels = read_labels(flat, match.end(), options, run=run)
        if labels is not None and labels.certain and _SENTENCE_CLOSES.match(flat, labels.end):
            yield _label_finding(
                labels.indices, match.start(), "concluded", surface.text[match.start() : labels.end], options
            )
    for match in list(_BOTH.finditer(flat))[-_MAX_CUES:]:
        labels = read_labels(flat, match.end(), options, run=run)
        if labels is not None and len(labels.distinct) > 1 and _ARE_CORRECT.match(flat, labels.end):
            yield _label_finding(
                labels.indices, match.start(), "affirmed", surface.text[match.start() : labels.end], options
            )


def pointed(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """ "I think it's B", "so it must be (D)", "that leaves C": a label that ends its clause."""
    flat = surface.flat
    for match in list(_IT_IS.finditer(flat))[-_MAX_CUES:]:
        labels = read_labels(flat, match.end(), options, run=run)
        if labels is None or not labels.certain or not (labels.bracketed or _CLAUSE_END.match(flat, labels.end)):
            continue
        yield _label_finding(
            labels.indices, match.start(), "pointed", surface.text[match.start() : labels.end], options
        )


def affirmed(surface: Surface, options: Options) -> Iterator[Finding]:
    """ "Option C is correct", "(C) is the right answer"."""
    flat = surface.flat
    if options.style != "letter":
        return
    for match in list(_LABEL_CORRECT.finditer(flat))[-_MAX_CUES:]:
        if _NEGATION.search(match[0]) or (match["label"].islower() and not match["open"] and not match["noun"]):
            continue
        if match["noun"] and match["noun"].lower().strip(" *_\"'") not in ("option", "choice", "answer", "letter"):
            if not options.mostly_bare:
                continue
        place = options.find_label(match["label"])
        if place is None:
            continue
        if match["label"] in "AI" and not match["noun"] and not match["open"] and match["gap"].strip():
            continue
        yield _label_finding((place,), match.start(), "affirmed", match[0], options)


def chinese(surface: Surface, options: Options, *, run: bool) -> Iterator[Finding]:
    """答案是C, 故选C, C选项正确."""
    flat = surface.flat
    if flat.isascii():
        return
    for match in list(_CHINESE.finditer(flat))[-_MAX_CUES:]:
        before = flat[max(0, match.start() - 3) : match.start()]
        if before.endswith(("不", "非", "能", "以下", "哪个", "各", "备", "排除")):
            continue
        labels = read_labels(flat, match.end(), options, run=run)
        if labels is None and flat[match.end() - 1 : match.end()] in "(（":
            labels = read_labels(flat, match.end() - 1, options, run=run)
        if labels is not None and labels.certain:
            if re.match(r"\s*(?:选?项)?[^。\n]{0,8}(?:错误|不正确|不对|不符)", flat[labels.end : labels.end + 20]):
                continue
            yield _label_finding(
                labels.indices, match.start(), "statement", surface.text[match.start() : labels.end], options
            )
        elif "答案" in match[0]:
            end = sentence_end(flat, match.end())
            stop = _CHINESE_SENTENCE.search(flat, match.end(), end)
            segment = surface.text[match.end() : stop.start() if stop else end]
            read = read_short(segment, options, run=run)
            if read and read[0]:
                yield Finding(
                    indices=read[0],
                    position=match.start(),
                    rule="statement",
                    level="explicit",
                    text=read[2],
                    by_label=read[1],
                )
    for match in list(_CHINESE_LABEL.finditer(flat))[-_MAX_CUES:]:
        place = options.find_label(match[1])
        if place is not None:
            yield _label_finding((place,), match.start(), "affirmed", match[0], options)
