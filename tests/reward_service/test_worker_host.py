"""The host prepares its workers: whatever a common check needs is there before one is forked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reward_service.embedded import child_environment

CHECK = """
import sys
from reward_service.worker_host import preload
preload(ours=True)
before = set(sys.modules)
from reward_service import verify
for response, gold, choices in (
    (r"we get \\boxed{\\frac{3}{4}}", "0.75", None),
    (r"\\boxed{(x-2)^3}", "x^3-6x^2+12x-8", None),
    (r"\\boxed{\\cos^2 x - \\sin^2 x}", r"\\cos 2x", None),
    ("The answer is 3 m.", "300 cm", None),
    (r"\\boxed{\\{2, \\sqrt{3}\\}}", r"\\{\\sqrt{3}, 2\\}", None),
    ("It shows a bird, so C.", "C", ["cat", "dog", "bird"]),
    ("<answer>yellow</answer>", "yellow", None),
):
    verdict = verify(response, gold, choices=choices)
    assert verdict.correct, (response, verdict)
print(*sorted(name for name in set(sys.modules) - before if name.startswith(("sympy", "mpmath", "reward_service."))))
"""


@pytest.mark.slow  # two seconds of imports; the same holds for every fresh worker's first check
def test_no_common_check_loads_anything_in_a_worker() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK], env=child_environment(), capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split()) - {"reward_service.verify"}
    assert not loaded
