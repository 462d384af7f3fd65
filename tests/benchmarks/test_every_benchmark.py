"""Every benchmark, without a model: its rows load from a snapshot in the hub's columns, its prompts are the published
ones to the letter, the reference said as a model says it is right, another's is not, and bad input is named.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import BENCHMARKS, VALUES
from rfteval.errors import InputFileError, SourceError
from rfteval.types import Sample
from tests.benchmarks.case import Case, load, score, shown, write

FOLDER = Path(__file__).parent / "cases"
CASES: dict[str, Case] = {
    case.benchmark.name: case
    for path in sorted(FOLDER.glob("[a-z]*.py"))
    for case in importlib.import_module(f"tests.benchmarks.cases.{path.stem}").CASES
}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
every_profile = pytest.mark.parametrize(
    ("case", "profile"),
    [(case, profile) for case in CASES.values() for profile in case.benchmark.profiles],
    ids=[f"{name}-{profile}" for name, case in CASES.items() for profile in case.benchmark.profiles],
)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Sample]]:
    """The samples of each case, loaded once."""
    found = {}
    for name, case in CASES.items():
        folder = tmp_path_factory.mktemp(name)
        write(folder, case)
        found[name] = load(folder, case)
    return found


def test_every_benchmark_has_a_case() -> None:
    made_here = {"synthetic"}  # drawn, not loaded: tests/benchmarks/synthetic
    assert {benchmark.name for benchmark in BENCHMARKS} - made_here == set(CASES)


def test_a_start_imports_no_benchmark_and_asking_for_them_imports_all() -> None:
    program = (
        "import json, sys; import benchmarks; import rfteval.cli.app as app; app.execute(['--help'])\n"
        "before = sorted(sys.modules); benchmarks.BENCHMARKS; print(json.dumps([before, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = map(set, json.loads(done.stdout.splitlines()[-1]))
    modules = {f"benchmarks.{name}" for name in VALUES}
    assert "benchmarks" in before and not modules & before
    assert modules <= after
    assert not {"datasets", "PIL", "torch", "pyarrow"} & after


def test_the_package_has_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'BENCHMARK'"):
        importlib.import_module("benchmarks").BENCHMARK  # noqa: B018


@every_case
def test_it_says_what_it_is(case: Case) -> None:
    benchmark = case.benchmark
    assert benchmark.licence and benchmark.citation and benchmark.homepage.startswith("https://")
    assert re.fullmatch(r"[0-9a-f]{40}", case.source.revision) or any("revision" in one for one in benchmark.quirks)
    assert benchmark.default_split in benchmark.splits
    assert benchmark.default_prompt in benchmark.prompts
    assert benchmark.default_profile in benchmark.profiles
    assert all(anchor.source and anchor.of and anchor.model for anchor in benchmark.anchors)


@every_case
def test_the_hubs_rows_load(case: Case, loaded: dict[str, list[Sample]], tmp_path: Path) -> None:
    samples = loaded[case.benchmark.name]
    assert len(samples) == len(case.rows) and len({sample.id for sample in samples}) == len(samples)
    for sample in samples:
        assert set(case.benchmark.breakdowns) <= set(sample.tags), sample.id
        assert case.benchmark.cluster_key is None or case.benchmark.cluster_key in sample.tags
    write(tmp_path, case)
    assert [sample.id for sample in load(tmp_path, case, limit=2)] == [sample.id for sample in samples[:2]]


@every_case
def test_prompts_to_the_letter(case: Case, loaded: dict[str, list[Sample]]) -> None:
    assert set(case.prompts) == set(case.benchmark.prompts)
    for name, ask in case.benchmark.prompts.items():
        prompt = ask(loaded[case.benchmark.name][0])
        assert shown(prompt) == case.prompts[name], name


@every_profile
def test_the_reference_is_right_as_a_model_says_it(case: Case, profile: str, loaded: dict[str, list[Sample]]) -> None:
    if profile in case.elsewhere:
        pytest.skip("this profile asks a model at an endpoint")
    for sample in loaded[case.benchmark.name]:
        for said in case.ways(sample, profile):
            verdict = score(case, sample, said, profile)
            assert verdict.correct, (sample.id, said, verdict)


@every_profile
def test_anothers_reference_is_not_right(case: Case, profile: str, loaded: dict[str, list[Sample]]) -> None:
    if profile in case.elsewhere | case.lucky:
        pytest.skip("this profile asks a model at an endpoint, or counts what was drawn by chance")
    samples = loaded[case.benchmark.name]
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        for said in case.ways(other, profile):
            if said not in case.ways(sample, profile):
                verdict = score(case, sample, said, profile)
                assert verdict.status.scored and not verdict.correct, (sample.id, said, verdict)


@every_case
def test_its_default_profile_needs_no_judge(case: Case, loaded: dict[str, list[Sample]]) -> None:
    """A server without a judge refuses a call that names one, so that the whole run would end."""
    chosen = case.benchmark.profiles[case.benchmark.default_profile]
    used = {part.verifier for sample in loaded[case.benchmark.name] for part in chosen.components(sample)}
    assert not used & {"llm_judge", "process_reward"}


@every_case
def test_a_missing_column_is_named_with_what_was_found_and_wanted(case: Case, tmp_path: Path) -> None:
    column = case.source.columns[-1]
    rows = [{name: value for name, value in row.items() if name != column} for row in case.rows]
    write(tmp_path, case, rows)
    with pytest.raises(SourceError, match=f"no column '{column}'") as caught:
        load(tmp_path, case)
    found = next(iter(rows[0]))
    assert f"found {found}" in str(caught.value) and f"wanted {', '.join(case.source.columns)}" in str(caught.value)


@every_case
def test_a_truncated_file_is_named(case: Case, tmp_path: Path) -> None:
    path = write(tmp_path, case)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - len(data) // 3])
    with pytest.raises((InputFileError, SourceError)) as caught:
        load(tmp_path, case)
    assert path.name in str(caught.value)


@every_case
def test_without_its_pictures_a_stored_response_is_scored(case: Case, tmp_path: Path) -> None:
    """Rescoring needs no pictures; a prompt is still made, and a model says which picture it could not read."""
    write(tmp_path, case, [{name: _without_pictures(value) for name, value in row.items()} for row in case.rows])
    profile = case.benchmark.default_profile
    samples = load(tmp_path, case)
    assert len(samples) == len(case.rows)
    for sample in samples:
        for said in case.ways(sample, profile):
            assert score(case, sample, said, profile).correct, sample.id
        for ask in case.benchmark.prompts.values():
            assert ask(sample).sample_id == sample.id


def _without_pictures(value: Any) -> Any:
    if isinstance(value, dict) and "bytes" in value:
        return None
    if isinstance(value, list) and value and all(isinstance(part, dict) and "bytes" in part for part in value):
        return None
    return value
