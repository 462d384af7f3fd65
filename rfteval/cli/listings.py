"""`rfteval verifiers`, `rfteval benchmarks`, `rfteval version`: what there is to choose from, and what this is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rfteval.cli.options import Credentials, Server
from rfteval.service import Service

if TYPE_CHECKING:
    from reward_service.types import VerifierInfo

VERIFIERS_EXAMPLE = "Example: rfteval verifiers --server 127.0.0.1:50051"
BENCHMARKS_EXAMPLE = "Example: rfteval benchmarks"
VERSION_EXAMPLE = "Example: rfteval version"

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array instead of text.")]


def verifiers(server: Server = None, credentials: Credentials = None, as_json: AsJson = False) -> None:
    """List the verifiers of a service: name, version, digest, parameters with their defaults."""
    known = _verifiers(Service(address=server, credentials=credentials))
    if as_json:
        rows = [
            {
                "name": info.name,
                "version": info.version,
                "digest": info.digest,
                "summary": info.summary,
                "parameters": json.loads(info.parameters_schema),
            }
            for info in known
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for info in known:
        typer.echo(f"{info.name} {info.version} {info.digest}  {info.summary}")
        for name, entry in json.loads(info.parameters_schema)["properties"].items():
            allowed = f" ({', '.join(entry['enum'])})" if "enum" in entry else ""
            typer.echo(f"    {name}={json.dumps(entry['default'])}{allowed}: {entry['description']}")


def benchmarks(as_json: AsJson = False) -> None:
    """List the benchmarks: splits, prompts, profiles (defaults marked *), published scores, what to know of them."""
    from rfteval import registry

    found = registry.benchmarks().values()
    if as_json:
        rows = [
            {
                "name": benchmark.name,
                "title": benchmark.title,
                "homepage": benchmark.homepage,
                "licence": benchmark.licence,
                "splits": list(benchmark.splits),
                "default_split": benchmark.default_split,
                "profiles": {name: profile.summary for name, profile in benchmark.profiles.items()},
                "default_profile": benchmark.default_profile,
                "prompts": list(benchmark.prompts),
                "default_prompt": benchmark.default_prompt,
                "anchors": [asdict(anchor) for anchor in benchmark.anchors],
                "quirks": list(benchmark.quirks),
            }
            for benchmark in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for benchmark in found:
        typer.echo(f"{benchmark.name}  {benchmark.title} ({benchmark.licence}) {benchmark.homepage}")
        typer.echo(f"    splits: {_marked(benchmark.splits, benchmark.default_split)}")
        typer.echo(f"    prompts: {_marked(tuple(benchmark.prompts), benchmark.default_prompt)}")
        for name, profile in benchmark.profiles.items():
            typer.echo(f"    profile {_marked((name,), benchmark.default_profile)}: {profile.summary}")
        for anchor in benchmark.anchors:
            typer.echo(f"    published: {anchor.model} {anchor.score:g}, {anchor.of} ({anchor.source})")
        for quirk in benchmark.quirks:
            typer.echo(f"    note: {quirk}")


def version() -> None:
    """Print the versions that decide verdicts: rfteval, Python, the libraries and, in a checkout, the commit."""
    from rfteval.provenance import code_commit, versions

    for name, number in versions().items():
        typer.echo(f"{name} {number or 'not installed'}")
    commit = code_commit()
    if commit is not None:
        typer.echo(f"commit {commit}")


def _verifiers(service: Service) -> list[VerifierInfo]:
    """Those of the service at an address, or the ones of this package, for which no service is needed."""
    if service.address is None:
        from reward_service.verifiers import registry

        return [registry.get(name).info() for name in registry.names()]
    with service.connect() as client:
        return client.verifiers()


def _marked(names: tuple[str, ...], default: str) -> str:
    return ", ".join(f"{name}*" if name == default else name for name in names)
