"""The bytes of fields → members of known objects: what reads each form that a field has, in the words of a dialect."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any, Final

from pysession.protobuf.failures import Malformed
from pysession.protobuf.fields import enumeration, fields, number_of
from pysession.protobuf.reading_objects import ObjectReader
from pysession.protobuf.reading_values import (
    ITEMS,
    OBJECT,
    VALUE,
    Bool,
    Choice,
    Double,
    Field,
    Int64,
    Items,
    MessageReader,
    Null,
    ScalarReader,
    String,
    key_of,
    read_name,
)
from pysession.protobuf.varints import BEYOND, FIXED64, LENGTH, VARINT, read_span, read_varint, tag
from pysession.protobuf.words import PLAIN, UNKNOWN_KIND, Kind, between, choices, kinds, other_kind, words_of


def object_reader(kind: Kind, dialect: str, aliases: dict[str, Kind] | None = None) -> ObjectReader:
    """Reads objects of ``kind`` in the words of ``dialect``."""
    readings: dict[int, Field] = {}
    # What one thread has begun must not be taken by another before it knows all its kinds.
    with _MAKING:
        for field in fields(kind.message).values():
            if field.form in _SCALARS:
                wire_type, scalar = _SCALARS[field.form]
                readings[field.number << 3 | wire_type] = Field(scalar=scalar)
            elif field.form and field.name not in ("other_members", "layout"):
                readings[field.number << 3 | LENGTH] = Field(_message(dialect, field.form))
    missing = f"{dialect} has no member for field {{1}} of {{0}}; it goes under its name among other_members"
    return ObjectReader(kind, readings, aliases or {}, missing)


def _message(dialect: str, form: str) -> MessageReader | None:
    """What reads a message of that form; None for a string, which is read on the spot."""
    if form in _SIMPLE:
        return _SIMPLE[form]
    return _IN_WORDS[form](dialect) if form in _IN_WORDS else None


def _choice(message: str, read: dict[int, Field]) -> Choice:
    """Reads a message of which exactly one field is set."""
    choice = Choice(
        f"{message} has none of its fields set",
        f"{message} has a field {{}} that this version does not know",
        f"{message} has more than one of its fields set",
    )
    choice.fill(read)
    return choice


def _items(message: str, item: MessageReader) -> Items:
    """Reads a message that is a list of others."""
    return Items(item, f"{message} has a field that this version does not know")


# ---------------------------------------------------------------- objects that have kinds

_CHOOSERS: dict[tuple[str, str], Choice] = {}


def _chooser(place: str, dialect: str) -> Choice:
    """Reads objects that name their kind: the message of the place, whose one field is the kind's own message."""
    found = _CHOOSERS.get((place, dialect))
    if found is None:
        found = _CHOOSERS[place, dialect] = Choice(
            f"a {place} is of no kind",
            f"{dialect} has no {place} for field {{}}, or this version does not know it",
            f"a {place} is of more than one kind",
        )
        try:
            found.fill(_by_kind(place, dialect))
        except BaseException:
            # Interrupted, or out of stack: one that knows no kinds, or is known to others, would refuse everything.
            _CHOOSERS.clear()
            raise
    return found


def _by_kind(place: str, dialect: str) -> dict[int, Field]:
    known = kinds(dialect, place)
    usual: dict[str, Kind] = {}
    for kind in known.values():
        usual.setdefault(kind.message, kind)
    usual[UNKNOWN_KIND] = other_kind(dialect, place)
    return {
        field.number << 3 | LENGTH: Field(object_reader(usual[message], dialect, known))
        for message, field in choices(place).items()
        if message in usual
    }


def _several(place: str, dialect: str) -> Items:
    return Items(_chooser(place, dialect), f"a list of {place} has a field that this version does not know")


def _output(dialect: str) -> Choice:
    return _choice(
        "Output",
        {
            key_of("Output", "contents"): Field(_several("content", dialect)),
            key_of("Output", "content"): Field(_chooser("content", dialect)),
            key_of("Output", "value"): Field(VALUE),
        },
    )


# ---------------------------------------------------------------- messages, and what is around them


@cache
def _plain(place: str, dialect: str) -> MessageReader:
    known = kinds(dialect, place)
    if "" not in known:
        return _Absent(f"{dialect} has no {PLAIN[place]}")
    reader = object_reader(known[""], dialect)
    return _RolesInObjects(reader) if (place, dialect) == ("message", _ROLE_OBJECTS) else reader


class _Absent(MessageReader):
    def __init__(self, why: str) -> None:
        self._why = why

    def read(self, data: bytes, at: int, end: int, depth: int) -> Any:
        raise Malformed(self._why)


