"""What benchmarks without pictures share: the prompt that asks for a boxed answer, and scoring by our own rules."""

from __future__ import annotations

from reward_service.types import Component
from rfteval.benchmark import Profile
from rfteval.types import Message, Prompt, Sample, TextPart

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."


def ask_boxed(sample: Sample) -> Prompt:
    """The problem, then the request for reasoning and a boxed answer, as Qwen2.5-Math and DeepSeek-R1 put it."""
    message = Message(role="user", parts=(TextPart(text=f"{sample.question}\n\n{BOXED}"),))
    return Prompt(sample_id=sample.id, messages=(message,))


def ask_plain(sample: Sample) -> Prompt:
    """The problem and nothing else."""
    message = Message(role="user", parts=(TextPart(text=sample.question),))
    return Prompt(sample_id=sample.id, messages=(message,))


RULES = Profile(
    name="rules",
    summary="the answer found in the response, compared by the kind of the reference",
    components=lambda sample: (Component(verifier="auto"),),
)
