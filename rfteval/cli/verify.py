"""`rfteval verify`: outputs that authors released, scored again and held against their own verdicts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfteval.cli.options import Credentials, Server, Timeout
from rfteval.service import DEFAULT_TIMEOUT_S, Service

if TYPE_CHECKING:
    from rfteval.verification.session import Finding

EXAMPLE = "Example: rfteval verify --data DIR --only mathvista"
DIFFERS_CODE = 1
BAR_MISSED_CODE = 3


def verify(
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="A folder of released outputs, one folder a benchmark in it.")
    ],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this benchmark's folder; repeatable.")
    ] = None,
    no_agreement: Annotated[
        bool, typer.Option("--no-agreement", help="Leave out our own rule beside the stored extractions.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write all rows that differ, as JSON.")
    ] = None,
    server: Server = None,
    credentials: Credentials = None,
    timeout_s: Timeout = DEFAULT_TIMEOUT_S,
) -> None:
    """Score released outputs again by the published rules, and compare every row with the authors' verdicts.

    Exit code 0: as released, and our own rule within its bars; 1: rows differ without a known reason; 3: as released,
    but a bar of our own rule is missed.
    """
    from rfteval import registry
    from rfteval.report.files import write_json
    from rfteval.verification.session import chosen, verify
    from rfteval.verification.terminal import print_findings
    from rfteval.verification.written import findings_to_json

    releases = chosen(registry.releases(), only or ())
    service = Service(address=server, timeout_s=timeout_s, credentials=credentials)
    with service.connect() as client:
        findings = list(verify(data, releases, client, judge_free=not no_agreement, started=_tell))
    if out is not None:
        write_json(out, findings_to_json(findings))
    print_findings(findings)
    code = exit_code(findings)
    if code:
        raise typer.Exit(code)


def exit_code(findings: list[Finding]) -> int:
    """What the command ends with."""
    from rfteval.verification.check import DIFFERS

    if any(finding.check.state == DIFFERS for finding in findings):
        return DIFFERS_CODE
    missed = any(finding.agreement is not None and not finding.agreement.met for finding in findings)
    return BAR_MISSED_CODE if missed else 0


def _tell(name: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rscoring {name:<70}")
        sys.stderr.flush()
