"""Errors a person can act on: one line that names the value at fault and what to do, with the exit code it ends in.

Anything else that escapes is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

USAGE = 2
FAILURE = 1


class RftevalError(Exception):
    """Root of every error the harness raises on purpose. `exit_code` is what the command line ends with."""

    exit_code = FAILURE


class UsageError(RftevalError):
    """The command asked for something that does not exist or does not fit together."""

    exit_code = USAGE


class UnknownNameError(UsageError):
    """No benchmark, split, profile, prompt, model or verifier of that name; the message suggests close ones."""


class InputFileError(RftevalError):
    """An input file could not be read, or a line of it is not what it has to be; the message has file and line."""


class SourceError(RftevalError):
    """The samples of a split could not be had: hub out of reach, wrong revision, snapshot incomplete."""


class JournalError(RftevalError):
    """A journal belongs to other settings, is in use, is damaged, or cannot be written."""


class OutputError(RftevalError):
    """A result could not be written: disk full, no permission, or the file is already there."""


class ModelError(RftevalError):
    """A model could not be loaded or reached; a single failed response is a record without a score instead."""


class ImageError(RftevalError):
    """A picture could not be read or is over a stated limit. A model makes a failed response of it."""


class ServiceMismatchError(RftevalError):
    """The reward service answered with other verifiers than the ones this run began with."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that is not among `known`, with the closest ones or, when none is close, all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        remedy = f"did you mean {' or '.join(close)}?"
    else:
        remedy = f"known: {', '.join(names)}" if names else "there is none"
    return UnknownNameError(f"unknown {what} {name!r}; {remedy}")
