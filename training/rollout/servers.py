"""Several vLLM servers of one model, over their HTTP interface: asked in turn, given weights, lost and found again.

A server is started with `VLLM_SERVER_DEV_MODE=1 vllm serve FOLDER --enable-scale-out --logprobs-mode
processed_logprobs --generation-config vllm` (vLLM 0.32). Used are `/inference/v1/generate`, `/collective_rpc` with
`reload_weights` between `/pause` and `/resume`, the resets of its caches, `/update_weight_version`, `/weight_info` and
`/server_info`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2

from rfteval.errors import ModelError

COMMAND = (
    "VLLM_SERVER_DEV_MODE=1 vllm serve FOLDER --enable-scale-out --logprobs-mode processed_logprobs "
    "--generation-config vllm"
)
SETTINGS = {"logprobs_mode": "processed_logprobs"}  # of its model, as COMMAND sets them
ENDS = ("stop", "length")  # of a response that is whole
PATIENCE_S = 120.0  # how long is waited where no server is left
CONNECT_S = 10.0
_NOT_VLLM = 502  # what an answer of something else than vLLM counts as
_PAUSE_S = 1.0
_TRIES = 3  # of a request that a server answers with an error of its own


@dataclass(slots=True, eq=False)
class Server:
    """One address, the version of the weights it holds (None: not known), what it has to do, and its last error."""

    url: str
    version: int | None = None
    lost: bool = False
    busy: int = 0
    said: str = ""

    def lose(self, error: Exception | str) -> None:
        """It is left out until it is found again."""
        self.lost, self.said = True, str(error)


class Servers:
    """`timeout_s`: how long one response or one handing over may take; a server that takes longer counts as lost."""

    def __init__(
        self, urls: Sequence[str], *, run: str, context: int, timeout_s: float, rescue: Callable[[], None]
    ) -> None:
        """`run` tells this run's weights from those that another left behind; `context` is the most tokens of a prompt
        and its response; `rescue` gives weights to servers that are back with others, where no server else is left."""
        self._run = run
        self._context = context
        self.listed = [Server(url.rstrip("/")) for url in urls]
        self._rescue = rescue
        self._lock = threading.Lock()
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_S),
            limits=httpx2.Limits(max_connections=None),
            trust_env=False,  # servers are addresses of this network
            verify=any(url.startswith("https:") for url in urls),  # else certificates are loaded for nothing
        )

    def close(self) -> None:
        """Close the connections. The servers go on."""
        self._client.close()

    def check(self) -> None:
        """Every server must be there, and started as it has to be. Raises ModelError."""
        for server in self.listed:
            try:
                self._check(server)
            except (httpx2.TransportError, RefusedError) as error:
                raise ModelError(
                    f"no vLLM server to train with answers at {server.url} ({error}); start one by: {COMMAND}"
                ) from None

    def hand_over(self, folder: str, version: int, servers: Sequence[Server]) -> None:
        """The weights of a folder that the servers see too, to all of `servers` at once. Who cannot is lost."""
        with ThreadPoolExecutor(max_workers=max(len(servers), 1)) as pool:
            list(pool.map(lambda server: self._reload(server, folder, version), servers))

    def look(self, fits: Callable[[int], bool]) -> list[Server]:
        """The servers whose weights `fits` accepts; lost ones are asked whether they are back, and with which."""
        for server in self.listed:
            if server.lost or server.version is None:
                self._find(server)
        return [server for server in self.listed if not server.lost and _fits(server, fits)]

    def generate(self, body: Mapping[str, object], fits: Callable[[int], bool]) -> dict[str, Any]:
        """The answer of a server whose weights `fits` accepts. Safe in several threads. Raises ModelError.

        A server that is lost meanwhile, or turns out to hold other weights, is left out and another one is asked.
        """
        failures = 0
        while True:
            server = self._taken(fits)
            try:
                answer = self._post(server, "/inference/v1/generate", body)
                choice = answer["choices"][0]
                versions = [self.number(span["version"]) for span in choice["weight_versions"] or ()]
                if choice["finish_reason"] not in ENDS or not versions:  # as it does when it is being stopped
                    raise RefusedError(f"a response was ended by {choice['finish_reason']}", 500)
                if all(version is not None and fits(version) for version in versions):
                    return answer
                server.version = None  # started again since, with the weights of its folder
            except httpx2.TransportError as error:
                server.lose(error)
            except RefusedError as error:
                server.lose(error)
                failures += 1
                if error.status < 500 or failures == _TRIES:
                    raise ModelError(f"the vLLM server at {server.url} refuses a request: {error}") from None
            finally:
                with self._lock:
                    server.busy -= 1

    def number(self, label: str) -> int | None:
        """Which weights of this run a server's label names; None for those it was started with, or of another run."""
        run, _, version = label.rpartition("-")
        return int(version) if run == self._run and version.isdigit() else None

    def _taken(self, fits: Callable[[int], bool]) -> Server:
        """The least busy of the servers that may be asked. Where none is left they are waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self._lock:
                usable = [server for server in self.listed if not server.lost and _fits(server, fits)]
                if usable:
                    server = min(usable, key=lambda each: each.busy)
                    server.busy += 1
                    return server
                if time.monotonic() > deadline:
                    last = "; ".join(f"{each.url}: {each.said or 'other weights'}" for each in self.listed)
                    raise ModelError(
                        f"no vLLM server is left ({last}); start them again and run the same command: it goes on from "
                        "the last checkpoint"
                    )
                self._rescue()
            time.sleep(_PAUSE_S)

    def _reload(self, server: Server, folder: str, version: int) -> None:
        try:
            self._post(server, "/pause?mode=wait", {})  # what it still samples for us is thrown away when it is done
            request = {"method": "reload_weights", "kwargs": {"weights_path": folder}}
            self._post(server, "/collective_rpc", request)
            for cache in ("prefix", "encoder", "mm"):
                done = self._post(server, f"/reset_{cache}_cache", {})
                if done.get("success") is False:
                    raise RefusedError(f"its {cache} cache is in use", 500)
            self._post(server, "/resume", {})  # before the label: a server that has it is taken to be sampling
            self._post(server, "/update_weight_version", {"new_version": f"{self._run}-{version}"})
        except httpx2.TransportError as error:
            server.lose(error)
        except RefusedError as error:
            server.lose(error)
            if error.status < 500:
                said = f"the vLLM server at {server.url} does not take weights from {folder}: {error}; start it by: "
                raise ModelError(said + COMMAND) from None
        else:
            server.lost, server.version = False, version

    def _find(self, server: Server) -> None:
        try:
            server.version = self.number(self._get(server, "/weight_info")["weight_version"])
            if server.version is None:  # it may have been started again, and otherwise
                self._check(server)
            server.lost = False
        except (httpx2.TransportError, RefusedError, ModelError) as error:
            server.lose(error)

    def _check(self, server: Server) -> None:
        """Raises ModelError where the server was not started as it has to be."""
        info = _answer(self._client.get(server.url + "/server_info?config_format=json"))  # slow the first time
        model = info["vllm_config"]["model_config"]
        for name, wanted in SETTINGS.items():
            if model.get(name) != wanted:
                raise ModelError(
                    f"the server at {server.url} has {name} {model.get(name)!r}, and {wanted!r} is needed; start it "
                    f"by: {COMMAND}"
                )
        if model["max_model_len"] < self._context:  # it would cut responses without a word
            raise ModelError(
                f"the server at {server.url} has max_model_len {model['max_model_len']}, and a prompt and its response "
                f"may have {self._context} tokens; start it by: {COMMAND} --max-model-len {self._context}"
            )

    def _get(self, server: Server, path: str) -> dict[str, Any]:
        return _answer(self._client.get(server.url + path, timeout=CONNECT_S))

    def _post(self, server: Server, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return _answer(self._client.post(server.url + path, json=body))


class RefusedError(Exception):
    """A server answered with an error of `status`."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


def _fits(server: Server, fits: Callable[[int], bool]) -> bool:
    return server.version is not None and fits(server.version)


def _answer(response: httpx2.Response) -> dict[str, Any]:
    if response.status_code >= 400:
        raise RefusedError(f"{response.status_code} {' '.join(response.text.split())[:300]}", response.status_code)
    if not response.content:
        return {}
    try:
        found = response.json()
    except ValueError:
        said = f"an answer that is not JSON: {' '.join(response.text.split())[:300]}"
        raise RefusedError(said, _NOT_VLLM) from None
    return found if isinstance(found, dict) else {}