class _RolesInObjects(MessageReader):
    """Roles were objects once; then the last field, behind all that the message itself has, is true."""

    def __init__(self, message: ObjectReader) -> None:
        self._message = message

    def read(self, data: bytes, at: int, end: int, depth: int) -> Any:
        if data.endswith(_ROLE_IN_OBJECT, at, end):
            found = self._message.read(data, at, end - len(_ROLE_IN_OBJECT), depth)
            if "role" in found:
                found["role"] = {"type": "role", "value": found["role"]}
                return found
        return self._message.read(data, at, end, depth)


class _Messages(MessageReader):
    def __init__(self, dialect: str) -> None:
        self._usual = words_of(dialect)
        self._spoken = {number: name for name, number in enumeration("Dialect", "DIALECT_").items()}

    def read(self, data: bytes, at: int, end: int, depth: int) -> list[Any]:
        found: list[Any] = []
        message = _plain("message", self._words(data, at, end))
        while at < end:
            if data[at] == _WORDS:
                at = read_varint(data, at + 1)[1]
                continue
            at, stop = read_span(data, at + 1, end)
            found.append(message.read(data, at, stop, depth + 1))
            at = stop
        return found

    def _words(self, data: bytes, at: int, end: int) -> str:
        """In whose words the messages are, which stands behind them."""
        words = self._usual
        while at < end:
            key = data[at]
            if key == ITEMS:
                at = read_span(data, at + 1, end)[1]
            elif key == _WORDS:
                number, at = read_varint(data, at + 1)
                words = self._spoken.get(number, "")
            else:
                raise Malformed("Messages has a field that this version does not know")
        if at != end:
            raise Malformed(BEYOND)
        if words not in _SPOKEN:
            raise Malformed(f"messages are in the words of {_SPOKEN}, not of {words or 'another dialect'}")
        return words


class _State(MessageReader):
    def __init__(self, dialect: str) -> None:
        self._entry = _choice(
            "StateEntry",
            {
                key_of("StateEntry", "value"): Field(VALUE),
                key_of("StateEntry", "history"): Field(_between("history", dialect)),
                key_of("StateEntry", "messages"): Field(_Messages(dialect)),
            },
        )

    def read(self, data: bytes, at: int, end: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while at < end:
            if data[at] != ITEMS:
                raise Malformed("State has a field that this version does not know")
            at, stop = read_span(data, at + 1, end)
            name, at = read_name(data, at, stop)
            if name in found:
                raise Malformed("State has two entries of one name, which pysession refuses in JSON too")
            found[name] = self._entry.read(data, at, stop, depth + 1)
            at = stop
        return found


def _between(place: str, dialect: str) -> ObjectReader:
    return object_reader(between(place, dialect), dialect)


_SCALARS: dict[str, tuple[int, ScalarReader]] = {
    "bool": (VARINT, Bool()),
    "int64": (VARINT, Int64()),
    "double": (FIXED64, Double()),
}

_SIMPLE: dict[str, MessageReader] = {
    "Value": VALUE,
    "Object": OBJECT,
    "Strings": _items("Strings", String()),
    "Objects": _items("Objects", OBJECT),
    "TextOrObject": _choice(
        "TextOrObject", {key_of("TextOrObject", "text"): Field(), key_of("TextOrObject", "object"): Field(OBJECT)}
    ),
    "ServiceSessionId": _choice(
        "ServiceSessionId",
        {
            key_of("ServiceSessionId", "null_value", VARINT): Field(scalar=Null()),
            key_of("ServiceSessionId", "text"): Field(),
            key_of("ServiceSessionId", "mapping"): Field(OBJECT),
        },
    ),
}
"""By the form of the field."""

_IN_WORDS: dict[str, Callable[[str], MessageReader]] = {
    "Content": lambda dialect: _chooser("content", dialect),
    "Contents": lambda dialect: _several("content", dialect),
    "Annotations": lambda dialect: _several("annotation", dialect),
    "Regions": lambda dialect: _several("region", dialect),
    "DurableEntries": lambda dialect: _several("entry", dialect),
    "Output": _output,
    "UsageDetails": lambda dialect: _plain("usage", dialect),
    "Messages": _Messages,
    "History": lambda dialect: _between("history", dialect),
    "MessageGroups": lambda dialect: _items("MessageGroups", _between("group", dialect)),
    "DurableData": lambda dialect: _between("data", dialect),
    "State": _State,
}
"""What makes the reader of a field of that form, in the words of a dialect."""

_MAKING: Final = RLock()
_ROLE_OBJECTS: Final = "python-thread"
_WORDS: Final = key_of("Messages", "words", VARINT)
_ROLE_IN_OBJECT: Final = tag(number_of("Message", "role_in_object"), VARINT) + b"\1"
_SPOKEN: Final = ("agnt5", "dotnet", "durable", "go", "python", "python-thread")
