"""The YAML file that `rfteval new-benchmark` writes: every field with what it means, and columns guessed from a row."""

from __future__ import annotations

import json
from collections.abc import Mapping

# What a column may be called, the likeliest first; only names that a row has are taken.
_GUESSES = {
    "id": ("id", "pid", "question_id", "sample_id", "idx", "index", "uid"),
    "question": ("question", "problem", "query", "prompt", "text"),
    "answer": ("answer", "gold", "label", "target", "solution"),
    "choices": ("choices", "options"),
    "image": ("image", "images", "decoded_image", "picture", "image_path", "img"),
}
_TAGS = 3  # as many groups as a person may want to start with
_SHORT = 40  # characters; a longer text is no name of a group

TEMPLATE = """\
# A benchmark for rfteval, without code. Check it with: rfteval new-benchmark {file} --check
# Run it with: rfteval run --bench {file}
# Paths are relative to this file. Every name that is not known is an error, so a typing error cannot change a score.
name: {name}
title: {name}
homepage: ""
licence: not stated # shown beside every score; say what the data may be used for
citation: ""

source: # one of the two
  data: {data} # a JSONL, JSON or Parquet file, or a folder that holds SPLIT.jsonl, data/SPLIT-*.parquet, ...
  # hub: owner/name
  # revision: 0123456789abcdef0123456789abcdef01234567 # a commit, so that next year the same rows are read
  # config: default

splits: [{split}] # the first is the default

columns: # what the columns are called in your rows
  id: {id} # a text or number, different in every row
  question: {question}
  answer: {answer} # with choices: a letter or an option's text
  {choices} # a list of texts; rows without it are free questions
  {images} # each column has a picture, a path to one, or a list of them
  # unit: unit # a text that belongs to the answer, such as cm
  tags: {tags} # groups of the report

# Parts: {{question}} {{choices}} {{letters}} {{unit}}; {{{{ and }}}} are braces.
# A line whose parts are all empty is left out.
prompt: |
  {{question}}
  {{choices}}
  Think step by step, then give the final answer inside \\boxed{{{{}}}}.

answer:
  kind: auto # of free questions: auto, number, expression, text, set, list, boolean
  verifier: auto # see `rfteval verifiers`
  # parameters: {{}} # of the verifier
  # precision: 2 # decimal places that count
  # tolerance: 0.01 # absolute

breakdowns: {tags}
# cluster: picture # a tag: answers within one of its groups stand or fall together, which widens the interval
"""


def render(file: str, name: str, data: str, row: Mapping[str, object]) -> str:
    """The file's text; `row` is the first row of the data, or empty where there is none to look at."""
    columns = {part: next((one for one in names if one in row), "") for part, names in _GUESSES.items()}
    taken = set(columns.values())
    tags = [
        column
        for column, value in row.items()
        if column not in taken and isinstance(value, str) and 0 < len(value) <= _SHORT and "/" not in value
    ][:_TAGS]
    return TEMPLATE.format(
        file=file,
        name=name,
        data=json.dumps(data),
        split="test",
        id=json.dumps(columns["id"] or "id"),
        question=json.dumps(columns["question"] or "question"),
        answer=json.dumps(columns["answer"] or "answer"),
        choices=f"choices: {json.dumps(columns['choices'])}" if columns["choices"] else "# choices: choices",
        images=f"images: [{json.dumps(columns['image'])}]" if columns["image"] else "# images: [image]",
        tags=json.dumps(tags),
    )
