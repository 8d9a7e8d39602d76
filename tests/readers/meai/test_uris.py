"""Which texts System.Uri was seen to read."""

from __future__ import annotations

import pytest

from pysession.readers.meai.uris import is_uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/b.png",
        "//a b",
        "http:",
        "http:a",
        "https://a_b",
        "https://-a",
        "https://é",
        "https://user:pw@host.example:8080/x",
        "http://[::1]:80/",
        "http://[::1]80/",
        "http://1.2.3.4 ",
        "zz://",
        "file:///c:/x",
        "file://\\a/b.jpg",
        "mailto:",
        "mailto:a b@c",
        "C:\\x",
        "c:",
        "\\\\server\\share",
        "1http://[",
        "news://a b",
        "file://h:/x",
        f"https://{'a' * 256}",
    ],
)
def test_these_are_read(text: str) -> None:
    assert is_uri(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "http://?q",
        "http://a b",
        "http://a..b",
        "http://a%41",
        "https://a:65536",
        "https://a:x",
        "https://a@b@c",
        "https://a\\b",
        "http://[",
        "http://[::1:80/",
        "http://[zz]",
        "zz://a b",
        "\thttp://[",
        "mailto:a@",
        "mailto:a@<b.c",
        "c:x",
        "a|b",
        "file:///c:7x",
        "\\\\a b\\c",
        "file://host:80/x",
        "file:/c:x",
        "net.tcp://user@host",
        f"https://{'a' * 257}",
    ],
)
def test_these_are_not(text: str) -> None:
    assert not is_uri(text)
