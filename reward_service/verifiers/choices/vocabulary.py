"""Word lists shared by the rules for reading choices."""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


NEGATIONS: Final = words(
    "not no never neither nor isn't aren't wasn't weren't doesn't don't didn't can't cannot couldn't hasn't "
    "haven't won't wouldn't 不 不是 非"
)
# Words that turn the phrase after them into one that is not asserted.
EXCLUDING: Final = NEGATIONS | words("without incorrect wrong except than unlike")
# Words that turn a statement into its opposite.
DENYING: Final = NEGATIONS | words("none false incorrect untrue unlikely")

ARTICLES: Final = words("a an the")
# Carry no meaning when two phrases are compared up to inflection.
FUNCTION_WORDS: Final = words(
    "an the will would may might could can shall should must likely most probably possibly also it its it's "
    "they their them this that these those there be is are was were been being has have had do does did of to in "
    "on at by for from with and as into potentially eventually generally thus therefore then so he she his her us "
    "we us you your our i"
)
# What follows the label "A" or "I" where the article or the pronoun cannot stand.
AFTER_LABEL: Final = words(
    "because since as with which and or but is was are would will should can cannot being that this it for from "
    "in on at by if when while where due based given not according rather instead only option choice so then than "
    "has shows represents matches fits describes corresponds best answer correct"
)
AFTER_PRONOUN: Final = words("would will should can cannot was am")

MORE: Final = words("more greater larger bigger higher older taller longer better heavier wider")
LESS: Final = words("less fewer smaller lower younger shorter worse lighter narrower")
EQUAL: Final = words("equal same equals")
SUPERLATIVES: Final = {
    **dict.fromkeys(words("maximum highest largest greatest max biggest"), 1),
    **dict.fromkeys(words("minimum lowest smallest least min fewest"), -1),
}
NUMBER_WORDS: Final = {
    word: value
    for value, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        )
    )
}
