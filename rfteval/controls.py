"""Control runs: the same questions asked with something taken away, to see what a score rests on.

A score that stays when the pictures go was not earned by looking at them; one that falls when the options are shuffled
rested on their places. Every control is a function of the sample alone, so runs of the same control are comparable.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from rfteval import videos
from rfteval.errors import ImageError, UsageError, unknown_name
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

ROTATION = "~"  # between a sample's id and the number of its rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control: what becomes of a sample (one or several to ask instead of it) and of its prompt."""

    name: str
    summary: str
    samples: Callable[[Sample], Sequence[Sample]] = lambda sample: (sample,)
    prompt: Callable[[Prompt], Prompt] = lambda prompt: prompt


def control_of(name: str) -> Control:
    """The control of that name. Raises UnknownNameError."""
    if name not in CONTROLS:
        raise unknown_name("control", name, CONTROLS)
    return CONTROLS[name]


def text_only(prompt: Prompt) -> Prompt:
    """The prompt without its pictures. A message that had nothing else is left out."""
    messages = (
        Message(role=message.role, parts=tuple(part for part in message.parts if isinstance(part, TextPart)))
        for message in prompt.messages
    )
    return dataclasses.replace(prompt, messages=tuple(message for message in messages if message.parts))


def blank_images(prompt: Prompt) -> Prompt:
    """The prompt with each picture replaced by an evenly grey one of the same size.

    A picture whose size cannot be read is left as it is: the model then says what is wrong with it.
    """
    messages = tuple(
        Message(
            role=message.role,
            parts=tuple(
                ImagePart(image=_blank(part.image)) if isinstance(part, ImagePart) else part for part in message.parts
            ),
        )
        for message in prompt.messages
    )
    return dataclasses.replace(prompt, messages=messages)


def _blank(image: Image) -> Image:
    from PIL import Image as Picture

    if image.frame is not None:
        return _blank_frame(image)
    try:
        with Picture.open(str(image.path) if (data := image.data) is None else io.BytesIO(data)) as original:
            size = original.size  # read from the header; nothing is decoded
    except (OSError, ValueError, Picture.DecompressionBombError):
        return image
    return _grey(*size)


def _blank_frame(image: Image) -> Image:
    try:
        return _grey(*videos.size(str(image.path)))
    except ImageError:
        return image


def _grey(width: int, height: int) -> Image:
    from PIL import Image as Picture

    buffer = io.BytesIO()
    Picture.new("L", (width, height), 128).save(buffer, "PNG")
    return Image(data=buffer.getvalue())


def shuffled(sample: Sample) -> tuple[Sample, ...]:
    """The sample with its options in another order, drawn by the sample's id; one without options stays."""
    count = len(sample.reference.choices)
    if count < 2:
        return (sample,)
    random = Random(hashlib.sha256(sample.id.encode()).digest())
    order = list(range(count))
    while order == list(range(count)):
        random.shuffle(order)
    return (permuted(sample, order),)


def rotated(sample: Sample) -> tuple[Sample, ...]:
    """CircularEval (Liu et al., MMBench, arXiv:2307.06281, sec. 4.3): every rotation of the options is asked.

    The first is the sample as it is. A sample without options is asked once.
    """
    count = len(sample.reference.choices)
    rotations = [permuted(sample, [(place + turn) % count for place in range(count)]) for turn in range(1, count)]
    return tuple(
        dataclasses.replace(each, id=f"{sample.id}{ROTATION}{turn}", tags={**each.tags, "rotation_of": sample.id})
        for turn, each in enumerate((sample, *rotations))
    )


def permuted(sample: Sample, order: Sequence[int]) -> Sample:
    """The sample with option texts in `order` under the same labels; `order[i]` is the option that moves to place i.

    An answer given as a label goes with its option; one given as a text stays. Raises ValueError for no permutation.
    """
    choices = sample.reference.choices
    if sorted(order) != list(range(len(choices))):
        raise ValueError(f"not an order of {len(choices)} options: {list(order)}")
    moved = tuple(
        dataclasses.replace(choice, text=choices[source].text) for choice, source in zip(choices, order, strict=True)
    )
    labels = {choices[source].label: choice.label for choice, source in zip(choices, order, strict=True)}
    reference = dataclasses.replace(
        sample.reference,
        choices=moved,
        answer=labels.get(sample.reference.answer, sample.reference.answer),
        alternatives=tuple(labels.get(other, other) for other in sample.reference.alternatives),
    )
    return dataclasses.replace(sample, reference=reference)


def apply(
    control: Control, samples: Sequence[Sample], render: Callable[[Sample], Prompt]
) -> list[tuple[Sample, Prompt]]:
    """What is asked under `control`: samples and their prompts.

    Raises UsageError where the control changes nothing: the benchmark has no pictures to take away or no options to
    move, or its prompt does not follow the order of the options.
    """
    asked: list[tuple[Sample, Prompt]] = []
    changed = False
    for sample in samples:
        plain = render(sample)
        for each in control.samples(sample):
            prompt = control.prompt(plain if each is sample else render(each))
            moved = each.reference.choices != sample.reference.choices
            if moved and prompt.messages == plain.messages:
                raise UsageError(
                    f"control {control.name!r} moved the options of sample {sample.id}, but this prompt does not show "
                    "them in their order; choose another --prompt"
                )
            changed |= moved or prompt.messages != plain.messages
            asked.append((each, prompt))
    if not changed:
        raise UsageError(f"control {control.name!r} changes none of the {len(samples)} prompts; leave --control out")
    return asked


CONTROLS: Mapping[str, Control] = {
    control.name: control
    for control in (
        Control(name="text-only", summary="the prompts without their pictures", prompt=text_only),
        Control(name="blank-image", summary="grey pictures of the same size", prompt=blank_images),
        Control(name="shuffle-options", summary="the options in another order", samples=shuffled),
        Control(
            name="circular", summary="every rotation of the options; right is right in all of them", samples=rotated
        ),
    )
}
