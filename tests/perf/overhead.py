"""What a run costs beyond the model: `rfteval run` beside a bare script with the same requests to the same server.

Run by hand: `--url URL --model NAME` names a server that is there already, `--vllm PYTHON` starts vLLM's own with the
embedded model by the interpreter of an environment that has it, and with neither a server of ours answers, which sleeps
as long as an engine with eight slots would compute. That one uses no processor, so what is seen is the harness alone.
The bodies of the requests are recorded from a run, so both sides send the same bytes, as many at once. Sides take
turns, and each is a process of its own.

Most of what a run adds does not grow with the time that a model takes: starting up, report and page. How long the same
command takes once more, when everything is there already, is printed for that; a part of it overlaps with the model.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.rfteval.models.chat_server import Answer, Body, ChatServer, due

BAR = 0.02
SLOTS = 8  # of the server of ours: responses that it makes at once
SECONDS = (0.4, 1.6)  # that a response takes there, drawn by the request's number
STARTING_S = 600.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="an OpenAI-compatible server, with /v1")
    parser.add_argument("--model", default="m", help="the model's name there")
    parser.add_argument(
        "--vllm", metavar="PYTHON", help="an interpreter that has vLLM, to start its server with the embedded model"
    )
    parser.add_argument("--limit", type=int, default=200, help="questions of MathVista's packaged sample, at most 200")
    parser.add_argument("--samples", type=int, default=1, help="responses to each")
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rfteval-perf-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        url, model, kind = options.url, options.model, "the server given"
        if options.vllm:
            url, model, kind = (
                stack.enter_context(vllm_server(options.vllm)),
                "embedded",
                "vLLM with the embedded model",
            )
        elif url is None:
            url, kind = stack.enter_context(sleeping_server()), "a server that sleeps as an engine would compute"
        return measure(options, folder, url, model, kind)


def measure(options: argparse.Namespace, folder: Path, url: str, model: str, kind: str) -> int:
    """Print both sides and their ratio; 1 where the bar is missed."""
    words = ["--samples", str(options.samples), "--max-tokens", str(options.max_tokens), "--limit", str(options.limit)]
    words += ["--model", f"openai:{model}", "--model-option", f"concurrency={options.concurrency}"]
    words += ["--temperature", "0.7" if options.samples > 1 else "0.0"]
    bodies = recorded(folder, words)
    ours, bare, fixed = [], [], []
    for number in range(options.repeats):
        out = folder / str(number)
        bare.append(timed([sys.executable, __file__, "bare", url, str(bodies), str(options.concurrency)]))
        ours.append(timed(run_command(out, url, words)))
        fixed.append(timed(run_command(out, url, words)))
    count = sum(1 for _ in bodies.open())
    more = [mine - theirs for mine, theirs in zip(ours, bare, strict=True)]
    share = statistics.median(mine / theirs - 1 for mine, theirs in zip(ours, bare, strict=True))
    print(f"{count} requests, {options.concurrency} at once, to {kind}; medians of {options.repeats}:")
    print(f"  bare script {_range(bare)}, rfteval run {_range(ours)}; once more with nothing to ask {_range(fixed)}")
    print(f"  overhead {share * 100:+.1f} %; bar {BAR * 100:.0f} %: {'met' if share <= BAR else 'MISSED'}")
    extra = statistics.median(more)
    print(f"  it is {extra:.1f} s, which would be 2 % of a run of {max(extra, 0) / BAR / 60:.1f} minutes")
    return 0 if share <= BAR else 1


def run_command(out: Path, url: str, words: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "rfteval", "run", "--bench", "mathvista", "--split", "sample"]
    return [*command, "--base-url", url, "--out", str(out), *words]


def recorded(folder: Path, words: Sequence[str]) -> Path:
    """A file with the bodies of a run's requests."""
    path = folder / "bodies.jsonl"
    with ChatServer(lambda number, body: _said(body)) as server:
        timed(run_command(folder / "recorded", server.url, words))
        path.write_text("".join(json.dumps(body) + "\n" for body in server.bodies))
    return path


def timed(command: Sequence[str]) -> float:
    """Wall seconds of a command. Raises CalledProcessError where it fails; 3 is a run with unscored responses."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command[:4])} failed: {done.stderr[-2000:]}")
    return time.perf_counter() - started


async def bare(url: str, bodies: Path, concurrency: int) -> None:
    """Send every body, so many at once, and read the texts: what a script of a few lines does."""
    import httpx2

    waiting = iter([json.loads(line) for line in bodies.open()])
    async with httpx2.AsyncClient(timeout=600) as client:

        async def work() -> None:
            for body in waiting:
                answer = await client.post(f"{url}/chat/completions", json=body)
                answer.raise_for_status().json()["choices"][0]["message"]["content"]

        await asyncio.gather(*(work() for _ in range(concurrency)))


def _said(body: Body) -> Answer:
    """The right form of answer, whatever was asked: this server has no limit of its own."""
    return due({**body, "messages": [{"role": "user", "content": str(len(json.dumps(body)))}]})


@contextlib.contextmanager
def sleeping_server() -> Iterator[str]:
    """The address of a server in a process of its own, whose responses take time and no processor."""
    with subprocess.Popen([sys.executable, __file__, "sleep"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def serve_sleeping() -> None:
    slots = threading.Semaphore(SLOTS)
    low, high = SECONDS

    def answer(number: int, body: Body) -> Answer:
        with slots:
            time.sleep(low + (high - low) * (number * 0.618033988749895 % 1))  # evenly spread, the same in each turn
        return _said(body)

    with ChatServer(answer) as server:
        print(server.url, flush=True)
        threading.Event().wait()


@contextlib.contextmanager
def vllm_server(executable: str) -> Iterator[str]:
    """vLLM's own server with the embedded model under the name "embedded"."""
    from rfteval.models import embedded

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The module, as `vllm serve` was seen not to start with vLLM's build for processors.
    command = [executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(embedded.path("thinker"))]
    command += ["--served-model-name", "embedded", "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"]
    command += ["--enforce-eager", "--generation-config", "vllm", "--limit-mm-per-prompt", '{"image": 8}']
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + STARTING_S
            while not _answers(f"http://127.0.0.1:{port}/health"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("vLLM's server did not start; start it by hand, and give --url and --model")
                time.sleep(1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def _range(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    if sys.argv[1:] == ["sleep"]:
        serve_sleeping()
    elif sys.argv[1:2] == ["bare"]:
        asyncio.run(bare(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
    else:
        sys.exit(main())
