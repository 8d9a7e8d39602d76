"""Data URIs as the Go SDK read and wrote them; every line was seen in a run (Go 1.26.8)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.readers.go.data_uri import normalised
from pysession.readers.go.table import record

NEW = record("5b27c979abb4").data_uri
OLD = record("2a6492ececb0").data_uri


@pytest.mark.parametrize(
    ("uri", "written"),
    [
        ("data:text/plain;base64,eA==", "data:text/plain;base64,eA=="),
        ("DATA:text/plain;BASE64,eA==", "data:text/plain;base64,eA=="),
        ("data:text/plain;charset=utf-8,a+b", "data:text/plain;charset=utf-8;base64,YSti"),
        ("data:text,x", "data:text;base64,eA=="),
        ("data: text/plain ,x", "data:text/plain;base64,eA=="),
        ("data:text/plain; charset = utf-8 ,x", "data:text/plain; charset = utf-8;base64,eA=="),
        ("data:text/plain;;base64,eA==", "data:text/plain;;base64,eA=="),
        ("data:text/plain;,a", "data:text/plain;;base64,YQ=="),
        ("data:text/plain;a=b;a=b,x", "data:text/plain;a=b;a=b;base64,eA=="),
        ("data:text/plain;x*0=a;x*1=b,z", "data:text/plain;x*0=a;x*1=b;base64,eg=="),
        ("data:text/plain;x*=utf-8''a,z", "data:text/plain;x*=utf-8''a;base64,eg=="),
        ("data:text/plain;base64,AB==", "data:text/plain;base64,AB=="),
        ("data:text/html,%zz", "data:text/html;base64,JXp6"),
        ("data:text/plain,\u00e9", "data:text/plain;base64,w6k="),
    ],
)
def test_every_release_writes_base64_and_keeps_the_media_type(uri: str, written: str) -> None:
    assert normalised(uri, NEW) == normalised(uri, OLD) == written


@pytest.mark.parametrize(
    ("uri", "new", "old"),
    [
        ("data:text/html,%3Cb%3E", "data:text/html;base64,PGI+", "data:text/html;base64,JTNDYiUzRQ=="),
        ("data:text/html,%E2%82", "data:text/html;base64,4oI=", "data:text/html;base64,JUUyJTgy"),
        ("data:TEXT/PLAIN,x", "data:TEXT/PLAIN;base64,eA==", "data:text/plain;base64,eA=="),
    ],
)
def test_percent_escapes_and_capitals_changed_with_24f70f557882(uri: str, new: str, old: str) -> None:
    assert normalised(uri, NEW) == new
    assert normalised(uri, OLD) == old


@pytest.mark.parametrize("uri", ["data:,", "data:;base64,"])
def test_a_media_type_may_be_missing_since_24f70f557882(uri: str) -> None:
    assert normalised(uri, NEW) == "data:text/plain;charset=US-ASCII;base64,"
    with pytest.raises(ValueError, match="no media type"):
        normalised(uri, OLD)


@pytest.mark.parametrize(
    "uri",
    [
        "data:",
        "http://a",
        "data:text/plain;base64",
        "data:text/plain;base64,eA=",
        "data:text/plain;base64,eA",
        "data:text/plain;base64,e A==",
        "data:text/plain;base64,eA===",
        "data:text/plain;base64,eA==\n",
        "data:image/png;base64,-_8=",
        "data:text/plain;base64,ab%3d%3d",
        "data:a b,x",
        "data:/,x",
        "data:text/plain/x,a",
        "data:text/plain;a,b",
        "data:text/plain;a=b;a=c,x",
        "data:text/plain;x=\u00e9,a",
        "data:text/plain;base64;x=y,eA==",
        "data:image/svg+xml;utf8,<svg>",
        "data:;charset=utf-8,x",
        "",
    ],
)
def test_what_every_release_refuses(uri: str) -> None:
    for rules in (NEW, OLD):
        with pytest.raises(ValueError, match=r"^no "):
            normalised(uri, rules)


@given(st.binary())
def test_base64_comes_back_as_it_is(data: bytes) -> None:
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    assert normalised(uri, NEW) == normalised(uri, OLD) == uri
