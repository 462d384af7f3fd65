"""The judges that a server is configured with, asked by name; connections are opened when one is first asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reward_service.judges.config import JudgeConfig
from reward_service.types import Reference, Verdict
from reward_service.verifiers.judged import JudgeParameters, ProcessParameters

if TYPE_CHECKING:
    from reward_service.judges.endpoint import Endpoint

# The verifier that may ask an endpoint of each kind.
VERIFIERS = {"llm_judge": "chat", "process_reward": "process_reward"}


class Panel:
    """Use inside one event loop; `close` when done."""

    def __init__(self, configs: Sequence[JudgeConfig]) -> None:
        self._configs = {config.name: config for config in configs}
        self._endpoints: dict[str, Endpoint] = {}

    def problem(self, verifier: str, parameters: object) -> str | None:
        """Why these parameters name no judge that this verifier can ask, if so."""
        assert isinstance(parameters, (JudgeParameters, ProcessParameters))
        config = self._configs.get(parameters.judge)
        if config is None:
            known = ", ".join(sorted(self._configs)) or "none"
            return f"this server has no judge {parameters.judge!r}; it has: {known}"
        if config.kind != VERIFIERS[verifier]:
            return f"judge {config.name!r} is of kind {config.kind}, and {verifier} needs {VERIFIERS[verifier]}"
        return None

    async def ask(self, text: str, reference: Reference, parameters: object) -> Verdict:
        """The judge's verdict, not stamped yet. Every failure is an unscored status."""
        from reward_service.judges.ask import ask_judge, ask_process_reward  # an HTTP client, for servers with judges
        from reward_service.judges.endpoint import Endpoint

        assert isinstance(parameters, (JudgeParameters, ProcessParameters))
        name = parameters.judge
        if name not in self._endpoints:
            self._endpoints[name] = Endpoint(self._configs[name])
        if isinstance(parameters, JudgeParameters):
            return await ask_judge(self._endpoints[name], text, reference, parameters)
        return await ask_process_reward(self._endpoints[name], text, reference, parameters)

    async def close(self) -> None:
        """Close all connections."""
        for endpoint in self._endpoints.values():
            await endpoint.close()
        self._endpoints.clear()
