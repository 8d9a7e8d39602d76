"""Deserialising by table, and serialising what was read: both at once, for the saved value is all that is asked.

System.Text.Json converts the values of an object in the order of the document. In a class with a constructor the
constructor and then the setters run after that; where the class is not polymorphic, its other members are converted
only after the constructor has run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pysession.readers.every_member import is_object, members
from pysession.readers.meai import media
from pysession.readers.meai.refusal import ARGUMENT, NOT_SUPPORTED, NULL, WRONG_FORMAT, WRONG_KIND, RefusedError
from pysession.readers.meai.scalars import (
    NOT_NULL,
    SCALARS,
    checked_data_uri,
    checked_media_type,
    text,
    wrong,
)
from pysession.readers.meai.table import Member, Record, Type, fold
from pysession.readers.meai.text import Huge, Odd
from pysession.wire import Path

DISCRIMINATOR = "$type"
_METADATA = frozenset({"$id", "$ref", "$values"})
_INT32 = range(-(2**31), 2**31)

Pairs = Iterable[tuple[str, Any]]


class Decoder:
    """Reads values of one document by one record."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def value(self, type_: str, value: Any, path: Path) -> Any:
        """A value of ``type_`` (see ``Member``) as it is saved.

        Raises:
            RefusedError: the library throws.
        """
        if value is None and type_ not in NOT_NULL:
            return None
        kind, _, inner = type_.partition(":")
        scalar = SCALARS.get(kind)
        return scalar(value, path) if scalar else _CONVERTERS[kind](self, inner, value, path)

    def _any(self, _inner: str, value: Any, _path: Path) -> Any:
        return value

    def _list(self, inner: str, value: Any, path: Path) -> list[Any]:
        if type(value) is not list:
            raise wrong(path, "an array is expected", None)
        item = inner if inner in SCALARS else f"union:{inner}" if inner in self._record.unions else f"object:{inner}"
        return [self.value(item, one, (*path, index)) for index, one in enumerate(value)]

    def _map(self, _inner: str, value: Any, path: Path) -> dict[str, Any]:
        """A dictionary whose keys are told apart by case."""
        return dict(_named(value, path))

    def _properties(self, _inner: str, value: Any, path: Path) -> dict[str, Any]:
        return _folded(_named(value, path))

    def _counts(self, _inner: str, value: Any, path: Path) -> dict[str, Any]:
        return _folded((name, SCALARS["int64"](one, (*path, name))) for name, one in _named(value, path))

    def _object(self, inner: str, value: Any, path: Path) -> dict[str, Any]:
        """A class of which nothing derives: members that begin with $ are unknown ones like others."""
        return self._members(self._record.types[inner], object_members(value, path), path, polymorphic=False)

    def _union(self, inner: str, value: Any, path: Path) -> dict[str, Any]:
        union = self._record.unions[inner]
        pairs = list(object_members(value, path))
        kind, read = _kind(pairs, path)
        if kind is None:
            return self._members(self._record.types[union.untyped], pairs[read:], path, polymorphic=True)
        known = union.kinds.get(kind)
        if known is None:
            raise wrong(path, f"unrecognised type discriminator {_short(kind)}", None, _short(kind))
        if not known.constructor:
            message = f"{kind} has no constructor that a serializer can call"
            raise RefusedError(NOT_SUPPORTED, path, message, cause=NOT_SUPPORTED, subject=kind)
        written = self._members(self._record.types[kind], pairs[read:], path, polymorphic=True)
        return {DISCRIMINATOR: kind, **written}

    def _members(self, type_: Type, pairs: Pairs, path: Path, *, polymorphic: bool) -> dict[str, Any]:
        found = self._found(type_, pairs, path, polymorphic=polymorphic)
        typed: dict[str, Any] = {}
        if type_.parameters and not polymorphic:
            waiting = []
            for member, value, at in found:
                if member.parameter is None:
                    waiting.append((member, value, at))
                else:
                    typed[member.name] = self.value(member.type, value, at)
            _construct(type_, typed, path)
            for member, value, at in waiting:
                typed[member.name] = _set(member, self.value(member.type, value, at), at)
        elif type_.parameters:
            converted = [(member, self.value(member.type, value, at), at) for member, value, at in found]
            typed |= {member.name: value for member, value, _ in converted if member.parameter is not None}
            _construct(type_, typed, path)
            for member, value, at in converted:
                if member.parameter is None:
                    typed[member.name] = _set(member, value, at)
        else:
            for member, value, at in found:
                typed[member.name] = _set(member, self.value(member.type, value, at), at)
        return _written(type_, typed)

    def _found(self, type_: Type, pairs: Pairs, path: Path, *, polymorphic: bool) -> Iterable[tuple[Member, Any, Path]]:
        """The members of the document that the type has, as they are met."""
        by_name = type_.by_name
        for name, value in pairs:
            if polymorphic and name.startswith("$"):
                raise wrong((*path, name), f"{_short(name)} may not stand there", None)
            member = by_name.get(fold(decoded(name, path)))
            if member is not None:
                yield member, value, (*path, name)


