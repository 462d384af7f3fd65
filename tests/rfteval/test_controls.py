"""Controls take away what they say and nothing else, and refuse to run where they would change nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from benchmarks.mathvista import MATHVISTA
from reward_service import verify
from reward_service.types import Choice, Reference
from rfteval.benchmark import LoadRequest
from rfteval.controls import CONTROLS, ROTATION, apply, control_of, permuted, rotated, shuffled
from rfteval.errors import UnknownNameError, UsageError
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart


def question(count: int, answer: int, *, by_text: bool = False, sample_id: str = "q") -> Sample:
    """A question with `count` options, answered by the label or the text of the option at place `answer`."""
    choices = tuple(Choice(label=chr(65 + place), text=f"option {place}") for place in range(count))
    gold = choices[answer].text if by_text else choices[answer].label
    return Sample(id=sample_id, question="Which?", reference=Reference(answer=gold, kind="choice", choices=choices))


def render(sample: Sample) -> Prompt:
    shown = "\n".join(f"({choice.label}) {choice.text}" for choice in sample.reference.choices)
    parts = (TextPart(text=f"{sample.question}\n{shown}"),)
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


def gold_text(sample: Sample) -> str:
    texts = {choice.label: choice.text for choice in sample.reference.choices}
    return texts.get(sample.reference.answer, sample.reference.answer)


@given(st.data(), st.integers(2, 10), st.booleans())
def test_the_right_option_stays_right_wherever_it_moves(data: st.DataObject, count: int, by_text: bool) -> None:
    sample = question(count, data.draw(st.integers(0, count - 1)), by_text=by_text)
    moved = permuted(sample, data.draw(st.permutations(range(count))))
    assert gold_text(moved) == gold_text(sample)
    assert [choice.label for choice in moved.reference.choices] == [c.label for c in sample.reference.choices]
    assert sorted(c.text for c in moved.reference.choices) == sorted(c.text for c in sample.reference.choices)


@given(st.integers(2, 10), st.text(min_size=1))
def test_shuffling_moves_something_and_always_the_same_way(count: int, sample_id: str) -> None:
    sample = question(count, 0, sample_id=sample_id)
    assert shuffled(sample) == shuffled(sample)
    assert shuffled(sample)[0].reference.choices != sample.reference.choices


def test_every_option_stands_in_every_place_once() -> None:
    sample = question(4, 2)
    turned = rotated(sample)
    assert [each.id for each in turned] == [f"q{ROTATION}{turn}" for turn in range(4)]
    for place in range(4):
        assert sorted(each.reference.choices[place].text for each in turned) == [f"option {n}" for n in range(4)]
    assert {each.reference.answer for each in turned} == set("ABCD")
    assert all(each.tags["rotation_of"] == "q" for each in turned)


@pytest.mark.parametrize("name", ["text-only", "blank-image"])
def test_pictures_go_and_words_stay(name: str) -> None:
    samples = list(MATHVISTA.load(LoadRequest(split="sample", limit=12)))
    asked = apply(control_of(name), samples, MATHVISTA.prompts["query"])
    for sample, (_, prompt) in zip(samples, asked, strict=True):
        plain = MATHVISTA.prompts["query"](sample)
        assert texts(prompt) == texts(plain)
        pictures = [part.image for message in prompt.messages for part in message.parts if isinstance(part, ImagePart)]
        assert len(pictures) == (0 if name == "text-only" else len(sample.images))
        for blank, original in zip(pictures, sample.images, strict=False):
            assert blank.data is not None
            with Picture.open(io.BytesIO(blank.data)) as now, Picture.open(str(original.path)) as before:
                assert now.size == before.size
                assert now.convert("L").getextrema() == (128, 128)


@pytest.mark.parametrize("name", ["shuffle-options", "circular"])
def test_moved_options_are_shown_in_their_new_order_and_scored_by_it(name: str) -> None:
    """In the packaged sample, whose rows have a stored query that shows the old order."""
    samples = [s for s in MATHVISTA.load(LoadRequest(split="sample")) if s.reference.choices][:5]
    for sample, prompt in apply(control_of(name), samples, MATHVISTA.prompts["query"]):
        [text] = texts(prompt)
        shown = [f"({choice.label}) {choice.text}" for choice in sample.reference.choices]
        assert "\n".join(shown) in text
        right = next(c for c in sample.reference.choices if gold_text(sample) == c.text)
        options = {choice.label: choice.text for choice in sample.reference.choices}
        assert verify(f"The answer is ({right.label}).", sample.reference.answer, choices=options).score == 1.0


def test_a_picture_that_is_not_there_is_left_for_the_model_to_complain_of() -> None:
    image = ImagePart(image=Image(path="/no/such/picture.png"))
    prompt = Prompt(sample_id="q", messages=(Message(role="user", parts=(image, TextPart(text="?"))),))
    assert CONTROLS["blank-image"].prompt(prompt) == prompt


@pytest.mark.parametrize("name", sorted(CONTROLS))
def test_a_control_that_changes_nothing_is_refused(name: str) -> None:
    plain = Sample(id="q", question="1+1?", reference=Reference(answer="2"))
    with pytest.raises(UsageError, match=rf"'{name}' changes none of the 1 prompts"):
        apply(control_of(name), [plain], render)


@pytest.mark.parametrize("name", ["shuffle-options", "circular"])
def test_a_prompt_that_does_not_follow_the_options_is_refused(name: str) -> None:
    def stubborn(sample: Sample) -> Prompt:
        return render(question(3, 0, sample_id=sample.id))

    with pytest.raises(UsageError, match="does not show them in their order"):
        apply(control_of(name), [question(3, 0)], stubborn)


def test_an_unknown_control_is_named_with_a_near_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean text-only"):
        control_of("textonly")


def texts(prompt: Prompt) -> Sequence[str]:
    return [part.text for message in prompt.messages for part in message.parts if isinstance(part, TextPart)]
