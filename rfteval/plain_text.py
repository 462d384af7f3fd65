"""Text of others on a terminal: visible characters only, so that a model's response cannot steer the screen."""

from __future__ import annotations


def plain(text: str) -> str:
    """`text` with control characters, direction marks and lone surrogates written as escapes; line breaks too."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
