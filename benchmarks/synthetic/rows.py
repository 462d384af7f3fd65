"""Problems in MathVista's columns, as a line of a file or as a sample that a model can be asked right away."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace

import PIL.Image

from benchmarks.mathvista import ask_query, sample_of
from benchmarks.synthetic.question import Problem
from rfteval.rows import Row
from rfteval.types import Image, Sample, TextPart


def to_row(problem: Problem, pid: str, split: str) -> dict[str, object]:
    """The columns of MathVista's release, in its order; `source` says that the question is synthetic."""
    row: dict[str, object] = {
        "question": problem.question,
        "image": f"images/{pid}.png",
        "choices": list(problem.choices) or None,
        "unit": problem.unit or None,
        "precision": problem.precision,
        "answer": problem.answer,
        "question_type": "multi_choice" if problem.choices else "free_form",
        "answer_type": problem.answer_type,
        "pid": pid,
        "metadata": {
            "split": split,
            "language": "english",
            "img_width": problem.picture.width,
            "img_height": problem.picture.height,
            "source": f"synthetic {problem.family.name}",
            "category": problem.family.category,
            "task": problem.family.task,
            "context": problem.family.context,
            "grade": problem.family.grade,
            "skills": list(problem.skills),
        },
        "query": "",
    }
    text = ask_query(sample_of(Row(place=pid, values=row))).messages[-1].parts[-1]
    assert isinstance(text, TextPart)
    return row | {"query": text.text}


def to_sample(problem: Problem, sample_id: str, split: str) -> Sample:
    """The problem as a sample with its picture's bytes, the same as loading its row would give."""
    return to_samples([problem], sample_id, split)[0]


def to_samples(problems: Sequence[Problem], sample_id: str, split: str) -> list[Sample]:
    """Problems about one picture as samples that share it; with more than one, their ids end in a number.

    Beside what its row would give, a sample has the reasoning, its steps and the final answer as fields, and tags that
    say which family, form and level it is of.
    """
    image = Image(data=png_bytes(problems[0].picture))
    samples = []
    for index, problem in enumerate(problems):
        name = sample_id if len(problems) == 1 else f"{sample_id}-{index}"
        row = to_row(problem, name, split) | {"decoded_image": {"bytes": image.data, "path": None}}
        sample = sample_of(Row(place=name, values=row))
        groups = {"family": problem.family.name, "form": problem.form, "level": str(problem.level)}
        said = {"trace": problem.trace, "final": problem.final, "key_steps": key_steps(problem.trace)}
        samples.append(
            replace(sample, images=(image,), tags={**sample.tags, **groups}, fields={**sample.fields, **said})
        )
    return samples


def key_steps(trace: str) -> tuple[str, ...]:
    """The clauses of a reasoning with the marks that end them, for the verifier `steps`."""
    return tuple(re.findall(r"\S.*?[.,](?=\s|$)", trace))


def png_bytes(picture: PIL.Image.Image) -> bytes:
    """The picture as a small PNG, with a palette where that loses nothing (drawings have few colours)."""
    colours = picture.getcolors(256)
    if colours:
        reduced = picture.convert("P", palette=PIL.Image.Palette.ADAPTIVE, colors=len(colours))
        if reduced.convert("RGB").tobytes() == picture.tobytes():
            picture = reduced
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
