"""The audit trail of a session: what was done to it, by whom and when, and never what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import msgspec

from pysession.findings import format_pointer
from pysession.findings.failures import UsageError
from pysession.sessions.awaiting import Ready
from pysession.sessions.errors import CorruptSessionError
from pysession.wire import Path

Scalar: TypeAlias = str | int | float | bool | None
Since: TypeAlias = str | date | datetime | None

_MEMBERS = ("sequence", "time", "actor", "kind", "detail")


class EventKind(StrEnum):
    """What is recorded. A trail may hold kinds of later versions too; they are texts."""

    CREATED = "created"
    CLAIMED = "claimed"
    MESSAGE_ADDED = "message_added"
    STATE_SET = "state_set"
    STATE_DELETED = "state_deleted"
    HANDOFF = "handoff"
    CLEARED = "cleared"
    PRUNED = "pruned"
    RETENTION_SET = "retention_set"
    EXPIRED = "expired"
    REMOVED = "removed"
    KEPT = "kept"
    SAVED = "saved"
    SAVE_FAILED = "save_failed"
    EXPORTED = "exported"


class Event(msgspec.Struct, frozen=True):
    """One entry of the trail.

    ``sequence`` counts from 1. ``timestamp`` is when it happened, ISO 8601 in UTC to the microsecond. ``actor`` is the name of
    the agent that did it, the user for what a user said, None where neither is known. ``detail`` says what it was about
    (a role, a key, a count) and holds no payload. ``event["kind"]`` answers as ``event.kind`` does; AGNT5's words
    ``type`` and ``data`` mean the kind and the detail.
    """

    sequence: int
    timestamp: str
    kind: str
    actor: str | None = None
    detail: Mapping[str, Any] = MappingProxyType({})
    beside: Mapping[str, Any] = MappingProxyType({})
    """Members that a later version wrote; they are kept."""

    _names: ClassVar[Mapping[str, str]] = MappingProxyType({"type": "kind", "data": "detail"})

    @property
    def time(self) -> datetime:
        """When it happened; aware, in UTC."""
        return datetime.fromisoformat(self.timestamp).astimezone(UTC)

    def __getitem__(self, name: str) -> Any:
        name = self._names.get(name, name)
        if name in ("time", *self.__struct_fields__):
            return getattr(self, name)
        return self.beside[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The same, or ``default`` where there is no such member."""
        try:
            return self[name]
        except KeyError:
            return default

    def keys(self) -> list[str]:
        """The members that say something, so that ``dict(event)`` is the event as a dictionary."""
        found = [name for name in ("sequence", "timestamp", "actor", "kind", "detail") if self[name]]
        return [*found, *self.beside]

    def __deepcopy__(self, memo: dict[int, Any]) -> Event:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # What cannot be changed in place cannot be pickled as it is either.
        return _event_of, (self.sequence, self.timestamp, self.kind, self.actor, dict(self.detail), dict(self.beside))

    def stored(self) -> dict[str, Any]:
        """The event as JSON values, as it stands in the document."""
        said = {
            "sequence": self.sequence,
            "time": self.timestamp,
            "actor": self.actor,
            "kind": self.kind,
            "detail": dict(self.detail),
        }
        return {name: value for name, value in said.items() if value is not None and value != {}} | dict(self.beside)


def _event_of(
    sequence: int, timestamp: str, kind: str, actor: str | None, detail: dict[str, Any], beside: dict[str, Any]
) -> Event:
    return Event(sequence, timestamp, kind, actor, MappingProxyType(detail), MappingProxyType(beside))


class Events(Ready, tuple[Event, ...]):
    """Events, oldest first. May be awaited, which gives the same."""


