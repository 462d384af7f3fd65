"""Answers that a response announces in words: "Final answer: 5", "the answer is 5", "#### 5", "A: 5", "答案是 5".

Occurrences are tried from the last one back; one that is denied, asked, quoted from the instructions or followed by a
placeholder does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reward_service.verifiers.extraction.boxed import is_placeholder
from reward_service.verifiers.extraction.doubt import refuses
from reward_service.verifiers.extraction.trim import without_reason
from reward_service.verifiers.extraction.view import View, sentence_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a phrase announces, in characters of the view's body. `final` marks the phrases that end a response.

    `paragraph` says that the answer is set off below its phrase and may take several sentences.
    """

    start: int
    end: int
    rule: str
    final: bool = False
    paragraph: bool = False


_ANSWER = re.compile(
    r"(?P<final>\bfinal[\s_]{1,3}(?:correct |numerical |numeric )?(?:value|result|solution|number|count|answers?)\b)"
    r"|(?:\b|(?<=_))(?:answers?|ans)\b"
    r"|(?P<chinese>(?:最终)?答案|正确选项|最终结果|故选|应选|(?<=因此)选|(?<=所以)选|故(?=为|是|答案))"
    r"|(?P<other>\b(?:r[ée]ponse|respuesta|antwort|risposta|resposta|odpowied[źz]|cevap)\b|ответ|答え|정답|답은"
    r"|الإجابة|الجواب|उत्तर)"
)
_SUBJECT = (
    r"(?:\s(?:to|for) (?:the|this|your) question[,:]?\s?(?:\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”)|\s(?:to|for|of|in"
    r"|here|from|as|that|which|we|you|i|based|after|given|using|when|would|rounded|expressed)\b"
    r"[^.:：\n=?!\x01]{0,120}?)?"
)
_LINK = re.compile(
    r"[\s*_`\"'”)\]}]{0,6}" + _SUBJECT + r"[\s*_`\"]{0,4}"
    r"(?:(?P<copula>\b(?:is|are|was|were|be|equals?|becomes?|comes out to(?: be)?|turns out to be)\b|'s\b)"
    r"(?:\s+(?:therefore|thus|then|simply|just|indeed|also|hence|clearly|actually|now|still|equal to|given by"
    r"|as follows"
    r"|the following|in fact|of course|obviously|definitely|probably|likely|for sure|most likely"
    r"|found to be))*\s*[:：]?"
    r"|(?P<mark>(?:[:：=]|->|→|⇒|⟹|\s[-–—]\s)|(?<=\] )))"
)
_CHINESE_LINK = re.compile(
    r"[\s*_\"”》】)]{0,6}(?:应该|应当|应|就|可能)?(?P<copula>是|为|為|等于|选项?|即|約?等於)?(?:选项?)?[\s*_]{0,4}(?P<mark>[:：=])?"
)
_OTHER_LINK = re.compile(
    r"[\s*_\"”)]{0,4}(?:[^.:：\n=?!]{0,60}?\s)??(?P<copula>(?:est|es|ist|è|é|e|jest|это|هي|هو|है)(?=[\s:])|は|은|는)?"
    r"[\s*_]{0,4}(?P<mark>[:：=]|[-–—](?=\s))?"
)
_HEADING_GAP = re.compile(r"[\s*_`#>:：=-]{0,12}\n\s{0,20}")
_SKIP = re.compile(r"[\s*_`:：>#]{0,40}")
_DENIED = re.compile(
    r"\s*[*_]{0,2}(?:not\b(?! only)|n't\b|never\b|neither\b|wrong\b|incorrect\b|correct\b(?=\s*[.!,:]|\s*$)|不是|不对)"
)
_ASKED = re.compile(
    r"(?:\b(?:what|which|how|whether|if|until|once|unless|suppose|assume|why|when|because|before|whose"
    r"|check (?:that|if))\b"
    r"(?: (?:the|my|our|this|that|your|a|correct|final|right|possible))* ?|\b(?:is|are|does|would|could|can) (?:the"
    r"|this|my|our|your) ?)$"
)
_EXAMPLE = re.compile(r"\b(?:for example|for instance|e\.g)\b[^\n.]{0,120}$")
_INSTRUCTED = re.compile(
    r"\b(?:put|write|give|provide|present|enclose|state|box|format|place|output|end (?:with|your)|respond|begin"
    r"|start|return"
    r"|type|express|find|compute|need|must|should|want|asked|asks|expects?|options?|choices?)\b[^.\n]{0,60}$"
)
_TALK = re.compile(
    r"\s*(?:in|within|inside|should be (?:in|given|put|a|an|formatted|written|of|expressed)|as (?:a|an|the)\b"
    r"|should|must"
    r"|will be (?:in|a|an)\b|format|choices?|options?|sheet|key|is (?:in|within) (?:the )?(?:format|form|box))\b"
)
_HASHES = re.compile(r"(?:^|\n)[ \t]{0,4}####[ \t]{0,4}(?P<rest>[^\n]{1,200})")
_HASH_ANSWER = re.compile(
    r"[\s*_]{0,4}(?:[-−+]?\s?\\?[$€£¥]?\s?[-−]?[\d.\x01(\[{\\][^\n]{0,80}"
    r"|[a-z][\w-]{0,30}(?:\s[\w-]{1,20}){0,2})[\s.*_]*$"
)
_HASH_STEP = re.compile(r"\s*(?:\d{1,2}[.)]\s|step\b|case\b|part\b|solution\b|explanation\b|note\b)")
_LETTER_MARK = re.compile(r"(?:^|\n)[ \t*_]{0,6}a[ \t*_]{0,4}[:：][ \t*_]{0,6}(?=\S)")
_JSON = re.compile(
    r"[\"'](?i:(?:final[ _]?)?(?:answer|result|solution))[\"']\s{0,3}:\s{0,3}(?:\"(?P<quoted>[^\"\n]{1,400})\"|"
    r"'(?P<single>[^'\n]{1,400})'|(?P<list>\[[^\]\n]{0,400}\])|(?P<bare>[^,}\n\"']{1,200}))"
)
_IS_ANSWER = re.compile(
    r"\sis (?:therefore |thus |indeed )?(?:the|our|my) (?:final |correct |right |desired )*answer\b"
)
_SUBJECT_START = re.compile(r"[.!?]\s|[,:]\s|\b(?:so|thus|therefore|hence|that|think|believe)\s")
_PRONOUN = re.compile(
    r"(?:this|that|which|it|what|here|below|above|he|she|the following|the (?:above|latter|former|result|last).*)"
)
_OCCURRENCES = 24


