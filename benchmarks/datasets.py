"""The training sets of this package."""

from benchmarks.synthetic.dataset import SYNTHETIC

DATASETS = (SYNTHETIC,)
