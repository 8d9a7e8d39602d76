"""Values of a session's state → JSON values, and back.

Messages are not looked into: they are JSON already, and what stands in them is the model's and the tools', not the
application's. Everything else may hold registered types at any depth.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import msgspec

from pysession.findings import format_pointer
from pysession.sessions import state_types
from pysession.sessions.errors import CorruptSessionError, StateValueError, UnregisteredTypeWarning
from pysession.sessions.state_types import (
    DECODING_FAILURES,
    MESSAGE,
    NATIVE_BY_CLASS,
    NATIVE_BY_NAME,
    SET,
    TAG,
    register_state_type,
)

_MESSAGES = (None, MESSAGE, "chat_message")
_SCALARS = (str, int, bool, type(None))
_ESCAPE = "~"
_TOO_DEEP = "it nests too deeply, or holds itself; break the circle"


class Unregistered(msgspec.Struct, frozen=True):
    """A value that says a type which nobody registered: it stays the plain dictionary that it is."""

    pointer: str
    type: str


def encoded_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """``state`` as JSON values, none of them shared with it.

    Raises:
        StateValueError: a value has no JSON form.
    """
    return _ENCODING.members(state, ("state",))


def encoded_values(values: Mapping[str, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
    """``values`` by key as JSON values; ``place`` is where they are told to stand.

    Raises:
        StateValueError: a value has no JSON form.
    """
    return _ENCODING.members(values, place)


def encoded_entries(values: Mapping[str, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
    """``values`` by key as an object of JSON values, of which no reader takes a key for a discriminator.

    To agent-framework-core 1.23.0 every object in the state with ``"type": "message"`` is a message, and it refuses the
    session when that is none: the key ``type`` is written ``~type``, and what begins with ``~`` with one more.

    Raises:
        StateValueError: a value has no JSON form; ``place`` is where they are told to stand.
    """
    return {
        f"{_ESCAPE}{key}" if key == TAG or key.startswith(_ESCAPE) else key: value
        for key, value in encoded_values(values, place).items()
    }


def decoded_entries(
    entries: Mapping[str, Any], place: tuple[str | int, ...]
) -> tuple[dict[str, Any], tuple[Unregistered, ...]]:
    """The values by key that :func:`encoded_entries` wrote.

    Raises:
        CorruptSessionError: a value is not what its type says.
    """
    return _decoded_members({key.removeprefix(_ESCAPE): value for key, value in entries.items()}, place)


def copied(value: Any, place: tuple[str | int, ...]) -> Any:
    """A JSON value as it is, sharing nothing with ``value``.

    Raises:
        CorruptSessionError: a number in it is none that JSON could say again.
    """
    return _copy(value, place)


def encoded_message(message: Mapping[str, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
    """A message as JSON values, none of them shared with it; ``place`` is where it is told to stand.

    Raises:
        StateValueError: something in it is no JSON.
    """
    return _MESSAGE_ENCODING.members(message, place)


class _Encoding:
    def value(self, value: Any, place: tuple[str | int, ...]) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is float:
            return _finite(value, place)
        try:
            if kind is dict:
                return self._dictionary(value, place)
            if kind is list or kind is tuple:
                return [self.value(item, (*place, index)) for index, item in enumerate(value)]
            return self._other(value, kind, place)
        except RecursionError:
            raise StateValueError(format_pointer(place[:3]), _TOO_DEEP) from None

    def members(self, mapping: Mapping[Any, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in mapping.items():
            name = key if isinstance(key, str) else str(key)
            if name in found:
                raise StateValueError(format_pointer(place), f"two of its keys would both be {name!r} in JSON")
            found[name] = self.value(item, (*place, name))
        return found

    def _dictionary(self, value: dict[Any, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
        tag = value.get(TAG)
        if isinstance(tag, str) and (tag in NATIVE_BY_NAME or tag == SET) and not is_message(value):
            why = f"a plain dictionary with the type {tag!r} would come back as something else; rename it"
            raise StateValueError(format_pointer(place), why)
        return (_MESSAGE_ENCODING if is_message(value) else self).members(value, place)

    def _other(self, value: Any, kind: type[Any], place: tuple[str | int, ...]) -> Any:
        if (native := NATIVE_BY_CLASS.get(kind)) is not None:
            return {TAG: native.name, "value": native.encode(value)}
        if kind in (set, frozenset):
            items = [self.value(item, (*place, "value")) for item in value]
            return {TAG: SET, "value": sorted(items, key=json.dumps)}
        if (registered := state_types.of_class(kind)) is not None:
            return self._registered(registered, value, place)
        if callable(getattr(value, "to_dict", None)):
            return self._unregistered(value.to_dict(), kind, place)
        if state_types.is_model(kind):
            # agent-framework-core 1.23.0 registers a model when it first meets one, with a warning; so do we, or the
            # document would be another. A process that has not met it restores a dictionary.
            _warn(place, kind)
            register_state_type(kind)
            return self.value(value, place)
        if isinstance(value, Mapping):
            return self.members(value, place)
        return self._base(value, kind, place)

    def _registered(
        self, registered: state_types.StateType, value: Any, place: tuple[str | int, ...]
    ) -> dict[str, Any]:
        payload = registered.encode(value)
        if not isinstance(payload, Mapping):
            raise StateValueError(format_pointer(place), f"the encoder of {registered.cls.__name__} gave no dictionary")
        if payload.get(TAG) not in (None, registered.name):
            why = f"the encoder of {registered.cls.__name__} says the type {payload[TAG]!r}, not {registered.name!r}"
            raise StateValueError(format_pointer(place), why)
        members = self.members({name: item for name, item in payload.items() if name != TAG}, place)
        # Last, as the framework writes it.
        return members | {TAG: registered.name}

    def _unregistered(self, payload: Any, kind: type[Any], place: tuple[str | int, ...]) -> dict[str, Any]:
        if not isinstance(payload, Mapping):
            raise StateValueError(format_pointer(place), f"{kind.__name__}.to_dict() gave no dictionary")
        if not (isinstance(payload.get(TAG), str) and state_types.is_known(payload[TAG])):
            _warn(place, kind)
        return self.members(payload, place)

    def _base(self, value: Any, kind: type[Any], place: tuple[str | int, ...]) -> Any:
        """What JSON makes of a subclass of one of its own types: the value stays, the class is lost, and that is told."""
        for base in (bool, int, float, str, list, tuple):
            if isinstance(value, base):
                _warn(place, kind)
                return self.value(value.value if isinstance(value, Enum) else _plain(base, value), place)
        why = f"{kind.__name__} has no JSON form; register it by register_state_type() or put plain values there"
        raise StateValueError(format_pointer(place), why)


class _MessageEncoding(_Encoding):
    """Of what is in a message: nothing there would be restored, so nothing but JSON may stand there."""

    def _dictionary(self, value: dict[Any, Any], place: tuple[str | int, ...]) -> dict[str, Any]:
        return self.members(value, place)

    def _other(self, value: Any, kind: type[Any], place: tuple[str | int, ...]) -> Any:
        if callable(getattr(value, "to_dict", None)):
            return self.members(value.to_dict(), place)
        if isinstance(value, Mapping):
            return self.members(value, place)
        why = f"a message holds JSON and not {kind.__name__}; put a text there, or the value into the state"
        raise StateValueError(format_pointer(place), why)


_ENCODING = _Encoding()
_MESSAGE_ENCODING = _MessageEncoding()


def is_message(value: Mapping[Any, Any]) -> bool:
    """Whether this is a message, with the type that the framework writes or wrote, or with none."""
    return value.get(TAG) in _MESSAGES and "role" in value and ("contents" in value or TAG in value)


def decoded_state(state: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Unregistered, ...]]:
    """The state that ``state`` means, sharing nothing with it, and the values whose type nobody registered.

    Raises:
        CorruptSessionError: a value is not what its type says.
    """
    return _decoded_members(state, ("state",))


def _decoded_members(
    members: Mapping[str, Any], place: tuple[str | int, ...]
) -> tuple[dict[str, Any], tuple[Unregistered, ...]]:
    unregistered: list[Unregistered] = []
    try:
        found = {name: _decoded(value, (*place, name), unregistered) for name, value in members.items()}
    except RecursionError:
        raise CorruptSessionError("the state nests too deeply") from None
    for kind in dict.fromkeys(entry.type for entry in unregistered):
        first = next(entry for entry in unregistered if entry.type == kind)
        warnings.warn(
            f"{first.pointer}: the type {kind!r} is registered by nobody and stays a plain dictionary; import the"
            " module that registers it before the session is loaded",
            UnregisteredTypeWarning,
            stacklevel=5,
        )
    return found, tuple(unregistered)


def _decoded(value: Any, place: tuple[str | int, ...], unregistered: list[Unregistered]) -> Any:
    if type(value) is list:
        return [_decoded(item, (*place, index), unregistered) for index, item in enumerate(value)]
    if type(value) is float:
        return _read(value, place)
    if not isinstance(value, dict):
        return value
    tag = value.get(TAG)
    if is_message(value):
        return _copy(value, place)
    if not isinstance(tag, str):
        return {name: _decoded(item, (*place, name), unregistered) for name, item in value.items()}
    if tag == SET or tag in NATIVE_BY_NAME:
        return _native(tag, value, place, unregistered)
    if (registered := state_types.named(tag)) is not None:
        try:
            return registered.decode(value)
        except Exception as error:  # the application's own code, which may raise anything
            why = f"{format_pointer(place)} is not what its type {tag!r} takes ({type(error).__name__})"
            raise CorruptSessionError(why) from error
    if not state_types.is_known(tag):
        unregistered.append(Unregistered(format_pointer(place), tag))
    return {name: _decoded(item, (*place, name), unregistered) for name, item in value.items()}


def _native(tag: str, value: dict[str, Any], place: tuple[str | int, ...], unregistered: list[Unregistered]) -> Any:
    try:
        if tag == SET:
            return set(_items(value["value"], place, unregistered))
        return NATIVE_BY_NAME[tag].decode(value["value"])
    except (KeyError, *DECODING_FAILURES) as error:
        raise CorruptSessionError(f"{format_pointer(place)} is no {tag.removeprefix('pysession.')}") from error


def _items(values: Any, place: tuple[str | int, ...], unregistered: list[Unregistered]) -> Iterator[Any]:
    for index, item in enumerate(values):
        yield _hashable(_decoded(item, (*place, "value", index), unregistered))


def _hashable(value: Any) -> Any:
    """An item of a set: tuples and sets within it were written as arrays and sets."""
    if isinstance(value, list):
        return tuple(_hashable(item) for item in value)
    return frozenset(value) if isinstance(value, set) else value


def _copy(value: Any, place: tuple[str | int, ...]) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _copy(item, (*place, name)) for name, item in value.items()}
    if kind is list:
        return [_copy(item, (*place, index)) for index, item in enumerate(value)]
    return _read(value, place) if kind is float else value


def _read(value: float, place: tuple[str | int, ...]) -> float:
    if not math.isfinite(value):
        # NaN, or a number too large for a double: it could not be saved as what it was.
        raise CorruptSessionError(f"{format_pointer(place)} is a number that no double holds")
    return value


def _plain(base: Any, value: Any) -> Any:
    return base(value)


def _finite(value: float, place: tuple[str | int, ...]) -> float:
    if not math.isfinite(value):
        raise StateValueError(format_pointer(place), f"JSON has no {value}; write None or a text instead")
    return value


def _warn(place: tuple[str | int, ...], kind: type[Any]) -> None:
    warnings.warn(
        f"{format_pointer(place)}: {kind.__name__} is not registered and will be restored as plain JSON; call"
        " register_state_type() where it is defined",
        UnregisteredTypeWarning,
        stacklevel=6,
    )


def encoded_service_id(service_id: str | Mapping[str, Any] | None) -> str | dict[str, Any] | None:
    """The id of the conversation at its service; the framework allows an object for it."""
    if service_id is None or isinstance(service_id, str):
        return service_id
    return _ENCODING.members(service_id, ("service_session_id",))
