"""The tags between which models reason before they answer."""

from __future__ import annotations

THINK = "<think>"
THINK_END = "</think>"
