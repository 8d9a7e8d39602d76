"""Bytes ↔ the envelope of a session: its members, checked, in each of the forms that the framework writes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from pysession.dialects import UNKNOWN, Detection, detect, histories
from pysession.findings import format_pointer
from pysession.findings.failures import RefusedError
from pysession.schema import errors, validator
from pysession.sessions.errors import CorruptSessionError, NotASessionError, StateValueError
from pysession.wire import Encoding, Fault, read, write

STORE_VERSION = "1.0"
"""The ``version`` of FileSessionStore's files (agent-framework-core 1.13.0 to 1.23.0)."""

_MEMBERS = frozenset({"type", "session_id", "service_session_id", "state", "version"})
_THREADS = frozenset({"python-thread", "dotnet-thread"})
# A value with one of these faults is not what its writer meant. An unpaired surrogate and a byte order mark are: the
# framework itself writes the one, and editors the other.
_FATAL = frozenset({"json-invalid", "json-not-utf8", "json-duplicate-key", "number-not-json", "limit-exceeded"})


class Form(StrEnum):
    """The forms in which the framework writes a session: ``json.dumps`` of it, and its FileSessionStore's two."""

    SESSION = "session"
    STORE = "store"
    STORE_MESSAGEPACK = "store-msgpack"


class Envelope(msgspec.Struct, frozen=True):
    """The parts of a session; ``beside`` are members of others, which are kept."""

    session_id: str
    service_session_id: str | dict[str, Any] | None
    state: dict[str, Any]
    beside: dict[str, Any]


def form_of(path: str | os.PathLike[str]) -> Form:
    """The form of a file by its name."""
    return Form.STORE_MESSAGEPACK if os.fspath(path).endswith(".msgpack") else Form.SESSION


def written(session: dict[str, Any], form: Form) -> bytes:
    """The document of ``session``, which is JSON values."""
    if form is Form.SESSION:
        return json.dumps(session).encode("ascii")
    document = session | {"version": STORE_VERSION}
    if form is Form.STORE:
        return write(document)
    try:
        return msgspec.msgpack.encode(document)
    except (OverflowError, UnicodeEncodeError) as error:
        raise StateValueError("/state", f"MessagePack cannot say it ({error}); save it as JSON") from None


def opened(data: bytes, source: str | None) -> dict[str, Any]:
    """The session's value in ``data``; of a thread, the session that it is converted to.

    Raises:
        CorruptSessionError, NotASessionError: there is none to be had.
    """
    encoding = Encoding.MESSAGEPACK if _is_messagepack(data) else Encoding.JSON
    reading = read(data, encoding)
    fatal = next((fault for fault in reading.faults if fault.rule in _FATAL and not fault.warning), None)
    if fatal is not None or not reading.readable:
        raise CorruptSessionError(_told(fatal, encoding), source)
    detection = detect(reading.value)
    # An empty object was a .NET thread without a turn; today it is rather what is left of something.
    if detection.dialect in _THREADS and reading.value:
        return _converted(data, source)
    value = reading.value
    try:
        checked(value)
    except CorruptSessionError as error:
        raise CorruptSessionError(error.why, source) from None
    except NotASessionError as error:
        raise NotASessionError(error.why, error.dialect, source) from None
    return value  # type: ignore[no-any-return]


def checked(value: Any) -> Envelope:
    """The envelope in ``value``.

    agent-framework-core 1.23.0 takes any dictionary with a ``session_id``: of a .NET session it would make an empty one,
    which the next save puts in its place.

    Raises:
        NotASessionError: it says that it is something else, or looks like it.
        CorruptSessionError: a part is missing, or is not what it should be.
    """
    detection = detect(value)
    if not isinstance(value, Mapping) or not _is_session(value, detection):
        raise NotASessionError(_why_not(value, detection), detection.dialect)
    version = value.get("version")
    if version is not None and version != STORE_VERSION:
        raise NotASessionError(f"its version is {version!r}, and only {STORE_VERSION!r} is known", detection.dialect)
    session_id, service_id, state = value.get("session_id"), value.get("service_session_id"), value.get("state", {})
    if not isinstance(session_id, str) or not session_id:
        raise CorruptSessionError("it has no session_id, or one that is no text")
    if not isinstance(service_id, str | Mapping | None):
        raise CorruptSessionError("its service_session_id is neither a text nor an object")
    if not isinstance(state, Mapping):
        raise CorruptSessionError("its state is not an object")
    if detection.dialect != UNKNOWN:
        _check_histories(dict(value), detection)
    beside = {name: member for name, member in value.items() if name not in _MEMBERS}
    return Envelope(
        session_id, dict(service_id) if isinstance(service_id, Mapping) else service_id, dict(state), beside
    )


def _is_session(value: Mapping[str, Any], detection: Detection) -> bool:
    if value.get("type", "session") != "session":
        return False
    # Only the id is needed: what is absent is empty, as with the framework.
    return detection.dialect == "python" or ("session_id" in value and value.keys() <= _MEMBERS)


def _why_not(value: Any, detection: Detection) -> str:
    if detection.dialect == UNKNOWN:
        return detection.reason
    if detection.dialect == "python":
        return f"its type is {value.get('type')!r}" if isinstance(value, Mapping) else detection.reason
    how = "pysession convert --to python makes one of it"
    return f"it is in the dialect {detection.dialect} ({detection.reason}); {how}"


def _check_histories(value: dict[str, Any], detection: Detection) -> None:
    """Every message of every history is one: a text in its place is what ``default=str`` left of it."""
    for history in histories(value, detection):
        for path, message in history.positioned():
            if why := _why_no_message(message):
                raise CorruptSessionError(f"{format_pointer(path)} {why}")


def _why_no_message(message: Any) -> str | None:
    if hasattr(message, "to_dict"):
        return None  # not yet saved
    if not isinstance(message, Mapping):
        return "is no message but what was left of one, for example by json.dumps(…, default=str)"
    if not message.get("role"):
        return "is a message without a role"
    try:
        judge = validator("python", "open", "message")
        if judge.is_valid(message):
            return None
        place, _, what = errors(judge, message)[0]
    except (TypeError, ValueError):
        return None  # with half an emoji, or an object that is not yet saved: the validator takes neither
    return f"is no whole message: at {format_pointer(place) or 'its root'}, {what[0].lower()}{what[1:].rstrip('.')}"


def _converted(data: bytes, source: str | None) -> dict[str, Any]:
    # Only threads of former times need it, and it loads much.
    from pysession.verbs.convert import TargetRefusesError, convert

    try:
        return read(convert(data, to="python").data).value  # type: ignore[no-any-return]
    except (RefusedError, TargetRefusesError) as error:
        raise CorruptSessionError(str(error), source) from error


def _is_messagepack(data: bytes) -> bool:
    """Whether the bytes begin with a MessagePack map, which no JSON text does."""
    return data[:1] >= b"\x80" and (data[0] <= 0x8F or data[0] in (0xDE, 0xDF))


def _told(fault: Fault | None, encoding: Encoding) -> str:
    if fault is None:
        return "it cannot be read"
    place = fault.position
    if encoding.is_messagepack:
        return fault.detail
    return f"line {place.line}, column {place.column}: {fault.detail}"
