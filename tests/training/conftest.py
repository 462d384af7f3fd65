"""Tiny checkpoints, made once a session."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


def _tiny() -> Any:
    """`tiny.py` by its path: tests are imported by path, so it is in no package."""
    if "tests_training_tiny" not in sys.modules:
        spec = importlib.util.spec_from_file_location("tests_training_tiny", Path(__file__).with_name("tiny.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["tests_training_tiny"] = module
        spec.loader.exec_module(module)
    return sys.modules["tests_training_tiny"]


@pytest.fixture(scope="session")
def tiny() -> Any:
    """The module that makes tiny models and samples."""
    return _tiny()


@pytest.fixture(scope="session")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny text model."""
    folder: Path = _tiny().save_text_model(tmp_path_factory.mktemp("text_model"))
    return folder


@pytest.fixture(scope="session")
def picture_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny vision-language model."""
    folder: Path = _tiny().save_picture_model(tmp_path_factory.mktemp("picture_model"))
    return folder


@pytest.fixture(params=["text", "picture"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of models."""
    return str(request.param)
