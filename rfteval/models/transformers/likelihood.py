"""The backend `transformers`, asked how likely a model would write each of a prompt's options.

An option's tokens are those of its text alone, behind the prompt as the chat template ends it, and the token that ends
a turn comes last. Each option is read with its whole prompt, pictures included, in one pass without a cache, so that
every architecture counts alike: about as costly as reading the prompt once for every option.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rfteval.errors import ModelError, RftevalError, UsageError
from rfteval.models.asked import failed, images_of
from rfteval.models.backend import ModelRequest
from rfteval.models.fingerprint import identity_of
from rfteval.models.likelihood import Likely, response_of
from rfteval.types import Prompt, Response, Sampling

if TYPE_CHECKING:
    import torch

    from rfteval.models.transformers.loading import Loaded

ROWS = 32  # prompts with an option each that are read in one pass
_MEMORY = (
    "there is not enough memory for the options of this prompt; use a smaller dtype, fewer max_pixels or batch_size"
)


class TransformersLikelihood:
    """A model of transformers that ranks options. It is loaded by the first `generate`, and stays loaded."""

    def __init__(self, request: ModelRequest) -> None:
        """Raises ModelError for a folder that holds no model."""
        self._request = request
        self._loaded: Loaded | None = None
        self._identity = identity_of(request, "transformers") | {"ranks": True}

    @property
    def identity(self) -> Mapping[str, object]:
        """The model's name, which weights a folder holds, and the options that decide likelihoods."""
        return self._identity

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """A table of likelihoods for each prompt (rfteval.models.likelihood). Raises ModelError, and UsageError where
        several responses or drawn ones are wanted, or a prompt has no options.
        """
        if sampling.samples != 1 or sampling.temperature != 0:
            raise UsageError("likelihoods are not drawn: leave --samples and --temperature out")
        if not all(prompt.options for prompt in prompts):
            raise UsageError("a prompt has no options of which a likelihood could be told")
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="likelihood") as pool:
            chunks = self._chunks(prompts, sampling.thinking)
            while (chunk := await loop.run_in_executor(pool, next, chunks, None)) is not None:
                for response in chunk:
                    yield response

    def _chunks(self, prompts: Sequence[Prompt], thinking: bool | None) -> Iterator[list[Response]]:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the generating model, and why is said there
        from rfteval.models.transformers.loading import load

        if not prompts:
            return
        if self._loaded is None:
            self._loaded = load(self._request.name, self._request.options)
        rows = int(str(self._request.options.get("batch_size", ROWS)))
        for group in grouped(prompts, rows):
            try:
                yield ranked(self._loaded, group, thinking)
            except RftevalError:
                raise
            except Exception as error:  # a model of any kind, in any state: the run ends with what it said
                raise ModelError(
                    f"{self._request.label} failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
                ) from error


def grouped(prompts: Sequence[Prompt], rows: int) -> Iterator[list[Prompt]]:
    """The prompts in groups of up to `rows` options, alike in having pictures or not, as processors want them."""
    group: list[Prompt] = []
    for prompt in sorted(prompts, key=lambda each: bool(images_of(each))):
        taken = sum(len(each.options) for each in group)
        if group and (taken + len(prompt.options) > rows or bool(images_of(prompt)) != bool(images_of(group[0]))):
            yield group
            group = []
        group.append(prompt)
    if group:
        yield group


def ranked(loaded: Loaded, prompts: Sequence[Prompt], thinking: bool | None) -> list[Response]:
    """The tables of `prompts`, read together; where memory runs out, one by one, and a lone one fails."""
    import torch

    try:
        with torch.inference_mode():
            return _ranked(loaded, prompts, thinking)
    except (torch.OutOfMemoryError, MemoryError):
        pass
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # how torch says it of a processor's memory
            raise
    if len(prompts) == 1:
        return [failed(prompts[0].sample_id, 0, _MEMORY)]
    return [response for prompt in prompts for response in ranked(loaded, [prompt], thinking)]


