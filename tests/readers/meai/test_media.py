"""Media types, data URIs and file names as .NET was seen to take them."""

from __future__ import annotations

import pytest

from pysession.readers.meai.media import (
    MissingMediaTypeError,
    NotDataError,
    data_uri,
    inferred,
    is_blank,
    is_media_type,
)

DEFAULT = "text/plain;charset=US-ASCII"


@pytest.mark.parametrize(
    "text",
    [
        "a/b",
        " a/b ",
        "a / b",
        "*/*",
        "a/b;c",
        "a/b ; c = d",
        'a/b;c="d"',
        'a/b;c="d\\"e"',
        'a/b;c=")d\\"',
        'a/b;c="é"',
        'a/b;c="\\é"',
        'a/b;c=""',
        "a/b;c=d;c=d",
    ],
)
def test_a_media_type_is_what_a_header_may_say(text: str) -> None:
    assert is_media_type(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a/", "/b", "a/b;", "a/b;c=", "a/b c", "a/b;c=d;", "a/b;;c=d", "é/b", "a/b;c=é", 'a/b;c="d', "a/b/c"],
)
def test_nothing_else_is_a_media_type(text: str) -> None:
    assert not is_media_type(text)


@pytest.mark.parametrize(
    ("uri", "saved"),
    [
        ("data:image/png;base64,aGVsbG8=", "data:image/png;base64,aGVsbG8="),
        ("DATA:;BASE64,AAAA", "DATA:;BASE64,AAAA"),
        ("data:,hello", f"data:{DEFAULT};base64,aGVsbG8="),
        ("data: a/b ,x", "data:a/b;base64,eA=="),
        ("data:a/b,a+b%20%zz%C3%A9%ff", "data:a/b;base64,YSBiICV6esOp77+9"),
        ("data:a/b;base64;c=d,AAAA", "data:a/b;base64;c=d;base64,QUFBQQ=="),
    ],
)
def test_a_data_uri_is_kept_in_base64_and_rewritten_otherwise(uri: str, saved: str) -> None:
    assert data_uri(uri, DEFAULT) == saved


@pytest.mark.parametrize("data", ["AAA", "A===", "AA=A", "AAAA====", "@@@@", "aGVs bG8=", "iV==", "KGr="])
def test_base64_is_taken_strictly_to_the_last_bit(data: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        data_uri(f"data:a/b;base64,{data}", DEFAULT)


def test_a_uri_of_another_scheme_and_one_without_a_media_type_fail_in_their_own_ways() -> None:
    with pytest.raises(NotDataError):
        data_uri(" data:,x", DEFAULT)
    with pytest.raises(MissingMediaTypeError):
        data_uri("data:,x", None)


@pytest.mark.parametrize(
    ("uri", "media_type"),
    [
        ("https://e.com/a.PNG?x=1.pdf", "image/png"),
        ("https://e.com/a.pn%67", "image/png"),
        ("a.pn%67", "application/octet-stream"),
        ("https://png.com", "application/octet-stream"),
        ("https://e.com/a.png/", "application/octet-stream"),
        ("x/.png", "image/png"),
        ("a.png.", "application/octet-stream"),
        ("a.b/c", "application/octet-stream"),
        ("C:\\a\\b.txt", "text/plain"),
        ("urn:a.b.txt", "text/plain"),
        ("mailto:a@b.txt", "application/octet-stream"),
        ("a.tar.gz", "application/gzip"),
    ],
)
def test_a_missing_media_type_is_told_by_the_file_name(uri: str, media_type: str) -> None:
    assert inferred(uri) == media_type


@pytest.mark.parametrize(("text", "blank"), [("", True), ("\u00a0\u3000", True), ("\u200b", False), ("\x1f", False)])
def test_blank_is_what_dotnet_calls_white_space(text: str, blank: bool) -> None:
    assert is_blank(text) is blank
