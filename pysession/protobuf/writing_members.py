"""Members of known objects → the bytes of their fields: one function for each form that a field has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jiter
import msgspec

from pysession.protobuf.exact import number
from pysession.protobuf.failures import Unfit
from pysession.protobuf.fields import enumeration, number_of
from pysession.protobuf.varints import LENGTHS, VARINT, Frames, frames, signed, sized, sized_all, tag
from pysession.protobuf.words import (
    Kind,
    Slot,
    between,
    choices,
    kinds,
    other_kind,
    words_of,
)
from pysession.protobuf.writing_objects import UNFIT, Lists, ObjectWriter, Write, Writer
from pysession.protobuf.writing_values import double, member_name, object_body, value_body

_NESTED = 12
"""Messages inside each other that a content takes with all that can stand in it but contents and values."""

_ITEMS = tag(1)
"""Every list of something has its items in its first field."""

_ITEM = frames(_ITEMS)

_LIMIT = 1 << 63

UNCOMPILED = (KeyError, *UNFIT)
"""Why a compiled function did not write an object: there is none, or a value does not fit."""

_encode = str.encode


def object_writer(kind: Kind, dialect: str) -> ObjectWriter:
    """Writes objects of ``kind`` in the words of ``dialect``."""
    return ObjectWriter(kind, partial(write_of, dialect))


def write_of(dialect: str, slot: Slot) -> Writer:
    """What writes a member in that slot."""
    form = slot.field.form
    return Writer(_SIMPLE[form]) if form in _SIMPLE else _IN_WORDS[form](dialect, slot)


# ---------------------------------------------------------------- scalars and values


def _string(value: Any, room: int, lists: Lists) -> bytes:
    return sized(_encode(value))


def _bool(value: Any, room: int, lists: Lists) -> bytes:
    if value is True:
        return b"\1"
    if value is False:
        return b"\0"
    raise Unfit


def _int64(value: Any, room: int, lists: Lists) -> bytes:
    if value.__class__ is not int or not -_LIMIT <= value < _LIMIT:
        raise Unfit
    return signed(value)


def _double(value: Any, room: int, lists: Lists) -> bytes:
    if value.__class__ is jiter.LosslessFloat:
        value = number(str(value))
    if value.__class__ is not float:
        raise Unfit
    return double(value)


def _value(value: Any, room: int, lists: Lists) -> bytes:
    return sized(value_body(value, room - 1))


def _object(value: Any, room: int, lists: Lists) -> bytes:
    if value.__class__ is not dict:
        raise Unfit
    return sized(object_body(value, room - 1)) if value else b"\0"


def _strings(value: Any, room: int, lists: Lists) -> bytes:
    if value.__class__ is not list:
        raise Unfit
    return sized(b"".join(_ITEMS + sized(_encode(item)) for item in value))


def _objects(value: Any, room: int, lists: Lists) -> bytes:
    if value.__class__ is not list:
        raise Unfit
    return sized(b"".join(_ITEMS + _object(item, room - 1, lists) for item in value))


def _text_or_object(value: Any, room: int, lists: Lists) -> bytes:
    if value.__class__ is str:
        body = _encode(value)
        return sized(_TEXT + LENGTHS[len(body)] + body)
    return sized(_ARGUMENTS + _object(value, room - 1, lists))


def _service_session_id(value: Any, room: int, lists: Lists) -> bytes:
    if value is None:
        return sized(_NO_ID + b"\1")
    if value.__class__ is str:
        return sized(_ID + sized(_encode(value)))
    return sized(_MAPPING + _object(value, room - 1, lists))


# ---------------------------------------------------------------- objects that have kinds


class _KindWriter(msgspec.Struct, frozen=True):
    """Writes the objects of one kind. What stands before such a body by its length: where there is one object, where there
    is a list of them, and before the only one in a list, the length of the list included."""

    write: ObjectWriter
    one: Frames
    item: Frames
    alone: Frames


class _Chooser:
    """Writes objects that name their kind: as the message of the place, whose one field is the kind's own message."""

    def __init__(self, place: str, dialect: str) -> None:
        known = kinds(dialect, place)
        self._of = choices(place)
        self._dialect = dialect
        self.discriminator = next((kind.discriminator for kind in known.values() if kind.discriminator), None)
        named: set[str] = set()
        self.kinds: dict[Any, _KindWriter] = {}
        for name, kind in known.items():
            self.kinds[name] = self._writer(kind, name if kind.message in named else None)
            named.add(kind.message)
        self.unknown = self._writer(other_kind(dialect, place), None)

    def _writer(self, kind: Kind, alias: str | None) -> _KindWriter:
        key = tag(self._of[kind.message].number)
        return _KindWriter(
            ObjectWriter(kind, partial(write_of, self._dialect), alias),
            frames(key),
            frames(_ITEMS, key),
            frames(b"", _ITEMS, key),
        )

    def body(self, value: dict[str, Any], room: int, lists: Lists, standing: str | None = None) -> bytes:
        """``value`` as the message of the place; without discriminator it is of the kind ``standing``."""
        name = value.get(self.discriminator, standing)  # type: ignore[arg-type]
        kind = self.kinds.get(name, self.unknown) if name.__class__ is str else self.unknown
        body = kind.write(value, room - 1, lists)
        return kind.one[len(body)] + body

    def bodies(self, value: list[dict[str, Any]], room: int, lists: Lists) -> bytes:
        """``value`` as the list of the place."""
        out: list[bytes] = []
        room -= 2
        for item in value:
            name = item.get(self.discriminator)  # type: ignore[arg-type]
            kind = self.kinds.get(name, self.unknown) if name.__class__ is str else self.unknown
            try:
                body = kind.write.compiled[tuple(item)](item, room, lists)
            except UNCOMPILED:
                body = kind.write(item, room, lists)
            out += kind.item[len(body)], body
        return b"".join(out)

    def named(self, value: Any) -> bool:
        """Whether ``value`` is an object that names a kind."""
        return value.__class__ is dict and value.get(self.discriminator).__class__ is str