def _ranked(loaded: Loaded, prompts: Sequence[Prompt], thinking: bool | None) -> list[Response]:
    rows = [(prompt, option) for prompt in prompts for option in prompt.options]
    prepared = loaded.processing.prepare([prompt for prompt, _ in rows], thinking)
    refused = {rows[place][0].sample_id: reason for place, reason in prepared.refused.items()}
    tokenizer, context = loaded.processing.tokenizer, loaded.processing.context
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else min(loaded.eos)
    options = [loaded.processing.plain(option).encode(errors="replace").decode() for _, option in rows]
    written = [[*tokenizer.encode(options[place], add_special_tokens=False), end] for place in prepared.kept]
    ends = zip(prepared.kept, [n + len(t) for n, t in zip(prepared.lengths, written, strict=True)], strict=True)
    longest = {rows[place][0].sample_id: reached for place, reached in ends if reached > context}
    if longest:
        reason = "context overflow: prompt and option have {} tokens, the model holds {}"
        lost = [failed(name, 0, reason.format(reached, context)) for name, reached in longest.items()]
        others = [prompt for prompt in prompts if prompt.sample_id not in longest]
        return lost + (_ranked(loaded, others, thinking) if others else [])
    found: dict[str, list[Likely]] = {}
    lengths: dict[str, int] = {}
    if written:
        values = log_probabilities(loaded, prepared.inputs, written)
        for place, length, each in zip(prepared.kept, prepared.lengths, values, strict=True):
            name = rows[place][0].sample_id
            lengths[name] = length
            likely = Likely(log_likelihood=sum(each[:-1]), end=each[-1], tokens=len(each) - 1)
            found.setdefault(name, []).append(likely)
    return [
        failed(prompt.sample_id, 0, refused[prompt.sample_id])
        if prompt.sample_id in refused
        else response_of(prompt.sample_id, found[prompt.sample_id], lengths[prompt.sample_id])
        for prompt in prompts
    ]


def log_probabilities(
    loaded: Loaded, inputs: Mapping[str, torch.Tensor], written: Sequence[Sequence[int]]
) -> list[list[float]]:
    """The log-probability of each token of `written` behind the prompt of its row.

    `inputs` are of B prompts of up to T tokens, padded on the left; the W longest of `written` is padded on the right.
    """
    import torch

    widest = max(len(tokens) for tokens in written)
    rows = [[*tokens, *[tokens[-1]] * (widest - len(tokens))] for tokens in written]
    marks = [[*[1] * len(tokens), *[0] * (widest - len(tokens))] for tokens in written]
    written_BW, marks_BW = torch.tensor(rows), torch.tensor(marks)
    shape_BT = inputs["input_ids"].shape
    whole = {
        name: torch.cat([value, torch.zeros_like(written_BW, dtype=value.dtype)], dim=1)  # of the kinds of tokens: text
        if value.shape == shape_BT
        else value
        for name, value in inputs.items()
    }
    whole["input_ids"] = torch.cat([inputs["input_ids"], written_BW], dim=1)
    whole["attention_mask"] = torch.cat([inputs["attention_mask"], marks_BW], dim=1)
    moved = {name: loaded.moved(value) for name, value in whole.items()}
    out = loaded.model(**moved, **_placed(loaded.model, moved, widest), use_cache=False)
    logits_BWV = out.logits[:, -widest - 1 : -1].float()
    found_BW = torch.log_softmax(logits_BWV, dim=-1).gather(-1, moved["input_ids"][:, -widest:, None])[..., 0]
    return [values[: len(tokens)] for values, tokens in zip(found_BW.tolist(), written, strict=True)]


def _placed(model: Any, inputs: Mapping[str, torch.Tensor], widest: int) -> dict[str, object]:
    """Positions that padding does not move, as far as the model takes them, and no more logits than are read."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model  # peft wraps the one that counts
    taken = inspect.signature(base.forward).parameters
    placed: dict[str, object] = {"logits_to_keep": widest + 1} if "logits_to_keep" in taken else {}
    positions_BT = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    rotary = next((module for module in base.modules() if hasattr(module, "rope_deltas")), None)
    if rotary is not None:  # Qwen-VL and its kin place the tokens of pictures themselves, in three dimensions
        rotary.rope_deltas = None
        if not any("pixel" in name or "image" in name for name in inputs):
            placed["position_ids"] = positions_BT.expand(3, -1, -1)
    elif "position_ids" in taken:
        placed["position_ids"] = positions_BT
    return placed
