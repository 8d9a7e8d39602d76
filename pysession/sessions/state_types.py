"""Which types besides JSON's own a session's state holds, and how each is written.

Two kinds: what Python has and JSON lacks (``datetime`` and the like), built in, and the application's own types, which
it registers by :func:`register_state_type`, as with Agent Framework for Python and with the same words.
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from pysession.dialects import vocabulary
from pysession.sessions.errors import StateTypeError

T = TypeVar("T")
Encoder = Callable[[Any], Mapping[str, Any]]
Decoder = Callable[[Mapping[str, Any]], Any]

TAG = "type"
"""The member that names the type of an object in the state."""

MESSAGE = "message"
_OWN = "pysession."


class StateType(msgspec.Struct, frozen=True):
    """A type of the application: values of ``cls`` are written as objects whose ``type`` is ``name``."""

    cls: type[Any]
    name: str
    encode: Encoder
    decode: Decoder


class Native(msgspec.Struct, frozen=True):
    """A type of Python's own: ``{"type": name, "value": …}``, plain JSON that every dialect carries."""

    cls: type[Any]
    name: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


# What a codec raises for a text that is not its own; all mean a damaged document.
DECODING_FAILURES = (TypeError, ValueError, AttributeError, InvalidOperation, binascii.Error)

_NATIVES = (
    Native(datetime, "pysession.datetime", datetime.isoformat, datetime.fromisoformat),
    Native(date, "pysession.date", date.isoformat, date.fromisoformat),
    Native(UUID, "pysession.uuid", str, UUID),
    Native(Decimal, "pysession.decimal", str, Decimal),
    Native(bytes, "pysession.bytes", lambda value: base64.b64encode(value).decode(), _octets),
)
NATIVE_BY_CLASS = {native.cls: native for native in _NATIVES}
NATIVE_BY_NAME = {native.name: native for native in _NATIVES}

SET = "pysession.set"
"""A set: its ``value`` is the array of its items, sorted by their JSON text, so that equal sets have equal bytes."""

_BY_CLASS: dict[type[Any], StateType] = {}
_BY_NAME: dict[str, StateType] = {}


def of_class(cls: type[Any]) -> StateType | None:
    """What was registered for exactly this class."""
    return _BY_CLASS.get(cls)


def named(name: str) -> StateType | None:
    """What was registered under this name."""
    return _BY_NAME.get(name)


def is_known(name: str) -> bool:
    """Whether an object with this ``type`` is one of the framework's own (a message, a content), no application's."""
    return name == MESSAGE or name in vocabulary("python").places["content"]


def register_state_type(
    cls: type[T],
    *,
    type_id: str | None = None,
    encoder: Callable[[T], Mapping[str, Any]] | None = None,
    decoder: Callable[[Mapping[str, Any]], T] | None = None,
) -> None:
    """Have values of ``cls`` in a session's state saved, and restored as what they were.

    Registered once for the process, when the module of ``cls`` is imported, so that it is known before a session is
    loaded. ``type_id`` is the name that stands in the document, by default what the class says by
    ``_get_type_identifier()`` or ``TYPE``, else its name in lower case (as in agent-framework-core 1.23.0, so that
    either reads what the other wrote). Without ``encoder`` and ``decoder`` the class has ``to_dict`` and ``from_dict`` or
    is a pydantic model.

    Raises:
        StateTypeError: no codec, only half of one, or the class or the name is registered otherwise.
    """
    name = _name_of(cls) if type_id is None else type_id
    if not isinstance(name, str) or not name:
        raise StateTypeError(f"the type id of {cls.__name__} is not a text; give one as type_id=")
    if name.startswith(_OWN) or is_known(name):
        raise StateTypeError(f"the type id {name!r} has a meaning of its own in sessions; give another as type_id=")
    if (before := _BY_CLASS.get(cls)) is not None:
        _same(before, name, encoder, decoder)
        return
    if (other := _BY_NAME.get(name)) is not None:
        raise StateTypeError(f"the type id {name!r} is that of {other.cls.__name__}; give another as type_id=")
    if (encoder is None) != (decoder is None):
        raise StateTypeError(f"{cls.__name__} needs an encoder and a decoder, not one of them")
    registered = StateType(cls, name, encoder or _encoder_of(cls), decoder or _decoder_of(cls))
    _BY_CLASS[cls] = _BY_NAME[name] = registered


def is_model(cls: type[Any]) -> bool:
    """Whether ``cls`` is a pydantic model; pydantic is not loaded to find out."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(cls, pydantic.BaseModel)


def _name_of(cls: type[Any]) -> Any:
    if callable(identifier := getattr(cls, "_get_type_identifier", None)):
        return identifier()
    stated = getattr(cls, "TYPE", None)
    return stated if isinstance(stated, str) else cls.__name__.lower()


def _same(before: StateType, name: str, encoder: Encoder | None, decoder: Decoder | None) -> None:
    if before.name != name:
        raise StateTypeError(f"{before.cls.__name__} is registered as {before.name!r} and cannot be {name!r} too")
    if encoder not in (None, before.encode) or decoder not in (None, before.decode):
        raise StateTypeError(f"{before.cls.__name__} is registered with another codec")


def _encoder_of(cls: type[Any]) -> Encoder:
    if callable(getattr(cls, "to_dict", None)):
        return lambda value: _mapping(cls, value.to_dict())
    if is_model(cls):
        return lambda value: _mapping(cls, value.model_dump(mode="json"))
    raise _no_codec(cls)


def _decoder_of(cls: type[Any]) -> Decoder:
    if callable(from_dict := getattr(cls, "from_dict", None)):
        return lambda payload: from_dict(dict(payload))
    if is_model(cls):
        return lambda payload: _model(cls, payload)
    raise _no_codec(cls)


def _model(cls: type[Any], payload: Mapping[str, Any]) -> Any:
    # From JSON text, where a strict model too takes a date's or a number's text for what it is.
    return cls.model_validate_json(json.dumps({name: value for name, value in payload.items() if name != TAG}))


def _mapping(cls: type[Any], payload: Any) -> Mapping[str, Any]:
    if not isinstance(payload, Mapping):
        raise TypeError(f"{cls.__name__}.to_dict() gave {type(payload).__name__} and not a dictionary")
    return payload


def _no_codec(cls: type[Any]) -> StateTypeError:
    return StateTypeError(
        f"{cls.__name__} has no to_dict() and from_dict() and is no pydantic model; give an encoder and a decoder"
    )
