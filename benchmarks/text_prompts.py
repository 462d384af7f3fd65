"""What benchmarks without pictures share: the prompts, with and without the request for a boxed answer."""

from __future__ import annotations

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
