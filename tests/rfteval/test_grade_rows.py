"""Rows of any origin → items of the service and back, without guessing and without growing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.client import RewardClient
from reward_service.types import ANSWER_KINDS, Choice, Component, Reference, ScoredItem, ScoreItem
from reward_service.verify import reference_from
from rfteval.errors import InputFileError, UnknownNameError, UsageError
from rfteval.grade import Grading, Tallied, components_for, grade_rows, item_from_row, kind_of, reference_from_row
from tests.rfteval.small_benchmark import DIGEST, scored


def schema(**properties: str) -> str:
    return json.dumps({"properties": {name: {"type": kind} for name, kind in properties.items()}})


SCHEMAS = {
    "math": schema(input="string", rounding="string", relative_tolerance="number"),
    "choice": schema(input="string", hedging="string"),
    "length": schema(limit="integer"),
}
PLAIN = Grading(components=components_for("auto", (), SCHEMAS))


class Streaming:
    """A client whose `score_stream` holds at most `hold` items at a time, and remembers the most it held."""

    def __init__(self, hold: int = 3) -> None:
        self.hold = hold
        self.taken = 0

    def score_stream(self, items: Iterable[ScoreItem]) -> Iterator[ScoredItem]:
        held: list[ScoreItem] = []
        for item in items:
            self.taken += 1
            held.append(item)
            if len(held) == self.hold:
                yield from map(scored, held)
                held = []
        yield from map(scored, held)


def graded(lines: Iterable[object], grading: Grading = PLAIN, hold: int = 3) -> Iterator[dict[str, object]]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    client = cast(RewardClient, Streaming(hold))
    return grade_rows(io.BytesIO(text.encode()), "in.jsonl", grading, client, Tallied())


@given(st.lists(st.none() | st.text(max_size=3) | st.integers(), max_size=20), st.integers(1, 7))
def test_output_rows_are_in_input_order_under_the_rows_own_ids(ids: list[object], hold: int) -> None:
    """Ids may repeat; a row without one, or with null, gets its line number."""
    rows = [{"id": row_id, "response": str(place), "gold": str(place % 2)} for place, row_id in enumerate(ids)]
    found = list(graded(rows, hold=hold))
    assert [row["id"] for row in found] == [place if row_id is None else row_id for place, row_id in enumerate(ids, 1)]
    assert [row["extracted"] for row in found] == [str(place) for place in range(len(ids))]


def test_an_output_row_has_exactly_the_promised_fields() -> None:
    (row,) = graded([{"response": "4", "gold": 4}])
    assert row == {
        "id": 1,
        "status": "CORRECT",
        "score": 1.0,
        "extracted": "4",
        "reason": "compared",
        "verifier": "exact",
        "digest": DIGEST,
        "tier": "INLINE",
        "elapsed_us": 7,
    }
    (row,) = graded([{"response": "hang", "gold": 4}])
    assert (row["status"], row["score"]) == ("TIMEOUT", None)


def test_blank_lines_count_as_lines() -> None:
    good = {"response": "1", "gold": "1"}
    assert [row["id"] for row in graded(["", good, " ", good])] == [2, 4]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"gold": "1"}, "no 'response'"),
        ({"response": "1"}, "no 'gold'"),
        ({"response": None, "gold": "1"}, "'response' must be a text, got null"),
        ({"response": ["1"], "gold": "1"}, "'response' must be a text"),
        ({"response": True, "gold": "1"}, "'response' must be a text"),
        ({"response": "1", "gold": {"a": 1}}, "'gold' must hold texts or numbers"),
        ({"response": "1", "gold": [["1"]]}, "'gold' must hold texts or numbers"),
        ({"response": "1", "gold": "1", "choices": "AB"}, "'choices' must be a list of texts or an object"),
        ({"response": "1", "gold": "1", "choices": [{}]}, "'choices' must hold texts or numbers"),
        ({"response": "1", "gold": "1", "kind": "essay"}, "'kind' must be full_response or expression"),
        ({"response": "1", "gold": "1", "id": [1]}, "'id' must be a text or a number"),
        ({"response": "1", "gold": "1", "question": 3}, "'question' must be a text"),
        ("{'response': 1}", "not JSON"),
    ],
)
def test_a_bad_row_stops_with_its_line_after_the_rows_before_it(row: object, complaint: str) -> None:
    good = {"response": "1", "gold": "1"}
    rows = graded([good, good, row, good], hold=100)
    assert [next(rows)["id"], next(rows)["id"]] == [1, 2]
    with pytest.raises(InputFileError) as caught:
        next(rows)
    assert str(caught.value).startswith("in.jsonl:3: ")
    assert complaint in str(caught.value)


def test_bad_rows_can_be_left_out_and_are_all_told() -> None:
    bad: list[InputFileError] = []
    grading = Grading(components=PLAIN.components, on_bad=bad.append)
    good = {"response": "1", "gold": "1"}
    assert [row["id"] for row in graded([good, "{", {"gold": "1"}, good], grading)] == [1, 4]
    assert [str(error).split(": ")[0] for error in bad] == ["in.jsonl:2", "in.jsonl:3"]


def test_reading_stays_just_ahead_of_the_answers() -> None:
    """Memory is bounded by what the client holds: no row is read before it is asked for."""
    client = Streaming(hold=5)
    endless = io.BytesIO(b'{"response": "1", "gold": "1"}\n' * 1000)
    rows = grade_rows(endless, "in", PLAIN, cast(RewardClient, client), Tallied())
    for number in range(1, 200):
        next(rows)
        assert client.taken <= number + 5


def test_gold_may_be_a_text_a_number_a_truth_value_or_a_list_of_accepted_ones() -> None:
    cases: list[tuple[object, str, tuple[str, ...]]] = [
        ("4", "4", ()),
        (4, "4", ()),
        (0.1, "0.1", ()),
        (True, "true", ()),
        (["a", 2], "a", ("2",)),
        ([], "", ()),
        (None, "", ()),
    ]
    for gold, answer, alternatives in cases:
        found = reference_from_row({"gold": gold})
        assert (found.answer, found.alternatives) == (answer, alternatives)


@given(
    st.text(max_size=5) | st.lists(st.text(max_size=5), min_size=1, max_size=3),
    st.none()
    | st.lists(st.text(max_size=5), max_size=5)
    | st.dictionaries(st.sampled_from("ABC"), st.text(max_size=5)),
    st.none() | st.text(max_size=5),
)
def test_a_row_means_what_verify_means(gold: object, choices: object, question: str | None) -> None:
    row = {"gold": gold, "choices": choices, "question": question}
    expected = reference_from(gold, choices=choices, question=question)  # type: ignore[arg-type]
    assert reference_from_row(row) == expected


@pytest.mark.parametrize("kind", ANSWER_KINDS)
def test_our_own_kinds_mean_themselves_in_any_case(kind: str) -> None:
    assert kind_of(kind) == kind_of(kind.upper()) == kind_of(f"free_form:{kind}") == kind


@pytest.mark.parametrize(
    ("foreign", "kind"),
    [
        ("mcq", "choice"),
        ("multiple-choice", "choice"),
        ("Multiple Choice", "choice"),
        ("multi_choice:text", "choice"),
        ("free_form:integer", "number"),
        ("free_form:float", "number"),
        ("Set", "set"),
        ("Expression", "expression"),
        ("yes/no", "boolean"),
        ("Real", "auto"),
        ("Vector", "auto"),
        ("Interval", "auto"),
        ("free", "auto"),
        ("short-answer", "auto"),
        ("", "auto"),
        (None, "auto"),
        (7, "auto"),
    ],
)
def test_foreign_kinds_mean_ours_only_where_there_is_no_doubt(foreign: object, kind: str) -> None:
    assert kind_of(foreign) == kind


def test_components_follow_the_row() -> None:
    found = components_for("auto", ["rounding=exact", "relative_tolerance=0.5", "hedging=3"], SCHEMAS)
    assert found[False, "full_response"] == (
        Component(verifier="auto", parameters={"rounding": "exact", "relative_tolerance": 0.5}),
    )
    assert found[True, "expression"] == (
        Component(verifier="auto", parameters={"hedging": "3", "input": "expression"}),
    )
    assert components_for("length", ["limit=7"], SCHEMAS)[True, "expression"] == (
        Component(verifier="length", parameters={"limit": 7}),
    )
    row = {"response": "x", "gold": "A", "choices": {"A": "u", "B": "v"}, "kind": "expression", "answer_type": "mcq"}
    row_id, item = item_from_row(row, 5, "0", Grading(components=found))
    assert row_id == 5
    assert item.components == found[True, "expression"]
    assert item.reference == Reference(
        answer="A", kind="choice", choices=(Choice(label="A", text="u"), Choice(label="B", text="v"))
    )


@pytest.mark.parametrize(
    ("verifier", "parameter", "error", "hint"),
    [
        ("maths", "", UnknownNameError, "did you mean math"),
        ("auto", "roundin=exact", UnknownNameError, "did you mean rounding"),
        ("length", "rounding=exact", UnknownNameError, "known: limit"),
        ("math", "rounding", UsageError, "expected key=value"),
    ],
)
def test_unknown_verifiers_and_parameters_say_what_was_meant(
    verifier: str, parameter: str, error: type[Exception], hint: str
) -> None:
    with pytest.raises(error, match=hint):
        components_for(verifier, [parameter] if parameter else [], SCHEMAS)
