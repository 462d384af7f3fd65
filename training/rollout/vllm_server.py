"""Sampling by vLLM servers, on other GPUs or machines; weights go over as files in a folder that all of them see.

A server whose weights are more than `staleness` updates old is given the current ones before the next sampling, so
rollouts are at most that old, which the importance correction accounts for. One that is lost is left out, its requests
go to the others, and it is given weights and asked again when it is back. Files and not a process group: a server may
come and go, and any device will do.
"""

from __future__ import annotations

import base64
import contextlib
import io
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from rfteval.errors import ModelError
from rfteval.types import Sampling
from training.encoding import Encoder
from training.policy import Policy
from training.ranks import Ranks
from training.rollout.asking import Manner, check_ids, seed_of
from training.rollout.servers import Servers
from training.rollout.weights import checkpoint_weights
from training.types import Request, Rollout

AT_ONCE = 64  # requests to each server; it batches them


class VllmServerEngine:
    """`RolloutEngine` on servers at `urls`. `folder`: where weights are written for them, removed at the end.

    `keeps_parent`: whether the folder it is in stays even if it is empty. `context`: the most tokens of a prompt and
    its response together, which every server must hold; else it would cut responses, and those be scored.
    """

    exact = False

    def __init__(
        self,
        policy: Policy,
        encoder: Encoder,
        ranks: Ranks,
        *,
        urls: Sequence[str],
        folder: Path,
        keeps_parent: bool,
        context: int,
        staleness: int,
        timeout_s: float,
        half: bool,
        seed: int,
    ) -> None:
        """Raises ModelError where a server is not there or was not started as it has to be."""
        self._policy = policy
        self._encoder = encoder
        self._ranks = ranks
        self._manner = Manner.of(policy, encoder)
        self._folder = folder
        self._keeps_parent = keeps_parent
        self._staleness = staleness
        self._half = half
        self._seed = seed
        self._version = 0
        self._calls = 0
        self._written: int | None = None
        self._ages: list[int] = []
        self._servers = Servers(
            urls,
            run=ranks.same(secrets.token_hex(8)),
            context=min(context, encoder.processing.context),
            timeout_s=timeout_s,
            rescue=self._hand_over_to_those_back,
        )
        self._servers.check()
        self.refresh(policy, 0)

    def sample(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Rollout]:
        """See RolloutEngine.sample. Raises ModelError where no server is left, or one refuses."""
        self._hand_over_to_those_back()
        call = self._calls
        self._calls += sampling.temperature > 0  # measuring in between changes no sample
        jobs = []
        for request in requests:
            body = self._body(request)
            for index in request.indices:
                fields = self._manner.parameters(sampling, seed_of(self._seed, call, request, index))
                jobs.append((request, index, {**body, "sampling_params": fields}))
        self._ages = []
        pool = ThreadPoolExecutor(max_workers=AT_ONCE * len(self._servers.listed))
        try:
            for done in as_completed([pool.submit(self._ask, *job) for job in jobs]):
                rollout = done.result()
                self._ages.append(self._version - rollout.version)
                yield rollout
        finally:
            pool.shutdown(cancel_futures=True)

    def refresh(self, policy: Policy, version: int) -> None:
        """Give the current weights to every server whose own would be too old; all processes come by here."""
        self._version = version
        if self._ranks.first:
            self._hand_over_to_those_back()
        self._ranks.wait()
        for server in self._servers.listed:
            server.version = server.version if self._ranks.first else None  # the first process has given it others

    def rest(self) -> None:
        """The servers have memory of their own."""

    def metrics(self) -> Mapping[str, float]:
        """How many servers are there, and how old the weights were that sampled last."""
        there = sum(not server.lost for server in self._servers.listed)
        ages = self._ages or [0]
        return {
            "servers/there": float(there),
            "servers/age_mean": sum(ages) / len(ages),
            "servers/age_max": float(max(ages)),
        }

    def state(self) -> dict[str, Any]:
        """How often was sampled, which seeds come from."""
        return {"calls": self._calls}

    def restore(self, state: dict[str, Any]) -> None:
        """Put `state` back."""
        self._calls = state["calls"]

    def close(self) -> None:
        """Remove the weights that were written. The servers go on."""
        self._servers.close()
        if self._ranks.first:
            shutil.rmtree(self._folder, ignore_errors=True)
            if not self._keeps_parent:
                with contextlib.suppress(OSError):
                    self._folder.parent.rmdir()  # of a dry run, which leaves nothing

    def _fits(self, version: int) -> bool:
        """Whether weights may be sampled from: not too old, and not of a run that got further than this one."""
        return 0 <= self._version - version <= self._staleness

    def _hand_over_to_those_back(self) -> None:
        """Whoever answers and holds other weights than it may is given the current ones, by the first process."""
        usable = self._servers.look(self._fits)
        outdated = [server for server in self._servers.listed if server not in usable and not server.lost]
        if outdated and self._ranks.first:
            self._servers.hand_over(str(self._weights()), self._version, outdated)

    def _weights(self) -> Path:
        """A folder with the policy's weights of now, written whole or not at all; older ones are removed."""
        folder = self._folder / f"version-{self._version}"
        if self._written != self._version:
            shutil.rmtree(self._folder, ignore_errors=True)
            part = self._folder / "part"
            part.mkdir(parents=True)
            kind = torch.bfloat16 if self._half else None
            weights = {
                name: tensor.detach().to("cpu", kind if tensor.is_floating_point() else None).clone().contiguous()
                for name, tensor in checkpoint_weights(self._policy).items()
            }
            save_file(weights, str(part / "model.safetensors"), metadata={"format": "pt"})
            part.rename(folder)
            self._written = self._version
        return folder.resolve()

    def _body(self, request: Request) -> dict[str, Any]:
        assert request.prompt.source is not None
        ids, pictures = self._encoder.unexpanded(request.prompt.source)
        body: dict[str, Any] = {"token_ids": ids, "return_token_ids": True}
        if pictures:
            body["content_parts"] = [{"type": "image_url", "url": _data_url(picture)} for picture in pictures]
        return body

    def _ask(self, request: Request, index: int, body: Mapping[str, object]) -> Rollout:
        answer = self._servers.generate(body, self._fits)
        choice = answer["choices"][0]
        ids = choice["token_ids"]
        check_ids(request.prompt, answer["prompt_token_ids"])
        logprobs = [each["logprob"] for each in choice["logprobs"]["content"]]
        if not ids or len(ids) != len(logprobs):
            raise ModelError(
                f"a vLLM server answered sample {request.prompt.sample_id!r} with {len(ids)} tokens and "
                f"{len(logprobs)} log-probabilities, and as many of each, one at least, are needed; see what it logged"
            )
        versions = [self._servers.number(span["version"]) for span in choice["weight_versions"]]
        return self._manner.rollout(
            request, index, ids, logprobs, version=min(version for version in versions if version is not None)
        )


def _data_url(picture: Any) -> str:
    """A picture as it is, in a lossless form."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
