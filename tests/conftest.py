"""Fixtures for every test."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reward_service.verifiers import registry

ROOT = Path(__file__).resolve().parent.parent

# A deadline would be a timing assertion: the first call of a property may import sympy.
settings.register_profile("rfteval", deadline=None, derandomize=True)
settings.load_profile("rfteval")

# Files of tests run side by side: threads of torch and of the commands that tests start would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell's background job ignores Ctrl-C, and so would every command that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The measurement data beside the repository; a test that asks for it is skipped where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the measurement data (../shared/data beside the repository) is not here")
    return folder


TRIAL_ENTRY_POINTS = """[rfteval.verifiers]
trial = trial_verifiers:TRIAL
behave = trial_verifiers:BEHAVE
behave_inline = trial_verifiers:BEHAVE_INLINE
"""


@pytest.fixture(scope="session")
def trial_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an installer would leave it: another package's verifiers, which misbehave on demand."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copy(ROOT / "tests" / "reward_service" / "trial_verifiers.py", folder)
    information = folder / "trial_verifiers-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: trial-verifiers\nVersion: 1\n")
    (information / "entry_points.txt").write_text(TRIAL_ENTRY_POINTS)
    return folder


@pytest.fixture(scope="module")
def installed_trials(trial_package: Path) -> Iterator[None]:
    """The trial verifiers are installed, for this process and for servers that it starts."""
    path = os.pathsep.join(filter(None, [str(trial_package), os.environ.get("PYTHONPATH")]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        patch.syspath_prepend(str(trial_package))
        registry._installed.cache_clear()
        registry.get.cache_clear()
        yield
    registry._installed.cache_clear()
    registry.get.cache_clear()
    sys.modules.pop("trial_verifiers", None)
