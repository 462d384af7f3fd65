"""A run spread over a Ray cluster: every part is a task, its folder lies under the run's own, and parts are merged.

Ray is the existing engine for where tasks run, what a task needs (processors, GPUs) and what happens when a machine
goes away. A part that is tried again goes on from its own journal, so nothing that was journaled is asked twice. The
run's folder must be on storage that all machines share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rfteval.errors import FAILURE, RftevalError, UsageError
from rfteval.journal import FILE_NAME
from rfteval.plan import Plan
from rfteval.report.build import Report
from rfteval.shards import Shard
from rfteval.sitting import Progress

PARTS_FOLDER = "parts"
RETRIES = 3  # of a part whose machine or process was lost
_LOOK_S = 1.0


class ClusterError(RftevalError):
    """Ray is not installed, the cluster cannot be reached, or a part of the run failed there."""

    exit_code = FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Over how many parts to spread, and what each needs. `address` is a cluster's; None is this machine alone."""

    parts: int
    gpus: float = 0.0
    cpus: float = 1.0
    address: str | None = None

    def __post_init__(self) -> None:
        if self.parts < 1:
            raise UsageError(f"--parts must be at least 1, got {self.parts}")
        if self.gpus < 0 or self.cpus < 0:
            raise UsageError("a part cannot need a negative number of processors or GPUs")


def run(plan: Plan, spread: Spread, options: Mapping[str, Any], progress: Progress) -> Report:
    """Run `plan` in parts on a cluster and merge them. `options` are further arguments of `runner.run`.

    Raises UsageError (a shard of a spread run), ClusterError, and what merging raises.
    """
    from rfteval import runner

    if plan.shard is not None:
        raise UsageError("--engine ray makes the parts itself; leave --shard out")
    ray = _ray(spread)
    folder = plan.out.resolve() / PARTS_FOLDER
    shards = [Shard(number=number, count=spread.parts) for number in range(1, spread.parts + 1)]
    plans = [
        dataclasses.replace(plan, shard=shard, out=folder / f"{shard.number}-of-{shard.count}") for shard in shards
    ]
    task = ray.remote(_run_part).options(num_cpus=spread.cpus, num_gpus=spread.gpus, max_retries=RETRIES)
    try:
        waiting = {task.remote(part, dict(options)): part for part in plans}
        while waiting:
            done, _ = ray.wait(list(waiting), timeout=_LOOK_S)
            for reference in done:
                _check(ray, reference, waiting.pop(reference))
            progress(_settled(plans), None)
    finally:
        ray.shutdown()
    return runner.merge([part.out for part in plans], out=plan.out, data=plan.data, limit=plan.limit, fresh=plan.fresh)


def _run_part(plan: Plan, options: dict[str, Any]) -> None:
    """One part, on whichever machine Ray chose. Errors travel as their text."""
    from rfteval import runner

    try:
        runner.run(plan, **options)
    except RftevalError as error:
        raise RuntimeError(str(error)) from None  # ours may not unpickle where other versions are installed


def _check(ray: Any, reference: Any, part: Plan) -> None:
    """Raises ClusterError where a part that is done has failed."""
    try:
        ray.get(reference)
    except ray.exceptions.RayError as error:
        cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
        raise ClusterError(
            f"part {part.shard} failed: {' '.join(str(cause).split())[:400]}; "
            f"the same command goes on from what is in {part.out.parent}"
        ) from error


def _settled(plans: list[Plan]) -> int:
    """Records in the parts' journals so far, as far as this machine can see them."""
    count = 0
    for part in plans:
        path = part.out / FILE_NAME
        if path.exists():
            with path.open("rb") as handle:
                count += max(0, sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b"")) - 1)
    return count


def _ray(spread: Spread) -> Any:
    """The module, connected. Raises ClusterError."""
    try:
        import ray
    except ImportError:
        raise ClusterError("--engine ray needs Ray; install it: pip install 'rfteval[scale]'") from None
    try:
        ray.init(address=spread.address, ignore_reinit_error=True, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterError(
            f"cannot reach a Ray cluster at {spread.address or 'this machine'}: {' '.join(str(error).split())[:200]}; "
            "start one with `ray start --head`, or name it with --ray-address"
        ) from error
    have = ray.cluster_resources()
    for name, wanted in (("GPU", spread.gpus), ("CPU", spread.cpus)):
        if wanted > have.get(name, 0):
            ray.shutdown()
            raise ClusterError(
                f"a part needs {wanted:g} {name} and the cluster has {have.get(name, 0):g} in all; "
                f"lower --{name.lower()}s-per-part"
            )
    return ray
