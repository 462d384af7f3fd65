"""What the reward service adds to a check, and what hanging checks cost the others; ratios within one run.

Run by `make perf`. The service is a real server process on a Unix socket. Checks that hang come from a small package
that is written to a temporary folder and installed for the server alone.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

from reward_service.client import RewardClient
from reward_service.errors import RewardServiceError
from reward_service.limits import FULL_WORK_UNITS, Budget
from reward_service.types import Component, Reference, ScoredItem, ScoreItem
from reward_service.verifiers import registry
from reward_service.verifiers.registry import Verifier

BARE = (Component(verifier="math", parameters={"input": "expression"}),)
LOAD = (Component(verifier="perf_load"),)
MATH = (Component(verifier="math"),)
# What a reasoning model is trained on: correctness, form, steps, repetition, language, and a monitor beside them.
MIXED = (
    *MATH,
    Component(verifier="format", weight=0.1),
    Component(verifier="steps", weight=0.3),
    Component(verifier="repetition", weight=0.1),
    Component(verifier="language", weight=0.1),
    Component(verifier="monitor", weight=0.0),
)
WORDS = ("side", "angle", "figure", "total", "second", "value", "larger", "triangle", "line", "circle", "where", "area")
BATCH = 256

# Each response says how long it keeps its processor busy, or that it never ends.
LOAD_VERIFIER = '''
import time
from dataclasses import dataclass
from reward_service.types import Status, Verdict
from reward_service.verifiers.registry import Verifier

@dataclass(frozen=True, slots=True, kw_only=True)
class NoParameters:
    """None."""

def check(text, reference, parameters, budget):
    end = time.perf_counter() + (3600.0 if text.startswith("hang") else float(text.split()[0]))
    while time.perf_counter() < end:
        pass
    return Verdict(status=Status.CORRECT, score=1.0, rule="load")

LOAD = Verifier(name="perf_load", version="1", summary="Keeps busy.", parameters=NoParameters, check=check)
'''


def pairs(count: int, seed: int = 0) -> list[ScoreItem]:
    """Bare numbers, half of them equal to their reference; all different, so that no cache answers."""
    source = random.Random(seed)
    items = []
    for number in range(count):
        gold = f"{source.randint(0, 10**6) / 10 ** source.randint(0, 3):g}"
        answer = gold if source.random() < 0.5 else f"{source.randint(0, 10**6) / 100:g}"
        items.append(ScoreItem(id=str(number), response=answer, reference=Reference(answer=gold)))
    return items


def mixed(count: int, seed: int = 0, steps: int = 30) -> list[ScoreItem]:
    """Responses as models give them: up to `steps` sentences, then a number, a fraction, algebra, a set, a quantity."""
    source = random.Random(seed)
    forms: tuple[Callable[[int, int], tuple[str, str]], ...] = (
        lambda a, b: (f"{a}", f"{a}"),
        lambda a, b: (rf"\frac{{{a}}}{{{b}}}", f"{a}/{b}"),
        lambda a, b: (f"x^2 + {a}x + {b}", f"{b} + {a}x + x^2"),
        lambda a, b: (rf"{a}\sqrt{{{b}}}", rf"\sqrt{{{a * a * b}}}"),
        lambda a, b: (rf"(x+{a})(x-{b})", f"x^2 + {a - b}x - {a * b}"),
        lambda a, b: (rf"\{{{a}, {b}\}}", rf"\{{{b}, {a}\}}"),
        lambda a, b: (f"{a} cm", f"{a} cm"),
    )
    items = []
    for number in range(count):
        answer, gold = source.choice(forms)(source.randint(2, 999), source.randint(2, 99))
        thoughts = "\n".join(_sentence(step, source) for step in range(1, source.randint(2, steps + 1)))
        response = f"<think>{thoughts}</think>\n<answer>So the answer is \\boxed{{{answer}}}.</answer>"
        items.append(ScoreItem(id=str(number), response=response, reference=Reference(answer=gold)))
    return items


def _sentence(step: int, source: random.Random) -> str:
    a, b = source.randint(2, 99), source.randint(2, 99)
    words = " ".join(source.sample(WORDS, 6))
    return f"Step {step}: the {words}, and {a} + {b} = {a + b}."


@contextlib.contextmanager
def load_package() -> Iterator[None]:
    """`perf_load` is installed for servers that are started inside the block."""
    with tempfile.TemporaryDirectory() as folder:
        information = Path(folder) / "perf_load-1.dist-info"
        information.mkdir()
        (Path(folder) / "perf_load.py").write_text(LOAD_VERIFIER)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: perf-load\nVersion: 1\n")
        (information / "entry_points.txt").write_text("[rfteval.verifiers]\nperf_load = perf_load:LOAD\n")
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, before]))
        try:
            yield
        finally:
            if before is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = before


def cpu_s(process_id: int) -> float:
    """CPU seconds a process and its children have used; to the nanosecond where the kernel tells (schedstat)."""
    process = psutil.Process(process_id)
    return sum(_cpu_s(one) for one in (process, *process.children(recursive=True)))


def _cpu_s(process: psutil.Process) -> float:
    threads = [*Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
    if not threads:
        return float(sum(process.cpu_times()[:2]))
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def wait_until_quiet(client: RewardClient) -> None:
    """Until the server and its processes have done their start-up work, which is not the checks' cost."""
    before = -1.0
    while (now := cpu_s(server_id(client))) - before > 0.02:
        before = now
        time.sleep(0.5)


