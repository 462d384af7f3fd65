"""Names of the files in a training run's folder."""

from __future__ import annotations

METRICS, ROLLOUTS, EVENTS = "metrics.jsonl", "rollouts.jsonl", "events.jsonl"
SETTINGS = "settings.json"
REPORT = "report.html"
