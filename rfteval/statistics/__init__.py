"""Intervals, resampling, repeated responses and paired comparisons of scores. Pure; each formula names its source."""

from rfteval.statistics.intervals import Z_95, wilson_interval

__all__ = ["Z_95", "wilson_interval"]
