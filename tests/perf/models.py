"""How fast the transformers backend asks the embedded model, and what a run costs beside a bare loop of its batches.

    python tests/perf/models.py [--threads 2] [--repeats 5] [--questions 2000]

First the packaged sample's 300 questions, loaded and warm. The work of a pass is the same every time, step by step, so
that the least that each step took in any pass is what it takes where nothing else runs; their sum says so also on a
machine that others use, and stands beside the best whole pass. Then `rfteval run` (service, journal, report and pages
included) and the same batches in a bare loop, in turn, in one process with one loaded model; the ratio of their times
is what a run costs. Few questions show its fixed part, many what it comes to. The bars are those of the project.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfteval.models.transformers.engine import Engine
    from rfteval.models.transformers.loading import Loaded
    from rfteval.types import Prompt, Response

RATE_BAR = 150.0  # questions a second, on two cores
OVERHEAD_BAR = 0.05
STEADY = 0.1  # a machine on which the same loop varies by more cannot show a difference of 5 %

Spent = tuple[float, float]  # (wall seconds, processor seconds of this process and of children that ended)


def spent(work: Callable[[], object]) -> Spent:
    """What `work` takes."""
    before, began_s = _processor_s(), time.perf_counter()
    work()
    return time.perf_counter() - began_s, _processor_s() - before


def _processor_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def rate(model_name: str, repeats: int) -> bool:
    """Print questions a second of the backend on the packaged sample; whether the bar is met."""
    asked = prompts_of("mathvista", "sample", None)
    loaded = loaded_model(model_name)
    one_pass(loaded, asked)  # slower than those after it: it allocates, and fills caches
    passes, tokens = [], 0
    for _ in range(repeats):
        steps, tokens = one_pass(loaded, asked)
        passes.append(steps)
    best_s = min(sum(wall for wall, _ in steps) for steps in passes)
    least: list[Spent] = [(min(w for w, _ in step), min(p for _, p in step)) for step in zip(*passes, strict=True)]
    least_s, processor_s = sum(wall for wall, _ in least), sum(processor for _, processor in least)
    met = len(asked) / least_s >= RATE_BAR
    print(
        f"{model_name} by transformers, {len(asked)} questions, {tokens} tokens, {_threads()} threads, {repeats} "
        f"passes: {len(asked) / least_s:.0f} questions/s by the least time of each of {len(passes[0])} steps "
        f"({processor_s / len(asked) * 1000:.1f} ms of processor a question), {len(asked) / best_s:.0f} in the best "
        f"whole pass; bar {RATE_BAR:.0f}: {'met' if met else 'MISSED'}",
        flush=True,
    )
    return met


def one_pass(loaded: Loaded, asked: Sequence[Prompt]) -> tuple[list[Spent], int]:
    """(what each step took, the first being to make the engine; the tokens that were generated)."""
    engines: list[Engine] = []
    responses: list[Response] = []
    steps = [spent(lambda: engines.append(engine_of(loaded, asked)))]
    while not engines[0].done:
        steps.append(spent(lambda: responses.extend(engines[0].step())))
    failed = [response.error for response in responses if response.error]
    assert not failed, failed
    return steps, sum(response.response_tokens or 0 for response in responses)


def prompts_of(bench: str, split: str, limit: int | None) -> list[Prompt]:
    """The prompts of a benchmark's split, by its default prompt."""
    from rfteval import registry
    from rfteval.benchmark import LoadRequest

    benchmark = registry.benchmark(bench)
    samples = benchmark.load(LoadRequest(split=split, limit=limit))[:limit]
    return [benchmark.prompts[benchmark.default_prompt](sample) for sample in samples]


def loaded_model(model_name: str) -> Loaded:
    """The model, ready to generate."""
    from rfteval.models.open import ModelChoice, backends, pick
    from rfteval.models.transformers.loading import load

    return load(pick(ModelChoice(name=model_name, backend="transformers"), backends())[1], {})


def engine_of(loaded: Loaded, asked: Sequence[Prompt]) -> Engine:
    """The engine that the backend makes of a model and prompts."""
    from rfteval.models.transformers import BATCH_SIZE
    from rfteval.models.transformers.engine import Engine
    from rfteval.types import Sampling

    return Engine(loaded, asked, Sampling(), BATCH_SIZE)


def overhead(model_name: str, bench: str, split: str, questions: int, repeats: int) -> bool:
    """Print what `rfteval run` takes beside a bare loop over the engine's steps; whether the bar is met."""
    from rfteval import registry, runner
    from rfteval.models.open import ModelChoice, open_model
    from rfteval.plan import Plan

    asked, loaded = prompts_of(bench, split, questions), loaded_model(model_name)
    model = open_model(ModelChoice(name=model_name, backend="transformers"), registry.benchmark(bench), split)

    def bare() -> None:
        engine = engine_of(loaded, asked)
        while not engine.done:
            engine.step()

    def whole(folder: Path) -> None:
        runner.run(Plan(benchmark=bench, split=split, out=folder, limit=questions), model)

    with tempfile.TemporaryDirectory(prefix="rfteval-perf-") as folder:
        whole(Path(folder) / "first")  # loads the model, and what a run imports
        pairs = []
        for number in range(repeats):
            out = Path(folder) / str(number)
            pairs.append((spent(bare), spent(lambda out=out: whole(out))))  # type: ignore[misc]
    loops, runs = [loop for loop, _ in pairs], [run for _, run in pairs]
    (loop_s, loop_cpu_s), (run_s, run_cpu_s) = (
        [min(each[clock] for each in these) for clock in (0, 1)] for these in (loops, runs)
    )
    varied = max(wall for wall, _ in loops) / loop_s - 1
    met = run_s <= loop_s * (1 + OVERHEAD_BAR)
    verdict = "met" if met else "MISSED"
    if varied > STEADY:
        verdict = f"not judged, as the bare loop itself varied by {varied:.0%}"
    print(
        f"a run of {len(asked)} questions ({bench} {split}) beside its batches alone, the least of {repeats} each: "
        f"{run_s:.2f} s and {loop_s:.2f} s ({run_s / loop_s - 1:+.1%}); {run_cpu_s:.2f} s and {loop_cpu_s:.2f} s of "
        f"processor, the service's included; bar {OVERHEAD_BAR:+.0%} of time: {verdict}",
        flush=True,
    )
    return met or varied > STEADY


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded", help="embedded, embedded:base or a folder")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    parser.add_argument("--repeats", type=int, default=5, help="measured runs of each")
    parser.add_argument("--questions", type=int, default=2000, help="of the longer run beside its batches")
    options = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # before torch is imported
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the backend sets it
    met = [rate(options.model, options.repeats)]
    overhead(options.model, "mathvista", "sample", 300, options.repeats)
    met.append(overhead(options.model, "synthetic", "validation", options.questions, options.repeats))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
