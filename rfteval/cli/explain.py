"""`rfteval explain`: one response against one gold answer, and everything that the verdict says."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from rfteval.cli.options import Parameters, Verifier

EXAMPLE = "Example: rfteval explain --gold '1/2' --response 'So it is \\boxed{0.5}.'"


def explain(
    gold: Annotated[list[str], typer.Option("--gold", help="An accepted answer; repeatable.")],
    response: Annotated[str, typer.Option("--response", help="The text to judge; - reads standard input.")],
    choices: Annotated[
        list[str] | None,
        typer.Option(
            "--choices",
            metavar="TEXT",
            help="An option's text, or LETTER=TEXT; repeatable, in order. Or all of them as one JSON list or object.",
        ),
    ] = None,
    question: Annotated[str | None, typer.Option("--question", help="The question's text.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="full_response: extract the answer first; expression: it is the bare answer.")
    ] = "full_response",
    verifier: Verifier = "auto",
    param: Parameters = None,
) -> None:
    """Judge one response here and now, and say what was extracted, by which rules, and why."""
    from reward_service.verifiers import registry
    from reward_service.verify import verify
    from rfteval.errors import UsageError, unknown_name
    from rfteval.grade import RESPONSE_KINDS, components_for
    from rfteval.plain_text import plain

    if kind not in RESPONSE_KINDS:
        raise unknown_name("kind of response", kind, RESPONSE_KINDS)
    if response == "-":
        response = sys.stdin.read()
    options = _options(choices or [])
    known = {name: registry.get(name).info().parameters_schema for name in registry.names()}
    parameters = components_for(verifier, param or (), known)[bool(options), kind][0].parameters
    if "kind" in parameters or "question" in parameters:
        raise UsageError("--param cannot set kind or question; use the options of that name")
    verdict = verify(
        response, gold, choices=options or None, question=question, kind=kind, verifier=verifier, **parameters
    )
    score = "none (unscored)" if verdict.score is None else f"{verdict.score:g}"
    lines = [
        ("verdict", f"{verdict.status.name}, score {score}"),
        ("gold", " | ".join(gold)),
        ("extracted", "nothing" if verdict.extracted is None else verdict.extracted),
        ("found by", verdict.extraction_rule or "(not extracted)"),
        ("settled by", verdict.rule),
        ("reason", verdict.reason),
        ("remarks", ", ".join(verdict.flags) or "none"),
        ("verifier", f"{verdict.verifier} {verdict.version} {verdict.digest}"),
    ]
    for name, text in lines:
        typer.echo(f"{name + ':':<11} {plain(text)}")
    for step in verdict.steps:
        typer.echo(f"{'step:':<11} {step.start}-{step.end} {step.score:g} {plain(step.reason)}")


def _options(written: list[str]) -> list[str] | dict[str, str]:
    """Texts, or letter → text where every one is written LETTER=TEXT; or what one JSON list or object holds."""
    if len(written) == 1 and written[0].lstrip()[:1] in ("[", "{"):
        try:
            value = json.loads(written[0])
        except ValueError:
            value = None  # a set or an interval as the only option
        if isinstance(value, list):
            return [str(text) for text in value]
        if isinstance(value, dict):
            return {str(label): str(text) for label, text in value.items()}
    parts = [entry.partition("=") for entry in written]
    if parts and all(equals and 1 <= len(label.strip()) <= 2 and label.strip().isalnum() for label, equals, _ in parts):
        return {label.strip(): text for label, _, text in parts}
    return written