_CONVERTERS: dict[str, Callable[[Decoder, str, Any, Path], Any]] = {
    "any": Decoder._any,
    "list": Decoder._list,
    "map": Decoder._map,
    "properties": Decoder._properties,
    "counts": Decoder._counts,
    "object": Decoder._object,
    "union": Decoder._union,
}


def decoded(name: str, path: Path) -> str:
    """The name of a member of the object at ``path``. One that is not UTF-8 is compared as bytes, and never known.

    Raises:
        RefusedError: it has an unpaired surrogate.
    """
    if type(name) is Odd and name.cause == WRONG_KIND:
        raise wrong(path, "a member name is no Unicode text", name.cause)
    return name


def object_members(value: Any, path: Path) -> Pairs:
    """The members of an object.

    Raises:
        RefusedError: it is none.
    """
    if not is_object(value):
        raise wrong(path, "an object is expected", None)
    return members(value)


def _named(value: Any, path: Path) -> Pairs:
    """The members of a dictionary, their names decoded."""
    return ((text(name, path), one) for name, one in object_members(value, path))


def _folded(pairs: Pairs) -> dict[str, Any]:
    """A dictionary that ignores case: the first of equal names, the last of their values."""
    names: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[names.setdefault(fold(name), name)] = value
    return found


def _kind(pairs: list[tuple[str, Any]], path: Path) -> tuple[str | None, int]:
    """The discriminator of an object, and how many of its members have told it.

    Raises:
        RefusedError: the object begins with metadata that cannot be read.
    """
    kind: str | None = None
    for read, (name, value) in enumerate(pairs):
        if name in _METADATA or (name == DISCRIMINATOR and kind is not None):
            raise wrong((*path, name), f"{name} may not stand there", None)
        if name != DISCRIMINATOR:
            return kind, read
        kind = _discriminator(value, (*path, name))
    return kind, len(pairs)


def _discriminator(value: Any, path: Path) -> str:
    if isinstance(value, str):
        return text(value, path)
    if type(value) is int and value in _INT32:
        return str(value)
    if type(value) in (int, float, Huge):
        raise wrong(path, "a type discriminator is a string or a small integer", WRONG_FORMAT)
    raise wrong(path, "a type discriminator is a string", None)


def _construct(type_: Type, typed: dict[str, Any], path: Path) -> None:
    """What the constructor does with its arguments, in its order."""
    for member in type_.parameters:
        value = typed.get(member.name)
        at = (*path, member.name)
        if value is None:
            if member.refuses:
                raise RefusedError(NULL, path, f"{member.name} is missing or null", subject=member.name)
        elif (member.refuses == "blank" or member.type.startswith("data-uri")) and media.is_blank(value):
            raise RefusedError(ARGUMENT, at, f"{member.name} is blank", subject=member.name)
        elif member.type == "media-type":
            checked_media_type(value, at)
        elif member.type.startswith("data-uri"):
            typed[member.name] = checked_data_uri(value, member.type.partition(":")[2] or None, at)


def _set(member: Member, value: Any, path: Path) -> Any:
    """What the setter of a member keeps."""
    if value is not None and member.type == "media-type":
        return checked_media_type(value, path)
    return None if member.blank == "null" and value is not None and media.is_blank(value) else value


def _written(type_: Type, typed: dict[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for member in type_.members:
        value = typed.get(member.name)
        if value is None:
            value = media.inferred(typed["uri"]) if member.default == "inferred" else member.default
        if value is not None:
            written[member.name] = value
    return written


def _short(name: str) -> str:
    """A name as a message may show it."""
    return name if len(name) <= 60 else name[:60] + "…"
