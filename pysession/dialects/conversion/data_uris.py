"""``data:`` URIs, as .NET and Go read them and as Python takes their media type."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes

NO_MEDIA_TYPE = "text/plain;charset=US-ASCII"
"""What a ``data:`` URI without media type holds (RFC 2397)."""

_MEDIA = r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:;[A-Za-z0-9!#$&^_.+-]+=(?:[A-Za-z0-9!#$&^_.+%-]+|\"[^\"]*\"))*"
_BASE64 = re.compile(rf"data:({_MEDIA})?;base64,([A-Za-z0-9+/]*={{0,2}})\Z", re.IGNORECASE)
_ANY = re.compile(rf"data:({_MEDIA})?(;base64)?,(.*)\Z", re.IGNORECASE | re.DOTALL)
_EXTENSIONS = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "svg": "image/svg+xml", "pdf": "application/pdf", "txt": "text/plain", "html": "text/html", "json": "application/json",
    "csv": "text/csv", "mp3": "audio/mpeg", "wav": "audio/wav", "mp4": "video/mp4",
}  # fmt: skip
UNKNOWN_MEDIA_TYPE = "application/octet-stream"


def as_base64(uri: str) -> str | None:
    """``uri`` in base64, the only form that .NET and Go write; None when they refuse it."""
    match = _BASE64.match(uri)
    if match is not None:
        return uri if len(match[2]) % 4 == 0 else None
    match = _ANY.match(uri)
    if match is None:
        return None
    media, encoded, data = match.groups()
    if encoded:
        return None
    return f"data:{media or NO_MEDIA_TYPE};base64,{base64.b64encode(unquote_to_bytes(data)).decode()}"


def media_type(uri: object) -> str | None:
    """The media type that a ``data:`` URI names."""
    if type(uri) is not str or not uri.startswith("data:"):
        return None
    named = uri[5 : uri.find(",", 5, 300)].partition(";base64")[0]
    return named or None


def guessed_media_type(uri: object) -> str:
    """What .NET takes for the media type of an address that comes without one: by its extension (run: 10.5.0 on)."""
    path = uri.partition("?")[0].partition("#")[0] if type(uri) is str else ""
    return _EXTENSIONS.get(path.rpartition(".")[2].lower(), UNKNOWN_MEDIA_TYPE)
