"""The benchmarks of this distribution, one file each; `rfteval` finds them by the entry point `benchmarks:BENCHMARKS`.

Importing this package imports none of them: `BENCHMARKS` is made when it is first asked for, since the commands of
this package are loaded at every start of `rfteval`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfteval.benchmark import Benchmark

    BENCHMARKS: tuple[Benchmark, ...]

# The values that are benchmarks, by the module that has them.
VALUES = {
    "aime": ("AIME24", "AIME25"),
    "emma": ("EMMA", "EMMA_MINI"),
    "geosense": ("GEOSENSE",),
    "gsm8k": ("GSM8K",),
    "ivispar": ("IVISPAR",),
    "math500": ("MATH500",),
    "mathverse": ("MATHVERSE",),
    "mathvision": ("MATHVISION",),
    "mathvista": ("MATHVISTA",),
    "mdk12": ("MDK12",),
    "mm_iq": ("MM_IQ",),
    "mme": ("MME",),
    "mmmu": ("MMMU",),
    "mmmu_pro": ("MMMU_PRO_STANDARD4", "MMMU_PRO_STANDARD10", "MMMU_PRO_VISION"),
    "mv_math": ("MV_MATH",),
    "olympiadbench": ("OLYMPIADBENCH",),
    "seed_bench": ("SEED_BENCH",),
    "seed_bench_likelihood": ("SEED_BENCH_LIKELIHOOD",),
    "spatial457": ("SPATIAL457",),
    "synthetic.benchmark": ("SYNTHETIC",),
    "video_mmlu": ("VIDEO_MMLU",),
    "visulogic": ("VISULOGIC",),
    "zerobench": ("ZEROBENCH",),
}


def __getattr__(name: str) -> tuple[Benchmark, ...]:
    """`BENCHMARKS`, every benchmark in the order of `VALUES`. Raises AttributeError for any other name."""
    if name != "BENCHMARKS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _all()


@cache
def _all() -> tuple[Benchmark, ...]:
    modules = {module: import_module(f"{__name__}.{module}") for module in VALUES}
    return tuple(getattr(modules[module], value) for module, values in VALUES.items() for value in values)
