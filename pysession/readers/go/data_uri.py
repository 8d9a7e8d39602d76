"""The data URI of a Go ``DataContent``: what its reader accepts and how its writer puts it."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes

from pysession.readers.go.table import DataUri

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# unicode.IsSpace; str.strip takes four control characters more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`{|}~-]+")
_TYPE = re.compile(rf"{_TOKEN.pattern}(?:/{_TOKEN.pattern})?\Z")
_QUOTED = re.compile(r'"((?:\\[()<>@,;:\\"/\[\]?=]|[^"\r\n\\]|\\(?![()<>@,;:\\"/\[\]?=]))*)"')
_ESCAPED = re.compile(r'\\([()<>@,;:\\"/\[\]?=])')


def normalised(uri: str, rules: DataUri) -> str:
    """``uri`` as it is saved: always base64, with its media type.

    Raises:
        ValueError: Go's reader refuses it.
    """
    if uri[:5].lower() != "data:":
        raise ValueError("no data URI")
    metadata, comma, data = uri[5:].partition(",")
    if not comma:
        raise ValueError("no comma")
    if metadata[-7:].lower() == ";base64":
        metadata = metadata[:-7]
        if len(data) % 4 or not _BASE64.match(data):
            raise ValueError("no base64")
    else:
        plain = not rules.decodes_percent or _BROKEN_ESCAPE.search(data)
        octets = data.encode() if plain else unquote_to_bytes(data)
        data = base64.b64encode(octets).decode()
    media_type = metadata.strip(_SPACE) or rules.media_type
    if media_type is None or not _valid(media_type):
        raise ValueError("no media type")
    if rules.lowers_media_type:
        media_type = _lower(media_type)
    return f"data:{media_type};base64,{data}"


def _valid(media_type: str) -> bool:
    """Whether Go's ``mime.ParseMediaType`` accepts it."""
    base, semicolon, rest = media_type.partition(";")
    if not _TYPE.match(_lower(base).strip(_SPACE)):
        return False
    rest = (semicolon + rest).lstrip(_SPACE)
    seen: dict[str, str] = {}
    while rest:
        parameter = _parameter(rest)
        if parameter is None:
            return rest.strip(_SPACE) == ";"
        name, value, rest = parameter
        if seen.setdefault(name, value) != value:
            return False
        rest = rest.lstrip(_SPACE)
    return True


def _lower(text: str) -> str:
    # Go's lower case of the dotted capital I is a plain i.
    return text.replace("\u0130", "i").lower()


def _parameter(text: str) -> tuple[str, str, str] | None:
    """Name, value and rest of the parameter that ``text`` begins with, None when it is none."""
    if not text.startswith(";"):
        return None
    name = _TOKEN.match(text[1:].lstrip(_SPACE))
    if name is None:
        return None
    rest = name.string[name.end() :].lstrip(_SPACE)
    if not rest.startswith("="):
        return None
    rest = rest[1:].lstrip(_SPACE)
    if rest.startswith('"'):
        quoted = _QUOTED.match(rest)
        return None if quoted is None else (name[0].lower(), _ESCAPED.sub(r"\1", quoted[1]), rest[quoted.end() :])
    token = _TOKEN.match(rest)
    return None if token is None else (name[0].lower(), token[0], rest[token.end() :])
