"""``state["pysession.session"]``: what a session keeps beyond the framework's own, under one key that its readers carry.

``{"v": 1, "app_name": …, "user_id": …, "service": …, "metadata": {…}, "retention": {…}, "state": {…}, "unshared": {…}, "events": […]}``

Members that say nothing are absent, and so is the whole record of a session that uses none of it: its document is the
framework's, byte for byte. ``unshared`` holds what was set in the scopes of the user and of the application and is in no
store yet. Members of later versions are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from pysession.findings import format_pointer
from pysession.sessions.errors import CorruptSessionError, StateValueError
from pysession.sessions.events import EventKind, Trail, trail_of
from pysession.sessions.state_values import Unregistered, copied, decoded_entries, encoded_entries
from pysession.wire import Path

KEY = "pysession.session"
VERSION = 1
PLACE: Path = ("state", KEY)
"""Where the record stands in a session's document."""

SHARED_SCOPES = ("user", "app")
_MEMBERS = frozenset({"v", "app_name", "user_id", "service", "metadata", "retention", "state", "unshared", "events"})


class Shared(msgspec.Struct):
    """The values of a scope that several sessions share, as this one has them.

    ``values`` are the live ones. ``base`` is the JSON text of each that is in the store, as it was when it was loaded; what
    differs from it was changed here, in place or by set_state(). ``deleted`` are keys that were deleted before anything was loaded.
    """

    values: dict[str, Any] = msgspec.field(default_factory=dict)
    base: dict[str, str] = msgspec.field(default_factory=dict)
    deleted: tuple[str, ...] = ()

    def changes(self) -> tuple[dict[str, Any], list[str]]:
        """The values that were changed here since they were loaded, and the keys that were deleted."""
        changed = {key: value for key, value in self.values.items() if self.base.get(key) != _text(key, value)}
        gone = dict.fromkeys((*self.deleted, *(key for key in self.base if key not in self.values)))
        return changed, [key for key in gone if key not in self.values]

    def rebase(self, stored: Mapping[str, Any]) -> None:
        """Put what was changed here on top of what is ``stored`` now."""
        changed, deleted = self.changes()
        self.base = {key: _text(key, value) for key, value in stored.items()}
        self.values = {key: value for key, value in stored.items() if key not in deleted} | changed
        self.deleted = ()

    def stored(self, place: Path) -> dict[str, Any]:
        """The changes as they stand at ``place`` of a session's document."""
        values, deleted = self.changes()
        said = {"values": encoded_entries(values, (*place, "values")), "deleted": deleted}
        return {name: part for name, part in said.items() if part}


class Record(msgspec.Struct, kw_only=True):
    """The parts of the record.

    ``service`` is the name that the last agent gave its service. ``metadata``, ``retention`` and ``state`` hold the live values, as ``Session.state`` does. ``place`` is how many entries of
    the state stand before the record, so that a document that is loaded and saved keeps its order.
    """

    app_name: str | None = None
    user_id: str | None = None
    service: str | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    retention: dict[str, Any] = msgspec.field(default_factory=dict)
    state: dict[str, Any] = msgspec.field(default_factory=dict)
    shared: dict[str, Shared] = msgspec.field(default_factory=lambda: {scope: Shared() for scope in SHARED_SCOPES})
    events: Trail = msgspec.field(default_factory=Trail)
    beside: dict[str, Any] = msgspec.field(default_factory=dict)
    is_begun: bool = False
    place: int = 0

    @property
    def is_used(self) -> bool:
        """Whether there is anything to write: the session was given more than the framework's, or did more."""
        given = (self.app_name, self.user_id, self.service, self.metadata, self.retention, self.state)
        return self.is_begun or any(given) or self.has_unshared

    @property
    def has_unshared(self) -> bool:
        """Whether something was changed of what is shared, and is in no store yet."""
        return any(any(part.changes()) for part in self.shared.values())

    def begin(self, created: datetime | None) -> None:
        """Keep a trail from now on; ``created`` is when the session was made, if it was in this process."""
        if not self.is_begun:
            self.is_begun = True
            if created is not None:
                self.events.note(EventKind.CREATED, at=created)

    def written(self) -> dict[str, Any]:
        """The value under :data:`KEY`, as JSON values that share nothing with the record.

        Raises:
            StateValueError: a value has no JSON form.
        """
        unshared = {scope: part.stored((*PLACE, "unshared", scope)) for scope, part in self.shared.items()}
        said: dict[str, Any] = {
            "app_name": self.app_name,
            "user_id": self.user_id,
            "service": self.service,
            "metadata": encoded_entries(self.metadata, (*PLACE, "metadata")),
            "retention": encoded_entries(self.retention, (*PLACE, "retention")),
            "state": encoded_entries(self.state, (*PLACE, "state")),
            "unshared": {scope: changes for scope, changes in unshared.items() if changes},
            "events": [event.stored() for event in self.events],
        }
        later: dict[str, Any] = copied(self.beside, PLACE)
        return {"v": VERSION} | {name: value for name, value in said.items() if value} | later

    def within(self, state: dict[str, Any]) -> dict[str, Any]:
        """``state``, which is JSON values, with the record at its place, when it is used.

        Raises:
            StateValueError: a value has no JSON form, or an application has put something under the record's key.
        """
        if KEY in state:
            why = "this key is the session's own; use set_state() or metadata, or another key"
            raise StateValueError(format_pointer(PLACE), why)
        if not self.is_used:
            return state
        entries = list(state.items())
        return dict([*entries[: self.place], (KEY, self.written()), *entries[self.place :]])


