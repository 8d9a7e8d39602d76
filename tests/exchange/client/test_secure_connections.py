"""TLS, client certificates and tokens: who gets in, and what the others are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pysession.exchange.client import AuthenticationError, Retries, SyncExchangeClient
from pysession.findings.failures import UsageError
from pysession.stores import NotFoundError, StoreError, UnavailableError
from tests.exchange.certificates import Authority
from tests.exchange.documents import session
from tests.exchange.serving import Served, serving

ADA, BOB, OLD = "token-of-ada-0123456789", "token-of-bob-0123456789", "token-of-old-0123456789"
QUICK = Retries(attempts=3, first_seconds=0.01, longest_seconds=0.05)


class Secured(NamedTuple):
    """A server with TLS and tokens, one that also wants certificates, and who signed them."""

    server: Served
    mutual: Served
    authority: Authority
    folder: Path

    def client(self, server: Served, **options: Any) -> SyncExchangeClient:
        chosen = {"ca": self.authority.certificate, "retries": QUICK, **options}
        return SyncExchangeClient(f"https://localhost:{server.port}", **chosen)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder)
    identity = authority.server()
    past = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tokens = folder / "tokens.toml"
    tokens.write_text(
        f'[[token]]\nowner = "ada"\ntoken = "{ADA}"\n'
        f'[[token]]\nowner = "bob"\ntoken = "{BOB}"\n'
        f'[[token]]\nowner = "ada"\ntoken = "{OLD}"\nexpires = {past}\n'
    )
    options = ("--tls-cert", identity.certificate, "--tls-key", identity.key)
    first, second = folder / "one", folder / "two"
    first.mkdir()
    second.mkdir()
    with (
        serving(first, *options, "--tokens", tokens) as server,
        serving(second, *options, "--tls-client-ca", authority.certificate) as mutual,
    ):
        yield Secured(server, mutual, authority, folder)


def test_a_token_lets_in_to_the_sessions_of_its_owner_only(secured: Secured) -> None:
    with secured.client(secured.server, token=ADA) as ada, secured.client(secured.server, token=BOB) as bob:
        ada.put("s", session("of ada"))
        assert ada.get("s").data == session("of ada")
        with pytest.raises(NotFoundError):
            bob.get("s")
        assert not bob.delete("s")
        bob.put("s", session("of bob"), if_absent=True)
        assert ada.get("s").data == session("of ada")


@pytest.mark.parametrize("token", [None, "token-that-is-foreign", OLD], ids=["missing", "foreign", "expired"])
def test_without_a_token_that_holds_the_remedy_is_told_and_no_token(secured: Secured, token: str | None) -> None:
    why = "no token was given" if token is None else "it does not know the token, or the token has expired"
    with secured.client(secured.server, token=token) as client:
        for call in (lambda: client.get("s"), lambda: client.put("s", session(size=400_000)), client.list):
            with pytest.raises(AuthenticationError, match=f"does not know who calls: {why}; .*--token-file") as refused:
                call()
            assert token is None or token not in str(refused.value)


def test_a_token_that_is_renewed_in_its_file_is_used(secured: Secured, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(OLD)
    with secured.client(secured.server, token_file=file) as client:
        with pytest.raises(AuthenticationError):
            client.list()
        file.write_text(f"{ADA}\n")
        client.list()


def test_a_server_whose_authority_is_not_trusted_is_not_called(secured: Secured) -> None:
    with (
        secured.client(secured.server, ca=None, token=ADA) as client,
        pytest.raises(UnavailableError, match=r"its certificate was not signed by one that is trusted here.*--ca"),
    ):
        client.list()


def test_a_certificate_that_has_expired_is_told(secured: Secured, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    expired = authority.server(age=timedelta(days=3))
    with (
        serving(tmp_path, "--tls-cert", expired.certificate, "--tls-key", expired.key) as server,
        secured.client(server, ca=authority.certificate) as client,
        pytest.raises(UnavailableError, match="its certificate has expired; its operator has to renew it"),
    ):
        client.list()


def test_a_server_that_is_not_encrypted_is_told(server: Served, secured: Secured) -> None:
    with (
        secured.client(server, token=ADA) as client,
        pytest.raises(UnavailableError, match=r"it does not encrypt; write http://"),
    ):
        client.list()


def test_an_encrypted_server_that_is_called_without_is_told(secured: Secured) -> None:
    with (
        SyncExchangeClient(f"http://localhost:{secured.server.port}", retries=QUICK) as client,
        pytest.raises(UnavailableError, match="if it encrypts, write https://"),
    ):
        client.list()


def test_a_client_proves_itself_with_a_certificate(secured: Secured, tmp_path: Path) -> None:
    ours = secured.authority.client()
    with secured.client(secured.mutual, certificate=ours.certificate, key=ours.key) as client:
        client.put("s", session())
        assert client.get("s").data == session()
    stranger = Authority(tmp_path, "stranger").client("foreign")
    for credentials in ({}, {"certificate": stranger.certificate, "key": stranger.key}):
        with (
            secured.client(secured.mutual, **credentials) as client,
            pytest.raises(UnavailableError, match="client's certificate"),
        ):
            client.list()


def test_a_file_of_certificates_that_is_none_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    damaged = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    for text, problem in ((None, "cannot be read"), ("{}", "holds no certificate in PEM"), (damaged, "is damaged")):
        file = tmp_path / "ca.pem"
        if text is not None:
            file.write_text(text)
        with pytest.raises(UsageError, match=f"the CA file .*{problem}"):
            SyncExchangeClient("https://localhost:1", ca=file)


def test_a_token_does_not_travel_readable() -> None:
    with pytest.raises(UsageError, match="all on the way could read the token"):
        SyncExchangeClient("http://sessions.example.com", token=ADA)


def test_no_log_holds_a_token(secured: Secured) -> None:
    for token in (ADA, BOB, OLD):
        # Asked here: the other tests may run in another process.
        with secured.client(secured.server, token=token) as client, pytest.raises(StoreError):
            client.get("never")
    log = secured.server.log.read_text()
    assert '"method":"Get"' in log
    for token in (ADA, BOB, OLD):
        assert token not in log
    assert os.environ.get("PYSESSION_TOKEN") is None
