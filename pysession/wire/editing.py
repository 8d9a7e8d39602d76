"""``edit``: change stored bytes at the places that are named and nowhere else.

What is not named keeps its bytes: white space, the texts of numbers, escapes, the order of members. What is written new
follows the style of its surroundings: one line or indented, ASCII only where the text is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Protocol

import msgspec

from pysession.wire.encoding import MARK, Encoding
from pysession.wire.json_document import lines
from pysession.wire.locating import offsets
from pysession.wire.messagepack import records
from pysession.wire.messagepack_head import Family, read_head
from pysession.wire.path import Path
from pysession.wire.walking import walk_of

_RECORDS = {Encoding.JSON_LINES: lines, Encoding.MESSAGEPACK_RECORDS: records}
_SINGLE = {Encoding.JSON_LINES: Encoding.JSON, Encoding.MESSAGEPACK_RECORDS: Encoding.MESSAGEPACK}
_LENGTH_BYTES = 4
_COLON = re.compile(rb'"[ \t]*:([ \t]*)')
_MARGIN = re.compile(rb"\n([ \t]*)\Z")
_UNIT = re.compile(rb"[\[{]\r?\n([ \t]+)")
_DEFAULT_UNIT = "  "


class Replace(msgspec.Struct, frozen=True):
    """The value at ``path`` becomes ``value``."""

    path: Path
    value: Any


class Remove(msgspec.Struct, frozen=True):
    """The member or item at ``path`` goes."""

    path: Path


class Insert(msgspec.Struct, frozen=True):
    """``value`` comes before the item at ``path``, or behind the last one where there is none with that index."""

    path: Path
    value: Any


class Add(msgspec.Struct, frozen=True):
    """A member that is not there yet: the last one of its object, or with ``first`` the first one."""

    path: Path
    value: Any
    first: bool = False


class Rename(msgspec.Struct, frozen=True):
    """The member at ``path`` gets another name and keeps its place and its value."""

    path: Path
    name: str


class MoveFirst(msgspec.Struct, frozen=True):
    """The member at ``path`` becomes the first of its object."""

    path: Path


Edit = Replace | Remove | Insert | Add | Rename | MoveFirst


def edit(data: bytes, encoding: Encoding, edits: Iterable[Edit]) -> bytes:
    """``data`` with all ``edits`` made; their paths are those of ``data`` as it is given.

    No two of them may be about the same place or one inside the other, except several insertions before one item, which
    come in the order in which they are given.

    Raises:
        KeyError: a place does not exist.
    """
    chosen = list(edits)
    if not chosen:
        return data
    if encoding in _RECORDS:
        return _edited_records(data, encoding, chosen)
    return _spliced(data, _splices(data, encoding, chosen))


# --- files of several records -----------------------------------------------------------------------------------------


def _edited_records(data: bytes, encoding: Encoding, edits: Sequence[Edit]) -> bytes:
    """Each record is edited on its own; whole records are removed and inserted here."""
    start = len(MARK) if not encoding.is_messagepack and data.startswith(MARK) else 0
    spans = list(_RECORDS[encoding](data, start))
    of_record: dict[int, list[Edit]] = {}
    for one in edits:
        index = one.path[0]
        if not isinstance(index, int) or index > len(spans) or (index == len(spans) and not isinstance(one, Insert)):
            raise KeyError(one.path)
        of_record.setdefault(index, []).append(one)
    splices: list[_Splice] = []
    for index, theirs in of_record.items():
        new = [_record_text(encoding, one.value) for one in theirs if isinstance(one, Insert) and len(one.path) == 1]
        inner = [_below_record(one) for one in theirs if not (isinstance(one, Insert) and len(one.path) == 1)]
        at = _record_start(data, encoding, spans, index)
        if new:
            before = (
                b"\n" if at == len(data) and encoding is Encoding.JSON_LINES and data[-1:] not in (b"", b"\n") else b""
            )
            splices.append(_Splice(at, at, before + b"".join(new)))
        if inner:
            first, end = spans[index]
            record = data[first:end]
            if any(isinstance(one, Remove) and not one.path for one in inner):
                splices.append(_Splice(at, _record_start(data, encoding, spans, index + 1), b""))
            else:
                edited = edit(record, _SINGLE[encoding], inner)
                head = len(edited).to_bytes(_LENGTH_BYTES, "big") if encoding.is_messagepack else b""
                splices.append(_Splice(first - len(head), end, head + edited))
    return _spliced(data, splices)


def _below_record(one: Edit) -> Edit:
    return msgspec.structs.replace(one, path=one.path[1:])


def _record_start(data: bytes, encoding: Encoding, spans: Sequence[tuple[int, int]], index: int) -> int:
    if index >= len(spans):
        return len(data)
    return spans[index][0] - (_LENGTH_BYTES if encoding.is_messagepack else 0)


def _record_text(encoding: Encoding, value: Any) -> bytes:
    if encoding.is_messagepack:
        record = msgspec.msgpack.encode(value)
        return len(record).to_bytes(_LENGTH_BYTES, "big") + record
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


# --- one document -----------------------------------------------------------------------------------------------------


class _Splice(msgspec.Struct, frozen=True):
    """The bytes from ``start`` to ``end`` become ``text``."""

    start: int
    end: int
    text: bytes


class _Element(msgspec.Struct, frozen=True):
    """A member or an item: it begins with its name, at ``start``, and its value lies from ``value`` to ``end``."""

    start: int
    value: int
    end: int


class _Container(msgspec.Struct, frozen=True):
    """An array or object at ``start`` and what is in it, by step; of a repeated member the last one."""

    start: int
    inside: int
    elements: tuple[_Element, ...]
    index: dict[str | int, int]

    def element(self, path: Path) -> _Element:
        return self.elements[self.position(path)]

    def position(self, path: Path) -> int:
        try:
            return self.index[path[-1]]
        except KeyError:
            raise KeyError(path) from None


def _splices(data: bytes, encoding: Encoding, edits: Sequence[Edit]) -> Iterator[_Splice]:
    parents: dict[Path, list[Edit]] = {}
    for one in edits:
        if one.path:
            parents.setdefault(one.path[:-1], []).append(one)
        elif not isinstance(one, Replace):
            raise KeyError(one.path)
    found = offsets(data, encoding, ((), *parents))
    for one in edits:
        if isinstance(one, Replace) and not one.path:
            at = found[()][1]
            yield _Splice(at, walk_of(data, encoding).skip(at), _style(data, encoding, None).value(one.value))
    for parent, theirs in parents.items():
        depth, at = found[parent]
        container = _container(data, encoding, at) if depth == len(parent) else None
        if container is None:
            raise KeyError(theirs[0].path)
        yield from _in_container(data, encoding, container, theirs)


def _container(data: bytes, encoding: Encoding, at: int) -> _Container | None:
    walk = walk_of(data, encoding)
    visit = walk.visit(at)
    if visit is None:
        return None
    elements: list[_Element] = []
    index: dict[str | int, int] = {}
    end = visit.inside
    while (step := visit.step(end)) is not None:
        name, value = step
        start = value
        if isinstance(name, str):
            start = end if encoding.is_messagepack else data.index(b'"', end)
        end = walk.skip(value)
        index[name] = len(elements)
        elements.append(_Element(start, value, end))
    return _Container(at, visit.inside, tuple(elements), index)


def _in_container(data: bytes, encoding: Encoding, container: _Container, edits: Sequence[Edit]) -> Iterator[_Splice]:
    style = _style(data, encoding, container)
    removed: set[int] = set()
    added: dict[int, list[bytes]] = {}
    for one in edits:
        match one:
            case Replace():
                element = container.element(one.path)
                yield _Splice(element.value, element.end, style.value(one.value))
            case Rename():
                element = container.element(one.path)
                name = style.name(data[element.start : element.value], one.name)
                yield _Splice(element.start, element.value, name)
            case Remove():
                removed.add(container.position(one.path))
            case Insert():
                position = min(int(one.path[-1]), len(container.elements))
                added.setdefault(position, []).append(style.value(one.value))
            case Add():
                position = 0 if one.first else len(container.elements)
                added.setdefault(position, []).append(style.new_name(str(one.path[-1])) + style.value(one.value))
            case MoveFirst():
                position = container.position(one.path)
                if position:
                    element = container.elements[position]
                    removed.add(position)
                    added.setdefault(0, []).append(data[element.start : element.end])
    yield from _removals(container, removed)
    yield from _insertions(container, removed, added, style.separator)
    if encoding.is_messagepack and (removed or added):
        count = len(container.elements) - len(removed) + sum(map(len, added.values()))
        yield _Splice(container.start, container.inside, _packed_head(data, container, count))


def _insertions(
    container: _Container, removed: set[int], added: dict[int, list[bytes]], separator: bytes
) -> Iterator[_Splice]:
    kept = [position for position in range(len(container.elements)) if position not in removed]
    for position, texts in sorted(added.items()):
        following = next((other for other in kept if other >= position), None)
        if following is not None:
            at = container.elements[following].start
            yield _Splice(at, at, b"".join(text + separator for text in texts))
        else:
            at = container.elements[-1].end if container.elements else container.inside
            joined = separator.join(texts)
            yield _Splice(at, at, separator + joined if kept else joined)


def _removals(container: _Container, removed: set[int]) -> Iterator[_Splice]:
    """What goes: each element with the separator before it, the first ones with the separator behind."""
    elements = container.elements
    kept_before = False
    for position, element in enumerate(elements):
        if position not in removed:
            kept_before = True
        elif kept_before:
            yield _Splice(elements[position - 1].end, element.end, b"")
        else:
            end = elements[position + 1].start if position + 1 < len(elements) else element.end
            yield _Splice(element.start, end, b"")


def _spliced(data: bytes, splices: Iterable[_Splice]) -> bytes:
    """``data`` with all splices made; insertions at one place come before what replaces the bytes behind it."""
    ordered = sorted(splices, key=lambda one: (one.start, one.end))
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise ValueError("two edits are about the same place")
    parts: list[bytes] = []
    at = 0
    for one in ordered:
        parts += data[at : one.start], one.text
        at = one.end
    return b"".join((*parts, data[at:]))


# --- how new things are written -----------------------------------------------------------------------------------------


class _Style(Protocol):
    """How what is new at one container is written."""

    separator: bytes
    """What stands between two elements."""

    def value(self, value: Any) -> bytes: ...

    def new_name(self, name: str) -> bytes:
        """The name of a member that is added, and what stands between it and its value."""

    def name(self, old: bytes, name: str) -> bytes:
        """The name of a member that is renamed; ``old`` is what stood before its value."""


class _JsonStyle:
    """On one line or indented, with or without spaces, in ASCII or not: as the text around it is."""

    def __init__(self, data: bytes, container: _Container | None) -> None:
        elements = container.elements if container is not None else ()
        first_gap = data[container.inside : elements[0].start] if container is not None and elements else b""
        self.separator = data[elements[0].end : elements[1].start] if len(elements) > 1 else b"," + first_gap
        self._ascii = data.isascii()
        colon = _COLON.search(data)
        self._colon = ":" + (colon[1].decode() if colon else " ")
        margin = _MARGIN.search(self.separator)
        self._margin = margin[1].decode() if margin else None
        unit = _UNIT.search(data)
        self._unit = unit[1].decode() if unit else _DEFAULT_UNIT

    def value(self, value: Any) -> bytes:
        if self._margin is None:
            # What has a space behind its colons, as json.dumps writes it, has one behind its commas.
            return self._dumps(value, None, ", " if self._colon == ": " else ",").encode()
        return self._dumps(value, self._unit, ",").replace("\n", f"\n{self._margin}").encode()

    def new_name(self, name: str) -> bytes:
        return (self._dumps(name, None, ",") + self._colon).encode()

    def name(self, old: bytes, name: str) -> bytes:
        return self._dumps(name, None, ",").encode() + old[old.rindex(b'"') + 1 :]

    def _dumps(self, value: Any, indent: str | None, comma: str) -> str:
        return json.dumps(value, ensure_ascii=self._ascii, indent=indent, separators=(comma, self._colon))


class _PackedStyle:
    """MessagePack: nothing stands between elements."""

    separator = b""

    def value(self, value: Any) -> bytes:
        return msgspec.msgpack.encode(value)

    def new_name(self, name: str) -> bytes:
        return msgspec.msgpack.encode(name)

    def name(self, old: bytes, name: str) -> bytes:
        return msgspec.msgpack.encode(name)


def _packed_head(data: bytes, container: _Container, count: int) -> bytes:
    """The first bytes of a MessagePack container that has ``count`` elements."""
    is_map = read_head(data, container.start).family is Family.MAP
    if count < 1 << 4:
        return bytes(((0x80 if is_map else 0x90) | count,))
    if count < 1 << 16:
        return bytes((0xDE if is_map else 0xDC,)) + count.to_bytes(2, "big")
    return bytes((0xDF if is_map else 0xDD,)) + count.to_bytes(4, "big")


def _style(data: bytes, encoding: Encoding, container: _Container | None) -> _Style:
    return _PackedStyle() if encoding.is_messagepack else _JsonStyle(data, container)