def taken_from(state: dict[str, Any]) -> tuple[Record, tuple[Unregistered, ...]]:
    """The record in ``state``, which is JSON values and loses it, and what in it is of a type that nobody registered.

    Without one it is an unused record.

    Raises:
        CorruptSessionError: it is damaged, or of a version that is not known.
    """
    if KEY not in state:
        return Record(), ()
    place = list(state).index(KEY)
    value = state.pop(KEY)
    if not isinstance(value, dict):
        raise _damaged((), "is no object")
    if value.get("v") != VERSION or isinstance(value["v"], bool):
        raise _damaged(("v",), f"is not {VERSION}, the only version that is known; a later pysession may read it")
    for name in ("app_name", "user_id", "service"):
        if name in value and (not isinstance(value[name], str) or not value[name]):
            raise _damaged((name,), "is no text, or an empty one")
    unregistered: list[Unregistered] = []
    metadata, retention, own = (_entries(value, (name,), unregistered) for name in ("metadata", "retention", "state"))
    record = Record(
        app_name=value.get("app_name"),
        user_id=value.get("user_id"),
        service=value.get("service"),
        metadata=metadata,
        retention=retention,
        state=own,
        events=trail_of(value.get("events", []), (*PLACE, "events")),
        beside=copied({name: member for name, member in value.items() if name not in _MEMBERS}, PLACE),
        is_begun=bool(value.keys() - {"v", "service"}),
        place=place,
    )
    _take_unshared(record, value, unregistered)
    return record, tuple(unregistered)


def _entries(holder: dict[str, Any], place: Path, unregistered: list[Unregistered]) -> dict[str, Any]:
    """The values by key under the last name of ``place``, which is a place in the record."""
    entries = holder.get(str(place[-1]), {})
    if not isinstance(entries, dict):
        raise _damaged(place, "is no object")
    found, unknown = decoded_entries(entries, (*PLACE, *place))
    unregistered += unknown
    return found


def _take_unshared(record: Record, value: dict[str, Any], unregistered: list[Unregistered]) -> None:
    unshared = value.get("unshared", {})
    if not isinstance(unshared, dict):
        raise _damaged(("unshared",), "is no object")
    for scope, changes in unshared.items():
        place = ("unshared", scope)
        if scope not in SHARED_SCOPES or not isinstance(changes, dict):
            raise _damaged(place, f"is no change of a scope; those that are shared are {' and '.join(SHARED_SCOPES)}")
        deleted = changes.get("deleted", [])
        if not isinstance(deleted, list) or not all(isinstance(key, str) for key in deleted):
            raise _damaged((*place, "deleted"), "is no list of keys")
        values = _entries(changes, (*place, "values"), unregistered)
        record.shared[scope] = Shared(values, deleted=tuple(deleted))


def stored_trail(data: bytes, session_id: str) -> Trail | None:
    """The trail in the document of this session; None when it keeps none, is another's, or is damaged."""
    if KEY.encode() not in data:
        return None
    for decode in (msgspec.json.decode, msgspec.msgpack.decode):
        try:
            value = decode(data)
            if value["session_id"] != session_id:
                return None
            return trail_of(value["state"][KEY].get("events", []), (*PLACE, "events"))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, CorruptSessionError):
            continue
    return None


def _text(key: str, value: Any) -> str:
    """The JSON text of a value, by which it is the same or another: 1 and 1.0 and true are not."""
    return json.dumps(encoded_entries({key: value}, (*PLACE, "unshared")))


def _damaged(place: Path, why: str) -> CorruptSessionError:
    return CorruptSessionError(f"{format_pointer((*PLACE, *place))} {why}")
