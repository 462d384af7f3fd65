"""The backend `transformers`: any image-text-to-text or causal language model in this process, on processors or GPUs.

Responses are handed out one by one as they end; see engine.py for what is generated together.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from rfteval.errors import ModelError, RftevalError
from rfteval.models.backend import ModelRequest
from rfteval.models.fingerprint import fingerprint
from rfteval.types import Prompt, Response, Sampling

if TYPE_CHECKING:
    from rfteval.models.transformers.engine import Engine
    from rfteval.models.transformers.loading import Loaded

BATCH_SIZE = 64


class TransformersModel:
    """A model of transformers. It is loaded by the first `generate`, and stays loaded."""

    def __init__(self, request: ModelRequest) -> None:
        """Raises ModelError for a folder that holds no model."""
        self._request = request
        self._loaded: Loaded | None = None
        folder = Path(request.name).expanduser()
        self._weights = {"weights": fingerprint(folder)} if folder.is_dir() else {}

    @property
    def identity(self) -> Mapping[str, object]:
        """The model's name, which weights a folder holds, and the options that decide responses."""
        return {
            "model": self._request.label,
            "backend": "transformers",
            **self._weights,
            **({"model_options": dict(self._request.deciding)} if self._request.deciding else {}),
        }

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """See Model.generate."""
        if not prompts:
            return
        # One thread for all of it: torch keeps threads of its own for each thread that calls it.
        with ThreadPoolExecutor(1, thread_name_prefix="transformers") as pool:
            loop = asyncio.get_running_loop()
            engine = await loop.run_in_executor(pool, self._engine, prompts, sampling)
            while not engine.done:
                try:
                    ended = await loop.run_in_executor(pool, engine.step)
                except RftevalError:
                    raise
                except Exception as error:  # a model of any kind, in any state: the run ends with what it said
                    raise ModelError(
                        f"{self._request.label} failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}; "
                        "try another --backend, or serve the model and use openai:"
                    ) from error
                for response in ended:
                    yield response

    def _engine(self, prompts: Sequence[Prompt], sampling: Sampling) -> Engine:
        # Torch's threads, made when it is imported, else wait by spinning: where processors are shared with others,
        # that made a run fifteen times as slow. Whoever imported torch before has decided already.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from rfteval.models.transformers.engine import Engine
        from rfteval.models.transformers.loading import load

        if self._loaded is None:
            self._loaded = load(self._request.name, self._request.options)
        batch_size = self._request.options.get("batch_size", BATCH_SIZE)
        return Engine(self._loaded, prompts, sampling, int(str(batch_size)))
