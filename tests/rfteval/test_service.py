"""Which service is meant: addresses, credentials, and what cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from reward_service.errors import AuthenticationError
from rfteval.errors import InputFileError, RftevalError, UnknownNameError, UsageError
from rfteval.service import Service, read_credentials


def test_several_addresses_become_one_client_of_all(tmp_path: Path) -> None:
    with Service(address="127.0.0.1:1, unix:/tmp/none").connect() as client:
        assert client.addresses == ("127.0.0.1:1", "unix:/tmp/none")


@pytest.mark.parametrize("address", ["", "a:1,,b:2", ","])
def test_an_empty_address_is_misuse(address: str) -> None:
    with pytest.raises(UsageError, match="empty address"):
        Service(address=address)


def test_a_private_server_takes_no_credentials() -> None:
    with pytest.raises(UsageError, match="--server"):
        Service(credentials="c.toml")


def test_credentials_are_read_field_by_field(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('tls = true\nauthority = "ca.pem"\ntoken_file = "token"\n')
    found = read_credentials(str(path))
    assert (found.tls, found.authority, found.token_file, found.key) == (True, "ca.pem", "token", None)


@pytest.mark.parametrize(
    ("text", "error", "named"),
    [
        ("tls = yes", InputFileError, "c.toml"),
        ('tls = "true"', InputFileError, "tls must be true or false"),
        ("key = 3", InputFileError, "key must be a text"),
        ('tokenfile = "x"', UnknownNameError, "did you mean token_file"),
        ('authority = "ca.pem"', AuthenticationError, "tls is off"),
        (None, UsageError, "no such file"),
    ],
)
def test_wrong_credentials_are_named(text: str | None, error: type[Exception], named: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=named):
        read_credentials(str(path))
    assert issubclass(error, (RftevalError, AuthenticationError))
