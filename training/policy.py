"""The model that is trained: log-probabilities at response positions only, whatever the layout of a batch.

Logits exist for trained positions alone and for `logit_chunk` of them at a time, so memory does not grow with prompts
or with the vocabulary times the batch. The whole computation is one module's `forward`, as FSDP and DDP need it.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from rfteval.errors import ModelError, UsageError
from training.attention import SHARED_PROMPT, attention_name
from training.batching import MicroBatch
from training.settings import LoraSettings, ModelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOutput:
    """Log-probabilities and entropies (N, T) in nats at the sampling temperature; 0 where the batch's mask is false."""

    logprobs_N_T: Tensor
    entropy_N_T: Tensor


class Policy(nn.Module):
    """A causal language model, with or without pictures, as a distribution over responses.

    `forbidden` are tokens that a response never holds (those that stand for pictures); they have probability 0 both
    when sampling and in the update. `end_ids` end a response.
    """

    def __init__(
        self,
        model: Any,
        *,
        end_ids: Sequence[int],
        pad_id: int,
        forbidden: Sequence[int] = (),
        temperature: float = 1.0,
        logit_chunk: int = 2048,
        mixed: bool = False,
    ) -> None:
        super().__init__()
        self.model = model
        self.end_ids = frozenset(end_ids)
        self.pad_id = pad_id
        self._forbidden = tuple(forbidden)
        self._temperature = temperature
        self._logit_chunk = logit_chunk
        self._mixed = mixed

    @property
    def inner(self) -> Any:
        """The transformers model, with its adapters in place where it has some."""
        return self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model

    @property
    def backbone(self) -> Any:
        """The model without its head: ids and pictures in, hidden states out."""
        return getattr(self.inner, self.inner.base_model_prefix)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.model.parameters()).device  # type: ignore[no-any-return]

    @property
    def dtype(self) -> torch.dtype:
        """The type of the parameters."""
        return next(self.model.parameters()).dtype  # type: ignore[no-any-return]

    @property
    def locate(self) -> Callable[[Sequence[int], Mapping[str, Tensor]], Tensor] | None:
        """Positions (3, ids) of a prompt with pictures, for models that place them in three dimensions (Qwen-VL)."""
        place = getattr(self.backbone, "get_rope_index", None)
        if place is None:
            return None
        image_token = self.inner.config.image_token_id

        def locate(ids: Sequence[int], pixels: Mapping[str, Tensor]) -> Tensor:
            input_ids = torch.tensor([ids])
            kinds = (input_ids == image_token).int()
            found: Tensor = place(input_ids, mm_token_type_ids=kinds, image_grid_thw=pixels["image_grid_thw"])[0]
            return found[:, 0]

        return locate

    def autocast(self) -> AbstractContextManager[Any]:
        """bfloat16 arithmetic on float32 weights, where `model.dtype` is mixed."""
        return torch.autocast(self.device.type, torch.bfloat16) if self._mixed else contextlib.nullcontext()

    def next_logprobs(self, hidden: Tensor, temperature: float) -> Tensor:
        """Log-probabilities (rows, vocabulary) of the next token from hidden states (rows, width)."""
        return torch.log_softmax(self._logits(hidden, temperature), -1)

    def forward(self, batch: MicroBatch, *, entropy_gradient: bool = False) -> PolicyOutput:
        """Of every response in `batch`; entropies carry a gradient only where asked for."""
        taken_apart = self.inner.config._attn_implementation == SHARED_PROMPT and batch.shared is not None
        with self.autocast():
            output = self.backbone(
                input_ids=batch.input_ids,
                attention_mask=batch.attention,
                position_ids=batch.position_ids,
                use_cache=False,
                **({"shared_rows": batch.shared} if taken_apart else {}),
                **batch.pixels,
            )
            hidden_M = output.last_hidden_state[batch.rows_M, batch.places_M]
            again = len(hidden_M) > self._logit_chunk
            parts = [
                self._chunk(hidden_M[start:end], batch.targets_M[start:end], entropy_gradient, again)
                for start, end in _spans(len(hidden_M), self._logit_chunk)
            ]
        logprobs_M, entropy_M = (torch.cat(column) for column in zip(*parts, strict=True))
        empty_N_T = logprobs_M.new_zeros(batch.mask_N_T.shape)
        return PolicyOutput(
            logprobs_N_T=empty_N_T.masked_scatter(batch.mask_N_T, logprobs_M),
            entropy_N_T=empty_N_T.masked_scatter(batch.mask_N_T, entropy_M),
        )

    def _chunk(self, hidden: Tensor, targets: Tensor, entropy_gradient: bool, again: bool) -> tuple[Tensor, Tensor]:
        """Where there are several chunks (`again`), each one's logits are computed anew for the gradient."""
        if again and torch.is_grad_enabled():
            result: tuple[Tensor, Tensor] = checkpoint(
                self._at_targets, hidden, targets, entropy_gradient, use_reentrant=False
            )
            return result
        return self._at_targets(hidden, targets, entropy_gradient)

    def _at_targets(self, hidden: Tensor, targets: Tensor, entropy_gradient: bool) -> tuple[Tensor, Tensor]:
        logits = self._logits(hidden, self._temperature)
        total = logits.logsumexp(-1)
        logprobs = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1) - total
        with contextlib.nullcontext() if entropy_gradient else torch.no_grad():
            shares = (logits - total.unsqueeze(-1)).exp()
            entropy = total - (shares * logits.masked_fill(shares == 0, 0.0)).sum(-1)
        return logprobs, entropy

    def _logits(self, hidden: Tensor, temperature: float) -> Tensor:
        logits: Tensor = self.inner.get_output_embeddings()(hidden).float()
        logits = logits if temperature == 1.0 else logits / temperature
        if self._forbidden:
            logits = logits.index_fill(-1, torch.tensor(self._forbidden, device=logits.device), -torch.inf)
        return logits


