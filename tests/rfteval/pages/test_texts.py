"""A response on a page loses nothing that is not said to be left out, and marks the answer where it stands."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfteval.pages.embedding import json_block, read_block
from rfteval.pages.texts import fair_share, locate, pieces, shortened

ENDINGS = ["</script>", "<!--", "]]>", "\u2028", "\u2029", "\ud800", "<script>", "&lt;", "\x00", '"', "\\"]
HOSTILE = st.lists(st.one_of(st.characters(), st.sampled_from(ENDINGS))).map("".join)


@settings(max_examples=40)
@given(st.recursive(HOSTILE, lambda inner: st.lists(inner) | st.dictionaries(HOSTILE, inner), max_leaves=6))
def test_embedded_data_comes_back_and_cannot_end_its_element(value: object) -> None:
    block = json_block("items", value)
    inside = block.removeprefix('<script type="application/json" id="data-items">').removesuffix("</script>")
    assert not re.search("[<>&\u2028\u2029]", inside)
    block.encode()
    assert read_block(f"<p>before</p>{block}<p>after</p>", "items") == json.loads(json.dumps(value))


def test_a_block_that_is_not_there_or_cut_off_is_an_error() -> None:
    for page in ("", json_block("other", 1), '<script type="application/json" id="data-items">{"a": 1'):
        with pytest.raises(ValueError):
            read_block(page, "items")
    with pytest.raises(ValueError):
        json_block("items", float("nan"))


@given(st.lists(st.integers(0, 5_000), max_size=30), st.integers(0, 50_000))
def test_a_fair_share_fits_and_leaves_no_room(lengths: list[int], budget: int) -> None:
    most = fair_share(lengths, budget)
    assert sum(min(length, most) for length in lengths) <= budget
    if sum(lengths) > budget:
        assert sum(min(length, most + 1) for length in lengths) > budget
    else:
        assert all(length <= most for length in lengths)


@given(st.text(max_size=400), st.integers(1, 500))
def test_what_is_left_out_is_counted(text: str, most: int) -> None:
    found = shortened(text, most)
    kept = sum(len(part) for kind, part in found if kind == "text")
    cut = sum(int(re.sub(r"\D", "", part)) for kind, part in found if kind == "cut")
    assert kept + cut == len(text)
    assert kept <= max(most, 0) or len(text) <= most


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["42", "(B) Yes", "x^2", "7.5"]))
def test_a_short_response_is_shown_whole_in_order(before: str, after: str, answer: str) -> None:
    text = f"{before} {answer} {after}"
    found = pieces(text, answer, "", 10_000)
    assert "".join(part for _, part in found) == text
    assert [part for kind, part in found if kind == "answer"] in ([answer], [])


@pytest.mark.parametrize(
    ("text", "extracted", "rule", "marked"),
    [
        ("It is 12, so 12.5 is no match, 12 is.", "12", "", "12"),
        ("The answer is (B) Yes.", "(B) Yes", "choice.statement", "(B) Yes"),
        ("I pick (B), yes.", "(B) Yes", "choice.label", "(B)"),
        ("Answer: B", "(B) 140", "choice.label", "B"),
        ("First 3 then \\boxed{5} as 5 = 5", "5", "boxed", "5"),
        ("so PARIS it is", "Paris", "", "PARIS"),
        ("abc123", "123", "", None),
        ("nothing here", "42", "", None),
        ("nothing here", None, "", None),
        ("nothing here", "  ", "", None),
    ],
)
def test_the_answer_is_marked_where_it_stands(text: str, extracted: str | None, rule: str, marked: str | None) -> None:
    at = locate(text, extracted, rule)
    assert (None if at is None else text[at[0] : at[1]]) == marked


def test_a_boxed_answer_is_marked_in_its_box() -> None:
    text = "First 3 then \\boxed{5} as 5 = 5"
    assert locate(text, "5", "boxed") == (text.index("{5}") + 1, text.index("{5}") + 2)


def test_reasoning_and_what_follows_the_turn_are_apart() -> None:
    found = pieces("<think>maybe 3</think>It is 5.<|im_end|>User: more", "5", "", 1_000)
    assert found == [
        ("reasoning", "<think>maybe 3</think>"),
        ("text", "It is "),
        ("answer", "5"),
        ("text", "."),
        ("after", "<|im_end|>User: more"),
    ]
    assert pieces("<think>never ends, 5", "5", "", 1_000) == [("reasoning", "<think>never ends, 5")]


def test_reasoning_is_left_out_before_the_answer_is() -> None:
    text = f"<think>{'a' * 5_000}</think>So it is 5."
    found = pieces(text, "5", "", 600)
    assert ("answer", "5") in found and ("text", "So it is ") in found
    assert any(kind == "cut" for kind, _ in found)
    assert sum(len(part) for _, part in found) < 1_000
