"""The benchmarks of this distribution, one file each; `rfteval` finds them by the entry point `benchmarks:BENCHMARKS`.

Importing this loads no `datasets`, no pictures and no tables: sources are opened when samples are asked for.
"""

from benchmarks.aime import AIME24, AIME25
from benchmarks.emma import EMMA, EMMA_MINI
from benchmarks.gsm8k import GSM8K
from benchmarks.math500 import MATH500
from benchmarks.mathverse import MATHVERSE
from benchmarks.mathvision import MATHVISION
from benchmarks.mathvista import MATHVISTA
from benchmarks.mm_iq import MM_IQ
from benchmarks.mme import MME
from benchmarks.mmmu import MMMU
from benchmarks.mmmu_pro import MMMU_PRO_STANDARD4, MMMU_PRO_STANDARD10, MMMU_PRO_VISION
from benchmarks.olympiadbench import OLYMPIADBENCH
from benchmarks.seed_bench import SEED_BENCH
from benchmarks.synthetic.benchmark import SYNTHETIC
from benchmarks.visulogic import VISULOGIC
from benchmarks.zerobench import ZEROBENCH

BENCHMARKS = (
    AIME24,
    AIME25,
    EMMA,
    EMMA_MINI,
    GSM8K,
    MATH500,
    MATHVERSE,
    MATHVISION,
    MATHVISTA,
    MM_IQ,
    MME,
    MMMU,
    MMMU_PRO_STANDARD4,
    MMMU_PRO_STANDARD10,
    MMMU_PRO_VISION,
    OLYMPIADBENCH,
    SEED_BENCH,
    SYNTHETIC,
    VISULOGIC,
    ZEROBENCH,
)
