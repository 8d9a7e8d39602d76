"""Members of known objects → the bytes of their fields: a class for each form that a field has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

import jiter

from pysession.protobuf.exact import number
from pysession.protobuf.failures import Unfit
from pysession.protobuf.fields import enumeration, number_of
from pysession.protobuf.varints import VARINT, Tag, is_int64, signed, tag, tagged
from pysession.protobuf.words import Kind, Slot, between, choices, kinds, other_kind, words_of
from pysession.protobuf.writing_objects import Form, Lists, ObjectWriter
from pysession.protobuf.writing_values import double, has_surrogates, member_name, write_object, write_value

_NESTED: Final = 12
"""Messages inside each other that a content takes with all that can stand in it but contents and values."""

_ITEMS: Final[Tag] = tagged(1)
"""Every list of something has its items in its first field."""


def object_writer(kind: Kind, dialect: str) -> ObjectWriter:
    """Writes objects of ``kind`` in the words of ``dialect``."""
    return ObjectWriter(kind, partial(form_of, dialect))


def form_of(dialect: str, slot: Slot) -> Form:
    """How a member in that slot is written."""
    form = slot.field.form
    return _SIMPLE[form] if form in _SIMPLE else _IN_WORDS[form](dialect, slot)


# ---------------------------------------------------------------- scalars and values


class _String(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, str) and not (lists.surrogates and has_surrogates(value))

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        if not isinstance(value, str):
            raise Unfit
        return field.write(out, value.encode())


class _Bool(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return value is True or value is False

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        if value is not True and value is not False:
            raise Unfit
        return _scalar(out, field.varint, b"\1" if value else b"\0")


class _Int64(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and is_int64(value)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        if not self.fits(value, room, lists):
            raise Unfit
        return _scalar(out, field.varint, signed(value))


class _Double(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(_plain_number(value), float)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        value = _plain_number(value)
        if not isinstance(value, float):
            raise Unfit
        return _scalar(out, field.fixed64, double(value))


def _scalar(out: list[bytes], key: bytes, body: bytes) -> int:
    out.append(key)
    out.append(body)
    return len(key) + len(body)


def _plain_number(value: Any) -> Any:
    return number(str(value)) if isinstance(value, jiter.LosslessFloat) else value


class _Value(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return True

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        return field.close(out, at, write_value(out, value, room - 1))


class _Object(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, dict)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        if not isinstance(value, dict):
            raise Unfit
        if not value:
            head = field.head(0)
            out.append(head)
            return len(head)
        at = len(out)
        out.append(b"")
        return field.close(out, at, write_object(out, value, room - 1))


class _ListOf(Form):
    """A list of values that are all of one form."""

    def __init__(self, item: Form) -> None:
        super().__init__()
        self._item = item

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        if not isinstance(value, list):
            return False
        for item in value:  # noqa: SIM110 (a loop is compiled, a generator is not)
            if not self._item.fits(item, room - 1, lists):
                return False
        return True

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        if not isinstance(value, list):
            raise Unfit
        at = len(out)
        out.append(b"")
        size = 0
        for item in value:
            size += self._item.write(out, _ITEMS, item, room - 1, lists)
        return field.close(out, at, size)


class _TextOrObject(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return _STRING.fits(value, room, lists) or isinstance(value, dict)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        if isinstance(value, str):
            return field.close(out, at, _TEXT.write(out, value.encode()))
        return field.close(out, at, _OBJECT.write(out, _ARGUMENTS, value, room - 1, lists))


class _ServiceSessionId(Form):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return value is None or isinstance(value, dict) or _STRING.fits(value, room, lists)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        if value is None:
            out.append(_NO_ID)
            return field.close(out, at, len(_NO_ID))
        if isinstance(value, str):
            return field.close(out, at, _ID.write(out, value.encode()))
        return field.close(out, at, _OBJECT.write(out, _MAPPING, value, room - 1, lists))


_STRING: Final = _String()
_OBJECT: Final = _Object()

# ---------------------------------------------------------------- objects that have kinds


class _KindWriter:
    """Writes the objects of one kind, into the field that says so."""

    def __init__(self, field: Tag, writer: ObjectWriter) -> None:
        self.field = field
        self.writer = writer


class _Chooser:
    """Writes objects that name their kind: as the message of the place, whose one field is the kind's own message."""

    def __init__(self, place: str, dialect: str) -> None:
        known = kinds(dialect, place)
        self._of = choices(place)
        self._dialect = dialect
        self._discriminator: Any = next((kind.discriminator for kind in known.values() if kind.discriminator), None)
        named: set[str] = set()
        self._kinds: dict[str, _KindWriter] = {}
        for name, kind in known.items():
            self._kinds[name] = self._writer(kind, name if kind.message in named else None)
            named.add(kind.message)
        self._unknown = self._writer(other_kind(dialect, place), None)

    def _writer(self, kind: Kind, alias: str | None) -> _KindWriter:
        return _KindWriter(
            tagged(self._of[kind.message].number), ObjectWriter(kind, partial(form_of, self._dialect), alias)
        )

    def write(
        self, out: list[bytes], value: dict[str, Any], room: int, lists: Lists, standing: str | None = None
    ) -> int:
        """``value`` as the message of the place; without discriminator it is of the kind ``standing``."""
        name = value.get(self._discriminator, standing)
        kind = self._kinds.get(name, self._unknown) if isinstance(name, str) else self._unknown
        at = len(out)
        out.append(b"")
        return kind.field.close(out, at, kind.writer.write(out, value, room - 1, lists))

    def write_all(self, out: list[bytes], value: list[dict[str, Any]], room: int, lists: Lists) -> int:
        """``value`` as the list of the place."""
        size = 0
        for item in value:
            at = len(out)
            out.append(b"")
            size += _ITEMS.close(out, at, self.write(out, item, room - 1, lists))
        return size

    def named(self, value: Any) -> bool:
        """Whether ``value`` is an object that names a kind."""
        return isinstance(value, dict) and isinstance(value.get(self._discriminator), str)

    def all_named(self, value: Any) -> bool:
        """Whether ``value`` is a list of nothing but such objects."""
        if not isinstance(value, list):
            return False
        for item in value:  # noqa: SIM110 (a loop is compiled, a generator is not)
            if not self.named(item):
                return False
        return True


