"""A control run beside its baseline: the same run without the control, made first if need be, then both compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from rfteval.compare import Comparison, compare
from rfteval.errors import UsageError
from rfteval.journal import first_difference
from rfteval.plan import Plan
from rfteval.report.build import Report
from rfteval.report.comparison import comparison_to_json
from rfteval.report.files import COMPARISON_FILE, REPORT_FILE, write_json
from rfteval.stored_run import read_run

# What may differ between a run and its control: which samples are asked (those in common are compared), what the
# control makes of them, and what is scored beside the responses.
_MAY_DIFFER = frozenset({"control", "samples", "samples_sha256", "verifiers", "judge", "budgets"})

CarryOut = Callable[[Plan, str | None, Mapping[str, object] | None], Report]


def run_against(plan: Plan, control: str | None, baseline: Path, carry_out: CarryOut) -> tuple[Report, Comparison]:
    """The report of the control run in `plan.out`, and its comparison with the run in `baseline`, which is kept there.

    `carry_out(plan, control, like)` makes a run that must share the settings `like`. A baseline that is not there, or
    not finished, is made with the same plan but for the control. Raises UsageError before anything is asked where
    the two cannot be compared.
    """
    if control is None:
        raise UsageError("--baseline goes with --control; to compare finished runs use `rfteval compare`")
    if plan.shard is not None:
        raise UsageError("--baseline compares whole runs; merge the parts, then use `rfteval compare`")
    if baseline.resolve() == plan.out.resolve():
        raise UsageError(f"--baseline and --out both name {baseline}; give the two runs folders of their own")
    if not (baseline / REPORT_FILE).is_file():
        carry_out(dataclasses.replace(plan, out=baseline, fresh=False), None, None)
    settings = read_run(baseline).report["settings"]
    if "control" in settings:
        raise UsageError(f"{baseline} is itself a control run ({settings['control']}); name the run without a control")
    from rfteval.pages.write import write_pages

    report = carry_out(plan, control, settings)
    found = compare([read_run(baseline), read_run(plan.out)])
    write_json(plan.out / COMPARISON_FILE, comparison_to_json(found))
    write_pages(plan.out)  # again, now with the difference; pictures are taken from the page before
    return report, found


def refuse_another(baseline: Mapping[str, object], settings: Mapping[str, object]) -> None:
    """Raise UsageError where a control run with `settings` differs from its baseline in more than the control."""
    before = {name: value for name, value in baseline.items() if name not in _MAY_DIFFER}
    now = {name: value for name, value in settings.items() if name not in _MAY_DIFFER}
    difference = first_difference(before, now)
    if difference is not None:
        raise UsageError(
            f"the baseline is a run with other settings ({difference}), so a difference would not be the control's; "
            "run both alike, or name a new folder for the baseline"
        )
