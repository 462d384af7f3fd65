"""A control run's page and Markdown show what the control took, with its interval."""

from __future__ import annotations

from pathlib import Path

from rfteval.compare import compare
from rfteval.export.markdown import report_markdown
from rfteval.pages.panels.control import control
from rfteval.pages.run_page import run_page
from rfteval.report.comparison import comparison_to_json
from rfteval.report.files import COMPARISON_FILE, write_json
from rfteval.stored_run import read_run
from tests.rfteval.pages.stored import record, store
from tests.rfteval.small_benchmark import sample


def test_the_difference_stands_on_the_page_with_its_interval(tmp_path: Path) -> None:
    samples = [sample(number) for number in range(40)]
    right = [record(each, each.reference.answer) for each in samples]
    store(tmp_path / "base", samples, right)
    records = [record(each, "no" if number % 4 == 0 else each.reference.answer) for number, each in enumerate(samples)]
    blind = store(tmp_path / "blind", samples, records, control="text-only")
    assert control(read_run(blind)) is None and "Control" not in report_markdown(read_run(blind).report, {})
    write_json(blind / COMPARISON_FILE, comparison_to_json(compare([read_run(tmp_path / "base")] * 2)))
    assert control(read_run(blind)) is None  # somebody's own, of two runs without a control
    found = compare([read_run(tmp_path / "base"), read_run(blind)])
    write_json(blind / COMPARISON_FILE, comparison_to_json(found))
    run = read_run(blind)
    panel, interval = control(run), found.pairs[0].difference.estimate.interval
    assert panel is not None and interval is not None and interval[0] < -0.25 < interval[1]
    written = [f"{each * 100:+.2f}".replace("-", "\N{MINUS SIGN}") for each in (-0.25, *interval)]
    assert all(each in panel.body for each in written) and "40 questions that both have" in panel.body
    assert "0 gained, 10 lost" in panel.body and "base (baseline)" in panel.body and "blind (text-only)" in panel.body
    assert str(panel.body) in run_page(run)
    said = report_markdown(run.report, run.facts, run.comparison)
    low, high = interval
    assert f"75.00 % instead of 100.00 %, -25.00 points (95 %: {low * 100:+.2f} to {high * 100:+.2f})" in said.replace(
        "\\", ""
    )
