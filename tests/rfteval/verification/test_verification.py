"""Released runs scored again: what counts as released, what is drawn at random, how our rule is held against theirs."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reward_service.types import ScoredItem, ScoreItem, Status, Tier, Verdict
from rfteval.cli.verify import BAR_MISSED_CODE, DIFFERS_CODE, exit_code
from rfteval.errors import UnknownNameError, UsageError
from rfteval.types import Response
from rfteval.verification.agreement import RowAgreement, compare_rows
from rfteval.verification.check import RunCheck, check_run, score_run
from rfteval.verification.release import JudgeFree, Release, ReleasedRun
from rfteval.verification.session import Finding, chosen, verify
from rfteval.verification.terminal import print_findings
from rfteval.verification.written import findings_to_json
from tests.rfteval.small_benchmark import benchmark, sample, scored

SUMS = benchmark()


class Exact:
    """The small benchmark's comparison."""

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        return [scored(item) for item in items]


class Drawing(Exact):
    """As MMMU's rule: the text "?" names no answer and one of the options would be drawn."""

    def score(self, items: Sequence[ScoreItem]) -> list[ScoredItem]:
        return [self._drawn(item) if item.response == "?" else scored(item) for item in items]

    def _drawn(self, item: ScoreItem) -> ScoredItem:
        verdict = Verdict(status=Status.PARTIAL, score=0.25, flags=("random-fallback",))
        return ScoredItem(id=item.id, verdicts=(verdict,), reward=0.25, tier=Tier.INLINE, elapsed_us=0)


def run(texts: Sequence[str], **fields: object) -> ReleasedRun:
    """A run over the first samples, one for each text; the answer to sample n is n."""
    settings: dict[str, object] = {
        "name": "model",
        "benchmark": SUMS,
        "profile": "rules",
        "samples": [sample(number) for number in range(len(texts))],
        "responses": [Response(sample_id=f"s{number}", text=text) for number, text in enumerate(texts)],
    }
    return ReleasedRun(**{**settings, **fields})  # type: ignore[arg-type]


def checked(released: ReleasedRun, scorer: Exact | None = None) -> RunCheck:
    return check_run(released, score_run(released, SUMS.profiles["rules"], scorer or Exact()))


def test_a_run_is_exact_where_every_row_is() -> None:
    found = checked(run(["0", "9", "2"], verdicts={"s0": True, "s1": False, "s2": True}))
    assert (found.state, found.rows, found.official, found.ours, found.compared) == ("exact", 3, 2, 2, 3)
    assert found.differences == () and found.draws is None


def test_a_differing_row_is_listed_and_must_be_explained() -> None:
    verdicts = {"s0": True, "s1": True}
    found = checked(run(["0", "9"], verdicts=verdicts))
    assert found.state == "DIFFERS"
    (row,) = found.differences
    assert (row.sample_id, row.ours, row.official, row.explanation) == ("s1", False, True, "")
    explained = checked(run(["0", "9"], verdicts=verdicts, explained={"s1": "a misprint"}))
    assert explained.state == "explained" and explained.differences[0].explanation == "a misprint"
    # equal totals do not hide rows that differ in both directions
    assert checked(run(["0", "9"], verdicts={"s0": False, "s1": True})).state == "DIFFERS"


def test_a_row_that_we_could_not_score_is_never_as_released() -> None:
    found = checked(run(["0", "hang"], verdicts={"s0": True, "s1": False}, explained={"s1": "no"}))
    assert (found.state, found.unscored, found.ours) == ("DIFFERS", 1, 1)


def test_a_run_judged_by_another_model_is_shown_as_that() -> None:
    found = checked(run(["0", "9"], verdicts={"s0": True, "s1": True}, judged_by="GPT"))
    assert found.state == "judged" and len(found.differences) == 1


def test_totals_alone_are_held_where_no_verdicts_were_released() -> None:
    assert checked(run(["0", "9"], correct=1)).state == "exact"
    assert checked(run(["0", "9"], correct=2)).state == "DIFFERS"


def test_draws_give_an_expectation_and_a_range_instead_of_a_seeds_luck() -> None:
    released = run(["0", "?", "?", "9"], verdicts={"s0": True, "s1": True, "s2": False, "s3": False})
    found = checked(released, Drawing())
    assert found.state == "exact" and found.compared == 2
    draws = found.draws
    assert draws is not None
    assert (draws.rows, draws.certain, draws.expected, draws.highest, draws.official_right) == (2, 1, 1.5, 3, 1)
    assert draws.replayed is None


