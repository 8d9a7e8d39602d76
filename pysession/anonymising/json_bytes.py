"""Rewriting JSON text in place, sound or not: what is no JSON is gone through all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum

import msgspec

from pysession.anonymising.spelling import respelled, text_of, writes_upper_case

_TOKEN = re.compile(
    rb"(?P<space>[ \t\r\n,:]+)"
    rb'|(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+(?P<closed>")?)'
    rb"|(?P<open>[\[{])|(?P<close>[\]}])"
    rb"|(?P<number>[+-]?(?:0[xXoObB])?[0-9][0-9.eE+-]*)|(?P<word>"
    rb"(?:true|false|null|True|False|None|undefined|-?(?i:nan|inf(?:inity)?))(?![0-9A-Za-z_])|(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)\Z)"
    rb'|(?P<other>[^ \t\r\n,:"\[\]{}]+)',
    re.DOTALL,
)
_COLON = re.compile(rb"[ \t\r\n]*:")


class Kind(Enum):
    """What a piece of the text is."""

    NAME = "name"
    TEXT = "text"
    NUMBER = "number"
    OTHER = "other"


class Piece(msgspec.Struct, frozen=True, gc=False):
    """Something to be replaced: the bytes from ``start`` to ``end``, quotation marks left out, under the member ``name``."""

    kind: Kind
    start: int
    end: int
    name: bytes | None = None


class Group(msgspec.Struct):
    """One object: the names of its members, and the name that it stands under."""

    under: bytes | None
    names: list[bytes]


def pieces(data: bytes, groups: list[Group] | None = None) -> Iterator[Piece]:
    """Every string, number and piece of no JSON in ``data``, in order; objects are added to ``groups`` as they end."""
    name: bytes | None = None
    open_: list[tuple[bytes | None, Group]] = []
    for token in _TOKEN.finditer(data):
        sort = token.lastgroup
        if sort == "closed":
            sort = "string"
        if sort == "string":
            start, end = token.start() + 1, token.end() - (token["closed"] is not None)
            if _COLON.match(data, token.end()):
                name = data[start:end]
                if open_:
                    open_[-1][1].names.append(name)
                yield Piece(Kind.NAME, start, end)
            else:
                yield Piece(Kind.TEXT, start, end, name)
        elif sort == "open":
            open_.append((name, Group(name, [])))
        elif sort == "close":
            if open_:
                name, group = open_.pop()
                if groups is not None and group.names:
                    groups.append(group)
        elif sort == "number":
            yield Piece(Kind.NUMBER, *token.span(), name)
        elif sort == "other":
            yield Piece(Kind.OTHER, *token.span(), name)
    if groups is not None:
        groups.extend(group for _, group in open_ if group.names)


class Replacing(msgspec.Struct, frozen=True):
    """What to put in place of a name, of a text and of a number under a name."""

    name: Callable[[str], str]
    text: Callable[[str, str | None], str]
    number: Callable[[str, str | None], str]


def rewritten(data: bytes, replacing: Replacing) -> bytes:
    """``data`` with every piece replaced, and every other byte as it was."""
    parts: list[bytes] = []
    at = 0
    under: tuple[bytes | None, str | None] = (None, None)
    upper = writes_upper_case(data)
    for piece in pieces(data):
        raw = data[piece.start : piece.end]
        if piece.name is not under[0]:
            under = piece.name, None if piece.name is None else text_of(piece.name)
        name = under[1]
        if piece.kind is Kind.NAME:
            new = respelled(raw, replacing.name, upper=upper)
        elif piece.kind is Kind.NUMBER:
            new = replacing.number(raw.decode(), name).encode()
        else:
            asked = name if piece.kind is Kind.TEXT else None
            new = respelled(raw, lambda text, asked=asked: replacing.text(text, asked), upper=upper)  # type: ignore[misc]
        parts += data[at : piece.start], new
        at = piece.end
    return b"".join((*parts, data[at:]))
