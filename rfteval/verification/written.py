"""What `rfteval verify` found, as JSON values, with every row that differs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from rfteval.verification.agreement import RowAgreement
from rfteval.verification.session import Finding

SCHEMA = "rfteval.verify/1"


def findings_to_json(findings: Iterable[Finding]) -> dict[str, object]:
    """The findings in their order."""
    return {"schema": SCHEMA, "runs": [_finding(finding) for finding in findings]}


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "release": finding.title,
        "state": finding.check.state,
        **asdict(finding.check),
        "judge_free": None if finding.agreement is None else _agreement(finding.agreement),
    }


def _agreement(agreement: RowAgreement) -> dict[str, object]:
    names = ("points", "share", "met", "set_aside", "points_read", "share_read", "met_read")
    return {**asdict(agreement), **{name: getattr(agreement, name) for name in names}}
