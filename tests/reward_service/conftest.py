"""Every test here knows the trial verifiers."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def _trials(installed_trials: None) -> None:
    """See tests/conftest.py."""
