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
from pysession.dialects.conversion.mapping import CANONICAL_ORDER, EXTENSION
from pysession.dialects.conversion.notes import Notes
from pysession.dialects.conversion.parking import RESERVED, Parcel, is_payload, unpacked
from pysession.dialects.conversion.states import HISTORY, OLD_HISTORY
from pysession.dialects.vocabulary import vocabulary
from pysession.findings import LossKind
from pysession.wire import Path

UNKNOWN_MEMBER = "the release does not know this member and would refuse the session; it is parked"
IMPLIED_MEMBERS = {"hosted": False}
"""Members that newer releases write always, and what they say when they say nothing."""

_CALL, _HOSTED, _HOSTED_SINCE = "function_call", "hosted", "1.22.0"
_SERVER_LABEL = "server_label"
"""Run: by this property 1.22.0 and later take a call for one that the service executed, and write ``hosted`` as true."""

_CANONICAL = "python"
_ENVELOPE = "envelope"
_FORMER = ("python-history", "python-thread")
_FIRST_TYPE_LAST = "1.13.0"
_FIRST_IN_MEMORY = "1.0.0rc1"
_CLOSED = frozenset({EXTENSION, "annotations", "arguments", "usage_details"})
"""Members that hold no contents."""
_READ_BY_ALL = {"content": {"type", EXTENSION, "annotations", "raw_representation"}, "message": {"raw_representation"}}


def for_release(canonical: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """``canonical`` so that the target's release reads it."""
    target = exchange.target
    state = canonical.get("state")
    if type(state) is not dict:
        return canonical
    walk = _Walk(target, exchange.notes, anew=target.explicit or exchange.source_dialect in _FORMER)
    said = {key: entry if key == RESERVED else walk.value(entry, ("state", key)) for key, entry in state.items()}
    if target.explicit:
        said = _history_renamed(said, target)
    return _enveloped({**canonical, "state": record_approvals(said, exchange)}, exchange)


def _enveloped(session: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """``session`` without the members of the envelope that the release does not write, which are parked."""
    members = vocabulary(_CANONICAL).places["envelope"]["session"].members
    strange = {
        name: value
        for name, value in session.items()
        if name in members and not exchange.target.knows(members[name].since, members[name].until)
    }
    if not strange:
        return session
    state = session["state"]
    payload = state.get(RESERVED)
    parcel = unpacked(payload) if is_payload(payload) else Parcel()
    parcel.own[_CANONICAL] = {**parcel.own.get(_CANONICAL, {}), _ENVELOPE: strange}
    for name in strange:
        exchange.notes.note((name,), LossKind.PARKED, UNKNOWN_MEMBER, canonical=True)
    kept = {name: value for name, value in session.items() if name not in strange}
    return {**kept, "state": {**state, RESERVED: parcel.packed()}}


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
    if all(said[key] is entry for key, entry in state.items()):
        said = state
    payload = state.get(RESERVED)
    parcel = unpacked(payload) if is_payload(payload) else Parcel()
    mine = parcel.own.pop(_CANONICAL, {})
    if type(mine.get(_ENVELOPE)) is not dict:
        return session if said is state else {**session, "state": said}
    said = {key: entry for key, entry in said.items() if key != RESERVED}
    if parcel:
        said[RESERVED] = parcel.packed()
    return {**session, "state": said, **mine[_ENVELOPE]}


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


class _Walk:
    """Goes through a state and leaves out what the release does not know; what needs no change stays the same object.

    ``anew``: also write what the release always writes.
    """

    def __init__(self, target: Target, notes: Notes, *, anew: bool) -> None:
        self._target = target
        self._notes = notes
        self._anew = anew
        self._adds_hosted = anew and target.knows(_HOSTED_SINCE, None)

    def value(self, value: Any, path: Path, expected: str | None = None) -> Any:
        """``value`` for the release; ``expected`` says what stands at ``path``, where that is known."""
        if type(value) is list:
            items = [self.value(item, (*path, index), expected) for index, item in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if type(value) is not dict or not value:
            return value
        place = _place(value, expected)
        if place is None:
            return self._members(value, path, None)
        known = _known(place, self._target)
        strange = [name for name in value if name not in known]
        if not strange:
            said = self._members(value, path, place)
        else:
            kept = {name: item for name, item in value.items() if name in known}
            said = _with_parcel(self._members(kept, path, place), self._parcel(value, strange, path))
        if self._adds_hosted and said.get("type") == _CALL:
            said = _with_hosted(said)
        return _typed(said, self._target) if place == "message" and self._anew else said

    def _parcel(self, value: dict[str, Any], strange: list[str], path: Path) -> Parcel:
        parcel = Parcel()
        for name in strange:
            if name in IMPLIED_MEMBERS and value[name] is IMPLIED_MEMBERS[name]:
                continue
            parcel.own.setdefault(_CANONICAL, {})[name] = value[name]
            self._notes.note((*path, name), LossKind.PARKED, UNKNOWN_MEMBER, canonical=True)
        return parcel

    def _members(self, value: dict[str, Any], path: Path, place: str | None) -> dict[str, Any]:
        said = {
            name: item
            if name in _CLOSED or type(item) not in (dict, list)
            else self.value(item, (*path, name), "content" if place == "message" and name == "contents" else None)
            for name, item in value.items()
        }
        return said if any(said[name] is not item for name, item in value.items()) else value


def _with_hosted(call: dict[str, Any]) -> dict[str, Any]:
    held = call.get(EXTENSION)
    if _HOSTED in call or (type(held) is dict and _SERVER_LABEL in held):
        return call
    order = {name: index for index, name in enumerate(CANONICAL_ORDER)}
    said = {**call, _HOSTED: False}
    return dict(sorted(said.items(), key=lambda item: order.get(item[0], order[EXTENSION])))


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
