"""A generator of small pictures with questions in MathVista's form: charts, tables, clocks, plots, figures, scales.

For the packaged sample split, for tests, and as an unlimited training set. The pictures are of our own making and easy
for people; accuracy on them says nothing about the real benchmark.
"""