@cache
def _chooser(place: str, dialect: str) -> _Chooser:
    return _Chooser(place, dialect)


class _One(Form):
    """One object of a place."""

    def __init__(self, place: str, dialect: str, slot: Slot) -> None:
        super().__init__(nests=True)
        self._chooser: _Chooser = _chooser(place, dialect)
        self._standing = slot.standing

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, dict) and room > _NESTED

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        return field.close(out, at, self._chooser.write(out, value, room - 1, lists, self._standing))


class _Several(Form):
    """A list of objects of a place."""

    def __init__(self, place: str, dialect: str, slot: Slot) -> None:
        super().__init__(nests=True)
        self._chooser: _Chooser = _chooser(place, dialect)

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return room > _NESTED and _are_objects(value)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        return field.close(out, at, self._chooser.write_all(out, value, room - 1, lists))


def _are_objects(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    for item in value:  # noqa: SIM110 (a loop is compiled, a generator is not)
        if not isinstance(item, dict):
            return False
    return True


class _Output(Form):
    """Contents, or any other JSON."""

    def __init__(self, dialect: str, slot: Slot) -> None:
        super().__init__(nests=True)
        self._chooser: _Chooser = _chooser("content", dialect)

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return True

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        return field.close(out, at, self._write(out, value, room, lists))

    def _write(self, out: list[bytes], value: Any, room: int, lists: Lists) -> int:
        chooser = self._chooser
        several = chooser.all_named(value)
        if room <= _NESTED + 2 or not (several or chooser.named(value)):
            return _VALUE.write(out, _OUTPUT, value, room - 1, lists)
        at = len(out)
        out.append(b"")
        if several:
            return _CONTENTS.close(out, at, chooser.write_all(out, value, room - 2, lists))
        return _CONTENT.close(out, at, chooser.write(out, value, room - 2, lists))


_VALUE: Final = _Value()

# ---------------------------------------------------------------- messages, and what is around them


class _ObjectOf(Form):
    """An object of a kind that its place tells."""

    def __init__(self, writer: ObjectWriter) -> None:
        super().__init__(nests=True)
        self._writer = writer

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, dict)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        return field.close(out, at, self._writer.write(out, value, room - 1, lists))


class _History(_ObjectOf):
    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, dict) and _holds_history(value, lists)


def _holds_history(value: dict[str, Any], lists: Lists) -> bool:
    """Whether a history of the document is the list of messages in ``value``, or in one of the groups in it."""
    for item in value.values():
        if isinstance(item, list):
            if id(item) in lists.languages:
                return True
            for group in item:
                if isinstance(group, dict) and id(group.get("messages")) in lists.languages:
                    return True
    return False


class _Groups(Form):
    def __init__(self, dialect: str, slot: Slot) -> None:
        super().__init__(nests=True)
        self._writer: ObjectWriter = _between("group", dialect)

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return room > _NESTED and _are_objects(value)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        size = 0
        for item in value:
            inner = len(out)
            out.append(b"")
            size += _ITEMS.close(out, inner, self._writer.write(out, item, room - 2, lists))
        return field.close(out, at, size)


