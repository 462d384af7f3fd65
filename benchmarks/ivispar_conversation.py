"""What a model is told at each turn of iVISPAR's text modality, to the letter.

Source: anon148/iVISPAR, Source/Data/Instructions/ICML_instruction.txt (the rules), Source/Experiment/agent_systems.py
(`LLMAgent`: the request for reasoning; `GPT4Agent.act`: the turn) and Data/Params/params_experiment.json (reasoning is
asked for, and the last two turns are shown). The indentation is the script's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rfteval.types import Message, Prompt, TextPart

RULES = """You are a highly intelligent AI with exceptional spatial reasoning, tasked with solving a shape puzzle game \
on a 4 by 4 grid board.

## Game Overview:
The game consists of a grid board with two states: a current active state and a goal state.
Your objective is to generate valid actions to move objects on the board, step by step on the shortest path, until the \
current state matches the goal state.
1. Analyze the current state.
2. Compare with the goal state.
3. Check past actions.
4. Generate a new valid action

## Key Rules:
### Object Movement:
1. Each object occupies exactly one tile on the board.
2. Objects cannot move beyond the 4 by 4 grid boundaries or occupy the same tile as another object.

## Action Format:
- Your actions must follow this exact format:
move <object color> <object shape> <direction>
- Replace <object color>, <object shape>, and <direction> with appropriate options from the following list.
- Do not use quotation marks or angle brackets < > in your action.

### Valid Options:
- Object Colors: green, red, blue, yellow
- Object Shapes: cube, sphere, pyramid, cylinder
- Directions: up, down, left, right

### Example Actions:
- move green cube down
- move blue sphere up
- move red pyramid left
- move yellow cylinder right

## Important Notes:
- No Coordinates: Your actions should only specify the color, shape, and direction of movement. Do not include grid \
coordinates.
- Ensure every action adheres to the specified format and rules to progress effectively toward the goal state. Think \
carefully about the correct action and action format.
- Invalid Actions: If an action does not change the board state, it is invalid (e.g., blocked by another object or out \
of bounds). If an action is invalid, you must try a different one.

"""
_REASONING = (
    *("", "## Explain Your Reasoning", "- Before every action, explain your reasoning clearly."),
    *("- At the end of every response, include this line exactly:", "action: <your action>"),
    "- Replace <your action> with the valid move action based on your reasoning.",
    "- Do not add any characters after the word action.",
)
_TURN = (
    *("", "## Analyze the States", "The goal state is provided as the first set of coordinates: ", "{goal}."),
    *("The current state is provided as the second set of coordinates: ", "{current}."),
    "Study both states carefully and determine how to move objects in the current state to match the goal state.",
    *("", "## Additionally, you are provided with:", "- The previous states.", "- Your previous suggested action"),
    "- Use this information by comparing it to your current active state to determine your next action.",
    *("", "## Invalid Actions:", "- No Overlap: You are not allowed to position two objects in the same tile."),
    "- If the suggested action does not move any objects, it is invalid (e.g., blocked by another object or out of "
    "bounds).",
    "- Use the previous image(s) and action to understand why it failed and suggest a different action.",
    *("", "It is of most importance you always end your response with this exact format:", ""),
    "action: move <object color> <object shape> <direction>",
    "where you replace <object color> <object shape> <direction> with the valid move action based on your reasoning "
    "and do not add any characters after your action.",
)
SYSTEM = RULES + "\n".join(f"{' ' * 16}{line}" if line else "" for line in _REASONING) + f"\n{' ' * 12}"


def turn(goal: str, current: str, past: Sequence[tuple[str, str]], sample_id: str) -> Prompt:
    """The prompt of one turn; `past` are the boards and commands that are shown, the oldest first."""
    messages = [_message("system", SYSTEM)]
    for number, (board, command) in enumerate(past, start=1):
        messages.append(_message("user", f"Previous observation {number}: {board}"))
        messages.append(_message("assistant", f"Previous action {number}: {command}"))
    lines = (line.format(goal=goal, current=current) for line in _TURN)
    text = "\n".join(f"{' ' * 24}{line}" if number else line for number, line in enumerate(lines))
    messages.append(_message("user", f"{text}\n{' ' * 20}"))
    return Prompt(sample_id=sample_id, messages=tuple(messages))


def _message(role: Literal["system", "user", "assistant"], text: str) -> Message:
    return Message(role=role, parts=(TextPart(text=text),))
