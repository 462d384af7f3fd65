"""Spatial457: questions on 1000 rendered scenes of vehicles, in seven sets of five levels, from one object to 6D poses.

Source: VLMEvalKit, vlmeval/dataset/spatial457.py and dataset/utils/spatial457.py, which XingruiWang/Spatial457 names as
its evaluation (prompt and official profile); lmms-eval, tasks/spatial457/utils.py (layout of the data, its own prompt).
The data set keeps yes and no as True and False; the rule is written for Yes and No, so that they are read as these.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from benchmarks.pictures import picture_key, pictures_first
from benchmarks.profiles import RULES, official
from benchmarks.quirks import NO_OUTPUTS, UNPINNED
from reward_service.types import Reference
from rfteval.benchmark import Benchmark, LoadRequest, Metric
from rfteval.errors import InputFileError
from rfteval.metrics import Item, tally
from rfteval.rows import HubSource, Row
from rfteval.sources import read_split
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

HUB = HubSource(
    repository="RyanWW/Spatial457",
    revision="main",
    columns=("image_filename", "question", "answer"),
    files=("questions/{config}.json",),
    folders=("images",),
)
# Each set with the name of its file, and what its questions ask to identify.
SETS = {
    "L1_single": ("L1_single", "attributes of the objects"),
    "L2_objects": ("L2_objects", "attributes of multiple objects"),
    "L3_2d_spatial": (
        "L3_2D_spatial",
        "attributes of multiple objects and their spatial relationship from 2D projected camera view",
    ),
    "L4_occ": ("L4_occ", "attributes of multiple objects and their occlusion relationships"),
    "L4_pose": (
        "L4_pose",
        "attributes of multiple objects and their facing direction in 3D space from the camera view",
    ),
    "L5_6d_spatial": (
        "L5_6d_spatial",
        "attributes of multiple objects and their spatial relationship from objects{apostrophe} perspective in 3D "
        "space",
    ),
    "L5_collision": (
        "L5_collision",
        "attributes of multiple objects and their potential collision given the assumption of moving direction in 3D "
        "space",
    ),
}
TASK = (
    "You are an intelligent chatbot designed to answer questions based on an image. Your task is to analyze the "
    "images, identify {what}, and then determine the answer to the question.\n"
)
ANSWERS = (
    *("Small", "Large", "Airliner", "Dirtbike", "Road bike", "Tandem bike", "Suv", "Wagon", "Scooter", "Mountain bike"),
    *(
        "Minivan",
        "Sedan",
        "School bus",
        "Fighter",
        "Chopper",
        "Double bus",
        "Truck",
        "Articulated bus",
        "Cruiser",
        "Jet",
    ),
    *("Utility bike", "Regular bus", "Biplane", "Gray", "Blue", "Purple", "Brown", "Green", "Cyan", "Red", "Yellow"),
    *("Left", "Right", "Front", "Back"),
)
REQUEST = (
    "First, you should identify the related objects {refered} in the questions, including their shape, color, size; "
    "then add a brief reasoning process about the questions. Each object in the image has a shape (e.g., 'airliner'), "
    "a size (only can be 'small' or 'large'), a color (e.g. 'blue'). The size of the object is either 'small' or "
    "'large'. The color of the object is one of the following: 'gray', 'blue', 'purple', 'brown', 'green', 'cyan', "
    "'red', 'yellow'. The direction of the object is one of the following: 'left', 'right', 'front', 'back'.\n\n"
    "Second, give the answer based on the reasoning process. The answer should only be (1) a phrase{choices}, or (2) "
    "an integer [0-10] when asked for 'How many' or 'What is the number of', or (3) 'Yes' or 'No' when asked for 'Is "
    "there'. If you think there are no possible answers or the question is not clear, choose the best answer that fits "
    "the question.\n\n"
    "Write your response into this json template: {{'Reasoning': '<your reasons>', 'Answer': '<Your answer>'}}"
)
# What the template's key holds, in either quotes, or bare; the last one counts.
_ANSWER = re.compile(
    r"""["']Answer["']\s*:\s*(?:"([^"\n]{0,200})"|'([^\n]{0,200}?)'\s*(?=[,}\n]|$)|([\w .-]{1,200}))""", re.IGNORECASE
)
POLAR = {"true": "Yes", "false": "No", "yes": "Yes", "no": "No"}


def load(request: LoadRequest) -> Sequence[Sample]:
    """The questions of one set, or of all. Raises SourceError and InputFileError, see `rfteval.sources.read_split`."""
    names = list(SETS) if request.split == "all" else [request.split]
    samples = (sample for name in names for sample in _samples_of(name, request))
    return list(islice(samples, request.limit))