@cache
def _chooser(place: str, dialect: str) -> _Chooser:
    return _Chooser(place, dialect)


def _fits_one(value: Any, room: int, lists: Lists) -> bool:
    return value.__class__ is dict and room > _NESTED


def _fits_several(value: Any, room: int, lists: Lists) -> bool:
    if value.__class__ is not list or room <= _NESTED:
        return False
    for item in value:  # noqa: SIM110 (a loop costs half of what all() does, and lists are short)
        if item.__class__ is not dict:
            return False
    return True


def _one(place: str, dialect: str, slot: Slot) -> Writer:
    chooser, standing = _chooser(place, dialect), slot.standing

    def write(value: Any, room: int, lists: Lists) -> bytes:
        if not _fits_one(value, room, lists):
            raise Unfit
        return sized(chooser.body(value, room - 1, lists, standing))

    return Writer(write, _fits_one)


def _several(place: str, dialect: str, slot: Slot) -> Writer:
    chooser = _chooser(place, dialect)
    discriminator, kinds, unknown = chooser.discriminator, chooser.kinds, chooser.unknown

    def write(value: Any, room: int, lists: Lists) -> bytes:
        if value.__class__ is list and len(value) == 1 and value[0].__class__ is dict and room > _NESTED:
            # Most lists are of one object; then no list needs to be looked through and put together.
            item = value[0]
            name = item.get(discriminator)
            kind = kinds.get(name, unknown) if name.__class__ is str else unknown
            try:
                body = kind.write.compiled[tuple(item)](item, room - 3, lists)
            except UNCOMPILED:
                body = kind.write(item, room - 3, lists)
            return kind.alone[len(body)] + body
        if not _fits_several(value, room, lists):
            raise Unfit
        body = chooser.bodies(value, room - 1, lists)
        return LENGTHS[len(body)] + body

    return Writer(write, _fits_several)


def _output(dialect: str, slot: Slot) -> Writer:
    chooser = _chooser("content", dialect)

    def write(value: Any, room: int, lists: Lists) -> bytes:
        if room > _NESTED + 2:
            if value.__class__ is list and all(map(chooser.named, value)):
                return sized(_CONTENTS + sized(chooser.bodies(value, room - 2, lists)))
            if chooser.named(value):
                return sized(_CONTENT + sized(chooser.body(value, room - 2, lists)))
        return sized(_OUTPUT + sized(value_body(value, room - 2)))

    return Writer(write, lambda value, room, lists: True)


# ---------------------------------------------------------------- messages, and what is around them


@cache
def _plain(place: str, dialect: str) -> ObjectWriter:
    return ObjectWriter(kinds(dialect, place)[""], partial(write_of, dialect))


@cache
def _between(place: str, dialect: str) -> ObjectWriter:
    return ObjectWriter(between(place, dialect), partial(write_of, dialect))


def _is_object(value: Any, room: int, lists: Lists) -> bool:
    return value.__class__ is dict


def _usage(dialect: str, slot: Slot) -> Writer:
    return _object_of(_plain("usage", dialect), _is_object)


def _object_of(write_object: Write, fits: Callable[[Any, int, Lists], bool]) -> Writer:
    def write(value: Any, room: int, lists: Lists) -> bytes:
        if not fits(value, room, lists):
            raise Unfit
        return sized(write_object(value, room - 1, lists))

    return Writer(write, fits)


def _are_messages(value: Any, room: int, lists: Lists) -> bool:
    return id(value) in lists and {*map(type, value)} <= {dict}


