"""The bytes of fields → members of known objects: one function for each form that a field has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import enumeration, fields, number_of
from pysession.protobuf.reading_objects import Body, ObjectReader, Read, Reading
from pysession.protobuf.reading_values import (
    read_bool,
    read_double,
    read_int64,
    read_name,
    read_null,
    read_object,
    read_value,
)
from pysession.protobuf.varints import FIXED64, LENGTH, VARINT, read_span, read_varint, tag
from pysession.protobuf.words import PLAIN, UNKNOWN_KIND, Kind, between, choices, kinds, other_kind, words_of

_ITEMS = 1 << 3 | LENGTH
"""Every list of something has its items in its first field."""

_ONE_BYTE = 0x7F
"""Keys up to this stand as they are."""

_SCALARS: dict[str, tuple[int, Read]] = {
    "bool": (VARINT, read_bool),
    "int64": (VARINT, read_int64),
    "double": (FIXED64, read_double),
}


def object_reader(kind: Kind, dialect: str, aliases: dict[str, Kind] | None = None) -> ObjectReader:
    """Reads objects of ``kind`` in the words of ``dialect``."""
    readings = {}
    for field in fields(kind.message).values():
        if field.form in _SCALARS:
            wire_type, read = _SCALARS[field.form]
            readings[field.number << 3 | wire_type] = Reading(field.number, scalar=read)
        elif field.form and field.name not in ("other_members", "layout"):
            readings[field.number << 3 | LENGTH] = Reading(field.number, body=_body_of(dialect, field.form))
    missing = f"{dialect} has no member for field {{1}} of {{0}}; it goes under its name among other_members"
    return ObjectReader(kind, readings, aliases or {}, missing)


def _body_of(dialect: str, form: str) -> Body | None:
    """What reads a message of that form; None for a string, which is read on the spot."""
    if form in _SIMPLE:
        return _SIMPLE[form]
    return _IN_WORDS[form](dialect) if form in _IN_WORDS else None


def _choice(message: str, reads: dict[int, Read]) -> Body:
    """Reads a message of which exactly one field is set."""

    def body(data: bytes, at: int, end: int) -> Any:
        if at == end:
            raise Malformed(f"{message} has none of its fields set")
        key = data[at]
        at += 1
        if key > _ONE_BYTE:
            key, at = read_varint(data, at - 1)
        read = reads.get(key)
        if read is None:
            raise Malformed(f"{message} has a field {key >> 3} that this version does not know")
        value, at = read(data, at, end)
        if at != end:
            raise Malformed(f"{message} has more than one of its fields set")
        return value

    return body


def _sized(body: Body) -> Read:
    """Reads a field that is a message."""

    def read(data: bytes, at: int, end: int) -> tuple[Any, int]:
        at, stop = read_span(data, at, end)
        return body(data, at, stop), stop

    return read


def _list(message: str, item: Body) -> Body:
    """Reads a message that is a list of others."""

    def body(data: bytes, at: int, end: int) -> list[Any]:
        found: list[Any] = []
        while at < end:
            if data[at] != _ITEMS:
                raise Malformed(f"{message} has a field that this version does not know")
            at, stop = read_span(data, at + 1, end)
            found.append(item(data, at, stop))
            at = stop
        return found

    return body


def _string(data: bytes, at: int, end: int) -> str:
    return data[at:end].decode()


def _text_or_object(data: bytes, at: int, end: int) -> Any:
    if at < end and data[at] == _TEXT:
        at, stop = read_span(data, at + 1, end)
        if stop == end:
            return data[at:stop].decode()
    return _any_text_or_object(data, at, end)


# ---------------------------------------------------------------- objects that have kinds


class _Chooser:
    """Reads objects that name their kind: the message of the place, whose one field is the kind's own message."""

    def __init__(self, place: str, dialect: str) -> None:
        self._place = place
        self._dialect = dialect
        self._readers: dict[int, Body] = {}
        self._short: dict[int, Body] = {}
        """Those whose keys are one byte."""

    def fill(self) -> None:
        """Make the readers of the kinds, in which there may be objects of this place again."""
        known = kinds(self._dialect, self._place)
        usual: dict[str, Kind] = {}
        for kind in known.values():
            usual.setdefault(kind.message, kind)
        usual[UNKNOWN_KIND] = other_kind(self._dialect, self._place)
        for message, field in choices(self._place).items():
            if message in usual:
                self._readers[field.number << 3 | LENGTH] = object_reader(usual[message], self._dialect, known).read
        self._short = {key: read for key, read in self._readers.items() if key <= _ONE_BYTE}

    def one(self, data: bytes, at: int, end: int) -> Any:
        """The object whose bytes are from ``at`` to ``end``."""
        if at == end:
            raise Malformed(f"a {self._place} is of no kind")
        key, at = read_varint(data, at)
        reader = self._readers.get(key)
        if reader is None:
            raise Malformed(
                f"{self._dialect} has no {self._place} for field {key >> 3}, or this version does not know it"
            )
        at, stop = read_span(data, at, end)
        if stop != end:
            raise Malformed(f"a {self._place} is of more than one kind")
        return reader(data, at, stop)

    def several(self, data: bytes, at: int, end: int) -> list[Any]:
        """The list whose bytes are from ``at`` to ``end``."""
        found: list[Any] = []
        readers = self._short
        while at < end:
            if data[at] != _ITEMS:
                raise Malformed(f"a list of {self._place} has a field that this version does not know")
            # read_span in place, twice: lengths take one byte or two, a longer one is rare.
            length = data[at + 1]
            at += 2
            if length > 0x7F:
                length += (data[at] << 7) - 0x80
                at += 1
                if length > 0x3FFF:
                    length, at = read_varint(data, at - 2)
            stop = at + length
            reader = readers.get(data[at])
            length = data[at + 1]
            behind = at + 2
            if length > 0x7F:
                length += (data[behind] << 7) - 0x80
                behind += 1
                if length > 0x3FFF:
                    length, behind = read_varint(data, behind - 2)
            if reader is not None and behind + length == stop <= end:
                found.append(reader(data, behind, stop))
            else:
                found.append(self.one(data, at, stop))
            at = stop
        return found