def announced(view: View) -> list[Statement]:
    """Every announced answer of the view, last first; at most `_OCCURRENCES` phrases are looked at."""
    found = [*_json(view), *_hashes(view), *_letter_marks(view), *_phrases(view), *_subjects(view)]
    found.sort(key=lambda statement: statement.start, reverse=True)
    return found


def _phrases(view: View) -> list[Statement]:
    found = []
    for match in list(_ANSWER.finditer(view.masked))[-_OCCURRENCES:]:
        statement = _phrase(view, match)
        if statement is not None:
            found.append(statement)
    return found


def _phrase(view: View, match: re.Match[str]) -> Statement | None:
    masked = view.masked
    if match["chinese"]:
        return _foreign(view, match, _CHINESE_LINK, needs_link=match["chinese"].endswith(("答案", "结果", "选项")))
    if match["other"]:
        return _foreign(view, match, _OTHER_LINK, needs_link=True)
    line_start = max(masked.rfind("\n", 0, match.start()) + 1, match.start() - 160)
    before = masked[line_start : match.start()]
    link = _LINK.match(masked, match.end())
    heading = not before.strip(" \t#*_>-0123456789.`") or before.strip(" \t#*_>-0123456789.`") in (
        "the",
        "my",
        "our",
        "✅",
    )
    if link is None or _TALK.match(masked, match.end()):
        gap = _HEADING_GAP.match(masked, match.end())
        if gap is None or not (heading or match["final"]):
            return None
        return _statement(
            view, gap.end(), "final_answer" if match["final"] else "answer_line", final=bool(match["final"])
        )
    if link["copula"] and not match["final"] and _ASKED.search(before):
        return None
    if _EXAMPLE.search(before) or refuses(before[-100:]):
        return None
    if link["mark"] and _INSTRUCTED.search(before) and not heading:
        return None
    if _DENIED.match(masked, link.end()) or masked[link.end() - 1 : link.end() + 2] == "n't":
        return None
    if masked.startswith("n't", link.end()) or masked.startswith("n’t", link.end()):
        return None
    rule = "final_answer" if match["final"] else ("answer_is" if link["copula"] else "answer_colon")
    if link["mark"] and not heading and not match["final"] and link["mark"] not in ":：=":
        return None
    return _statement(view, link.end(), rule, final=bool(match["final"]))


