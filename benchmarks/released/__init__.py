"""Outputs that the benchmarks' authors released, for `rfteval verify`; found by the entry point `rfteval.releases`.

The layout is one folder a benchmark below a data folder, with one JSON-lines file a run in `outputs`.
"""

from benchmarks.released import emma, mathvision, mathvista, mmmu, mmmu_pro

RELEASES = (mathvista.RELEASE, mmmu.RELEASE, mmmu_pro.RELEASE, mathvision.RELEASE, emma.RELEASE)