def server_id(client: RewardClient) -> int:
    """The process of a client's private server."""
    assert client._embedded is not None
    return client._embedded.process_id


def stream(
    client: RewardClient, items: Sequence[ScoreItem], components: Sequence[Component], in_flight: int = 4
) -> tuple[float, list[ScoredItem]]:
    """(items per second, results)."""
    started = time.perf_counter()
    results = list(client.score_stream(items, components=components, batch_size=BATCH, in_flight=in_flight))
    return len(items) / (time.perf_counter() - started), results


def numeric(repeats: int) -> bool:
    """Batches of numbers through gRPC, beside the same checks in a plain loop."""
    items = pairs(40_000)
    verifier = registry.get("math")
    parameters = registry.parameters_for(verifier, {"input": "expression"})
    started = time.process_time()
    for item in items:
        registry.run(verifier, item.response, item.reference, parameters, Budget(FULL_WORK_UNITS))
    loop_us = (time.process_time() - started) / len(items) * 1e6
    with RewardClient(server_arguments=("--workers", "1")) as client:
        stream(client, items[:2000], BARE)
        wait_until_quiet(client)
        rates, server_us, client_us = [], [], []
        for _ in range(repeats):
            before, mine = cpu_s(server_id(client)), time.process_time()
            rates.append(stream(client, items, BARE)[0])
            server_us.append((cpu_s(server_id(client)) - before) / len(items) * 1e6)
            client_us.append((time.process_time() - mine) / len(items) * 1e6)
        singles = []
        for item in items[:1000]:
            began = time.perf_counter()
            client.score([item], components=BARE)
            singles.append((time.perf_counter() - began) * 1e3)
    rate, p50_ms = statistics.median(rates), statistics.median(singles)
    print(
        f"numbers, batch {BATCH}: {rate:,.0f} items/s ({min(rates):,.0f} to {max(rates):,.0f}, n={repeats}); "
        f"bar 50,000: {'met' if rate >= 50_000 else 'MISSED'}"
    )
    print(
        f"  CPU an item: server {statistics.median(server_us):.1f} us, client {statistics.median(client_us):.1f} us, "
        f"the check alone {loop_us:.1f} us"
    )
    verdict = "met" if p50_ms <= 1 else "MISSED"
    print(f"one item: p50 {p50_ms:.2f} ms, p99 {sorted(singles)[989]:.2f} ms; bar 1 ms: {verdict}")
    return rate >= 50_000 and p50_ms <= 1


