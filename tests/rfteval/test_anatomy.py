"""What a score is made of: every response in one part, bounds in order, and traits that are told from the response."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Choice, Reference, ScoredItem, Status, Tier, Verdict
from rfteval.anatomy import OUTCOMES, Anatomised, Anatomy, anatomise, anatomy, declines, truncation, warnings
from rfteval.metrics import Item, item_of, lacking
from rfteval.types import Record, Response, Sample

CHOICES = tuple(Choice(label=letter, text=f"option {letter}") for letter in "ABCD")
SAMPLES = {
    name: Sample(id=name, question="?", reference=Reference(answer="A", kind="choice", choices=CHOICES))
    for name in "abcdefgh"
}
SCORES = {Status.CORRECT: 1.0, Status.INCORRECT: 0.0, Status.PARTIAL: 0.25, Status.NO_ANSWER: 0.0}


def record(
    sample_id: str,
    status: Status,
    *,
    text: str = "(B)",
    flags: tuple[str, ...] = (),
    index: int = 0,
    finish_reason: str = "stop",
) -> Record:
    verdict = Verdict(status=status, score=SCORES.get(status), reason="", flags=flags)
    scored = ScoredItem(id="", verdicts=(verdict,), reward=verdict.score, tier=Tier.INLINE, elapsed_us=1)
    response = Response(sample_id=sample_id, text=text, index=index, finish_reason=finish_reason)  # type: ignore[arg-type]
    return Record(sample_id=sample_id, index=index, response=response, scored=scored)


def parts(records: list[Record]) -> list[Anatomised]:
    return [anatomise(item_of(each, "no text"), each, SAMPLES[each.sample_id]) for each in records]


def of(*records: Record) -> Anatomy:
    return anatomy(parts(list(records)))


records = st.lists(
    st.builds(
        record,
        st.sampled_from("abcd"),
        st.sampled_from(list(Status)),
        text=st.sampled_from(["", "(B)", "I cannot determine the answer.", "<think>so"]),
        flags=st.sampled_from([(), ("nearest-choice",), ("random-fallback",), ("hedged",)]),
        index=st.integers(0, 3),
        finish_reason=st.sampled_from(["stop", "length", "unknown"]),
    ),
    max_size=12,
)


@given(records, st.integers(0, 2))
def test_every_response_is_in_one_part_and_the_bounds_are_in_order(drawn: list[Record], missing: int) -> None:
    lost = [SAMPLES[name] for name in "efg"[:missing]]
    found = anatomy(parts(drawn) + [anatomise(lacking(sample), None, sample) for sample in lost])
    assert tuple(found.outcomes) == OUTCOMES
    assert sum(found.outcomes.values()) == found.items == len(drawn) + missing
    if found.official is None:
        assert found.strict is None and found.fallback_range is None
        return
    assert found.lower is not None and found.strict is not None and found.upper is not None
    assert found.lower <= found.strict + 1e-12 <= found.official + 2e-12 <= found.upper + 3e-12
    if found.fallback_range is not None:
        low, high = found.fallback_range
        assert low - 1e-12 <= found.official <= high + 1e-12
        assert found.lower <= low + 1e-12 and high <= found.upper + 1e-12
    else:
        assert found.strict == found.official


def test_luck_is_taken_out_of_the_strict_score_and_weighed_against_chance() -> None:
    found = of(
        record("a", Status.CORRECT),
        record("b", Status.CORRECT, flags=("nearest-choice",), text=""),
        record("c", Status.INCORRECT, flags=("nearest-choice",), text="cannot be determined"),
        record("d", Status.INCORRECT),
    )
    assert found.outcomes["correct"] == 1 and found.outcomes["fallback"] == 1 and found.outcomes["wrong"] == 2
    assert (found.official, found.strict) == (0.5, 0.25)
    assert found.fallback_range == (0.25, 0.75)
    assert found.fallback_chance == 0.5  # two guesses among four options
    assert (found.traits["fallback"].count, found.traits["fallback"].credit) == (2, 1.0)
    assert found.traits["empty"].count == 1
    said = warnings(found)
    assert any("25.00 % instead of 50.00 %" in each for each in said)


def test_a_random_draw_at_its_expectation_is_luck_too() -> None:
    found = of(record("a", Status.CORRECT), record("b", Status.PARTIAL, flags=("random-fallback",)))
    assert found.outcomes["fallback"] == 1
    assert found.official == pytest.approx(0.625) and found.strict == 0.5
    assert found.fallback_range == (0.5, 1.0)


def test_a_refusal_is_no_doubt_but_an_unread_answer_is() -> None:
    unread = of(record("a", Status.CORRECT), record("b", Status.NO_ANSWER, text="blue, or so"))
    refused = of(record("a", Status.CORRECT), record("b", Status.NO_ANSWER, text="I am unable to answer that."))
    assert (unread.lower, unread.upper) == (0.5, 1.0)
    assert (refused.lower, refused.upper) == (0.5, 0.5)
    assert refused.traits["refused"].count == refused.traits["unparsed"].count == 1


def test_what_is_cut_off_or_unscored_may_have_been_right() -> None:
    cut = of(record("a", Status.CORRECT), record("b", Status.INCORRECT, finish_reason="length"))
    assert (cut.official, cut.lower, cut.upper) == (0.5, 0.5, 1.0)
    assert (cut.truncation_reported, cut.truncation_estimated) == (1, 0)
    unscored = of(record("a", Status.CORRECT), record("b", Status.TIMEOUT))
    assert (unscored.official, unscored.lower, unscored.upper) == (1.0, 0.5, 1.0)


def test_samples_weigh_the_same_however_many_responses_they_have() -> None:
    found = of(
        record("a", Status.CORRECT, index=0),
        record("a", Status.INCORRECT, index=1),
        record("b", Status.CORRECT, flags=("nearest-choice",)),
    )
    assert (found.official, found.strict) == (0.75, 0.25)


def test_warnings_begin_above_one_percent() -> None:
    def with_unread(count: int) -> Anatomy:
        found = [record("a", Status.CORRECT, index=index) for index in range(200 - count)]
        found += [record("a", Status.NO_ANSWER, text="?", index=200 - 1 - index) for index in range(count)]
        return of(*found)

    assert warnings(with_unread(2)) == ()
    (said,) = warnings(with_unread(3))
    assert said == "3 of 200 responses (1.5 %) have no answer that the rule could read"


LONG = "First we look at the figure and find the two sides of the triangle that are given there. " * 3


@pytest.mark.parametrize(
    ("text", "finish_reason", "kind"),
    [
        ("short", "length", "reported"),
        (LONG + "Then we have to add the lengths of all the", "stop", ""),
        (LONG + "Then we have to add the lengths of all the", "unknown", "estimated"),
        (LONG + "Then we add them up and the answer to the question is 12", "unknown", ""),  # it states the answer
        (LONG + "\n\n12 cm", "unknown", ""),  # an answer on a line of its own
        (LONG, "unknown", ""),
        ("The answer is (B) the second one in the row", "unknown", ""),  # too short to have been cut
        ("So it is \\boxed{\\frac{1}{2", "unknown", "estimated"),
        ("So it is \\boxed{\\frac{1}{2}}", "unknown", ""),
        ("<think>Let me see. There are", "unknown", "estimated"),
        ("<think>Let me see.</think>B", "unknown", ""),
        ("", "unknown", ""),
    ],
)
def test_cut_off_responses_are_told_by_their_finish_reason_or_their_end(
    text: str, finish_reason: str, kind: str
) -> None:
    assert truncation(Response(sample_id="a", text=text, finish_reason=finish_reason)) == kind  # type: ignore[arg-type]


@given(st.text(max_size=400))
def test_any_text_is_looked_at_without_harm(text: str) -> None:
    truncation(Response(sample_id="a", text=text))
    declines(text)


def test_hostile_lengths_end_soon() -> None:
    for text in ("{" * 900_000, "\\boxed{" * 100_000, "<think>" * 100_000, "a" * 900_000, ". A" * 300_000):
        truncation(Response(sample_id="a", text=text))
        declines(text)


def test_a_failed_response_has_no_traits() -> None:
    failed = Record(
        sample_id="a", index=0, response=Response(sample_id="a", text="", error="no answer from the model"), scored=None
    )
    found = of(failed)
    assert found.outcomes["unscored"] == 1
    assert not any(trait.count for trait in found.traits.values())
    assert isinstance(parts([failed])[0].item, Item)
