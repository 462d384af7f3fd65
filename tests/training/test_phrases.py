"""The embedded models' tokenizer: every text survives it, digits stay single, tags are no special tokens."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.registry import dataset
from rfteval.types import TextPart
from training.embedded.phrases import TAGS, build, phrases_of
from training.sft_examples import response_of


def texts(split: str, count: int) -> list[str]:
    source = dataset("synthetic")
    found: list[str] = []
    for sample in islice(source.stream(split, 1), count):
        found += [part.text for part in source.prompt(sample).messages[-1].parts if isinstance(part, TextPart)]
        found += [response_of(sample, "tagged"), response_of(sample, "plain")]
    return found


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    source = dataset("synthetic")
    return build(texts("train", 600), source.words, source.whole, 768)


def ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def test_held_out_texts_survive_and_are_short(tokenizer: Any) -> None:
    """Phrases make a question with its reasoning some forty tokens long, a tenth of its characters."""
    held_out = texts("validation", 100)
    lengths = 0
    for text in held_out:
        found = ids(tokenizer, text)
        assert tokenizer.decode(found, skip_special_tokens=True) == text
        lengths += len(found)
    assert lengths < sum(map(len, held_out)) / 6


@given(st.text(max_size=60))
def test_any_text_survives(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(ids(tokenizer, text)) == text


@given(st.integers(0, 10**12))
def test_a_number_is_its_digits(tokenizer: Any, number: int) -> None:
    assert tokenizer.convert_ids_to_tokens(ids(tokenizer, str(number))) == list(str(number))


def test_tags_are_single_and_not_skipped(tokenizer: Any) -> None:
    """A special token would vanish from decoded responses, and every one of them would be without its format."""
    for tag in TAGS:
        assert len(ids(tokenizer, tag)) == 1
        assert tokenizer.decode(ids(tokenizer, tag), skip_special_tokens=True) == tag


def test_phrases_end_where_words_vary() -> None:
    found = phrases_of(
        ["How many red circles has Ann? 12", "Hint: one of 1, 2.\nGo"], ["red", "circle", "Ann"], [r"Hint.*\n"]
    )
    assert set(found) == {"How many ", " ", "s has ", "? ", "Hint: one of 1, 2.\n", "Go"}


def test_words_vary_beside_a_whole_phrase_too() -> None:
    found = phrases_of(["The rod is red (B)."], ["red"], [r" \([A-Z]\)\."])
    assert set(found) == {"The rod is ", " (B)."}
