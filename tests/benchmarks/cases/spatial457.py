"""Rows in the fields of RyanWW/Spatial457's questions/*.json, written for these tests."""

from __future__ import annotations

from typing import Any

from benchmarks.spatial457 import HUB, SPATIAL457
from rfteval.types import Sample
from tests.benchmarks.case import Case


def row(number: int, question: str, answer: object) -> dict[str, Any]:
    return {
        **{"image_filename": f"superCLEVR_new_{number:06d}.png", "question": question, "answer": answer},
        **{"question_index": number, "program": [{"type": "scene", "inputs": []}]},
    }


def said(sample: Sample) -> tuple[str, ...]:
    answer = sample.reference.answer
    return (
        f"{{'Reasoning': 'I see two of them', 'Answer': '{answer}'}}",
        f'```json\n{{"Reasoning": "I see two of them", "Answer": "{answer.lower()}"}}\n```',
    )


HEAD = (
    "You are an intelligent chatbot designed to answer questions based on an image. Your task is to analyze the "
    "images, identify attributes of multiple objects and their spatial relationship from 2D projected camera view, "
    "and then determine the answer to the question.\n"
)
SEE = (
    " in the questions, including their shape, color, size; then add a brief reasoning process about the questions. "
    "Each object in the image has a shape (e.g., 'airliner'), a size (only can be 'small' or 'large'), a color (e.g. "
    "'blue'). The size of the object is either 'small' or 'large'. The color of the object is one of the following: "
    "'gray', 'blue', 'purple', 'brown', 'green', 'cyan', 'red', 'yellow'. The direction of the object is one of the "
    "following: 'left', 'right', 'front', 'back'.\n\nSecond, give the answer based on the reasoning process. The "
    "answer should only be (1) a phrase"
)
REST = (
    ", or (2) an integer [0-10] when asked for 'How many' or 'What is the number of', or (3) 'Yes' or 'No' when "
    "asked for 'Is there'. If you think there are no possible answers or the question is not clear, choose the best "
    "answer that fits the question.\n\nWrite your response into this json template: {'Reasoning': '<your reasons>', "
    "'Answer': '<Your answer>'}"
)
PHRASES = (
    " chosen from the following options: Small, Large, Airliner, Dirtbike, Road bike, Tandem bike, Suv, Wagon, "
    "Scooter, Mountain bike, Minivan, Sedan, School bus, Fighter, Chopper, Double bus, Truck, Articulated bus, "
    "Cruiser, Jet, Utility bike, Regular bus, Biplane, Gray, Blue, Purple, Brown, Green, Cyan, Red, Yellow, Left, "
    "Right, Front, Back"
)
FIRST = "First, you should identify the related objects "

CASES = (
    Case(
        benchmark=SPATIAL457,
        source=HUB,
        split="L3_2d_spatial",
        file="questions/L3_2D_spatial.json",
        rows=[
            row(1, "Is there a red car left of the bus?", True),
            row(2, "Is there a bus?", "False"),
            row(3, "How many cars are there?", 3),
            row(4, "What colour is the jet?", "brown"),
            row(5, "What is left of the jet?", "school bus"),
        ],
        said={"": said},
        prompts={
            "official": f"{HEAD}[[?]]Is there a red car left of the bus?{FIRST}refered{SEE}{PHRASES}{REST}",
            "lmms-eval": f"[[?]]{HEAD}Is there a red car left of the bus?\n{FIRST}referred{SEE}{REST}",
        },
    ),
)
