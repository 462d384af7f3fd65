"""Who may talk to whom: files and tokens for TLS and bearer authentication, on either side. No gRPC.

Private keys and tokens are read from files, so that they appear in no process list and no configuration.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reward_service.config import is_local
from reward_service.errors import AuthenticationError, ServerStartError

# Ray Serve's proxy finds an application by this metadata (integrations/ray_serve.py); other servers do not look at it.
APPLICATION = "rfteval"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """How a client shows who it is and checks whom it talks to. The default is plaintext without a token.

    `tls` turns on TLS; `authority` is a PEM file of certificates to trust instead of the system's; `certificate` and
    `key` are for servers that ask for one (mTLS). `token_file` holds a bearer token, sent only over TLS or to this
    same machine.
    """

    tls: bool = False
    authority: str | None = None
    certificate: str | None = None
    key: str | None = None
    token_file: str | None = None

    def __post_init__(self) -> None:
        if not self.tls and (self.authority or self.certificate or self.key):
            raise AuthenticationError("certificates were given, but tls is off")
        if (self.certificate is None) != (self.key is None):
            raise AuthenticationError("a client certificate needs its key, and a key its certificate")

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with each call. Raises AuthenticationError for a token file that cannot be read."""
        application = ("application", APPLICATION)
        if self.token_file is None:
            return (application,)
        tokens = read_tokens(self.token_file, AuthenticationError)
        return (application, ("authorization", f"Bearer {tokens[0]}"))

    def check_address(self, address: str) -> None:
        """Raises AuthenticationError where a token would travel in plaintext beyond this machine."""
        if self.token_file is not None and not self.tls and not _is_local_target(address):
            raise AuthenticationError(f"refusing to send a token in plaintext to {address}; turn tls on")

    def read(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Contents of (authority, key, certificate). Raises AuthenticationError."""
        try:
            return tuple(  # type: ignore[return-value]
                Path(path).read_bytes() if path is not None else None
                for path in (self.authority, self.key, self.certificate)
            )
        except OSError as error:
            raise AuthenticationError(f"cannot read {error.filename}: {error.strerror}") from None


def read_tokens(path: str, error_class: type[Exception]) -> tuple[str, ...]:
    """The tokens of a file, one a line; empty lines and lines that start with # are skipped."""
    try:
        lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise error_class(f"cannot read the token file {path}: {error}") from None
    tokens = tuple(line for line in lines if line and not line.startswith("#"))
    if not tokens:
        raise error_class(f"the token file {path} holds no token")
    if not all(token.isascii() and token.isprintable() for token in tokens):
        raise error_class(f"the token file {path} holds a token with characters that cannot be sent")
    return tokens


def accepts(tokens: Iterable[str], header: str | None) -> bool:
    """Whether an `authorization` header carries one of `tokens`. Takes equally long for every wrong token."""
    scheme, _, given = (header or "").partition(" ")
    matches = [hmac.compare_digest(given.encode(), token.encode()) for token in tokens]
    return scheme.lower() == "bearer" and any(matches)


def _is_local_target(address: str) -> bool:
    try:
        return is_local(address)
    except ServerStartError:
        return False
