"""Tiny checkpoints, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training import tiny


@pytest.fixture(scope="session")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny text model."""
    return tiny.save_text_model(tmp_path_factory.mktemp("text_model"))


@pytest.fixture(scope="session")
def picture_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny vision-language model."""
    return tiny.save_picture_model(tmp_path_factory.mktemp("picture_model"))


@pytest.fixture(params=["text", "picture"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of models."""
    return str(request.param)