def _foreign(view: View, match: re.Match[str], link: re.Pattern[str], *, needs_link: bool) -> Statement | None:
    found = link.match(view.masked, match.end())
    if found is None or (needs_link and not (found["copula"] or found["mark"])):
        return None
    if _DENIED.match(view.masked, found.end()):
        return None
    return _statement(view, found.end(), "answer_phrase", final=False)


def _statement(view: View, position: int, rule: str, *, final: bool) -> Statement | None:
    """The stretch a phrase announces: the rest of its sentence, or the paragraph below a heading."""
    masked = view.masked
    skip = _SKIP.match(masked, position)
    begin = skip.end() if skip else position
    if begin >= len(masked) or masked.count("\n", position, begin) > 3:
        return None
    span = view.span_at(begin)
    if span is not None and span.display:
        end = (
            max(span.end, sentence_end(view, span.end))
            if masked[span.end : span.end + 1] not in ("", "\n")
            else span.end
        )
    else:
        end = sentence_end(view, begin)
    end = without_reason(masked, begin, min(end, begin + 3_000))
    text = view.body[begin:end].strip(" \t\n*_`")
    if not text.strip(".,:;-!?") or is_placeholder(text):
        return None
    return Statement(start=begin, end=end, rule=rule, final=final, paragraph="\n" in masked[position:begin])


def _hashes(view: View) -> list[Statement]:
    """GSM8K's last line. A Markdown heading of the fourth level is not one, so what follows must look like a"
    " value."""
    found = []
    for match in _HASHES.finditer(view.masked):
        rest = match["rest"]
        last = not view.masked[match.end() :].strip()
        if _HASH_STEP.match(rest) or is_placeholder(rest.strip()):
            continue
        if not _HASH_ANSWER.match(rest) and not (last and len(rest) <= 60):
            continue
        value = any(character.isdigit() or character == "\x01" for character in rest)
        if not value and not last:
            continue
        found.append(Statement(start=match.start("rest"), end=match.end("rest"), rule="hashes", final=True))
    return found[-4:]


def _letter_marks(view: View) -> list[Statement]:
    """ "A: 96" on its own line, as answers are written in question-and-answer transcripts."""
    found = []
    for match in list(_LETTER_MARK.finditer(view.masked))[-4:]:
        statement = _statement(view, match.end(), "answer_line", final=False)
        if statement is not None:
            found.append(statement)
    return found


def _subjects(view: View) -> list[Statement]:
    """ "$x + 1$ is the answer": what stands before, where it is no pronoun."""
    found = []
    for match in list(_IS_ANSWER.finditer(view.masked))[-4:]:
        floor = max(view.masked.rfind("\n", 0, match.start()) + 1, match.start() - 200)
        begin = max([floor, *(part.end() for part in _SUBJECT_START.finditer(view.masked, floor, match.start()))])
        subject = view.masked[begin : match.start()].strip(" *_`")
        if not subject or len(subject.split()) > 8 or _PRONOUN.fullmatch(subject) or is_placeholder(subject):
            continue
        if _DENIED.match(view.masked, match.start() + 3):
            continue
        found.append(Statement(start=begin, end=match.start(), rule="is_the_answer"))
    return found


def _json(view: View) -> list[Statement]:
    found = []
    for match in list(_JSON.finditer(view.body))[-4:]:
        for group in ("quoted", "single", "list", "bare"):
            if match[group] and match[group].strip() and not is_placeholder(match[group].strip()):
                found.append(Statement(start=match.start(group), end=match.end(group), rule="json", final=True))
    return found
