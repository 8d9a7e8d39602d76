"""The histories of a state as a run goes through them: found out once for a document, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import msgspec

from pysession.readers.python.census import MESSAGE

REQUEST, RESPONSE, RESULT = "function_approval_request", "function_approval_response", "function_result"
_CONTROLS = frozenset({REQUEST, RESPONSE})


class Entry(msgspec.Struct, frozen=True):
    """What a history provider finds under its key.

    ``usable``: a run can be given it. ``messages`` counts the messages, ``said`` tells whether one of them holds anything
    but approvals. ``odd_kinds``: one holds a content whose kind cannot be looked up; ``odd_properties``: one has
    additional properties that do not become an object.
    """

    usable: bool
    messages: int = 0
    said: bool = False
    odd_kinds: bool = False
    odd_properties: bool = False


class Conversation:
    """The histories in ``state``."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state
        self._entries: dict[str, Entry] = {}

    def entry(self, key: str) -> Entry:
        """What stands under ``key``; where nothing does, an empty history."""
        if key not in self._entries:
            self._entries[key] = _entry(self._state.get(key, {}))
        return self._entries[key]

    @cached_property
    def waiting(self) -> tuple[dict[str, Any], ...]:
        """The approval requests that nobody has answered and whose call has no result, of all histories; one an id."""
        requests: dict[str, dict[str, Any]] = {}
        answered: set[str] = set()
        done: set[str] = set()
        for content in _contents(_messages(self._state)):
            kind = content.get("type")
            if kind == REQUEST:
                requests.setdefault(_looked_up(content.get("id")), content)
            elif kind == RESPONSE:
                answered.add(_looked_up(content.get("id")))
            elif kind == RESULT:
                done.add(_looked_up(content.get("call_id")))
        return tuple(
            request
            for number, request in requests.items()
            if number not in answered
            and type(call := request.get("function_call")) is dict
            and isinstance(call.get("name"), str)
            and _looked_up(call.get("call_id")) not in done
        )


def _looked_up(number: Any) -> str:
    """An id as a key; one that is no text is like no other."""
    return number if isinstance(number, str) else f"\0{id(number)}"


def _entry(entry: Any) -> Entry:
    if type(entry) is not dict or entry.get("type") == MESSAGE:
        return Entry(False)
    found = entry.get("messages", [])
    if not isinstance(found, list | dict | str):
        return Entry(False)
    messages = list(found)
    if not all(type(message) is dict and message.get("type") == MESSAGE for message in messages):
        return Entry(False)
    kinds = [content.get("type") for content in _contents(messages)]
    return Entry(
        True,
        len(messages),
        any(type(kind) in (dict, list) or kind not in _CONTROLS for kind in kinds) or any(map(_has_text, messages)),
        any(type(kind) in (dict, list) for kind in kinds) or any(map(_has_odd_call, _contents(messages))),
        any(not _becomes_object(message.get("additional_properties")) for message in messages),
    )


def _has_text(message: dict[str, Any]) -> bool:
    """Whether a bare text, or an object, among the contents becomes a content."""
    held = message.get("contents")
    return any(isinstance(item, str) for item in held) if isinstance(held, list | dict) else isinstance(held, str)


def _has_odd_call(content: dict[str, Any]) -> bool:
    """Whether a call's id cannot be looked up."""
    call = content.get("function_call")
    return any(type(one.get("call_id")) in (dict, list) for one in (content, *([call] if type(call) is dict else ())))


def _becomes_object(properties: Any) -> bool:
    try:
        dict(properties or {})
    except (TypeError, ValueError):
        return False
    return True


def _messages(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in state.values():
        messages = entry.get("messages") if type(entry) is dict else None
        for message in messages if type(messages) is list else ():
            if type(message) is dict and message.get("type") == MESSAGE:
                yield message


def _contents(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for message in messages:
        held = message.get("contents")
        for content in held if type(held) is list else ():
            if type(content) is dict:
                yield content
