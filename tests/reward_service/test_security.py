"""Who is let in: TLS, client certificates and tokens over real connections; every refusal says why."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from hypothesis import given
from hypothesis import strategies as st

from reward_service.client import RewardClient
from reward_service.credentials import ClientCredentials, accepts
from reward_service.errors import AuthenticationError, RewardServiceError, ServerStartError, ServiceUnavailableError
from reward_service.types import Component, Reference, ScoreItem
from reward_service.v1 import reward_pb2 as pb
from reward_service.v1 import reward_pb2_grpc as pb_grpc
from tests.server_process import ServerProcess, running_server, write_config


@dataclass(frozen=True, kw_only=True)
class Papers:
    """PEM files: an authority, certificates it signed for this machine, and one of nobody's."""

    authority: str
    certificate: str
    expired: str
    key: str
    other_authority: str


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make certificates")
    folder = tmp_path_factory.mktemp("papers")

    def openssl(command: str) -> None:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)

    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for name in ("authority", "other"):
        openssl(f"req -x509 {key} -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2")
    openssl(f"req {key} -keyout server.key -out server.csr -subj /CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    sign = "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -extfile names"
    openssl(f"{sign} -days 2 -out server.pem")
    openssl(f"{sign} -days -1 -out expired.pem")
    return Papers(
        authority=str(folder / "authority.pem"),
        certificate=str(folder / "server.pem"),
        expired=str(folder / "expired.pem"),
        key=str(folder / "server.key"),
        other_authority=str(folder / "other.pem"),
    )


def secured(folder: Path, **tls: str) -> ServerProcess:
    config = write_config(folder)
    lines = [f'{name} = "{value}"' for name, value in tls.items()]
    config.write_text("\n".join([config.read_text(), "[tls]", *lines]))
    return ServerProcess("127.0.0.1:0", config)


@pytest.fixture(scope="module")
def tls_server(
    papers: Papers, tmp_path_factory: pytest.TempPathFactory, installed_trials: None
) -> Iterator[ServerProcess]:
    server = secured(tmp_path_factory.mktemp("tls"), certificate=papers.certificate, key=papers.key)
    yield server
    server.stop()


def ask(address: str, credentials: ClientCredentials | None = None) -> float | None:
    item = ScoreItem(id="a", response="42", reference=Reference(answer="42"))
    with RewardClient(address, credentials=credentials, timeout_s=10) as client:
        return client.score([item], components=[Component(verifier="trial")])[0].reward


def test_tls_with_a_trusted_authority(tls_server: ServerProcess, papers: Papers) -> None:
    assert ask(tls_server.address, ClientCredentials(tls=True, authority=papers.authority)) == 1.0


def test_a_server_of_another_authority_is_not_trusted(tls_server: ServerProcess, papers: Papers) -> None:
    for authority in (papers.other_authority, None):
        with pytest.raises(AuthenticationError, match="not from a trusted authority"):
            ask(tls_server.address, ClientCredentials(tls=True, authority=authority))


def test_plaintext_to_a_tls_port_is_refused_with_a_reason(tls_server: ServerProcess) -> None:
    with pytest.raises(ServiceUnavailableError, match="does it want TLS"):
        ask(tls_server.address)


def test_tls_to_a_plaintext_port_is_refused_with_a_reason(tmp_path: Path, papers: Papers) -> None:
    with running_server(tmp_path) as server, pytest.raises(AuthenticationError, match="plaintext"):
        ask(server.address, ClientCredentials(tls=True, authority=papers.authority))


def test_an_expired_certificate_is_refused_by_name(tmp_path: Path, papers: Papers) -> None:
    server = secured(tmp_path, certificate=papers.expired, key=papers.key)
    try:
        with pytest.raises(AuthenticationError, match="has expired"):
            ask(server.address, ClientCredentials(tls=True, authority=papers.authority))
    finally:
        server.stop()


def test_a_server_may_ask_its_clients_for_certificates(tmp_path: Path, papers: Papers) -> None:
    server = secured(tmp_path, certificate=papers.certificate, key=papers.key, client_authority=papers.authority)
    anonymous = ClientCredentials(tls=True, authority=papers.authority)
    known = ClientCredentials(tls=True, authority=papers.authority, certificate=papers.certificate, key=papers.key)
    late = ClientCredentials(tls=True, authority=papers.authority, certificate=papers.expired, key=papers.key)
    try:
        assert ask(server.address, known) == 1.0
        for refused in (anonymous, late):
            with pytest.raises(ServiceUnavailableError, match="client certificate"):
                ask(server.address, refused)
    finally:
        server.stop()


def test_files_that_are_no_certificates_stop_the_start(tmp_path: Path, papers: Papers) -> None:
    for tls in ({"certificate": papers.certificate, "key": papers.certificate}, {"certificate": "no", "key": "no"}):
        with pytest.raises(RuntimeError, match="error: tls:"):
            secured(tmp_path, **tls)


@pytest.fixture
def token_server(tmp_path: Path) -> Iterator[ServerProcess]:
    (tmp_path / "tokens").write_text("# callers\nfirst-token\n\nsecond-token\n")
    with running_server(tmp_path, settings={"token_file": str(tmp_path / "tokens")}) as server:
        yield server


def test_every_token_of_the_file_is_let_in_and_no_other(token_server: ServerProcess, tmp_path: Path) -> None:
    for token in ("first-token", "second-token"):
        (tmp_path / "mine").write_text(f"{token}\n")
        assert ask(token_server.address, ClientCredentials(token_file=str(tmp_path / "mine"))) == 1.0
    for token in ("first", "first-token2", "#", "callers"):
        (tmp_path / "mine").write_text(f"{token}\n")
        with pytest.raises(AuthenticationError, match=r"not known here|holds no token"):
            ask(token_server.address, ClientCredentials(token_file=str(tmp_path / "mine")))
    with pytest.raises(AuthenticationError, match="no bearer token was sent"):
        ask(token_server.address)


def test_without_a_token_only_health_is_told(token_server: ServerProcess) -> None:
    with grpc.insecure_channel(token_server.address) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        stub = pb_grpc.RewardServiceStub(channel)
        calls = [
            lambda: stub.ListVerifiers(pb.ListVerifiersRequest(), timeout=5),
            lambda: list(stub.ScoreStream(iter([pb.ScoreStreamRequest()]), timeout=5)),
            lambda: ProtoReflectionDescriptorDatabase(channel).get_services(),
        ]
        for call in calls:
            with pytest.raises(grpc.RpcError) as caught:
                call()
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), min_size=1), st.text())
def test_only_the_exact_token_is_accepted(tokens: list[str], header: str) -> None:
    assert accepts(tokens, f"Bearer {tokens[0]}")
    assert accepts(tokens, f"bearer {tokens[-1]}")
    assert accepts(tokens, header) == any(
        header.partition(" ")[2] == token and header.partition(" ")[0].lower() == "bearer" for token in tokens
    )
    assert not accepts(tokens, None)
    assert not accepts(tokens, "")


def test_a_token_never_travels_in_plaintext_beyond_this_machine(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    with pytest.raises(AuthenticationError, match="refusing to send a token in plaintext"):
        ask("192.0.2.1:50051", ClientCredentials(token_file=str(tmp_path / "token")))


def test_credentials_that_contradict_themselves() -> None:
    with pytest.raises(AuthenticationError, match="tls is off"):
        ClientCredentials(authority="a.pem")
    with pytest.raises(AuthenticationError, match="needs its key"):
        ClientCredentials(tls=True, certificate="a.pem")
    with pytest.raises(AuthenticationError, match="cannot read"):
        ask("127.0.0.1:1", ClientCredentials(tls=True, authority="/nowhere.pem"))
    with pytest.raises(RewardServiceError, match="cannot read the token file"):
        ask("127.0.0.1:1", ClientCredentials(token_file="/nowhere"))


def test_a_server_with_an_empty_token_file_does_not_start_open(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("# nobody yet\n")
    with (
        pytest.raises(RuntimeError, match="holds no token"),
        running_server(tmp_path, settings={"token_file": str(tmp_path / "tokens")}),
    ):
        raise AssertionError(ServerStartError)
