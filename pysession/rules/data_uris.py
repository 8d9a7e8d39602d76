"""``data:`` URIs and other payloads that stand inside a document."""

from __future__ import annotations

import re

_HEAD = re.compile(r"data:(?P<type>[^,;]*)(?P<parameters>(?:;[^,;]*)*?)(?P<base64>;base64)?,", re.I)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+\Z", re.A)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_BASE64_OF_ANY_SORT = re.compile(r"[A-Za-z0-9+/_-]+={0,2}\Z")
_INSIDE = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w=.+-]+)*,(?P<payload>[\w+/=%.~-]*)", re.A | re.I)


def starts_data_uri(text: str) -> bool:
    """Whether ``text`` starts as a ``data:`` URI does, in any case."""
    return text[:5].lower() == "data:"


def fault_of(uri: str) -> str | None:
    """What is wrong with a ``data:`` URI, as the beginning of a sentence; None when nothing is.

    As .NET judges it, which refuses what others let pass: the standard alphabet, a length that is a multiple of four, no
    white space (Go refuses the same).
    """
    if not starts_data_uri(uri):
        return 'A data content must hold a "data:" URI'
    head = _HEAD.match(uri)
    if head is None:
        return 'This "data:" URI has no comma before its payload'
    if head["type"].strip() and not _MEDIA_TYPE.match(head["type"].strip()):
        return 'The media type of this "data:" URI is not one'
    payload = uri[head.end() :]
    if head["base64"] is not None and (len(payload) % 4 or not _BASE64.match(payload)):
        return 'The base64 payload of this "data:" URI is broken or cut off'
    return None


def media_type_of(uri: str) -> str:
    """The media type that a sound ``data:`` URI names, without parameters, in lower case; empty when it names none."""
    return uri[5:].partition(",")[0].partition(";")[0].strip().lower()


def payload_size(text: str, limit: int) -> int | None:
    """Bytes of the payload that ``text`` is, or None when it is none; for a bare one only above ``limit``.

    A payload is a ``data:`` URI, a long base64 text, or the largest ``data:`` URI inside a longer text (a tool's result
    that is the JSON text of an image).
    """
    if starts_data_uri(text):
        head = _HEAD.match(text)
        if head is not None and (head["base64"] is not None or _MEDIA_TYPE.match(head["type"])):
            encoded = len(text) - head.end()
            return encoded * 3 // 4 if head["base64"] is not None else encoded
    if len(text) <= limit:
        return None
    if _BASE64_OF_ANY_SORT.match(text):
        size = len(text) * 3 // 4
        return size if size > limit else None
    inside = max((len(found["payload"]) * 3 // 4 for found in _INSIDE.finditer(text)), default=0)
    return inside if inside > limit else None
