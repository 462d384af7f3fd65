"""The benchmarks of this distribution, one file each; `rfteval` finds them by the entry point `benchmarks:BENCHMARKS`.

Importing this loads no `datasets`, no pictures and no tables: sources are opened when samples are asked for.
"""

from benchmarks.mathvista import MATHVISTA

BENCHMARKS = (MATHVISTA,)
