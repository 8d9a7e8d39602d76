"""Media types, data URIs, and the media type that a file name tells."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from urllib.parse import unquote

from pysession.readers.meai.table import media_types

UNKNOWN = "application/octet-stream"

# char.IsWhiteSpace; str.isspace takes four control characters more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 (a token of RFC 9110)
_GAP = r"(?:[ \t]|\r\n[ \t])*+"
# A backslash quotes the next character, but not the last of the text, and none outside ASCII.
_QUOTED = r'"(?:[^"\\\r\n\x00]|\\[\x01-\x7f](?=[\s\S])|\\(?=[^\x00-\x7f]|"?\Z))*"'
_MEDIA_TYPE = re.compile(
    rf"{_GAP}{_TOKEN}{_GAP}/{_GAP}{_TOKEN}{_GAP}"
    rf"(?:;{_GAP}{_TOKEN}{_GAP}(?:={_GAP}(?:{_TOKEN}|{_QUOTED}){_GAP})?)*\Z"
)
_SCHEME = "data:"
# Bits that the padding leaves unused must be zero.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?\Z")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?P<authority>//[^/\\\\]*)?")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def is_blank(text: str) -> bool:
    """``string.IsNullOrWhiteSpace`` of a text."""
    return not text.strip(SPACE)


@lru_cache(maxsize=1024)
def is_media_type(text: str) -> bool:
    """Whether ``MediaTypeHeaderValue`` takes ``text``."""
    return _MEDIA_TYPE.match(text) is not None


def data_uri(uri: str, default: str | None) -> str:
    """A data URI as it is written again: one in base64 as it is, any other in base64.

    ``default`` is the media type of a URI that says none.

    Raises:
        NotDataError: it is blank, or no data URI.
        MissingMediaTypeError: it says no media type and there is no default.
        ValueError: it is a broken one.
    """
    if uri[: len(_SCHEME)].lower() != _SCHEME:
        raise NotDataError
    metadata, comma, data = uri[len(_SCHEME) :].partition(",")
    encoded = metadata[-7:].lower() == ";base64"
    if not comma or (encoded and not _BASE64.match(data)):
        raise ValueError
    media_type = (metadata[:-7] if encoded else metadata).strip(SPACE)
    if media_type and not is_media_type(media_type):
        raise ValueError
    media_type = media_type or default or ""
    if not media_type:
        raise MissingMediaTypeError
    return uri if encoded else f"data:{media_type};base64,{base64.b64encode(_decoded(data)).decode()}"


class NotDataError(ValueError):
    """No data URI at all."""


class MissingMediaTypeError(ValueError):
    """A data URI that says no media type, in a version that has no default for it."""


def _decoded(data: str) -> bytes:
    """``WebUtility.UrlDecode``, as UTF-8; escaped bytes that are not UTF-8 have become U+FFFD."""
    text = _PERCENT.sub(
        lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), data.replace("+", " ")
    )
    return text.encode("utf-8", "replace")


def inferred(uri: str) -> str:
    """The media type that the file name in ``uri`` tells."""
    path = re.split(r"[?#]", uri, maxsplit=1)[0]
    scheme = _ABSOLUTE.match(path)
    if scheme:
        # Uri.AbsolutePath, without the part before it and with what need not be escaped unescaped.
        path = unquote(path[scheme.end() :])
    _, slash, name = path.replace("\\", "/").rpartition("/")
    _, dot, extension = name.rpartition(".")
    known = dot and (slash or not scheme or not scheme["authority"]) and uri[:7].lower() != "mailto:"
    return media_types().get(extension.lower(), UNKNOWN) if known else UNKNOWN
