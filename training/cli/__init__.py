"""Commands of the trainer, found by the entry point `rfteval.commands`; loaded at every start, so it imports little."""

from rfteval.cli.command import Command
from training.cli import sft, train

COMMANDS = (
    Command(
        name="train",
        summary="Improve a model with rewards from its verifiers.",
        example=train.EXAMPLE,
        function=train.train,
    ),
    Command(
        name="sft",
        summary="Fine-tune a model on prompts with responses.",
        example=sft.EXAMPLE,
        function=sft.sft,
    ),
)
