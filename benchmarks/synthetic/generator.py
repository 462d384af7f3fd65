"""Problems without end: families in turn, scenes of the wanted split only, one form of question each.

Splits cannot overlap: every scene belongs to one by a hash of what is seen in it, and a generator throws away the
scenes of the other splits before drawing them. So it holds for every seed and every amount that no held-out picture
occurs in training, and seeds only decide which of a split's pictures come in which order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.synthetic.canvas import UNITS, Canvas
from benchmarks.synthetic.families import bars, clocks, counting, geometry, lines, pies, plots, scales, tables
from benchmarks.synthetic.posing import forms_of, pose
from benchmarks.synthetic.question import FORMS, Family, Problem, Question, scene_key

FAMILIES: tuple[Family, ...] = (
    *(bars.FAMILY, tables.FAMILY, clocks.FAMILY, plots.FAMILY, geometry.FAMILY, counting.FAMILY),
    *(lines.FAMILY, pies.FAMILY, scales.FAMILY),
)
LEVELS = (1, 2, 3)

# Of 16 parts of all scenes, those of each split.
PARTS = {"sample": range(0, 2), "validation": range(2, 4), "train": range(4, 16)}


def split_of(family: Family, scene: object) -> str:
    """The split that a scene belongs to."""
    part = scene_key(family, scene) % 16
    return next(split for split, parts in PARTS.items() if part in parts)


def problems(
    random: Random,
    split: str,
    *,
    size: int = UNITS,
    families: Sequence[Family] = FAMILIES,
    levels: Sequence[int] = LEVELS,
    questions_per_picture: int = 1,
) -> Iterator[Problem]:
    """Problems of a split without end, families and levels in turn from a random one on.

    `size` is the picture's side in pixels, 96 to 192. With several questions a picture, those about one picture follow
    each other (fewer where a scene allows only fewer) and share its image object. Raises ValueError for an unknown
    split or a size out of range.
    """
    if split not in PARTS:
        raise ValueError(f"split must be one of {', '.join(PARTS)}, got {split!r}")
    if not UNITS <= size <= 2 * UNITS:
        raise ValueError(f"size must be from {UNITS} to {2 * UNITS} pixels, got {size}")
    turn = random.randrange(len(families) * len(levels))
    while True:
        family = families[turn % len(families)]
        level = levels[turn // len(families) % len(levels)]
        turn += 1
        yield from _about_one_picture(random, split, family, level, size, questions_per_picture)


def _about_one_picture(random: Random, split: str, family: Family, level: int, size: int, count: int) -> list[Problem]:
    scene = family.plan(random, level)
    while split_of(family, scene) != split:
        scene = family.plan(random, level)
    canvas = Canvas(size)
    family.draw(scene, canvas)
    left = list(family.ask(scene, random))
    found: list[Problem] = []
    while left and len(found) < count:
        question, form = _choose(random, left, level)
        left.remove(question)
        posed = pose(question, form, random)
        found.append(
            Problem(
                family=family,
                picture=canvas.picture,
                question=question.text,
                form=posed.form,
                choices=posed.choices,
                answer=posed.answer,
                answer_type=posed.answer_type,
                precision=posed.precision,
                unit=question.unit,
                level=question.level,
                skills=question.skills,
                trace=posed.trace,
            )
        )
    return found


def _choose(random: Random, questions: Sequence[Question], level: int) -> tuple[Question, str]:
    """A question and a form for it: first the form, so that rare forms are not rare, then a question that has it.

    Questions of the wanted level come first, then easier ones, then whatever there is.
    """
    wanted = [question for question in questions if question.level == level]
    pool = wanted if len(wanted) > 1 else [q for q in questions if q.level <= level] or list(questions)
    forms = [form for form in FORMS if any(form in forms_of(question) for question in pool)]
    form = random.choice(forms)
    return random.choice([question for question in pool if form in forms_of(question)]), form
