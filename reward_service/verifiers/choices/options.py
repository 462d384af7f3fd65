"""The options of a question as the verifier reads them, and which of them the reference says are right.

Duplicated texts are one option. Options without a text of their own (pictures, "A" labelled A) are known by label.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from reward_service.types import Choice, Reference
from reward_service.verifiers.choices.stems import stems_of
from reward_service.verifiers.choices.tokens import tokens_of, words_of
from reward_service.verifiers.choices.values import same_value, value_of_text

_BARE_LABEL = re.compile(
    r"[\s(\[{<*$\"'.]*(?:\\text(?:bf)?\{)?\(?([A-Za-z]|\d{1,2}|[ivxIVX]{1,5})[)}\]]*[\s)\]}>*$\"'.:]*"
)
_LETTERS_ONLY = re.compile(r"\s*\(?([A-Z](?:\s?,\s?[A-Z]){0,9})\)?\.?\s*")
_LABEL_JOINT = re.compile(r"\s*(?:,|;|/|&|\band\b|\bor\b|、|和|\s)\s*", re.IGNORECASE)
_PICTURE = re.compile(r"\s*<image[ _]?\d*>\s*", re.IGNORECASE)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: its place, label, text as given, and what is compared.

    `group` is the first option of equal text, `bare` an option without a text of its own, `wordy` one whose text has
    a word, not only numbers, symbols and units.
    """

    index: int
    label: str
    text: str
    tokens: tuple[str, ...]
    words: tuple[str, ...]
    stems: tuple[str, ...]
    wordy: bool
    value: tuple[Fraction, tuple[str, ...]] | None
    bare: bool
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All options of a question; `style` is "letter", "number" or "roman", whichever its labels are.

    `fold` is False where options differ by case alone ("AA", "Aa"), so that case counts; `strict_labels` makes it
    count in labels too.
    """

    items: tuple[Option, ...]
    style: str
    fold: bool
    strict_labels: bool

    def tokens(self, text: str) -> tuple[str, ...]:
        """Comparable tokens of a stated text, in the case rule of these options."""
        return tokens_of(text, self.fold)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def mostly_bare(self) -> bool:
        """Whether the options are pictures or their own labels, so that "figure B" can only mean option B."""
        return 2 * sum(item.bare for item in self.items) >= len(self.items)

    @property
    def all_values(self) -> bool:
        """Whether every option is a number."""
        return all(item.value is not None for item in self.items)

    def group_of(self, index: int) -> int:
        """The option that stands for all options of the same text."""
        return self.items[index].group

    def find_label(self, label: str) -> int | None:
        """The place of a label, case aside unless it is to count."""
        for item in self.items:
            if item.label == label or (not self.strict_labels and item.label.casefold() == label.casefold()):
                return item.index
        return None

    def shown(self, index: int) -> str:
        """An option as a reason shows it: label and text."""
        item = self.items[index]
        return item.label if item.bare else f"({item.label}) {item.text}"


@lru_cache(maxsize=512)
def options_from(choices: tuple[Choice, ...], *, strict: bool = False) -> Options:
    """The options of a reference. Labels are taken without brackets; empty labels are lettered by place.

    `strict` makes upper and lower case differ in labels and texts.
    """
    labels = [_clean_label(choice.label) or chr(ord("A") + index) for index, choice in enumerate(choices)]
    items: list[Option] = []
    first_of: dict[str, int] = {}
    fold = not strict and _fold(choices)
    for index, (label, choice) in enumerate(zip(labels, choices, strict=True)):
        tokens = tokens_of(choice.text, fold)
        value = value_of_text(choice.text)
        bare = not tokens or bool(_PICTURE.fullmatch(choice.text)) or choice.text.strip("()[]. ") == label
        group = index if bare or _PICTURE.search(choice.text) else first_of.setdefault(_plain(choice.text), index)
        items.append(
            Option(
                index=index,
                label=label,
                text=choice.text.strip(),
                tokens=tokens,
                words=words_of(tokens),
                stems=stems_of(words_of(tokens)),
                wordy=value is None and any(len(token) > 2 and token[0].isalpha() for token in tokens),
                value=value,
                bare=bare,
                group=group,
            )
        )
    return Options(items=tuple(items), style=_style(labels), fold=fold, strict_labels=strict)


def implied_choices(reference: Reference) -> tuple[Choice, ...]:
    """The letters A to J (and on to the gold's) where a reference has letters for answers and no choices; else ()."""
    letters = set()
    for answer in (reference.answer, *reference.alternatives):
        found = _LETTERS_ONLY.fullmatch(answer)
        if found is None:
            return ()
        letters |= set(found[1].upper()) - set(" ,")
    last = max([*letters, "J"])
    return tuple(Choice(label=chr(code)) for code in range(ord("A"), ord(last) + 1))


def _plain(text: str) -> str:
    """A text for finding duplicates: typography and spacing aside, nothing else."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).rstrip(".")


def _fold(choices: tuple[Choice, ...]) -> bool:
    """Whether case may be ignored: no two different options become the same text by it."""
    distinct = {_plain(choice.text) for choice in choices}
    return len({text.casefold() for text in distinct}) == len(distinct)


def _clean_label(label: str) -> str:
    return label.strip().strip("()[]{}.:：、） （").strip()


def _style(labels: list[str]) -> str:
    if all(label.isdigit() for label in labels):
        return "number"
    lowered = [label.casefold() for label in labels]
    if len(lowered) > 1 and lowered[:2] == ["i", "ii"]:
        return "roman"
    return "letter"


def accepted_sets(options: Options, reference: Reference) -> tuple[frozenset[int], ...] | str:
    """The sets of option groups that are right, one per accepted answer, or why the reference cannot be used."""
    accepted = []
    for answer in (reference.answer, *reference.alternatives):
        indices = _gold_indices(options, answer)
        if indices is None:
            return f"the reference {answer[:80]!r} is none of the {len(options)} options"
        accepted.append(frozenset(options.group_of(index) for index in indices))
    return tuple(accepted)


def _gold_indices(options: Options, answer: str) -> frozenset[int] | None:
    """One gold answer: an option's text as given, a label, several labels, an equal text or an equal value."""
    stripped = answer.strip()
    if not stripped:
        return None
    bare = _BARE_LABEL.fullmatch(stripped)
    by_label = options.find_label(bare[1]) if bare else None
    verbatim = [item.index for item in options.items if item.text and item.text == stripped]
    if verbatim and (by_label is None or stripped.casefold() != options.items[by_label].label.casefold()):
        return frozenset(verbatim[:1])
    if by_label is not None:
        return frozenset({by_label})
    tokens = options.tokens(stripped)
    same = {item.group for item in options.items if item.tokens and item.tokens == tokens}
    if len(same) == 1:
        return frozenset(same)
    several = _several_labels(options, stripped)
    if several:
        return several
    labelled = _label_and_text(options, stripped)
    if labelled is not None:
        return frozenset({labelled})
    value = value_of_text(stripped)
    equal = {item.group for item in options.items if same_value(value, item.value)}
    return frozenset(equal) if len(equal) == 1 else None


def _several_labels(options: Options, answer: str) -> frozenset[int] | None:
    """ "AC", "A, C", "A and C": two or more labels and nothing else."""
    parts = [part.strip("()[]. ") for part in _LABEL_JOINT.split(answer)]
    parts = [part for part in parts if part]
    if len(parts) == 1 and options.style == "letter" and parts[0].isalpha() and parts[0].isupper():
        parts = list(parts[0])
    indices = {options.find_label(part) for part in parts}
    if len(parts) < 2 or None in indices or len(indices) < len(parts):
        return None
    return frozenset(index for index in indices if index is not None)


def _label_and_text(options: Options, answer: str) -> int | None:
    """ "(C) 145°", "C. Paris": an option's label and its own text."""
    for item in options.items:
        head = re.match(rf"\(?{re.escape(item.label)}\s*[).:、．]?\s*", answer, re.IGNORECASE)
        if head and item.tokens and options.tokens(answer[head.end() :]) == item.tokens:
            return item.index
    return None