def _samples_of(name: str, request: LoadRequest) -> Iterator[Sample]:
    source = dataclasses.replace(HUB, config=SETS[name][0])
    whole = dataclasses.replace(request, split=name)
    for number, row in enumerate(read_split(source, whole, "give a local snapshot with --data DIR"), start=1):
        yield sample_of(name, f"{name}-{number}", row)


def sample_of(name: str, sample_id: str, row: Row) -> Sample:
    """The sample of one row. Raises InputFileError naming the row and the column."""
    question, answer = row.text("question"), _answer(row)
    images = _pictures(row)
    polar = answer in ("Yes", "No")
    return Sample(
        id=sample_id,
        question=question,
        reference=Reference(
            answer=answer,
            kind="boolean" if polar else "number" if answer.isdigit() else "text",
            question=question,
        ),
        images=images,
        tags={
            "set": name,
            "level": name[:2],
            "kind": "yes or no" if polar else "number" if answer.isdigit() else "phrase",
            "picture": picture_key(images, row.text("image_filename")),
        },
    )


def _answer(row: Row) -> str:
    value = row.values.get("answer")
    if not isinstance(value, (str, int)) or not str(value).strip():
        raise InputFileError(f"{row.place}: 'answer' must be a text, a number or a boolean, found {value!r}")
    return POLAR.get(str(value).lower(), str(value))


def _pictures(row: Row) -> tuple[Image, ...]:
    path = f"images/{row.text('image_filename')}"
    return dataclasses.replace(row, values={"image_filename": path}).one_image("image_filename")


def ask_official(sample: Sample) -> Prompt:
    """The task, the picture, the question, and the request for JSON with the list of answers, as four parts."""
    choices = f" chosen from the following options: {', '.join(ANSWERS)}"
    parts: tuple[TextPart | ImagePart, ...] = (
        TextPart(text=_task(sample, "’")),
        *(ImagePart(image=image) for image in sample.images),
        TextPart(text=sample.question),
        TextPart(text=REQUEST.format(refered="refered", choices=choices)),
    )
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))


def ask_as_lmms_eval(sample: Sample) -> Prompt:
    """lmms-eval: the picture first, one text, no list of answers."""
    request = REQUEST.format(refered="referred", choices="")
    return pictures_first(sample, f"{_task(sample, chr(39))}{sample.question}\n{request}")


def _task(sample: Sample, apostrophe: str) -> str:
    return TASK.format(what=SETS[str(sample.tags["set"])][1].format(apostrophe=apostrophe))


def answer_of(text: str) -> str:
    """The answer that a response's JSON gives, or the whole response where it has none; for our own rules."""
    found = list(_ANSWER.finditer(text))
    return (found[-1].group(1) or found[-1].group(2) or found[-1].group(3) or "").strip() if found else text


def headline(items: Sequence[Item], samples: Mapping[str, Sample]) -> tuple[Metric, ...]:
    """The published score over all questions, and that of each set that was asked."""
    metrics = []
    for name in ("all", *SETS):
        found = tally(item for item in items if name in ("all", samples[item.sample_id].tags["set"]))
        if found.items:
            value = None if found.accuracy is None else 100 * found.accuracy
            metrics.append(Metric(name=name, value=value, highest=100, samples=found.samples))
    return tuple(metrics)


SPATIAL457 = Benchmark(
    name="spatial457",
    title="Spatial457",
    homepage="https://xingruiwang.github.io/projects/Spatial457/",
    licence="Apache-2.0",
    citation="Wang et al., Spatial457: A Diagnostic Benchmark for 6D Spatial Reasoning of Large Multimodal Models, "
    "CVPR 2025, arXiv:2502.08636",
    splits=("all", *SETS),
    default_split="all",
    load=load,
    prompts={"official": ask_official, "lmms-eval": ask_as_lmms_eval},
    default_prompt="official",
    profiles={
        "rules": dataclasses.replace(
            RULES,
            summary="the answer in the response's JSON, else found in the response, compared by the reference's kind",
            text=lambda response: answer_of(response.text),
        ),
        "official": official("spatial457_official", "the published JSON reading and equality"),
        "official-strict": official(
            "spatial457_official",
            "as official, but one kind of car or bus is not right for another",
            name="official-strict",
            same_group=False,
        ),
    },
    default_profile="rules",
    breakdowns=("set", "level", "kind"),
    cluster_key="picture",
    headline=headline,
    quirks=(
        NO_OUTPUTS,
        UNPINNED,
        "the published rule takes any kind of car for any other, and any number for Yes: count the flags",
        "questions are counted on loading: the sizes on the project page and their sum contradict each other",
        "the file of L3_2d_spatial is taken to be questions/L3_2D_spatial.json, as one public script reads it",
        "an answer with an apostrophe is cut by the published pattern; lmms-eval allows 512 tokens",
    ),
)