class _Messages(Form):
    """A list of messages, in the words of the history that it is."""

    def __init__(self, dialect: str, slot: Slot) -> None:
        super().__init__(nests=True)
        self._usual = words_of(dialect)

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return id(value) in lists.languages and _are_objects(value)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        spoken = lists.languages[id(value)]
        writer: ObjectWriter = _plain("message", spoken)
        had_role_objects = spoken == _ROLE_OBJECTS
        at = len(out)
        out.append(b"")
        size = 0
        for item in value:
            pieces: list[bytes] = []
            if had_role_objects and (plain := _with_plain_role(item)) is not None:
                writer.write(pieces, plain, room - 2, lists)
                pieces.append(_ROLE_IN_OBJECT)
            else:
                writer.write(pieces, item, room - 2, lists)
            # Put together while the pieces are near, and their memory used again for those of the next message.
            size += _ITEMS.write(out, b"".join(pieces))
        if spoken != self._usual:
            words = _WORDS + bytes([enumeration("Dialect", "DIALECT_")[spoken]])
            out.append(words)
            size += len(words)
        return field.close(out, at, size)


def _with_plain_role(message: dict[str, Any]) -> dict[str, Any] | None:
    """The message with what its role says, where that is an object, as roles once were; the field has it all the same."""
    role = message.get("role")
    if not isinstance(role, dict) or list(role) != ["type", "value"] or role["type"] != "role":
        return None
    plain = role["value"]
    return {**message, "role": plain} if isinstance(plain, str) and plain.isprintable() else None


class _State(Form):
    """The entries of a state, each as the first of the forms that it fits."""

    def __init__(self, dialect: str, slot: Slot) -> None:
        super().__init__(nests=True)
        self._forms: list[tuple[Tag, Form]] = [
            (_HISTORY, _History(_between("history", dialect))),
            (_MESSAGES, _Messages(dialect, slot)),
            (_STATE_VALUE, _VALUE),
        ]

    def fits(self, value: Any, room: int, lists: Lists) -> bool:
        return isinstance(value, dict)

    def write(self, out: list[bytes], field: Tag, value: Any, room: int, lists: Lists) -> int:
        at = len(out)
        out.append(b"")
        size = 0
        for name, item in value.items():
            kind, form = next(choice for choice in self._forms if choice[1].fits(item, room - 2, lists))
            key = member_name(name)
            inner = len(out)
            out += b"", key
            written = len(key) + form.write(out, kind, item, room - 2, lists)
            size += _ITEMS.close(out, inner, written)
        return field.close(out, at, size)


@cache
def _plain(place: str, dialect: str) -> ObjectWriter:
    return object_writer(kinds(dialect, place)[""], dialect)


@cache
def _between(place: str, dialect: str) -> ObjectWriter:
    return object_writer(between(place, dialect), dialect)


_SIMPLE: Final[dict[str, Form]] = {
    "string": _STRING,
    "bool": _Bool(),
    "int64": _Int64(),
    "double": _Double(),
    "Value": _VALUE,
    "Object": _OBJECT,
    "Strings": _ListOf(_STRING),
    "Objects": _ListOf(_OBJECT),
    "TextOrObject": _TextOrObject(),
    "ServiceSessionId": _ServiceSessionId(),
}
"""By the form of the field."""

_IN_WORDS: Final[dict[str, Callable[[str, Slot], Form]]] = {
    "Content": partial(_One, "content"),
    "Contents": partial(_Several, "content"),
    "Annotations": partial(_Several, "annotation"),
    "Regions": partial(_Several, "region"),
    "DurableEntries": partial(_Several, "entry"),
    "Output": _Output,
    "UsageDetails": lambda dialect, slot: _ObjectOf(_plain("usage", dialect)),
    "Messages": _Messages,
    "History": lambda dialect, slot: _History(_between("history", dialect)),
    "MessageGroups": _Groups,
    "DurableData": lambda dialect, slot: _ObjectOf(_between("data", dialect)),
    "State": _State,
}
"""What makes the form of a field in the words of a dialect."""

_ROLE_OBJECTS: Final = "python-thread"
_TEXT: Final[Tag] = tagged(number_of("TextOrObject", "text"))
_ARGUMENTS: Final[Tag] = tagged(number_of("TextOrObject", "object"))
_NO_ID: Final = tag(number_of("ServiceSessionId", "null_value"), VARINT) + b"\1"
_ID: Final[Tag] = tagged(number_of("ServiceSessionId", "text"))
_MAPPING: Final[Tag] = tagged(number_of("ServiceSessionId", "mapping"))
_CONTENTS: Final[Tag] = tagged(number_of("Output", "contents"))
_CONTENT: Final[Tag] = tagged(number_of("Output", "content"))
_OUTPUT: Final[Tag] = tagged(number_of("Output", "value"))
_WORDS: Final = tag(number_of("Messages", "words"), VARINT)
_ROLE_IN_OBJECT: Final = tag(number_of("Message", "role_in_object"), VARINT) + b"\1"
_STATE_VALUE: Final[Tag] = tagged(number_of("StateEntry", "value"))
_HISTORY: Final[Tag] = tagged(number_of("StateEntry", "history"))
_MESSAGES: Final[Tag] = tagged(number_of("StateEntry", "messages"))
