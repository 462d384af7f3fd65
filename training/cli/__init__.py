"""Commands of the trainer, found by the entry point `rfteval.commands`; loaded at every start, so it imports little."""

from rfteval.cli.command import Command
from training.cli import sft, train, train_report

COMMANDS = (
    Command(
        name="train",
        summary="Improve a model with rewards from its verifiers.",
        example=train.EXAMPLE,
        function=train.train,
    ),
    Command(
        name="train-report",
        summary="Show a training run on one page.",
        example=train_report.EXAMPLE,
        function=train_report.train_report,
    ),
    Command(
        name="sft",
        summary="Fine-tune a model on prompts with responses.",
        example=sft.EXAMPLE,
        function=sft.sft,
    ),
)
