"""Commands of the benchmarks, found by the entry point `rfteval.commands`; loaded at every start, so it is light."""

from benchmarks.cli import data, play
from rfteval.cli.command import Command

COMMANDS = (
    Command(
        name="preview",
        group="data",
        summary="Draw synthetic questions on one page.",
        example=data.PREVIEW_EXAMPLE,
        function=data.preview,
    ),
    Command(
        name="write",
        group="data",
        summary="Write synthetic questions as MathVista rows.",
        example=data.WRITE_EXAMPLE,
        function=data.write,
    ),
    Command(
        name="play",
        summary="Let a model play iVISPAR's puzzles turn by turn, and score the games.",
        example=play.EXAMPLE,
        function=play.play,
    ),
)
