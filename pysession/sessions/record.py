"""``state["pysession.session"]``: what a session keeps beyond the framework's own, under one key that its readers carry.

``{"v": 1, "app_name": …, "user_id": …, "metadata": {…}, "retention": {…}, "state": {…}, "unshared": {…}, "events": […]}``

Members that say nothing are absent, and so is the whole record of a session that uses none of it: its document is the
framework's, byte for byte. ``unshared`` holds what was set in the scopes of the user and of the application and is in no
store yet. Members of later versions are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pysession.findings import format_pointer
from pysession.sessions.errors import CorruptSessionError, StateValueError
from pysession.sessions.events import Trail, trail_of
from pysession.wire import Path

KEY = "pysession.session"
VERSION = 1
PLACE: Path = ("state", KEY)
"""Where the record stands in a session's document."""

SHARED_SCOPES = ("user", "app")
_MEMBERS = frozenset({"v", "app_name", "user_id", "metadata", "retention", "state", "unshared", "events"})


class Unshared(msgspec.Struct):
    """What was changed of a scope that several sessions share, and is not in a store yet."""

    values: dict[str, Any] = msgspec.field(default_factory=dict)
    deleted: list[str] = msgspec.field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.values or self.deleted)

    def stored(self) -> dict[str, Any]:
        """The change as it stands in the document."""
        said = {"values": self.values, "deleted": self.deleted}
        return {name: value for name, value in said.items() if value}


class Record(msgspec.Struct, kw_only=True):
    """The parts of the record. ``is_used`` from the moment that there is something to say; only then is it written.

    ``metadata``, ``retention`` and ``state`` hold the live values, as ``Session.state`` does. ``place`` is how many entries of
    the state stand before the record, so that a document that is loaded and saved keeps its order.
    """

    app_name: str | None = None
    user_id: str | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    retention: dict[str, Any] = msgspec.field(default_factory=dict)
    state: dict[str, Any] = msgspec.field(default_factory=dict)
    unshared: dict[str, Unshared] = msgspec.field(default_factory=dict)
    events: Trail = msgspec.field(default_factory=Trail)
    beside: dict[str, Any] = msgspec.field(default_factory=dict)
    is_used: bool = False
    place: int = 0

    def written(self, events: Trail | None = None) -> dict[str, Any]:
        """The value under :data:`KEY`, with ``events`` in place of its own when given. Values are the live ones."""
        trail = self.events if events is None else events
        said: dict[str, Any] = {
            "app_name": self.app_name,
            "user_id": self.user_id,
            "metadata": self.metadata,
            "retention": self.retention,
            "state": self.state,
            "unshared": {scope: change.stored() for scope, change in self.unshared.items() if change},
            "events": [event.stored() for event in trail],
        }
        return (
            {"v": VERSION} | {name: value for name, value in said.items() if value not in (None, {}, [])} | self.beside
        )

    def within(self, state: Mapping[str, Any], events: Trail | None = None) -> dict[str, Any]:
        """``state`` with the record at its place, when it is used.

        Raises:
            StateValueError: an application has put something under the record's key.
        """
        if KEY in state:
            why = "this key is the session's own; use set_state() or metadata, or another key"
            raise StateValueError(format_pointer(PLACE), why)
        if not self.is_used:
            return dict(state)
        entries = list(state.items())
        return dict([*entries[: self.place], (KEY, self.written(events)), *entries[self.place :]])


def taken_from(state: dict[str, Any]) -> Record:
    """The record in ``state``, which is taken out of it; an unused one when there is none.

    Raises:
        CorruptSessionError: it is damaged, or of a version that is not known.
    """
    if KEY not in state:
        return Record()
    place = list(state).index(KEY)
    value = state.pop(KEY)
    if not isinstance(value, dict):
        raise _damaged((), "is no object")
    if value.get("v") != VERSION or isinstance(value["v"], bool):
        raise _damaged(("v",), f"is not {VERSION}, the only version that is known; a later pysession may read it")
    for name in ("app_name", "user_id"):
        if name in value and (not isinstance(value[name], str) or not value[name]):
            raise _damaged((name,), "is no text, or an empty one")
    for name in ("metadata", "retention", "state", "unshared"):
        if not isinstance(value.get(name, {}), dict):
            raise _damaged((name,), "is no object")
    return Record(
        app_name=value.get("app_name"),
        user_id=value.get("user_id"),
        metadata=value.get("metadata", {}),
        retention=value.get("retention", {}),
        state=value.get("state", {}),
        unshared={scope: _unshared(scope, change) for scope, change in value.get("unshared", {}).items()},
        events=trail_of(value.get("events", []), (*PLACE, "events")),
        beside={name: member for name, member in value.items() if name not in _MEMBERS},
        is_used=True,
        place=place,
    )


def _unshared(scope: str, change: Any) -> Unshared:
    place = ("unshared", scope)
    if scope not in SHARED_SCOPES or not isinstance(change, dict):
        raise _damaged(place, f"is no change of a scope; those that are shared are {' and '.join(SHARED_SCOPES)}")
    values, deleted = change.get("values", {}), change.get("deleted", [])
    if not isinstance(values, dict):
        raise _damaged((*place, "values"), "is no object")
    if not isinstance(deleted, list) or not all(isinstance(key, str) for key in deleted):
        raise _damaged((*place, "deleted"), "is no list of keys")
    return Unshared(values, deleted)


def _damaged(place: Path, why: str) -> CorruptSessionError:
    return CorruptSessionError(f"{format_pointer((*PLACE, *place))} {why}")
