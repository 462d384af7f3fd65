"""The commands by name, and the one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from reward_service.errors import InvalidRequestError, ParameterError, RewardServiceError, UnknownVerifierError
from rfteval.cli import doctor, explain, grade, listings, rescore, run, serve
from rfteval.errors import FAILURE, USAGE, RftevalError
from rfteval.plain_text import plain

INTERRUPTED = 128 + signal.SIGINT  # typer, too, returns this for a KeyboardInterrupt
INTERRUPTION = "interrupted; what the journal or the output file holds is whole, and the same command can be run again"

# typer hands out one class of its parser's errors; the others are the classes above it, wherever they live.
_UsageProblem = typer.BadParameter.__mro__[1]
_ParserProblem = typer.BadParameter.__mro__[2]


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

    app.command("rescore", short_help="Score stored responses again.", epilog=rescore.EXAMPLE)(rescore.rescore)
    app.command("run", short_help="Run a benchmark on a model.", epilog=run.EXAMPLE)(run.run)
    app.command("grade", short_help="Grade any JSONL of responses and gold answers.", epilog=grade.EXAMPLE)(grade.grade)
    app.command("explain", short_help="Judge one response and say why.", epilog=explain.EXAMPLE)(explain.explain)
    app.command("serve", short_help="Serve rewards over gRPC.", epilog=serve.EXAMPLE)(serve.serve)
    app.command("doctor", short_help="Say what is wrong, here or with a server.", epilog=doctor.EXAMPLE)(doctor.doctor)
    app.command("verifiers", short_help="List verifiers and their parameters.", epilog=listings.VERIFIERS_EXAMPLE)(
        listings.verifiers
    )
    app.command("benchmarks", short_help="List benchmarks, splits and profiles.", epilog=listings.BENCHMARKS_EXAMPLE)(
        listings.benchmarks
    )
    app.command("version", short_help="Print the versions that decide verdicts.", epilog=listings.VERSION_EXAMPLE)(
        listings.version
    )
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
