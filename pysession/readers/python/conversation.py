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
    but approvals, ``odd_kinds`` whether one holds a content whose kind cannot be looked up.
    """

    usable: bool
    messages: int = 0
    said: bool = False
    odd_kinds: bool = False


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
    def waiting(self) -> list[dict[str, Any]]:
        """The approval requests that nobody has answered and whose call has no result, of all histories."""
        requests: list[dict[str, Any]] = []
        answered: list[Any] = []
        done: list[Any] = []
        for content in _contents(_messages(self._state)):
            kind = content.get("type")
            if kind == REQUEST:
                requests.append(content)
            elif kind == RESPONSE:
                answered.append(content.get("id"))
            elif kind == RESULT:
                done.append(content.get("call_id"))
        return [
            request
            for request in requests
            if type(request.get("function_call")) is dict
            and request["function_call"]
            and request.get("id") not in answered
            and request["function_call"].get("call_id") not in done
        ]


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
    odd = any(type(kind) in (dict, list) for kind in kinds)
    return Entry(True, len(messages), odd or any(kind not in _CONTROLS for kind in kinds), odd)


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
