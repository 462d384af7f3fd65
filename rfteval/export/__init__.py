"""A run in other forms: tables of every response, Markdown, and the layouts that benchmarks' authors read."""
