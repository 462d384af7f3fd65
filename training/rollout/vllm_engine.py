"""Sampling by vLLM in this process, on the policy's device; the weights go over as tensors after each update.

vLLM is used through its public interface: `LLM` with its engine in this process, so that `collective_rpc` can be given
tensors; `LLMEngine.add_request` and `step`, so that each rollout is there when it is finished; `reload_weights`,
`reset_prefix_cache`, `sleep` and `wake_up` (vLLM 0.32; documentation "Sleep mode" and "RLHF"). On a GPU the engine
sleeps while the policy is updated and gives its memory back; on a CPU there is no sleep, and it runs in float32 and
uncompiled, as rfteval/models/vllm.py has it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from rfteval.errors import ModelError
from rfteval.types import Sampling
from training.encoding import Encoder
from training.policy import Policy
from training.rollout.asking import Manner, check_ids, check_pixels, seed_of
from training.rollout.weights import checkpoint_weights
from training.types import Request, Rollout

ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_CPU_KVCACHE_SPACE": "2",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # else the threads of the trainer, which are the same, are bound too
}


class VllmEngine:
    """`RolloutEngine` with an engine of its own. `context` is the most tokens of a prompt and its response together.

    Raises ModelError where vLLM cannot run the model in `folder`, whose weights are the policy's at the start.
    """

    exact = False

    def __init__(
        self,
        policy: Policy,
        encoder: Encoder,
        *,
        folder: str,
        context: int,
        memory_share: float,
        sleep: bool,
        half: bool,
        seed: int,
    ) -> None:
        self._policy = policy
        self._encoder = encoder
        self._manner = Manner.of(policy, encoder)
        self._seed = seed
        self._version = 0
        self._calls = 0
        self._given: int | None = None  # the version of the engine's weights; None: none that may be used
        self._asleep = False
        self._handover_s = 0.0
        self._llm, self._sleeps = _started(
            folder, encoder, context=context, memory_share=memory_share, sleep=sleep, half=half, seed=seed
        )

    def sample(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
        """See RolloutEngine.sample. Raises ModelError where vLLM fails, or reads a prompt otherwise than the update."""
        self._hand_over()
        engine = self._llm.llm_engine
        call = self._calls
        self._calls += sampling.temperature > 0  # measuring in between changes no sample
        wanted: dict[str, tuple[Request, int]] = {}
        try:
            for request in requests:
                prompt = self._rendered(request)
                for index in request.indices:
                    name = f"{call}-{len(wanted)}"
                    wanted[name] = (request, index)
                    seed = seed_of(self._seed, call, request, index)
                    engine.add_request(name, prompt, _parameters(self._manner.parameters(sampling, seed)))
            while wanted:
                for output in engine.step():
                    if output.finished:
                        yield self._rollout(output, *wanted.pop(output.request_id))
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"vLLM failed while sampling: {type(error).__name__}: {_line(error)}; the same command goes on from "
                "the last checkpoint; VLLM_LOGGING_LEVEL=INFO shows what vLLM says"
            ) from error
        finally:
            if wanted:
                engine.abort_request(list(wanted))

    def refresh(self, policy: Policy, version: int) -> None:
        """The weights go over when next is sampled, as the engine may be asleep until then."""
        self._version = version
        self._given = None

    def rest(self) -> None:
        """Give weights and cache back, where there is a sleep."""
        if self._sleeps and not self._asleep:
            self._llm.sleep(level=2)
            self._asleep, self._given = True, None

    def metrics(self) -> Mapping[str, float]:
        """How long weights took to go over since the last question."""
        taken, self._handover_s = self._handover_s, 0.0
        return {"time/handover_s": taken}

    def state(self) -> dict[str, Any]:
        """How often was sampled, which seeds come from."""
        return {"calls": self._calls}

    def restore(self, state: dict[str, Any]) -> None:
        """Put `state` back."""
        self._calls = state["calls"]

    def close(self) -> None:
        """Stop the engine and let go of its memory."""
        if self._llm is None:
            return
        self._llm.llm_engine.engine_core.shutdown()
        self._llm = None

    def _hand_over(self) -> None:
        """The policy's weights into the engine, and away with all that was computed from older ones."""
        if self._given == self._version:
            return
        began = time.monotonic()
        if self._asleep:
            torch.cuda.empty_cache()  # what the update held and no longer uses
            self._llm.wake_up(tags=["weights"])
        weights = checkpoint_weights(self._policy)
        self._llm.collective_rpc("reload_weights", kwargs={"weights_iterator": iter(weights.items())})
        del weights
        self._llm.apply_model(_pack_again)
        if self._asleep:
            self._llm.wake_up(tags=["kv_cache"])
            self._asleep = False
        self._llm.llm_engine.reset_encoder_cache()
        if not self._llm.reset_prefix_cache():
            raise ModelError("vLLM did not let go of what it computed from older weights; is a request still running?")
        self._given = self._version
        self._handover_s += time.monotonic() - began

    def _rendered(self, request: Request) -> Any:
        """The prompt as the engine takes it, held against what the update computes on."""
        assert request.prompt.source is not None
        ids, pictures = self._encoder.unexpanded(request.prompt.source)
        prompt: dict[str, Any] = {"prompt_token_ids": ids}
        if pictures:
            prompt["multi_modal_data"] = {"image": pictures}
        (rendered,) = self._llm.renderer.render_cmpl([prompt])
        check_ids(request.prompt, rendered["prompt_token_ids"])
        if pictures:
            check_pixels(request.prompt, rendered["mm_kwargs"]["image"])
        return rendered

    def _rollout(self, output: Any, request: Request, index: int) -> Rollout:
        choice = output.outputs[0]
        if choice.finish_reason not in ("stop", "length") or not choice.token_ids:
            raise ModelError(f"vLLM ended a response of sample {request.prompt.sample_id!r} by {choice.finish_reason}")
        logprobs = [each[token].logprob for token, each in zip(choice.token_ids, choice.logprobs, strict=True)]
        return self._manner.rollout(request, index, choice.token_ids, logprobs, version=self._version)


