"""The commands by name, and the one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from reward_service.errors import InvalidRequestError, ParameterError, RewardServiceError, UnknownVerifierError
from rfteval.cli import (
    compare,
    doctor,
    explain,
    export,
    grade,
    listings,
    merge,
    models,
    new_benchmark,
    rescore,
    run,
    serve,
    verify,
    view,
    why,
)
from rfteval.cli.command import Command, plugged
from rfteval.errors import FAILURE, USAGE, RftevalError
from rfteval.plain_text import plain

INTERRUPTED = 128 + signal.SIGINT  # typer, too, returns this for a KeyboardInterrupt
INTERRUPTION = "interrupted; what the journal or the output file holds is whole, and the same command can be run again"

# typer hands out one class of its parser's errors; the others are the classes above it, wherever they live.
_UsageProblem = typer.BadParameter.__mro__[1]
_ParserProblem = typer.BadParameter.__mro__[2]

COMMANDS = (
    Command(name="run", summary="Run a benchmark on a model.", example=run.EXAMPLE, function=run.run),
    Command(name="rescore", summary="Score stored responses again.", example=rescore.EXAMPLE, function=rescore.rescore),
    Command(
        name="verify",
        summary="Score released outputs again, row by row.",
        example=verify.EXAMPLE,
        function=verify.verify,
    ),
    Command(
        name="compare",
        summary="Compare runs on the same questions.",
        example=compare.EXAMPLE,
        function=compare.compare,
    ),
    Command(
        name="why",
        summary="Divide the gap between two runs among what differs.",
        example=why.EXAMPLE,
        function=why.why,
    ),
    Command(name="merge", summary="Join the parts of a sharded run.", example=merge.EXAMPLE, function=merge.merge),
    Command(name="view", summary="Show runs in the browser.", example=view.EXAMPLE, function=view.view),
    Command(
        name="export",
        summary="Write a run as a table, a page, or the authors' files.",
        example=export.EXAMPLE,
        function=export.export,
    ),
    Command(
        name="grade",
        summary="Grade any JSONL of responses and gold answers.",
        example=grade.EXAMPLE,
        function=grade.grade,
    ),
    Command(
        name="explain", summary="Judge one response and say why.", example=explain.EXAMPLE, function=explain.explain
    ),
    Command(name="serve", summary="Serve rewards over gRPC.", example=serve.EXAMPLE, function=serve.serve),
    Command(
        name="doctor",
        summary="Say what is wrong, here or with a server.",
        example=doctor.EXAMPLE,
        function=doctor.doctor,
    ),
    Command(
        name="verifiers",
        summary="List verifiers and their parameters.",
        example=listings.VERIFIERS_EXAMPLE,
        function=listings.verifiers,
    ),
    Command(
        name="benchmarks",
        summary="List benchmarks, splits and profiles.",
        example=listings.BENCHMARKS_EXAMPLE,
        function=listings.benchmarks,
    ),
    Command(
        name="models",
        summary="List backends: what is there, what is missing.",
        example=models.EXAMPLE,
        function=models.models,
    ),
    Command(
        name="new-benchmark",
        summary="Describe a benchmark in YAML, and check it.",
        example=new_benchmark.EXAMPLE,
        function=new_benchmark.new_benchmark,
    ),
    Command(
        name="version",
        summary="Print the versions that decide verdicts.",
        example=listings.VERSION_EXAMPLE,
        function=listings.version,
    ),
)
# What the commands of a group are about, for `rfteval --help`.
GROUPS = {"data": "Make and look at synthetic pictures and questions."}


def build() -> typer.Typer:
    """The application with all its commands."""
    app = typer.Typer(
        name="rfteval",
        help="Measure multimodal reasoning models, and reward them, with one verifier.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _options(
        debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error. Any position.")] = False,
    ) -> None:
        pass  # taken out of the arguments before they are parsed, so that it may stand anywhere

    groups: dict[str, typer.Typer] = {}
    for command in (*COMMANDS, *plugged()):
        where = app
        if command.group:
            if command.group not in groups:
                groups[command.group] = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
                app.add_typer(groups[command.group], name=command.group, help=GROUPS.get(command.group))
            where = groups[command.group]
        where.command(command.name, short_help=command.summary, epilog=command.example)(command.function)
    return app


def execute(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Prints one line for an error, and a traceback only with --debug."""
    # gRPC's own log would add lines to stderr that say nothing to a person, such as a private server going away.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"] or ["--help"]
    try:
        code = typer.main.get_command(build()).main(args=arguments, prog_name="rfteval", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:
            _say(INTERRUPTION)
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # The reader of our output went away; nothing can be said to it, and the exit must not try to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILURE
    except (KeyboardInterrupt, typer.Abort):
        _say(INTERRUPTION)
        return INTERRUPTED
    except typer.Exit as stop:
        return int(stop.exit_code)
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        message, code = describe(error)
        _say(message)
        return code


def describe(error: Exception) -> tuple[str, int]:
    """(one line for a person, exit code)."""
    if isinstance(error, RftevalError):
        return str(error), error.exit_code
    if isinstance(error, (UnknownVerifierError, ParameterError, InvalidRequestError)):
        return str(error), USAGE
    if isinstance(error, RewardServiceError):
        return str(error), FAILURE
    if isinstance(error, _ParserProblem):
        help_hint = ""
        context = getattr(error, "ctx", None)
        if isinstance(error, _UsageProblem) and context is not None:
            help_hint = f"; see {context.command_path} --help"
        return f"{getattr(error, 'format_message', error.__str__)().rstrip('.')}{help_hint}", USAGE
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}; run again with --debug to see where", FAILURE
    return (
        f"a defect of rfteval, please report it: {type(error).__name__}: {error}; run again with --debug for more",
        FAILURE,
    )


def _say(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    sys.stderr.write(f"error: {plain(' '.join(message.split()))}\n")
    sys.stderr.flush()
