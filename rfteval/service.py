"""Which reward service a command scores with: the addresses, the patience, and the credentials file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rfteval.errors import InputFileError, UsageError, unknown_name

if TYPE_CHECKING:
    from reward_service.client import RewardClient
    from reward_service.credentials import ClientCredentials
    from reward_service.types import VerifierInfo

DEFAULT_TIMEOUT_S = 600.0  # long enough for a batch in which every check runs to its limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A reward service: `address` is HOST:PORT or unix:PATH, or several with commas; None is a private server.

    `credentials` names a TOML file with the fields of reward_service.credentials.ClientCredentials.
    """

    address: str | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    credentials: str | None = None

    def __post_init__(self) -> None:
        if self.address is not None and not all(part.strip() for part in self.address.split(",")):
            raise UsageError(f"--server {self.address!r} has an empty address; give HOST:PORT or unix:PATH")
        if self.address is None and self.credentials is not None:
            raise UsageError("--credentials are for a service given with --server; a private one needs none")

    def connect(self) -> RewardClient:
        """A client; starts the private server where there is no address. Raises RewardServiceError, InputFileError."""
        from reward_service.client import RewardClient

        if self.address is None:
            return RewardClient(timeout_s=self.timeout_s)
        addresses = tuple(part.strip() for part in self.address.split(","))
        credentials = None if self.credentials is None else read_credentials(self.credentials)
        return RewardClient(addresses, timeout_s=self.timeout_s, credentials=credentials)

    def verifiers(self, client: Callable[[], RewardClient], wanted: Collection[str]) -> list[VerifierInfo]:
        """What the service says of the verifiers `wanted`; `client` gives one, once it is connected.

        A private server runs the code of this package, so it need not be asked: to list them it would have to load
        every verifier there is, and that takes longer than scoring a thousand answers.
        """
        if self.address is not None:
            return [info for info in client().verifiers() if info.name in wanted]
        from reward_service.verifiers import registry

        return [registry.get(name).info() for name in sorted(wanted)]


def read_credentials(path: str) -> ClientCredentials:
    """The credentials in a TOML file. Raises UsageError (no such file), InputFileError and UnknownNameError."""
    from reward_service.credentials import ClientCredentials

    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"no such file: {path}; check the path") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputFileError(f"cannot read the credentials {path}: {error}") from None
    known = {field.name for field in dataclasses.fields(ClientCredentials)}
    for name, value in values.items():
        if name not in known:
            raise unknown_name(f"setting in {path}", name, known)
        if not isinstance(value, bool if name == "tls" else str):
            raise InputFileError(f"{path}: {name} must be {'true or false' if name == 'tls' else 'a text'}")
    return ClientCredentials(**values)
