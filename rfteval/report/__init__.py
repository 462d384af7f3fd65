"""The report of a run: a pure function of samples, records and settings; as JSON and as a table for a person."""