class Reference:
    """The policy as it was at the start: with adapters the same model without them, else a frozen copy."""

    def __init__(self, policy: Policy) -> None:
        self._adapters = hasattr(policy.model, "disable_adapter")
        self._policy = policy if self._adapters else copy.deepcopy(policy).requires_grad_(False)
        if not self._adapters:
            self._policy.eval()

    @torch.no_grad()
    def logprobs(self, batch: MicroBatch) -> Tensor:
        """(N, T), without gradient."""
        with self._policy.model.disable_adapter() if self._adapters else contextlib.nullcontext():
            output: PolicyOutput = self._policy(batch)
            return output.logprobs_N_T


def _spans(length: int, size: int) -> list[tuple[int, int]]:
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def load_model(settings: ModelSettings, folder: Path) -> Any:
    """The transformers model in `folder`, with adapters, frozen parts and checkpointing as configured.

    Raises ModelError where it cannot be loaded, UsageError where `freeze` matches nothing.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    dtype = torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32
    try:
        config = AutoConfig.from_pretrained(str(folder))
        kind = AutoModelForImageTextToText if hasattr(config, "vision_config") else AutoModelForCausalLM
        attention = attention_name() if settings.attention == "sdpa" else settings.attention
        model: Any = kind.from_pretrained(str(folder), dtype=dtype, attn_implementation=attention)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(f"cannot load the model in {folder}: {error}") from None
    for word in settings.freeze:
        frozen = [parameter for name, parameter in model.named_parameters() if word in name]
        if not frozen:
            raise UsageError(f"model.freeze {word!r} is in the name of no parameter; see model.named_parameters()")
        for parameter in frozen:
            parameter.requires_grad_(False)
    if settings.lora is not None:
        model = _with_adapters(model, settings.lora, settings.freeze)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    return model


def _with_adapters(model: Any, settings: LoraSettings, frozen: Sequence[str]) -> Any:
    from peft import LoraConfig, get_peft_model

    targets: Any = settings.targets
    if targets == "all-linear" and frozen:
        head = model.get_output_embeddings()
        targets = [
            name
            for name, module in model.named_modules()
            if isinstance(module, nn.Linear) and module is not head and not any(word in name for word in frozen)
        ]
    return get_peft_model(
        model,
        LoraConfig(r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout, target_modules=targets),
    )


def trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that are trained, by name."""
    return ((name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad)
