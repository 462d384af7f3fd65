"""Where a grounding answer stands in a response: in <answer>, else after </think>, else anywhere; and its numbers."""

from __future__ import annotations

import json
import re

# A bounded decimal: no exponent, at most 12 digits before and after the point, so that float() is always finite.
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d{1,12}(?:\.\d{1,12})?(?!\w)")
_OBJECT_CHARACTERS = 20_000


def answer_text(response: str) -> tuple[str, str]:
    """(the part of the response that counts as its answer, name of the rule). An unclosed <think> leaves nothing."""
    start = response.rfind("<answer>")
    if start >= 0 and response.rfind("</think>") <= start:
        end = response.find("</answer>", start)
        return response[start + len("<answer>") : end if end >= 0 else len(response)].strip(), "answer_tag"
    closed = response.rfind("</think>")
    if closed >= 0:
        return response[closed + len("</think>") :].strip(), "after_think"
    if "<think>" in response:
        return "", "unclosed_think"
    return response.strip(), "whole_response"


def last_numbers(text: str, count: int) -> tuple[float, ...] | None:
    """The last bracketed group of exactly `count` numbers, else the text's numbers if there are exactly `count`."""
    for group in reversed(re.findall(r"[\[(]([^\[\]()]{1,400})[\])]", text)):
        numbers = _NUMBER.findall(group)
        if len(numbers) == count:
            return tuple(float(number) for number in numbers)
    numbers = _NUMBER.findall(text[-4_000:])
    return tuple(float(number) for number in numbers) if len(numbers) == count else None


def last_object(text: str) -> dict[str, object] | None:
    """The last JSON object in the text that stands alone, in a code fence or in prose; None if there is none."""
    tail = text[-_OBJECT_CHARACTERS:]
    end = tail.rfind("}")
    if end < 0:
        return None
    depth = 0
    for position in range(end, -1, -1):
        if tail[position] == "}":
            depth += 1
        elif tail[position] == "{":
            depth -= 1
            if depth == 0:
                try:
                    value = json.loads(tail[position : end + 1])
                except (ValueError, RecursionError):
                    return None
                return value if isinstance(value, dict) else None
    return None