def _started(
    folder: str, encoder: Encoder, *, context: int, memory_share: float, sleep: bool, half: bool, seed: int
) -> tuple[Any, bool]:
    """(vLLM's engine, whether it can sleep). Raises ModelError."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # in this process, where tensors can be handed over
    try:
        from vllm import LLM
        from vllm.platforms import current_platform

        sleeps = sleep and bool(current_platform.is_sleep_mode_available())
        arguments: dict[str, Any] = {"dtype": "bfloat16" if half else "float32"}
        if current_platform.is_cpu():
            arguments |= {"dtype": "float32", "enforce_eager": True}
        else:
            arguments |= {"gpu_memory_utilization": memory_share, "enable_sleep_mode": sleeps}
        if encoder.processing.takes_pictures:
            arguments |= {"limit_mm_per_prompt": {"video": 0}, "mm_processor_cache_gb": 0}
        llm = LLM(
            model=folder,
            seed=seed & 0x7FFFFFFF,
            max_model_len=min(context, encoder.processing.context),
            generation_config="vllm",  # none of the model's own sampling defaults
            logprobs_mode="processed_logprobs",  # of the distribution that was sampled from
            use_tqdm_on_load=False,
            **arguments,
        )
    except Exception as error:  # an engine that cannot start raises whatever its parts do
        raise ModelError(
            f"vLLM cannot run the model in {folder}: {type(error).__name__}: {_line(error)}; change "
            "rollout.memory_share, or use rollout.engine hf; VLLM_LOGGING_LEVEL=INFO shows what vLLM says"
        ) from error
    return llm, sleeps


def _pack_again(model: Any) -> None:
    """vLLM on a CPU computes with packed copies, and that of a head tied to the embedding is not renewed by a reload
    which brings the embedding alone (0.32). The others have let go of their weights, and are renewed."""
    for layer in model.modules():
        if hasattr(layer, "cpu_linear") and layer.weight.numel():
            layer.quant_method.process_weights_after_loading(layer)


def _parameters(fields: Mapping[str, Any]) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(**fields, output_kind=RequestOutputKind.FINAL_ONLY)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
