"""Tiny checkpoints and a reward service, made once a session."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.server_process import running_server
from tests.training import runs, tiny
from training.settings import TrainSettings

# Tiny matrices: a second thread only waits for the first one, at full speed, on a core that others want.
torch.set_num_threads(1)


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


@pytest.fixture(scope="session")
def reward_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a reward service that all runs share: a private one for each would cost more than the training."""
    folder = tmp_path_factory.mktemp("service")
    with running_server(folder, f"unix:{folder}/s.sock") as server:
        yield server.address


@pytest.fixture
def settings_of(reward_server: str) -> Callable[..., TrainSettings]:
    """`runs.settings_of` with the shared service."""
    return functools.partial(runs.settings_of, server=reward_server)
