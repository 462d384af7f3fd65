"""`rfteval verify`: outputs that benchmarks' authors released, scored again and held against their own verdicts."""
