"""`rfteval doctor`: what is installed and works here, or what a running service says of itself."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from rfteval.cli.options import Credentials, Server
from rfteval.errors import FAILURE, UsageError
from rfteval.plain_text import plain
from rfteval.service import Service, read_credentials

if TYPE_CHECKING:
    from rfteval.diagnosis import Finding

EXAMPLE = "Example: rfteval doctor --server 127.0.0.1:50051"
_WIDTH = 24


def doctor(
    server: Server = None,
    credentials: Credentials = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only ask the service for its health, as a container's health check.")
    ] = False,
    timeout_s: Annotated[
        float, typer.Option("--timeout-s", metavar="S", min=0.1, help="Longest wait for an answer of the service.")
    ] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of text.")] = False,
) -> None:
    """Look at this installation or, with --server, at a service; the exit code is 1 where something is wrong."""
    service = Service(address=server, credentials=credentials)
    if quick and server is None:
        raise UsageError("--quick asks a service for its health; give one with --server")
    findings = _here() if server is None else _servers(service, timeout_s, quick)
    if as_json:
        seen = list(findings)
        typer.echo(json.dumps([dataclasses.asdict(finding) for finding in seen], indent=2))
    elif sys.stdout.isatty():
        seen = list(findings)
        _table(seen)
    else:
        seen = list(_lines(findings))
    if any(finding.state == "problem" for finding in seen):
        raise typer.Exit(FAILURE)


def _here() -> Iterator[Finding]:
    from rfteval import diagnosis

    return diagnosis.here()


def _servers(service: Service, timeout_s: float, quick: bool) -> Iterator[Finding]:
    from reward_service.credentials import ClientCredentials
    from rfteval import diagnosis

    assert service.address is not None
    addresses = [address.strip() for address in service.address.split(",")]
    credentials = ClientCredentials() if service.credentials is None else read_credentials(service.credentials)
    for address in addresses:
        for finding in diagnosis.server(address, credentials, timeout_s=timeout_s, quick=quick):
            prefix = f"{address} " if len(addresses) > 1 else ""
            yield dataclasses.replace(finding, subject=f"{prefix}{finding.subject}")


def _lines(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Print each as one line as soon as it is there."""
    for finding in findings:
        remedy = f" -> {finding.remedy}" if finding.remedy else ""
        typer.echo(f"{finding.state:<8} {plain(finding.subject):<{_WIDTH}} {plain(finding.found + remedy)}")
        yield finding


def _table(findings: Iterable[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"ok": "green", "absent": "yellow", "problem": "bold red"}
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        found = Text(plain(finding.found))
        if finding.remedy:
            found.append(f"\n-> {plain(finding.remedy)}", "bold")
        table.add_row(Text(finding.state, styles[finding.state]), Text(plain(finding.subject)), found)
    Console().print(table)
