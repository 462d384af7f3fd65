"""The backend `transformers`: any image-text-to-text or causal language model in this process, on processors or GPUs.

Responses are handed out one by one as they end; see engine.py for what is generated together.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING

from rfteval.errors import ModelError, RftevalError
from rfteval.models.backend import ModelRequest
from rfteval.models.fingerprint import identity_of
from rfteval.types import Prompt, Response, Sampling

if TYPE_CHECKING:
    from rfteval.models.transformers.engine import Engine
    from rfteval.models.transformers.loading import Loaded


class TransformersModel:
    """A model of transformers. It is loaded by the first `generate`, and stays loaded."""

    def __init__(self, request: ModelRequest) -> None:
        """Raises ModelError for a folder that holds no model."""
        self._request = request
        self._loaded: Loaded | None = None
        self._identity = identity_of(request, "transformers")

    @property
    def identity(self) -> Mapping[str, object]:
        """The model's name, which weights a folder holds, and the options that decide responses."""
        return self._identity

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """See Model.generate."""
        if not prompts:
            return
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="transformers") as pool:
            engines = await loop.run_in_executor(pool, self._engines, prompts, sampling)
        from rfteval.models.transformers.lanes import in_lanes

        async with aclosing(in_lanes(engines)) as endings:
            try:
                async for ended in endings:
                    for response in ended:
                        yield response
            except RftevalError:
                raise
            except Exception as error:  # a model of any kind, in any state: the run ends with what it said
                raise ModelError(
                    f"{self._request.label} failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}; "
                    "try another --backend, or serve the model and use openai:"
                ) from error

    def _engines(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Engine]:
        # Torch's threads, made when it is imported, else wait by spinning: where processors are shared with others,
        # that made a run fifteen times as slow. Whoever imported torch before has decided already.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from rfteval.models.transformers.engine import engines_of
        from rfteval.models.transformers.loading import load

        if self._loaded is None:
            self._loaded = load(self._request.name, self._request.options)
        given = self._request.options.get("batch_size")
        return engines_of(self._loaded, prompts, sampling, None if given is None else int(str(given)))