class Trail(Sequence[Event]):
    """The events of a session in their order. It only grows: there is no way to change or remove one."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self._events = list(events)

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._events))

    def __getitem__(self, place: Any) -> Any:
        found = self._events[place]
        return tuple(found) if isinstance(found, list) else found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} events)"

    def note(
        self,
        kind: str,
        actor: str | None = None,
        detail: Mapping[str, Scalar] = MappingProxyType({}),
        *,
        at: datetime | None = None,
    ) -> Event:
        """Append an event; ``at`` is when it happened, by default now. No event is earlier than the one before it."""
        written = timestamp(at)
        if self._events and self._events[-1].time > datetime.fromisoformat(written):
            # A clock may have been set back, or that of another machine goes ahead.
            written = self._events[-1].timestamp
        said = {name: value for name, value in detail.items() if value is not None}
        found = Event(len(self) + 1, written, str(kind), actor, MappingProxyType(said))
        self._events.append(found)
        return found

    def extends(self, earlier: Sequence[Event]) -> bool:
        """Whether this begins with all of ``earlier``."""
        return len(earlier) <= len(self) and all(
            one is other or one == other for one, other in zip(earlier, self._events, strict=False)
        )

    def last_agent(self) -> str | None:
        """The agent that has the conversation: the last one that took part, or that it was handed to."""
        for event in reversed(self._events):
            if isinstance(name := event.detail.get("to" if event.kind == EventKind.HANDOFF else "agent"), str):
                return name
        return None

    def handed_to(self) -> str | None:
        """The agent that the conversation was last handed to."""
        found = (event for event in reversed(self._events) if event.kind == EventKind.HANDOFF)
        return next((event.detail.get("to") for event in found), None)

    def since(self, since: Since = None, limit: int | None = None) -> Events:
        """The last ``limit`` events (None: all) that are not earlier than ``since``, oldest first.

        Raises:
            UsageError: ``since`` is no date or time, or ``limit`` is negative.
        """
        check_limit(limit)
        earliest = None if since is None else moment(since)
        found = [event for event in self._events if earliest is None or event.time >= earliest]
        return Events(found if limit is None else found[len(found) - min(limit, len(found)) :])


def timestamp(at: datetime | None = None) -> str:
    """``at``, or now, in ISO 8601 and UTC, to the microsecond and without the zeros at its end, as .NET writes it."""
    said, _, offset = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds").partition("+")
    return f"{said.rstrip('0').rstrip('.')}+{offset}"


def moment(since: str | date | datetime) -> datetime:
    """A date (its first moment), or a time, as text or object; one without a time zone is in UTC.

    Raises:
        UsageError: it is neither.
    """
    found = since
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            raise UsageError(f"{since!r} is no date or time, for example 2024-01-01 or 2024-01-01T12:00:00Z") from None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day, tzinfo=UTC)
    if not isinstance(found, datetime):
        raise UsageError(f"a date or time is a text, a date or a datetime, not {type(since).__name__}")
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def check_limit(limit: int | None) -> None:
    """Raises UsageError when ``limit`` is no number of things."""
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise UsageError(f"a limit is a whole number from 0 on, or None for all; this is {limit!r}")


def trail_of(stored: Any, place: Path) -> Trail:
    """The trail that stands at ``place`` of a document.

    Raises:
        CorruptSessionError: it is none, or an event is missing from it.
    """
    if not isinstance(stored, list):
        raise CorruptSessionError(f"{format_pointer(place)} is no list of events")
    return Trail([_event(one, (*place, index), index + 1) for index, one in enumerate(stored)])


def _event(stored: Any, place: Path, sequence: int) -> Event:
    if not isinstance(stored, dict):
        raise CorruptSessionError(f"{format_pointer(place)} is no event")
    if stored.get("sequence") != sequence:
        raise CorruptSessionError(f"{format_pointer((*place, 'sequence'))} is not {sequence}: the trail has a gap")
    for name, kind, needed in (
        ("time", str, True),
        ("kind", str, True),
        ("actor", str, False),
        ("detail", dict, False),
    ):
        if (needed or name in stored) and not isinstance(stored.get(name), kind):
            raise CorruptSessionError(f"{format_pointer((*place, name))} is missing, or not what an event has there")
    try:
        aware = datetime.fromisoformat(stored["time"]).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise CorruptSessionError(f"{format_pointer((*place, 'time'))} is no time with an offset")
    beside = {name: value for name, value in stored.items() if name not in _MEMBERS}
    detail = dict(stored.get("detail", {}))
    return _event_of(sequence, stored["time"], stored["kind"], stored.get("actor"), detail, beside)
