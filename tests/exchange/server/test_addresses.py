"""Where a server listens."""

from __future__ import annotations

import pytest

from pysession.exchange.server.addresses import parse_address, why_not
from pysession.findings.failures import UsageError


@pytest.mark.parametrize(
    ("text", "is_loopback"),
    [
        ("127.0.0.1:50051", True),
        ("127.9.9.9:0", True),
        ("localhost:1", True),
        ("[::1]:50051", True),
        ("unix:/run/pysession.sock", True),
        ("0.0.0.0:50051", False),
        ("[::]:50051", False),
        ("192.168.1.1:50051", False),
        ("localhost.example.org:50051", False),
        ("db:50051", False),
    ],
)
def test_what_others_can_reach_is_told_apart(text: str, is_loopback: bool) -> None:
    assert parse_address(text).is_loopback is is_loopback


@pytest.mark.parametrize(
    "text", ["", "localhost", ":50051", "127.0.0.1:", "127.0.0.1:65536", "::1:50051", "unix:", "a b:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("192.0.2.1:50051", "this machine does not have that address"),
        ("no-such-host.invalid:50051", "there is no host of the name no-such-host.invalid"),
        ("unix:/no/such/folder/s", "there is no folder /no/such/folder"),
    ],
)
def test_why_an_address_cannot_be_listened_on_is_told(text: str, why: str) -> None:
    assert why_not(parse_address(text)) == why


def test_a_free_port_takes_the_place_of_0() -> None:
    assert parse_address("[::1]:0").bound_to(7).text == "[::1]:7"
    assert parse_address("127.0.0.1:0").bound_to(7).text == "127.0.0.1:7"
    assert parse_address("unix:/s").bound_to(1).text == "unix:/s"