_CHOOSERS: dict[tuple[str, str], _Chooser] = {}


def _chooser(place: str, dialect: str) -> _Chooser:
    found = _CHOOSERS.get((place, dialect))
    if found is None:
        found = _CHOOSERS[place, dialect] = _Chooser(place, dialect)
        found.fill()
    return found


def _output(dialect: str) -> Body:
    chooser = _chooser("content", dialect)
    return _choice(
        "Output",
        {
            _key("Output", "contents"): _sized(chooser.several),
            _key("Output", "content"): _sized(chooser.one),
            _key("Output", "value"): _sized(read_value),
        },
    )


# ---------------------------------------------------------------- messages, and what is around them


@cache
def _plain(place: str, dialect: str) -> Body:
    known = kinds(dialect, place)
    if "" not in known:
        return _absent(place, dialect)
    reader = object_reader(known[""], dialect).read
    return _with_role_objects(reader) if (place, dialect) == ("message", _ROLE_OBJECTS) else reader


def _absent(place: str, dialect: str) -> Body:
    def body(data: bytes, at: int, end: int) -> Any:
        raise Malformed(f"{dialect} has no {PLAIN[place]}")

    return body


def _with_role_objects(reader: Body) -> Body:
    """Roles were objects once; then the last field, behind all that the message itself has, is true."""

    def body(data: bytes, at: int, end: int) -> Any:
        if data[at:end].endswith(_ROLE_IN_OBJECT):
            found = reader(data, at, end - len(_ROLE_IN_OBJECT))
            if "role" in found:
                found["role"] = {"type": "role", "value": found["role"]}
                return found
        return reader(data, at, end)

    return body


