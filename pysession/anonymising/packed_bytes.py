"""Rewriting MessagePack in place: every value keeps its length and its form."""

from __future__ import annotations

import struct

import msgspec

from pysession.anonymising import drawing
from pysession.anonymising.json_bytes import Group, Replacing
from pysession.wire.fault import UnreadableError
from pysession.wire.messagepack_head import Family, Head, read_head

_FLOATS = {0xCA: ">f", 0xCB: ">d"}
_HEADS = {0xD9: 2, 0xDA: 3, 0xDB: 5, 0xC4: 2, 0xC5: 3, 0xC6: 5, 0xC7: 3, 0xC8: 4, 0xC9: 6}
"""Bytes that tell the length of what was cut off, by the first of them."""

_TIMESTAMP = 0xFF
"""The type of the extension that is a time."""


class _Open:
    __slots__ = ("group", "is_map", "missing", "name", "names_next")

    def __init__(self, name: bytes | None, missing: int, *, is_map: bool) -> None:
        self.name = name
        self.missing = missing
        self.is_map = is_map
        self.names_next = is_map
        self.group = Group(name, [])


class Learned(msgspec.Struct):
    """What there is in some MessagePack: its maps, and its texts."""

    groups: list[Group] = []
    texts: list[str] = []


def rewritten(data: bytes, key: bytes, replacing: Replacing, learned: Learned | None = None) -> bytes:
    """``data``, one or more values, with everything replaced that can be; with ``learned`` it is only entered there.

    What is cut off, or no MessagePack, ends it: the rest is then taken for text.
    """
    new = bytearray(data)
    open_: list[_Open] = []
    at = 0
    try:
        while at < len(data):
            at = _value(data, at, new, open_, key, replacing, learned)
    except UnreadableError:
        start = at + _HEADS.get(data[at], 1)
        rest = data[start:].decode("utf-8", "surrogateescape")
        new[start:] = replacing.text(rest, None).encode("utf-8", "surrogateescape")
    if learned is not None:
        learned.groups.extend(one.group for one in open_ if one.group.names)
    return bytes(new)


def _value(
    data: bytes,
    at: int,
    new: bytearray,
    open_: list[_Open],
    key: bytes,
    replacing: Replacing,
    learned: Learned | None,
) -> int:
    head = read_head(data, at)
    parent = open_[-1] if open_ else None
    is_name = parent is not None and parent.names_next
    name = parent.name if parent is not None else None
    if is_name and parent is not None and head.family is Family.STRING:
        parent.name = data[head.body : head.end]
        parent.group.names.append(parent.name)
    if learned is None:
        _replace(data, at, head, new, key, replacing, name, is_name=is_name)
    elif head.family is Family.STRING and not is_name:
        learned.texts.append(data[head.body : head.end].decode("utf-8", "surrogateescape"))
    if head.family in (Family.ARRAY, Family.MAP):
        is_map = head.family is Family.MAP
        open_.append(_Open(name, head.items * (2 if is_map else 1), is_map=is_map))
    elif parent is not None:
        _done(parent)
    while open_ and not open_[-1].missing:
        closed = open_.pop()
        if learned is not None and closed.group.names:
            learned.groups.append(closed.group)
        if open_:
            _done(open_[-1])
    return head.end


def _done(parent: _Open) -> None:
    parent.missing -= 1
    parent.names_next = parent.is_map and not parent.names_next


def _replace(
    data: bytes,
    at: int,
    head: Head,
    new: bytearray,
    key: bytes,
    replacing: Replacing,
    name: bytes | None,
    *,
    is_name: bool,
) -> None:
    body = data[head.body : head.end]
    under = None if name is None else name.decode("utf-8", "surrogateescape")
    if head.family is Family.STRING:
        text = body.decode("utf-8", "surrogateescape")
        changed = replacing.name(text) if is_name else replacing.text(text, under)
        new[head.body : head.end] = changed.encode("utf-8", "surrogateescape")
    elif head.family is Family.INTEGER:
        new[at : head.end] = _integer(data[at : head.end], int(replacing.number(str(head.number), under)))
    elif head.family is Family.FLOAT and data[at] in _FLOATS:
        text = repr(head.number)
        changed = replacing.number(text, under)
        if changed != text:
            new[at + 1 : head.end] = _float(_FLOATS[data[at]], float(changed))
    elif head.family is Family.BINARY:
        new[head.body : head.end] = drawing.octets(key, "binary", body.hex(), 0, len(body))
    elif head.family is Family.EXTENSION:
        new[head.body : head.end] = _extension(body, key)


def _float(form: str, number: float) -> bytes:
    try:
        return struct.pack(form, number)
    except OverflowError:  # at the edge of what four bytes hold
        return struct.pack(form, number / 10)


def _integer(old: bytes, number: int) -> bytes:
    """``number`` in the form in which another one is written; the sizes of the two are the same."""
    if len(old) == 1:
        return struct.pack("b" if old[0] >= 0xE0 else "B", number)
    return old[:1] + number.to_bytes(len(old) - 1, "big", signed=old[0] >= 0xD0)


def _extension(body: bytes, key: bytes) -> bytes:
    """Another one of its type; of a time the part of a second stays."""
    drawn = drawing.octets(key, "extension", body.hex(), 0, len(body))
    if body[0] != _TIMESTAMP or len(body) not in (5, 9, 13):
        return body[:1] + drawn[1:]
    if len(body) == 5:
        return body[:1] + (int.from_bytes(drawn[:3], "big") | 1 << 28).to_bytes(4, "big")
    nanoseconds = body[1:5]
    if len(body) == 9:
        return nanoseconds.join((body[:1], drawn[:4]))
    return body[:5] + bytes(4) + drawn[:4]
