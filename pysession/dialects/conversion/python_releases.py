"""Sessions for an older or newer Python: members that a release does not know are parked, wherever they stand.

Run: one member that a release does not know, in any content anywhere in the state, makes it refuse the whole session;
with those removed, all of 175 distinct documents were read by every release from 1.0.0b260212 on. The contents that
``tool_approval`` keeps are part of that: they are looked at later, when the user answers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pysession.dialects.conversion.approvals import record_approvals
from pysession.dialects.conversion.exchange import Exchange, Target
from pysession.dialects.conversion.mapping import EXTENSION
from pysession.dialects.conversion.notes import Notes
from pysession.dialects.conversion.parking import RESERVED, Parcel, is_payload, unpacked
from pysession.dialects.conversion.states import HISTORY, OLD_HISTORY
from pysession.dialects.vocabulary import vocabulary
from pysession.findings import LossKind
from pysession.wire import Path

UNKNOWN_MEMBER = "the release does not know this member and would refuse the session; it is parked"
IMPLIED_MEMBERS = {"hosted": False}
"""Members that newer releases write always, and what they say when they say nothing."""

_CANONICAL = "python"
_FIRST_TYPE_LAST = "1.13.0"
_FIRST_IN_MEMORY = "1.0.0rc1"
_CLOSED = frozenset({EXTENSION, "annotations", "arguments", "usage_details"})
"""Members that hold no contents."""
_READ_BY_ALL = {"content": {"type", EXTENSION, "annotations", "raw_representation"}, "message": {"raw_representation"}}


def for_release(canonical: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """``canonical`` so that the target's release reads it."""
    target = exchange.target
    state = canonical.get("state")
    if type(state) is dict:
        said = {
            key: entry if key == RESERVED else _for_release(entry, ("state", key), target, exchange.notes)
            for key, entry in state.items()
        }
        if target.explicit:
            said = _history_renamed(said, target)
        said = record_approvals(said, exchange)
        canonical = {**canonical, "state": said}
    return canonical


def _history_renamed(state: dict[str, Any], target: Target) -> dict[str, Any]:
    """The default history under the key that the release looks at."""
    today, before = (HISTORY, OLD_HISTORY) if target.knows(_FIRST_IN_MEMORY, None) else (OLD_HISTORY, HISTORY)
    entry = state.get(before)
    if today in state or type(entry) is not dict or type(entry.get("messages")) is not list:
        return state
    return {(today if key == before else key): value for key, value in state.items()}


def unstripped(session: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """``session`` with the members that were parked for an older release in their places again."""
    state = session.get("state")
    if type(state) is not dict or not exchange.reserved:
        return session
    said = {key: entry if key == RESERVED else _unstripped(entry) for key, entry in state.items()}
    return session if all(said[key] is entry for key, entry in state.items()) else {**session, "state": said}


@cache
def _known(place: str, target: Target) -> frozenset[str]:
    """The members that the release knows at ``place``; one class stands for all kinds of contents."""
    names = {
        name
        for kind in vocabulary(_CANONICAL).places[place].values()
        if target.knows(kind.since, kind.until)
        for name, member in kind.members.items()
        if target.knows(member.since, member.until)
    }
    return frozenset(names | _READ_BY_ALL[place])


@cache
def _kinds() -> frozenset[str]:
    return frozenset(vocabulary(_CANONICAL).places["content"])


def _place(value: dict[str, Any], expected: str | None) -> str | None:
    """Whether ``value`` is a message or a content; ``expected`` where the place it stands at says so."""
    kind = value.get("type")
    if kind == "message":
        return "message" if "role" in value else None
    return "content" if expected == "content" or (type(kind) is str and kind in _kinds()) else None


def _for_release(value: Any, path: Path, target: Target, notes: Notes, expected: str | None = None) -> Any:
    if type(value) is list:
        items = [_for_release(item, (*path, index), target, notes, expected) for index, item in enumerate(value)]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if type(value) is not dict or not value:
        return value
    place = _place(value, expected)
    if place is None:
        return _walked(value, path, target, notes, place)
    known = _known(place, target)
    strange = [name for name in value if name not in known]
    if not strange:
        said = _walked(value, path, target, notes, place)
    else:
        parcel = Parcel()
        for name in strange:
            if name in IMPLIED_MEMBERS and value[name] is IMPLIED_MEMBERS[name]:
                continue
            parcel.own.setdefault(_CANONICAL, {})[name] = value[name]
            notes.note((*path, name), LossKind.PARKED, UNKNOWN_MEMBER, canonical=True)
        kept = {name: item for name, item in value.items() if name in known}
        said = _with_parcel(_walked(kept, path, target, notes, place), parcel)
    if place == "message" and target.explicit:
        said = _typed(said, target)
    return said


def _walked(value: dict[str, Any], path: Path, target: Target, notes: Notes, place: str | None) -> dict[str, Any]:
    said = {
        name: item
        if name in _CLOSED or type(item) not in (dict, list)
        else _for_release(
            item, (*path, name), target, notes, "content" if place == "message" and name == "contents" else None
        )
        for name, item in value.items()
    }
    return said if any(said[name] is not item for name, item in value.items()) else value


def _with_parcel(value: dict[str, Any], parcel: Parcel) -> dict[str, Any]:
    if not parcel:
        return value
    held = value.get(EXTENSION)
    held = held if type(held) is dict else {}
    payload = held.get(RESERVED)
    if is_payload(payload):
        other = unpacked(payload)
        other.own[_CANONICAL] = {**other.own.get(_CANONICAL, {}), **parcel.own[_CANONICAL]}
        parcel = other
    return {**value, EXTENSION: {**held, RESERVED: parcel.packed()}}


def _typed(message: dict[str, Any], target: Target) -> dict[str, Any]:
    """``message`` with its ``type`` where the release writes it: last in a session from 1.13.0 on, first before."""
    if "type" not in message:
        return message
    last = target.knows(_FIRST_TYPE_LAST, None)
    if next(reversed(message) if last else iter(message)) == "type":
        return message
    others = {name: item for name, item in message.items() if name != "type"}
    return {**others, "type": message["type"]} if last else {"type": message["type"], **others}


def _unstripped(value: Any) -> Any:
    if type(value) is list:
        items = [_unstripped(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if type(value) is not dict or not value:
        return value
    said = {
        name: item if name in _CLOSED or type(item) not in (dict, list) else _unstripped(item)
        for name, item in value.items()
    }
    if all(said[name] is item for name, item in value.items()):
        said = value
    held = value.get(EXTENSION)
    if type(held) is not dict:
        return said
    payload = held.get(RESERVED)
    if not is_payload(payload) or _CANONICAL not in payload.get("own", {}):
        return said
    parcel = unpacked(payload)
    mine = parcel.own.pop(_CANONICAL)
    rest = {name: item for name, item in held.items() if name != RESERVED}
    if parcel:
        rest[RESERVED] = parcel.packed()
    restored: dict[str, Any] = {}
    for name, item in said.items():
        if name == EXTENSION:
            restored.update({key: kept for key, kept in mine.items() if key not in said})
            restored[name] = rest
        else:
            restored[name] = item
    return restored