def _messages(dialect: str) -> Body:
    usual = words_of(dialect)
    spoken = {number: name for name, number in enumeration("Dialect", "DIALECT_").items()}

    def body(data: bytes, at: int, end: int) -> list[Any]:
        spans = []
        words = usual
        while at < end:
            key = data[at]
            if key == _ITEMS:
                # read_span in place, as in _Chooser.several.
                length = data[at + 1]
                at += 2
                if length > 0x7F:
                    length += (data[at] << 7) - 0x80
                    at += 1
                    if length > 0x3FFF:
                        length, at = read_varint(data, at - 2)
                spans.append((at, at + length))
                at += length
            elif key == _WORDS:
                number, at = read_varint(data, at + 1)
                words = spoken.get(number, "")
            else:
                raise Malformed("Messages has a field that this version does not know")
        if at != end:
            raise Malformed("a length leads beyond the end")
        if words not in _SPOKEN:
            raise Malformed(f"messages are in the words of {_SPOKEN}, not of {words or 'another dialect'}")
        read_message = _plain("message", words)
        return [read_message(data, start, stop) for start, stop in spans]

    return body


def _state(dialect: str) -> Body:
    entry = _choice(
        "StateEntry",
        {
            _key("StateEntry", "value"): _sized(read_value),
            _key("StateEntry", "history"): _sized(_between("history", dialect)),
            _key("StateEntry", "messages"): _sized(_messages(dialect)),
        },
    )

    def body(data: bytes, at: int, end: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while at < end:
            if data[at] != _ITEMS:
                raise Malformed("State has a field that this version does not know")
            at, stop = read_span(data, at + 1, end)
            name, at = read_name(data, at, stop)
            if name in found:
                raise Malformed("State has two entries of one name, which pysession refuses in JSON too")
            found[name] = entry(data, at, stop)
            at = stop
        return found

    return body


def _between(place: str, dialect: str) -> Body:
    return object_reader(between(place, dialect), dialect).read


def _key(message: str, field: str, wire_type: int = LENGTH) -> int:
    return number_of(message, field) << 3 | wire_type


_SIMPLE: dict[str, Body] = {
    "Value": read_value,
    "Object": read_object,
    "Strings": _list("Strings", _string),
    "Objects": _list("Objects", read_object),
    "TextOrObject": _text_or_object,
    "ServiceSessionId": _choice(
        "ServiceSessionId",
        {
            _key("ServiceSessionId", "null_value", VARINT): read_null,
            _key("ServiceSessionId", "text"): _sized(_string),
            _key("ServiceSessionId", "mapping"): _sized(read_object),
        },
    ),
}
"""By the form of the field."""

_IN_WORDS: dict[str, Callable[[str], Body]] = {
    "Content": lambda dialect: _chooser("content", dialect).one,
    "Contents": lambda dialect: _chooser("content", dialect).several,
    "Annotations": lambda dialect: _chooser("annotation", dialect).several,
    "Regions": lambda dialect: _chooser("region", dialect).several,
    "DurableEntries": lambda dialect: _chooser("entry", dialect).several,
    "Output": _output,
    "UsageDetails": partial(_plain, "usage"),
    "Messages": _messages,
    "History": partial(_between, "history"),
    "MessageGroups": lambda dialect: _list("MessageGroups", _between("group", dialect)),
    "DurableData": partial(_between, "data"),
    "State": _state,
}
"""What makes the reader of a field of that form, in the words of a dialect."""

_TEXT = _key("TextOrObject", "text")
_any_text_or_object = _choice(
    "TextOrObject", {_TEXT: _sized(_string), _key("TextOrObject", "object"): _sized(read_object)}
)
_ROLE_OBJECTS = "python-thread"
_WORDS = _key("Messages", "words", VARINT)
_ROLE_IN_OBJECT = tag(number_of("Message", "role_in_object"), VARINT) + b"\1"
_SPOKEN = ("agnt5", "dotnet", "durable", "go", "python", "python-thread")