def _messages(dialect: str, slot: Slot) -> Writer:
    usual = words_of(dialect)

    def write(value: Any, room: int, lists: Lists) -> bytes:
        if not _are_messages(value, room, lists):
            raise Unfit
        spoken = lists[id(value)]
        write_message = _message_writer(spoken)
        compiled = {} if spoken == _ROLE_OBJECTS else _plain("message", spoken).compiled
        out: list[bytes] = []
        room -= 2
        for item in value:
            try:
                body = compiled[tuple(item)](item, room, lists)
            except UNCOMPILED:
                body = write_message(item, room, lists)
            out += _ITEM[len(body)], body
        if spoken != usual:
            out.append(_WORDS + bytes([enumeration("Dialect", "DIALECT_")[spoken]]))
        return sized_all(out)

    return Writer(write, _are_messages)


@cache
def _message_writer(dialect: str) -> Write:
    return _with_role_objects(_plain("message", dialect)) if dialect == _ROLE_OBJECTS else _plain("message", dialect)


def _with_role_objects(write_message: Write) -> Write:
    """Roles were objects once; the field has what they say all the same."""

    def write(value: dict[str, Any], room: int, lists: Lists) -> bytes:
        role = value.get("role")
        if role.__class__ is dict and list(role) == ["type", "value"] and role["type"] == "role":
            plain = role["value"]
            if plain.__class__ is str and plain.isprintable():
                return write_message({**value, "role": plain}, room, lists) + _ROLE_IN_OBJECT
        return write_message(value, room, lists)

    return write


def _history(dialect: str, slot: Slot) -> Writer:
    return _object_of(_between("history", dialect), _is_history)


def _is_history(value: Any, room: int, lists: Lists) -> bool:
    return value.__class__ is dict and _holds_history(value, lists)


def _holds_history(value: dict[str, Any], lists: Lists) -> bool:
    """Whether a history of the document is the list of messages in ``value``, or in one of the groups in it."""
    for item in value.values():
        if item.__class__ is list:
            if id(item) in lists:
                return True
            if any(group.__class__ is dict and id(group.get("messages")) in lists for group in item):
                return True
    return False


def _groups(dialect: str, slot: Slot) -> Writer:
    write_group = _between("group", dialect)

    def write(value: Any, room: int, lists: Lists) -> bytes:
        if not _fits_several(value, room, lists):
            raise Unfit
        return sized(b"".join(_ITEMS + sized(write_group(item, room - 2, lists)) for item in value))

    return Writer(write, _fits_several)


def _data(dialect: str, slot: Slot) -> Writer:
    return _object_of(_between("data", dialect), _is_object)


def _state(dialect: str, slot: Slot) -> Writer:
    forms = (
        (_HISTORY, _history(dialect, slot).write),
        (_MESSAGES, _messages(dialect, slot).write),
        (_STATE_VALUE, _value),
    )

    def write(value: Any, room: int, lists: Lists) -> bytes:
        if value.__class__ is not dict:
            raise Unfit
        out: list[bytes] = []
        for name, item in value.items():
            key = member_name(name)
            for form, write_form in forms:
                try:
                    written = write_form(item, room - 2, lists)
                except Unfit:
                    continue
                out += _ITEMS, LENGTHS[len(key) + len(form) + len(written)], key, form, written
                break
        return sized_all(out)

    return Writer(write, _is_object)


_SIMPLE: dict[str, Write] = {
    "string": _string,
    "bool": _bool,
    "int64": _int64,
    "double": _double,
    "Value": _value,
    "Object": _object,
    "Strings": _strings,
    "Objects": _objects,
    "TextOrObject": _text_or_object,
    "ServiceSessionId": _service_session_id,
}
"""By the form of the field."""

_IN_WORDS: dict[str, Callable[[str, Slot], Writer]] = {
    "Content": partial(_one, "content"),
    "Contents": partial(_several, "content"),
    "Annotations": partial(_several, "annotation"),
    "Regions": partial(_several, "region"),
    "DurableEntries": partial(_several, "entry"),
    "Output": _output,
    "UsageDetails": _usage,
    "Messages": _messages,
    "History": _history,
    "MessageGroups": _groups,
    "DurableData": _data,
    "State": _state,
}
"""What makes the writer of a field of that form, in the words of a dialect."""

_ROLE_OBJECTS = "python-thread"
_TEXT, _ARGUMENTS = tag(number_of("TextOrObject", "text")), tag(number_of("TextOrObject", "object"))
_NO_ID = tag(number_of("ServiceSessionId", "null_value"), VARINT)
_ID, _MAPPING = tag(number_of("ServiceSessionId", "text")), tag(number_of("ServiceSessionId", "mapping"))
_CONTENTS, _CONTENT = tag(number_of("Output", "contents")), tag(number_of("Output", "content"))
_OUTPUT = tag(number_of("Output", "value"))
_WORDS = tag(number_of("Messages", "words"), VARINT)
_ROLE_IN_OBJECT = tag(number_of("Message", "role_in_object"), VARINT) + b"\1"
_STATE_VALUE, _HISTORY = tag(number_of("StateEntry", "value")), tag(number_of("StateEntry", "history"))
_MESSAGES = tag(number_of("StateEntry", "messages"))
