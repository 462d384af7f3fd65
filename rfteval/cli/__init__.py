"""The command line `rfteval`. Importing this loads nothing else; every command loads what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command in `arguments` (default: the process's) and exit with its code."""
    from rfteval.cli.app import execute

    sys.exit(execute(sys.argv[1:] if arguments is None else arguments))
