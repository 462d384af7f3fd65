"""Real questions with their real pictures, from file to report, through every backend that is here.

The embedded model has never seen the like, so that its accuracy says nothing beyond chance; what is held is that every
question is asked, answered or refused with a reason, scored, and reported with an interval.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from rfteval.cli.app import execute
from tests.rfteval.models.chat_server import ChatServer

needs_vllm = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is None, reason="vllm is not installed here; `rfteval models` says how"
)
BENCHES = [("mmmu-pro-standard10", 21), ("mathvision", 304)]
pytestmark = [pytest.mark.data, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def mmmu_pro(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 21 questions in the columns of the hub."""
    source = shared_data / "mmmu_pro"
    folder = tmp_path_factory.mktemp("mmmu_pro")
    (folder / "images").symlink_to(source / "images")
    rows = [json.loads(line) for line in (source / "questions_with_images.jsonl").read_text().splitlines()]
    rows = [{**row, "id": f"real_{number}", "subject": "Biology"} for number, row in enumerate(rows)]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def vllm_server() -> Iterator[str]:
    """A real vLLM server with the embedded model, on loopback."""
    from rfteval.models import embedded

    port = 8177
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(embedded.path("thinker"))]
    command += ["--served-model-name", "thinker", "--host", "127.0.0.1", "--port", str(port), "--enforce-eager"]
    command += ["--dtype", "float32", "--generation-config", "vllm", "--limit-mm-per-prompt", '{"image": 8}']
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                time.sleep(1)
                try:
                    if httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                        break
                except httpx2.HTTPError:
                    assert server.poll() is None, "the server ended before it was ready"
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(60)


def run(out: Path, bench: str, data: Path, *more: str) -> tuple[dict[str, object], list[dict[str, object]]]:
    """(the report, the journal's records) of one run; 3 is the exit code of one that has samples without a score."""
    command = ["run", "--bench", bench, "--data", str(data), "--out", str(out), "--max-tokens", "96", *more]
    assert execute(command) in (0, 3)
    lines = (out / "journal.jsonl").read_text().splitlines()[1:]
    return json.loads((out / "report.json").read_text()), [json.loads(line) for line in lines]


def check(count: int, report: dict[str, object], records: list[dict[str, object]]) -> None:
    """Every question is settled: a text that was scored, or a reason; and the accuracy has its interval."""
    assert len(records) == count
    for record in records:
        response = record["response"]
        assert isinstance(response, dict)
        assert (response["error"] is None) == (record["scored"] is not None), response
    headline = report["overall"]
    assert isinstance(headline, dict)
    assert headline["items"] == count
    low, high = headline["interval_95"]
    assert 0 <= low <= headline["accuracy"] <= high <= 1


def test_mmmu_pro_by_transformers(mmmu_pro: Path, tmp_path: Path) -> None:
    """A few of them: all are asked by the slow test below."""
    few = ["--limit", "3", "--max-tokens", "8"]
    check(3, *run(tmp_path / "run", "mmmu-pro-standard10", mmmu_pro, "--model", "embedded:thinker", *few))


def test_mmmu_pro_by_a_server_that_counts_pictures(mmmu_pro: Path, tmp_path: Path) -> None:
    """All five pictures of the question that has five arrive, in order and whole."""
    with ChatServer() as server:
        run(tmp_path / "run", "mmmu-pro-standard10", mmmu_pro, "--model", "openai:any", "--base-url", server.url)
    counts = [sum(part["type"] == "image_url" for part in body["messages"][0]["content"]) for body in server.bodies]
    assert sorted(counts) == [1] * 20 + [5]


def test_mmmu_pro_by_replay(mmmu_pro: Path, tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text("".join(json.dumps({"id": f"real_{n}", "response": "Answer: A"}) + "\n" for n in range(21)))
    report, records = run(tmp_path / "run", "mmmu-pro-standard10", mmmu_pro, "--model", f"replay:{recording}")
    check(21, report, records)


@pytest.mark.slow
@pytest.mark.parametrize(("bench", "count"), BENCHES)
def test_both_by_transformers(bench: str, count: int, mmmu_pro: Path, shared_data: Path, tmp_path: Path) -> None:
    data = mmmu_pro if bench.startswith("mmmu") else shared_data / "mathvision"
    check(count, *run(tmp_path / "run", bench, data, "--model", "embedded"))


@needs_vllm
@pytest.mark.slow
@pytest.mark.parametrize(("bench", "count"), BENCHES)
@pytest.mark.parametrize("how", ["vllm", "openai"])
def test_both_by_vllm(
    request: pytest.FixtureRequest, bench: str, count: int, how: str, mmmu_pro: Path, shared_data: Path, tmp_path: Path
) -> None:
    """In process, and as a server; each says what transformers says, but for ties."""
    data = mmmu_pro if bench.startswith("mmmu") else shared_data / "mathvision"
    if how == "openai":
        model = ["--model", "openai:thinker", "--base-url", request.getfixturevalue("vllm_server")]
    else:
        model = ["--model", "embedded", "--backend", "vllm", "--model-option", "max_images=8"]
    report, records = run(tmp_path / "run", bench, data, *model)
    check(count, report, records)
    if how == "openai" and bench.startswith("mmmu"):
        return  # its official prompt spells `<image>`, which this model's server takes for a picture
    _, expected = run(tmp_path / "expected", bench, data, "--model", "embedded", "--backend", "transformers")
    texts = {str(record["sample_id"]): _text(record) for record in expected}
    same = sum(texts[str(record["sample_id"])] == _text(record) for record in records)
    assert same >= 0.98 * count


def _text(record: dict[str, object]) -> object:
    response = record["response"]
    assert isinstance(response, dict)
    return response["text"]
