"""The picture generator: splits that cannot overlap, answers that follow from the reasoning, options that give nothing
away, pictures that stay small and quick to draw."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest

from benchmarks.synthetic.canvas import Canvas
from benchmarks.synthetic.generator import FAMILIES, LEVELS, PARTS, problems, split_of
from benchmarks.synthetic.posing import Posed, forms_of, pose, written
from benchmarks.synthetic.question import FORMS, Family, Problem
from benchmarks.synthetic.rows import to_row, to_sample

BY_NAME = pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])


def some(count: int, seed: int = 0, split: str = "train", **options: object) -> list[Problem]:
    return list(islice(problems(Random(seed), split, **options), count))  # type: ignore[arg-type]


def identity(problem: Problem) -> bytes:
    return hashlib.sha256(problem.picture.tobytes()).digest()


def test_no_held_out_picture_occurs_in_training() -> None:
    """Looked at pixel by pixel: what is not seen must not decide the split of a scene."""
    training, validation, sample = (
        {identity(problem) for problem in some(count, seed=seed, split=split)}
        for seed, (split, count) in enumerate({"train": 1800, "validation": 600, "sample": 600}.items())
    )
    assert not training & validation and not training & sample and not validation & sample


@BY_NAME
def test_scenes_that_look_the_same_are_in_the_same_split(family: Family) -> None:
    """Drawn for many scenes of the level with the fewest looks."""
    random = Random(5)
    seen: dict[bytes, str] = {}
    for _ in range(400):
        scene = family.plan(random, 1)
        canvas = Canvas(96)
        family.draw(scene, canvas)
        split = split_of(family, scene)
        assert seen.setdefault(canvas.picture.tobytes(), split) == split


def test_every_scene_has_one_split_and_shares_are_as_stated() -> None:
    assert sorted(part for parts in PARTS.values() for part in parts) == list(range(16))
    random = Random(1)
    found = Counter(split_of(family, family.plan(random, level)) for family in FAMILIES for level in LEVELS * 150)
    total = found.total()
    for split, parts in PARTS.items():
        assert abs(found[split] / total - len(parts) / 16) < 0.03


def test_a_seed_decides_everything() -> None:
    first, again, other = some(60, seed=7), some(60, seed=7), some(60, seed=8)
    assert [(p.question, p.choices, p.trace, identity(p)) for p in first] == [
        (p.question, p.choices, p.trace, identity(p)) for p in again
    ]
    assert [identity(p) for p in first] != [identity(p) for p in other]


def test_a_seed_decides_the_same_in_every_process() -> None:
    """No order may come from a set or a hash that Python salts."""
    code = (
        "import hashlib; from itertools import islice; from random import Random\n"
        "from benchmarks.synthetic.generator import problems\n"
        "found = [(p.question, p.choices, p.trace) for p in islice(problems(Random(3), 'train'), 150)]\n"
        "print(hashlib.sha256(repr(found).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@BY_NAME
def test_questions_and_their_forms_are_well_made(family: Family) -> None:
    random = Random(11)
    forms: set[str] = set()
    for turn in range(90):
        scene = family.plan(random, LEVELS[turn % 3])
        for question in family.ask(scene, random):
            assert question.text.endswith(("?", ".")) and question.steps and question.level in LEVELS
            assert all(step.endswith(".") for step in question.steps)
            for form in forms_of(question):
                posed = pose(question, form, random)
                forms.add(form)
                assert written(question.answer, question.decimals) == posed.answer
                if posed.choices:
                    assert 2 <= len(posed.choices) <= 5
                    assert len(set(posed.choices)) == len(posed.choices)
                    assert posed.choices.count(posed.answer) == 1
                    assert not {choice.upper() for choice in posed.choices} & set("ABCDE")
                else:
                    assert posed.answer_type == form
    assert forms == set(FORMS)


NUMBER = r"-?\d+(?:\.\d+)?"
EQUATION = re.compile(rf"((?:(?:\(?{NUMBER}\)?) [-+*/] )+\(?{NUMBER}\)?) = ({NUMBER})\.")


def evaluated(text: str) -> float:
    """The value of numbers joined by + - * /, multiplication and division first; written without any parser of ours."""
    tokens = [token.strip("()") for token in text.split(" ")]
    terms, signs = [float(tokens[0])], [1.0]
    for operator, token in zip(tokens[1::2], tokens[2::2], strict=True):
        if operator == "*":
            terms[-1] *= float(token)
        elif operator == "/":
            terms[-1] /= float(token)
        else:
            terms.append(float(token))
            signs.append(1.0 if operator == "+" else -1.0)
    return sum(sign * term for sign, term in zip(signs, terms, strict=True))


@BY_NAME
def test_the_reasoning_computes_rightly_and_ends_at_the_answer(family: Family) -> None:
    random = Random(13)
    checked = 0
    for turn in range(120):
        scene = family.plan(random, LEVELS[turn % 3])
        for question in family.ask(scene, random):
            trace = " ".join(question.steps)
            rounding = 0.51 * 10**-question.decimals if isinstance(question.answer, float) else 1e-9
            for left, right in EQUATION.findall(trace):
                assert evaluated(left) == pytest.approx(float(right), abs=rounding), trace
                checked += 1
            if isinstance(question.answer, tuple):
                assert all(written(part, question.decimals) in trace for part in question.answer), question
            elif not isinstance(question.answer, bool):
                assert written(question.answer, question.decimals) in question.steps[-1], question
    assert checked > 50


def questions_in(family: Family, form: str, scenes: int) -> Iterator[Posed]:
    """Every question of `scenes` scenes that has the form, put in it; no picture is drawn."""
    random = Random(17)
    for turn in range(scenes):
        for question in family.ask(family.plan(random, LEVELS[turn % 3]), random):
            if form in forms_of(question):
                yield pose(question, form, random)


def test_the_letter_gives_nothing_away() -> None:
    found = Counter(
        (len(p.choices), p.choices.index(p.answer)) for family in FAMILIES for p in questions_in(family, "choice", 240)
    )
    for count in (2, 3, 4, 5):
        places = [found[count, place] for place in range(count)]
        assert max(places) / sum(places) < 1 / count + 0.08


@BY_NAME
def test_yes_and_no_are_both_common(family: Family) -> None:
    answers = Counter(p.answer for p in questions_in(family, "yes_no", 300))
    assert min(answers["Yes"], answers["No"]) / answers.total() > 0.25


@BY_NAME
def test_the_reasoning_names_the_option_right_behind_its_value(family: Family) -> None:
    for form in ("choice", "yes_no"):
        for p in questions_in(family, form, 60):
            letter = "ABCDE"[p.choices.index(p.answer)]
            assert re.search(rf"(?:^|\s){re.escape(p.answer)} \({letter}\)\.$", p.trace), p.trace


def test_levels_and_forms_all_occur() -> None:
    found = some(1500)
    assert {problem.level for problem in found} == set(LEVELS)
    assert {problem.form for problem in found} == set(FORMS)
    assert Counter(problem.family.name for problem in found).keys() == {family.name for family in FAMILIES}
    assert all(problem.level == 1 for problem in some(90, levels=[1]))


@pytest.mark.parametrize("size", [96, 128, 192])
def test_pictures_have_the_asked_size_and_are_not_blank(size: int) -> None:
    for problem in some(54, size=size):
        assert problem.picture.size == (size, size)
        colours = problem.picture.getcolors(256)
        assert colours is not None and len(colours) >= 2
        assert max(count for count, _ in colours) < 0.99 * size * size


def test_several_questions_share_a_picture_and_do_not_repeat() -> None:
    found = some(400, questions_per_picture=4)
    by_picture: dict[int, list[Problem]] = {}
    for problem in found:
        by_picture.setdefault(id(problem.picture), []).append(problem)
    assert max(map(len, by_picture.values())) == 4
    for group in list(by_picture.values())[:-1]:
        assert len({(problem.question, problem.trace) for problem in group}) == len(group)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="train"):
        some(1, split="training")
    with pytest.raises(ValueError, match="96 to 192"):
        some(1, size=32)


def test_a_row_and_a_sample_say_the_same() -> None:
    for index, problem in enumerate(some(30)):
        row, sample = to_row(problem, f"p{index}", "train"), to_sample(problem, f"p{index}", "train")
        assert sample.question == row["question"] and sample.reference.answer == row["answer"]
        assert sample.fields["query"] == row["query"] != ""
        assert sample.images[0].data is not None and sample.images[0].data.startswith(b"\x89PNG")
