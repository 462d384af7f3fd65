"""Boxes, points, spans, counts, read text, screen actions, labels and lists."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_service.types import Status
from reward_service.verifiers.grounding.boxes import Box, intersection_over_union
from reward_service.verifiers.grounding.labels import read_letters
from reward_service.verifiers.grounding.spans import read_span
from reward_service.verify import verify

coordinate = st.integers(0, 1000)
boxes = st.tuples(coordinate, coordinate, st.integers(1, 500), st.integers(1, 500)).map(
    lambda part: (float(part[0]), float(part[1]), float(part[0] + part[2]), float(part[1] + part[3]))
)


@given(boxes, boxes)
def test_overlap_is_symmetric_bounded_and_one_for_the_same_box(first: Box, second: Box) -> None:
    assert intersection_over_union(first, second) == intersection_over_union(second, first)
    assert 0.0 <= intersection_over_union(first, second) <= 1.0
    assert intersection_over_union(first, first) == 1.0


@given(boxes, st.sampled_from(["{}", "<think>[1,2,3,4]</think><answer>{}</answer>", 'So {{"bbox_2d": {}}}.']))
def test_the_reference_box_is_correct_however_it_is_written(box: Box, wrapper: str) -> None:
    written = "[" + ", ".join(f"{number:g}" for number in box) + "]"
    assert verify(wrapper.format(written), written, verifier="box_iou").status is Status.CORRECT


def test_box_half_off_is_wrong_by_threshold_and_partial_when_plain() -> None:
    verdict = verify("[0, 0, 10, 10]", "[5, 0, 15, 10]", verifier="box_iou")
    assert (verdict.status, verdict.score) == (Status.INCORRECT, 0.0)
    verdict = verify("[0, 0, 10, 10]", "[5, 0, 15, 10]", verifier="box_iou", mode="plain")
    assert (verdict.status, verdict.score) == (Status.PARTIAL, pytest.approx(1 / 3))


def test_answers_only_in_reasoning_and_bad_references_never_score() -> None:
    assert verify("<think>[0,0,1,1]", "[0,0,1,1]", verifier="box_iou").status is Status.NO_ANSWER
    for reference in ("", "[1,2,3]", "[1,1,1,1]"):
        verdict = verify("[0,0,1,1]", reference, verifier="box_iou")
        assert (verdict.status, verdict.score) == (Status.INVALID_REFERENCE, None)


@given(boxes)
def test_points_inside_are_right_and_outside_wrong(box: Box) -> None:
    written = json.dumps(list(box))
    inside = f"({(box[0] + box[2]) / 2}, {(box[1] + box[3]) / 2})"
    assert verify(inside, written, verifier="point_in_box").correct
    assert verify(f"({box[2] + 1}, {box[1]})", written, verifier="point_in_box").status is Status.INCORRECT


@pytest.mark.parametrize(
    ("text", "span"),
    [("from 3.5 to 7 seconds", (3.5, 7.0)), ("[12, 15]", (12.0, 15.0)), ("0:30 - 1:05", (30.0, 65.0)), ("none", None)],
)
def test_spans_are_read_in_seconds(text: str, span: tuple[float, float] | None) -> None:
    assert read_span(text) == span


def test_temporal_overlap() -> None:
    verdict = verify("<answer>10 to 20</answer>", "15 to 25", verifier="temporal_iou")
    assert verdict.score == pytest.approx(1 / 3)
    assert verify("10 to 20", "12 to 12", verifier="temporal_iou").status is Status.INVALID_REFERENCE


@given(st.integers(0, 500), st.integers(0, 500))
def test_counts_fall_off_with_distance(found: int, wanted: int) -> None:
    verdict = verify(f"<answer>{found}</answer>", str(wanted), verifier="counting")
    assert verdict.correct == (found == wanted)
    assert verdict.score == pytest.approx(max(0.0, 1 - abs(found - wanted) / max(wanted, 1)))
    exact = verify(f"<answer>{found}</answer>", str(wanted), verifier="counting", mode="exact")
    assert exact.score == float(found == wanted)


def test_anls_follows_its_definition() -> None:
    assert verify("Hello  World", "hello world", verifier="anls").correct
    assert verify("helo", "hello", verifier="anls").score == pytest.approx(0.8)
    assert verify("abc", "hello", verifier="anls").score == 0.0
    assert verify("x" * 100_000, "hello", verifier="anls").status is Status.INCORRECT
    assert verify("x", ["", " "], verifier="anls").status is Status.INVALID_REFERENCE


@pytest.mark.parametrize(
    ("response", "status", "score"),
    [
        ('{"action": "click", "coordinate": [5, 5]}', Status.CORRECT, 1.0),
        ('{"action": "CLICK", "coordinate": [50, 5]}', Status.PARTIAL, 0.5),
        ('{"action": "scroll"}', Status.INCORRECT, 0.0),
        ("click it", Status.NO_ANSWER, 0.0),
        ("{" * 5000, Status.NO_ANSWER, 0.0),
    ],
)
def test_screen_actions(response: str, status: Status, score: float) -> None:
    verdict = verify(response, '{"action": "click", "box": [0, 0, 10, 10]}', verifier="gui_action")
    assert (verdict.status, verdict.score) == (status, score)


@pytest.mark.parametrize(
    ("response", "score"),
    [("A, C", 1.0), ("<answer>AC</answer>", 1.0), ("A", 0.2), ("A, B", 0.0), ("A, B, C", 0.0), ("(C)(A)", 1.0)],
)
def test_multi_select_gives_partial_credit_as_curr_reft_does(response: str, score: float) -> None:
    assert verify(response, "AC", verifier="multi_select").score == score


@given(st.sets(st.sampled_from("ABCDEFGH"), min_size=1), st.sampled_from(["", ", ", " and ", "、"]))
def test_letters_are_read_however_they_are_joined(letters: set[str], separator: str) -> None:
    assert read_letters(separator.join(sorted(letters))) == letters


def test_words_are_not_option_letters() -> None:
    assert read_letters("the cat") == frozenset()


def test_labels_and_ordered_lists() -> None:
    assert verify('<answer>"Happy".</answer>', "happy", verifier="labels").correct
    assert not verify("unhappy", "happy", verifier="labels").correct
    verdict = verify("red, green, blue", "red, green, yellow, blue", verifier="ordered_list")
    assert (verdict.status, verdict.score) == (Status.PARTIAL, 0.5)
    assert verify("red, green", "red, green", verifier="ordered_list").correct
    assert verify("green, red", "red, green", verifier="ordered_list", mode="exact").score == 0.0
