"""How fast the transformers backend asks the embedded model, and what a run costs beside a bare loop over the model.

    python tests/perf/models.py [--threads 2] [--repeats 5] [--questions 2000] [--batch-size ROWS]

First the packaged sample's 300 questions, loaded and warm: questions a second in the best and in the middle pass, and
processor time a question, which says more on a machine that others use. Then `rfteval run` (service, journal, report
and pages included) and a bare loop over the same model's responses, in turn, in one process with one loaded model; the
ratio of their times is what a run costs. Few questions show its fixed part, many what it comes to. The bars are those
of the project.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfteval.models import Model
    from rfteval.types import Prompt

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


def rate(model_name: str, repeats: int, batch_size: int | None) -> bool:
    """Print questions a second of the backend on the packaged sample; whether the bar is met."""
    asked, model = prompts_of("mathvista", "sample", None), opened(model_name, "mathvista", "sample", batch_size)
    tokens = one_pass(model, asked)  # loads it, and is slower than those after it: it allocates, and fills caches
    passes = [spent(lambda: one_pass(model, asked)) for _ in range(repeats)]
    walls, processors = (sorted(each[clock] for each in passes) for clock in (0, 1))
    met = len(asked) / walls[0] >= RATE_BAR
    print(
        f"{model_name} by transformers, {len(asked)} questions, {tokens} tokens, {_threads()} threads, {repeats} "
        f"passes: {len(asked) / walls[0]:.0f} questions/s in the best, {len(asked) / walls[len(walls) // 2]:.0f} in "
        f"the middle one; {processors[0] / len(asked) * 1000:.1f} ms of processor a question at the least; bar "
        f"{RATE_BAR:.0f}: {'met' if met else 'MISSED'}",
        flush=True,
    )
    return met


def one_pass(model: Model, asked: Sequence[Prompt]) -> int:
    """Ask everything once; the tokens that were generated."""
    from rfteval.types import Sampling

    async def collect() -> int:
        tokens = 0
        async for response in model.generate(asked, Sampling()):
            assert response.error is None, response.error
            tokens += response.response_tokens or 0
        return tokens

    return asyncio.run(collect())


def prompts_of(bench: str, split: str, limit: int | None) -> list[Prompt]:
    """The prompts of a benchmark's split, by its default prompt."""
    from rfteval import registry
    from rfteval.benchmark import LoadRequest

    benchmark = registry.benchmark(bench)
    samples = benchmark.load(LoadRequest(split=split, limit=limit))[:limit]
    return [benchmark.prompts[benchmark.default_prompt](sample) for sample in samples]


def opened(model_name: str, bench: str, split: str, batch_size: int | None = None) -> Model:
    """The model by the backend, not loaded yet."""
    from rfteval import registry
    from rfteval.models.open import ModelChoice, open_model

    given = {} if batch_size is None else {"batch_size": str(batch_size)}
    choice = ModelChoice(name=model_name, backend="transformers", options=given)
    return open_model(choice, registry.benchmark(bench), split)


def overhead(model_name: str, bench: str, split: str, questions: int, repeats: int) -> bool:
    """Print what `rfteval run` takes beside a bare loop over the model's responses; whether the bar is met."""
    from rfteval import runner
    from rfteval.plan import Plan

    asked, model = prompts_of(bench, split, questions), opened(model_name, bench, split)

    def whole(folder: Path) -> None:
        runner.run(Plan(benchmark=bench, split=split, out=folder, limit=questions), model)

    with tempfile.TemporaryDirectory(prefix="rfteval-perf-") as folder:
        whole(Path(folder) / "first")  # loads the model, and what a run imports
        pairs = []
        for number in range(repeats):
            out = Path(folder) / str(number)
            pairs.append((spent(lambda: one_pass(model, asked)), spent(lambda out=out: whole(out))))  # type: ignore[misc]
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
        f"a run of {len(asked)} questions ({bench} {split}) beside a bare loop over the model, the least of {repeats} "
        f"each: {run_s:.2f} s and {loop_s:.2f} s ({run_s / loop_s - 1:+.1%}); {run_cpu_s:.2f} s and "
        f"{loop_cpu_s:.2f} s of processor, the service's included; bar {OVERHEAD_BAR:+.0%} of time: {verdict}",
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
    parser.add_argument("--questions", type=int, default=2000, help="of the longer run beside a bare loop")
    parser.add_argument("--batch-size", type=int, help="rows at once in the first part, to try others than the default")
    options = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # before torch is imported
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the backend sets it
    met = [rate(options.model, options.repeats, options.batch_size)]
    overhead(options.model, "mathvista", "sample", 300, options.repeats)
    met.append(overhead(options.model, "synthetic", "validation", options.questions, options.repeats))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
