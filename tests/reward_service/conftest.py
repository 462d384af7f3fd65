"""Servers to test against, and verifiers that misbehave on demand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TRIALS = Path(__file__).parent / "trial_verifiers.py"
ENTRY_POINTS = """[rfteval.verifiers]
trial = trial_verifiers:TRIAL
behave = trial_verifiers:BEHAVE
behave_inline = trial_verifiers:BEHAVE_INLINE
"""


@pytest.fixture(scope="session", autouse=True)
def installed_trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The trial verifiers, installed as another package's for this process and all that it starts."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copy(TRIALS, folder)
    information = folder / "trial_verifiers-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: trial-verifiers\nVersion: 1\n")
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
        patch.syspath_prepend(str(folder))
        yield folder
