"""Each trainer's example runs against the trainer's real library, where that is installed."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REWARDS = "[1.0, 0.0, 1.0, 0.0]"

EXPECTED = {
    "trl": ("trl_grpo.py", ["step 3:", "rewards/correctness/mean", "rewards/repetition/mean"]),
    "verl": (
        "verl_reward.py",
        [f"{name}: (4, 16) {REWARDS}" for name in ("reward loop, naive", "workers, naive", "workers, batch")],
    ),
    "ms-swift": ("ms_swift_reward.py", [f"rewards: {REWARDS}"]),
    "openrlhf": (
        "openrlhf_reward.py",
        [f"reward [{reward}], scores [{reward}], logs {{'unscored': [0.0]}}" for reward in ("1.0", "0.0")],
    ),
}


@pytest.mark.slow  # a trainer's imports and steps; test_integrations.py has every calling form
@pytest.mark.timeout(200)
@pytest.mark.parametrize("library", EXPECTED)
def test_the_example_prints_the_rewards_its_trainer_got(library: str) -> None:
    try:
        importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{library} is not installed")
    file, lines = EXPECTED[library]
    ran = subprocess.run(
        [sys.executable, str(ROOT / "examples" / file)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    for line in lines:
        assert line in ran.stdout, ran.stdout + ran.stderr[-3000:]
