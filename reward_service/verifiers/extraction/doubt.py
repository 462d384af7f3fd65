"""Signs that a response gives no answer: refusals, missing information, an answer called undetermined.

Numbers in such a response are not answers, so the last-resort rules leave it alone.
"""

from __future__ import annotations

import re

_REFUSAL = re.compile(
    r"\b(?:cannot|can't|can not|could not|couldn't|unable to|not able to|impossible to|not possible to|difficult to"
    r"|not"
    r" possible for me to)\s+(?:be\s+|accurately\s+|precisely\s+|definitively\s+|directly\s+|exactly\s+|help|assist)*"
    r"(?:determined?|answer(?:ed)?|provided?|solved?|calculated?|computed?|found|find|tell|see|view|know|given?|say"
    r"|help"
    r"|measured?|identify|identified|analy[sz]ed?|interpret(?:ed)?|access|process|ascertain(?:ed)?|deduced?|inferred?"
    r"|infer|conclude|estimated?|assist|directly|make|do|continue|proceed|evaluated?|obtain(?:ed)?|perform|generate"
    r"|quantif(?:y|ied)|display|comprehend|understand|accurately|with|complete)"
    r"|\b(?:not enough|insufficient|lack(?:s|ing)? (?:of )?(?:sufficient|enough|the)|without (?:more|additional"
    r"|further|any"
    r"|specific|the|this|knowing|seeing|that|sufficient|proper|having))\s+(?:\w+\s+){0,3}(?:information|context|data|"
    r"image|picture|details|specifics|values?|figure|diagram|graph|question)"
    r"|\bi (?:do not|don't) (?:know|have|see|understand)\b|\bplease (?:provide|share|upload|clarify|specify|give)"
    r"|\b(?:(?:does|do|did) not|doesn't|don't|didn't) (?:clearly |explicitly )?(?:provide|specify|mention"
    r"|(?:contain|include|give|have|show|offer) (?:\w+ ){0,3}(?:information|data|details?|context|image"
    r"|picture|values?|numbers?|access))"
    r"|\b(?:would|will|we|i) need (?:to (?:see|have access)|more (?:info|data|context|detail)|additional|further"
    r"|information|access)"
    r"|\b(?:is|are|was|were|being)(?: not|n't) (?:provided|specified|given|clear|stated|enough|sufficient|mentioned"
    r"|available"
    r"|visible|possible)|\bnot (?:provided|specified|given|stated|mentioned|available) in\b"
    r"|\b(?:is|be|as) (?:indeterminate|undetermined|unknown|unclear|unspecified|undefined and)\b"
    r"|\bno (?:information|data|image|picture|specific)\b"
    r"|\brequires? (?:more|additional|further|specific)?\s?(?:information|data|context|analy[sz]ing|knowledge"
    r"|knowing)\b"
    r"|\b(?:would|will) (?:then )?depend (?:up)?on\b"
    r"|\bnone of (?:these|the above|them|those)\b|\bno answer\b"
    r"|无法(?:确定|回答|判断|计算|得出|看到)|不能(?:确定|回答|判断)|(?:我)?不知道|没有(?:足够|提供)"
)
_PLEASANTRY = re.compile(
    r"[\s*_#>-]*(?:i hope|hope (?:this|that|it)|let me know|is there anything|do you (?:have|want|need)"
    r"|would you like|feel"
    r" free|please let me|if you (?:have|need|want|would)|please feel|thank|you're welcome|happy to help"
    r"|have a (?:great|nice)"
    r"|good luck|is there any|i'm happy|i am happy|glad to|can i help|sure[,!.]|of course|certainly[!,.]|i understand"
    r"|i see the image|note[: ]|please note|disclaimer|remember[,: ]|\[end|the end\b|best regards|希望)"
)


_FAILURE = re.compile(
    r"\bno (?:solution|valid|such|real solution|integer solution)|\b(?:inconsisten\w+|contradiction)\b"
    r"|\bcontradicts?\b"
    r"|\b(?:error|mistake|typo|misprint)\w* in (?:the|this|my|our|your) (?:problem|question|setup|statement"
    r"|calculation"
    r"|solution|given|original|reasoning|information|previous)|\b(?:is|was|be|been|made|made an?"
    r"|made some) (?:an? )?(?:error"
    r"|mistake|typo)\b|\bnot (?:possible|consistent)\b|\b(?:is|seems|be) impossible\b|无解|矛盾"
)


def fails(masked: str) -> bool:
    """Whether a sentence, in lower case, says that the working led nowhere: no solution, a contradiction, an"
    " error."""
    return _FAILURE.search(masked) is not None


_RETRACTION = re.compile(
    r"\bwait,? (?:no|that|this|it)\b|\bno,? wait\b|\bactually,? (?:no|it|the|that|this|i)\b|\bcorrection:"
    r"|\bscratch that\b"
    r"|\boops\b|\bi made an? (?:mistake|error)|\b(?:that|this|it)(?: is|'s|’s| was| would be) (?:wrong|incorrect"
    r"|not right"
    r"|not correct|a mistake)|\bi meant?\b|不对，|错了"
)


_DOUBT = re.compile(
    r"\b(?:don't|do not|doesn't|does not|didn't|hardly) (?:think|believe|look|seem|suppose)|\b(?:not sure|unsure"
    r"|unlikely|doubt(?:ful)?)\b"
    r"|\b(?:is|are|was|were) (?:wrong|incorrect|false)\b"
)


def doubts(masked: str) -> bool:
    """Whether a sentence, in lower case, is a question, denies what it names or is not sure of it."""
    return masked.rstrip(" \n*_\"'”)").endswith(("?", "？")) or _DOUBT.search(masked) is not None


def retraction(masked: str, start: int, end: int) -> int | None:
    """Where the last retraction between two positions ends, as "wait, no" or "that is wrong"; None without one."""
    found = None
    for match in _RETRACTION.finditer(masked, start, end):
        found = match.end()
    return found


def refuses(masked: str) -> bool:
    """Whether a sentence, in lower case, declines to answer or says that the answer cannot be known."""
    return _REFUSAL.search(masked) is not None


def is_pleasantry(masked: str) -> bool:
    """Whether a sentence, in lower case, is a courtesy or a remark around the answer, such as "I hope this helps"."""
    return _PLEASANTRY.match(masked) is not None