def test_a_seed_replays_the_authors_draws_in_order() -> None:
    """Python's generator over the labels in the order of the rows; another seed's luck is another total."""
    import random

    from reward_service.types import Choice, Reference

    choices = tuple(Choice(label=letter, text=letter) for letter in "ABCD")
    samples = [
        dataclasses.replace(sample(number), reference=Reference(answer="A", choices=choices)) for number in range(40)
    ]
    responses = [Response(sample_id=f"s{number}", text="?") for number in range(40)]
    generator = random.Random(42)
    right = sum(generator.choice("ABCD") == "A" for _ in range(40))
    found = checked(run([], samples=samples, responses=responses, correct=right, seed=42), Drawing())
    assert found.draws is not None and found.draws.replayed == right and found.state == "exact"
    assert (
        checked(run([], samples=samples, responses=responses, correct=right + 1, seed=42), Drawing()).state == "DIFFERS"
    )


def agreement(ours: Sequence[str], theirs: Sequence[str], readings: dict[str, str], credited: int = 0) -> RowAgreement:
    """Our records from one list of texts, theirs from another."""
    first, second = run(ours), run(theirs)
    profile = SUMS.profiles["rules"]
    return compare_rows(
        "model", score_run(first, profile, Exact()), score_run(second, profile, Exact()), readings, credited
    )


def test_agreement_counts_rows_and_points_and_holds_the_bars() -> None:
    texts = [str(number) for number in range(100)]
    same = agreement(texts, texts, {}, credited=103)
    assert (same.points, same.share, same.met, same.credited_by_luck) == (0.0, 1.0, True, 3)
    other = ["x" if number in (4, 5) else text for number, text in enumerate(texts)]
    found = agreement(other, texts, {"s4": "unstated"})
    assert found.points == pytest.approx(-2.0) and found.share == pytest.approx(0.98) and not found.met
    assert found.set_aside == 1
    assert found.points_read == pytest.approx(-100 / 99) and found.share_read == pytest.approx(98 / 99)
    assert dict(found.readings()) == {"unstated": 1, "": 1}
    # a misreading of ours and an open row are never set aside
    assert agreement(other, texts, {"s4": "ours", "s5": "open"}).set_aside == 0


def test_rows_without_a_score_are_in_neither_side() -> None:
    found = agreement(["0", "hang", "2"], ["0", "1", "hang"], {})
    assert (found.rows, found.ours, found.theirs) == (1, 1, 1)


def release(*runs: ReleasedRun, judge_free: JudgeFree | None = None) -> Release:
    def found(folder: Path) -> Iterator[ReleasedRun]:
        if folder.is_dir():
            yield from runs

    return Release(title="Sums", folder="sums", runs=found, judge_free=judge_free)


def test_the_session_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        list(verify(tmp_path / "none", [release()], Exact()))
    with pytest.raises(UsageError, match=r"sums/outputs/\*\.jsonl"):
        list(verify(tmp_path, [release(run(["0"]))], Exact()))
    with pytest.raises(UnknownNameError, match="sums"):
        chosen([release()], ["sum"])
    assert chosen([release()], ["sums"])[0].title == "Sums"


def findings(tmp_path: Path, *runs: ReleasedRun) -> list[Finding]:
    (tmp_path / "sums").mkdir(exist_ok=True)
    rule = JudgeFree(ours="rules", theirs="rules", readings={})
    return list(verify(tmp_path, [release(*runs, judge_free=rule)], Drawing()))


def test_the_exit_code_tells(tmp_path: Path) -> None:
    good = run(["0", "9"], verdicts={"s0": True, "s1": False})
    bad = run(["0", "9"], verdicts={"s0": False, "s1": False}, name="other")
    assert exit_code(findings(tmp_path, good)) == 0
    assert exit_code(findings(tmp_path, good, bad)) == DIFFERS_CODE
    (found,) = findings(tmp_path, good)
    missed = agreement(["x"] * 10, [str(number) for number in range(10)], {})
    assert exit_code([dataclasses.replace(found, agreement=missed)]) == BAR_MISSED_CODE


def test_everything_is_printed_and_written(tmp_path: Path) -> None:
    runs = (
        run(
            ["0", "9", "?"],
            verdicts={"s0": True, "s1": True, "s2": True},
            explained={"s1": "a misprint"},
            published=66.67,
        ),
        run(["0", "9"], verdicts={"s0": False, "s1": True}, name="\x1b[31mred"),
        run(["0"], verdicts={"s0": False}, name="judged", judged_by="GPT"),
    )
    found = findings(tmp_path, *runs)
    out = io.StringIO()
    print_findings(found, out)
    text = out.getvalue()
    assert "\x1b" not in text
    for said in ("66.67", "explained", "DIFFERS", "judged by GPT", "a misprint", "not explained; compared", "1 to 2"):
        assert said in text, said
    assert re.search(r"row s0: ours right, official wrong", text)
    written = findings_to_json(found)
    assert [each["state"] for each in json.loads(json.dumps(written))["runs"]] == ["explained", "DIFFERS", "judged"]