def overhead(repeats: int) -> bool:
    """The service's own cost beside that of the checks: the bar is on the mixed set of verifiers, and math is shown."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "server.toml"
        config.write_text("cache_entries = 1\n")  # the same batch again and again, and no verdict remembered
        with RewardClient(server_arguments=("--config", str(config), "--workers", "1")) as client:
            compare(client, "math alone", MATH, mixed(BATCH), repeats)
            low, high = compare(client, "mixed verifiers", MIXED, mixed(BATCH, steps=60), repeats)
    told = "met" if high <= 0.02 else "MISSED" if low > 0.02 else "NOT SHOWN: the interval holds it; use more --repeats"
    print(f"  bar 2 % on the mixed verifiers: {told}")
    return high <= 0.02


def compare(
    client: RewardClient, name: str, components: Sequence[Component], batch: Sequence[ScoreItem], repeats: int
) -> tuple[float, float]:
    """Prints, and gives, the interval of the median share that the service adds to the checks' own CPU time.

    Loop and service take turns, and each turn gives one ratio, so that what slows the machine slows both; the interval
    is that of the ratios' median, by their order (95 %, Conover, Practical Nonparametric Statistics, 3.2).
    """
    checks = [
        (registry.get(c.verifier), registry.parameters_for(registry.get(c.verifier), c.parameters)) for c in components
    ]
    for _ in range(2):  # both sides have loaded everything, and the server has ended its start-up work
        _loop_us(batch, checks)
        results = client.score(batch, components=components)
        wait_until_quiet(client)
    assert all(verdict.status.scored for scored in results for verdict in scored.verdicts)
    gc.collect()
    gc.freeze()  # as in the server: neither side's checks are charged for what is there to stay
    turns = [(_loop_us(batch, checks), _service_us(client, batch, components)) for _ in range(repeats)]
    gc.unfreeze()
    shares = sorted(ours / own - 1 for own, ours in turns)
    low = max(0, int(repeats / 2 - 0.98 * repeats**0.5))
    interval = shares[low], shares[-1 - low]
    own, ours = (statistics.median(turn[side] for turn in turns) for side in (0, 1))
    tiers = dict(Counter(scored.tier.name for scored in results))
    print(
        f"{name}, batch {len(batch)}, {statistics.mean(len(item.response) for item in batch):,.0f} characters: "
        f"the checks alone {own:,.0f} us of CPU an item, by the service {ours:,.0f} us (medians of {repeats} turns): "
        f"{statistics.median(shares):+.1%} [{interval[0]:+.1%}, {interval[1]:+.1%}]; settled {tiers}"
    )
    return interval


def _loop_us(batch: Sequence[ScoreItem], checks: Sequence[tuple[Verifier, object]]) -> float:
    """Microseconds of CPU an item of the checks alone."""
    before = time.process_time()
    for item in batch:
        for verifier, parameters in checks:
            registry.run(verifier, item.response, item.reference, parameters, Budget(FULL_WORK_UNITS))
    return (time.process_time() - before) / len(batch) * 1e6


def _service_us(client: RewardClient, batch: Sequence[ScoreItem], components: Sequence[Component]) -> float:
    """Microseconds of CPU an item that the server and its workers spend on a call."""
    before = cpu_s(server_id(client))
    client.score(batch, components=components)
    return (cpu_s(server_id(client)) - before) / len(batch) * 1e6


def hanging(seconds: float) -> bool:
    """Honest callers alone, then beside a caller whose every tenth item hangs; and that caller's own throughput."""
    met = True
    with load_package(), RewardClient(server_arguments=("--workers", "2")) as client:
        honest = [f"0.005 {number}" for number in range(100_000)]
        client.score([ScoreItem(id="0", response="0.001 warm", reference=Reference(answer=""))], components=LOAD)
        clean_rate, clean_ms = offered(client, iter(honest), seconds, hang_share=0.0)
        bad_rate, bad_ms = offered(client, iter(honest[50_000:]), seconds, hang_share=0.1)
        ratio = bad_rate / clean_rate
        p99 = [sorted(times)[int(len(times) * 0.99)] for times in (clean_ms, bad_ms)]
        met = ratio >= 0.5 and p99[1] < 2 * p99[0]
        print(
            f"10 % hanging: honest items {bad_rate:,.0f}/s beside {clean_rate:,.0f}/s clean, ratio {ratio:.2f}; "
            f"bar 0.5: {'met' if ratio >= 0.5 else 'MISSED'}"
        )
        print(
            f"  honest p99 {p99[1]:.0f} ms beside {p99[0]:.0f} ms, ratio {p99[1] / p99[0]:.2f}; "
            f"bar 2: {'met' if p99[1] < 2 * p99[0] else 'MISSED'}"
        )
    return met


def offered(
    client: RewardClient, honest: Iterator[str], seconds: float, *, hang_share: float
) -> tuple[float, list[float]]:
    """Eight callers score honest items one by one as fast as they can, while others add the hanging ones.

    (honest items per second, milliseconds of each).
    """
    end = time.perf_counter() + seconds
    times: list[float] = []
    lock = threading.Lock()
    hung = [0]

    def hang(number: int) -> None:
        item = ScoreItem(id="h", response=f"hang {number} {time.perf_counter_ns()}", reference=Reference(answer=""))
        with contextlib.suppress(RewardServiceError):  # the measurement ends before it does
            client.score([item], components=LOAD)

    def caller() -> None:
        while time.perf_counter() < end:
            with lock:
                text = next(honest)
            began = time.perf_counter()
            client.score([ScoreItem(id="a", response=text, reference=Reference(answer=""))], components=LOAD)
            with lock:
                times.append((time.perf_counter() - began) * 1e3)
                due = hang_share and hung[0] < len(times) * hang_share / (1 - hang_share)
                hung[0] += bool(due)
            if due:
                threading.Thread(target=hang, args=(hung[0],), daemon=True).start()

    callers = [threading.Thread(target=caller) for _ in range(8)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    return len(times) / seconds, times


def main() -> int:
    """Print the measurements; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each part with hanging checks")
    parser.add_argument("--only", choices=("numeric", "overhead", "hanging"))
    options = parser.parse_args()
    parts: dict[str, Callable[[], bool]] = {
        "numeric": lambda: numeric(options.repeats),
        "overhead": lambda: overhead(options.repeats),
        "hanging": lambda: hanging(options.seconds),
    }
    chosen = [options.only] if options.only else list(parts)
    results = [parts[name]() for name in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
