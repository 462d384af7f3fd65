"""Does a benchmark work? Gold answers must come out right and those of other samples wrong, without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reward_service.types import ScoreItem
from rfteval.benchmark import Profile
from rfteval.scoring import Scorer
from rfteval.types import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of it: counts of the samples, and the ids of those that came out otherwise than they must.

    `rejected` are gold answers that are not right, `unusable` those that could not be scored (id and reason), and
    `accepted` those for which the different answer of another sample counted as right.
    """

    samples: int
    rejected: tuple[str, ...]
    unusable: tuple[tuple[str, str], ...]
    accepted: tuple[str, ...]
    strangers: int


def check(samples: Sequence[Sample], profile: Profile, scorer: Scorer) -> Checked:
    """Score each sample's own gold answer, and the nearest following one that is written otherwise."""
    own = scorer.score([_item(sample, profile, gold_text(sample)) for sample in samples])
    others = [_other(samples, place) for place in range(len(samples))]
    asked = [(sample, text) for sample, text in zip(samples, others, strict=True) if text is not None]
    wrong = scorer.score([_item(sample, profile, text) for sample, text in asked]) if asked else []
    scores = [scored.verdicts[0] for scored in own]
    return Checked(
        samples=len(samples),
        rejected=tuple(s.id for s, v in zip(samples, scores, strict=True) if v.score is not None and v.score < 1),
        unusable=tuple((s.id, v.reason) for s, v in zip(samples, scores, strict=True) if v.score is None),
        accepted=tuple(s.id for (s, _), v in zip(asked, wrong, strict=True) if v.verdicts[0].score == 1),
        strangers=len(asked),
    )


def gold_text(sample: Sample) -> str:
    """The gold answer as a model would say it: an option by its letter."""
    reference = sample.reference
    label = next((choice.label for choice in reference.choices if choice.text == reference.answer), reference.answer)
    return f"The answer is \\boxed{{{label}}}."


def _other(samples: Sequence[Sample], place: int) -> str | None:
    """The answer to the next sample whose answer differs; for a choice, the next option; None where there is none."""
    sample = samples[place]
    labels = [choice.label for choice in sample.reference.choices]
    own = gold_text(sample)
    if labels:
        texts = [f"The answer is \\boxed{{{label}}}." for label in labels]
        return next((text for text in texts if text != own), None)
    following = (samples[(place + step) % len(samples)] for step in range(1, len(samples)))
    return next((text for other in following if (text := gold_text(other)).casefold() != own.casefold()), None)


def _item(sample: Sample, profile: Profile, text: str) -> ScoreItem:
    return ScoreItem(id=sample.id, response=text, reference=sample.reference, components=profile.components(sample))
