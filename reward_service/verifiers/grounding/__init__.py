"""Verifiers for answers that are not mathematics: boxes, points, spans, counts, read text, screen actions, labels."""
