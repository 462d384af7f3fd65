"""The marks between which models reason before they answer.

Where one is a special token, it is kept in a response's text all the same: the verifier has to see where reasoning
ends.
"""

from __future__ import annotations

THINK = "<think>"
THINK_END = "</think>"

# Of DeepSeek-R1 and Qwen, Kimi, Magistral, Seed and gpt-oss, as the verifier knows them (extraction/tags.py).
MARKS = frozenset(
    (
        *(THINK, THINK_END, "[THINK]", "[/THINK]", "◁think▷", "◁/think▷", "<seed:think>", "</seed:think>"),
        "<|channel|>",
    )
)
