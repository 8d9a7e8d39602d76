"""Addresses of an exchange, and what may be sent to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pysession.exchange.client import AddressError, Credentials, address_of
from pysession.findings.failures import UsageError


@pytest.mark.parametrize(
    ("text", "means", "target"),
    [
        ("https://sessions.example.com", "https://sessions.example.com:443", "sessions.example.com:443"),
        ("https://sessions.example.com:50051/", "https://sessions.example.com:50051", "sessions.example.com:50051"),
        ("http://10.0.0.7", "http://10.0.0.7:80", "10.0.0.7:80"),
        ("sessions.example.com", "https://sessions.example.com:50051", "sessions.example.com:50051"),
        ("sessions.example.com:7", "https://sessions.example.com:7", "sessions.example.com:7"),
        ("10.0.0.7:50051", "https://10.0.0.7:50051", "10.0.0.7:50051"),
        ("localhost", "http://localhost:50051", "localhost:50051"),
        ("127.0.0.1:9", "http://127.0.0.1:9", "127.0.0.1:9"),
        ("https://localhost:9", "https://localhost:9", "localhost:9"),
        ("[::1]:50051", "http://[::1]:50051", "[::1]:50051"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("unix:/run/pysession.sock", "unix:/run/pysession.sock", "unix:/run/pysession.sock"),
    ],
)
def test_an_address_is_encrypted_unless_it_says_otherwise_or_stays_on_this_machine(
    text: str, means: str, target: str
) -> None:
    address = address_of(text)
    assert (str(address), address.target) == (means, target)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no host"),
        ("https://", "it has no host"),
        ("ftp://host", "ftp: is neither https: nor http:"),
        ("https://host:port", "its port is no number up to 65535"),
        ("host:65536", "its port is no number up to 65535"),
        ("::1", "an IPv6 address stands in brackets"),
        ("https://host/sessions", "it goes on behind the port"),
        ("https://host:1?token=x", "it goes on behind the port"),
        ("[::1", "Invalid IPv6 URL"),
    ],
)
def test_what_names_no_exchange_is_refused_with_an_example(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=re.escape(reason)) as refused:
        address_of(text)
    assert "https://host:50051" in str(refused.value)


def test_a_secret_in_an_address_is_not_repeated() -> None:
    with pytest.raises(AddressError) as refused:
        address_of("https://secret@host:50051")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "credentials", "reason"),
    [
        ("http://host", Credentials(token="t"), "could read the token"),
        ("http://host", Credentials(token_file=Path("t")), "could read the token"),
        ("http://localhost", Credentials(ca=Path("ca.pem")), "certificates prove nothing"),
        ("https://host", Credentials(certificate=Path("c.pem")), "give both"),
        ("https://host", Credentials(token="t", token_file=Path("t")), "give one of them"),
    ],
)
def test_credentials_that_do_not_go_with_the_address_are_refused(
    address: str, credentials: Credentials, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        credentials.check(address_of(address))


def test_a_token_is_read_again_when_its_file_is_another(tmp_path: Path) -> None:
    file = tmp_path / "token"
    credentials = Credentials(token_file=file)
    for token in ("one", "two"):
        file.write_text(f"{token}\n")
        assert credentials.metadata() == (("authorization", f"Bearer {token}"),)


@pytest.mark.parametrize("token", ["", "two words", "ünicode", "line\nbreak"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(UsageError, match="one word of printable ASCII") as refused:
        Credentials(token=token).metadata()
    assert not token or token not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the CA file .*none\.pem cannot be read: no such file"):
        Credentials(ca=tmp_path / "none.pem").roots()
