"""The histories of a state as a run goes through them: found out once for a document, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import msgspec

from pysession.readers.python.census import MESSAGE, Run, is_restored
from pysession.readers.python.outlines import ODD

REQUEST, RESPONSE, RESULT = "function_approval_request", "function_approval_response", "function_result"


class Entry(msgspec.Struct, frozen=True):
    """What a history provider finds under its key.

    ``usable``: a run can be given it. ``messages`` counts the messages, ``said`` tells whether one of them holds anything
    but ``approvals``, which are the requests and responses. ``odd_kinds``: a content has a kind, or a result a call,
    that cannot be looked up; ``odd_properties``: a message has additional properties that do not become an object.
    ``results`` are the ids of calls that have one.
    """

    usable: bool
    messages: int = 0
    said: bool = False
    approvals: tuple[dict[str, Any], ...] = ()
    results: frozenset[str] = frozenset()
    odd_kinds: bool = False
    odd_properties: bool = False


class Conversation:
    """The histories in ``state``, in which ``runs`` of messages were found.

    One message of each outline tells the same as all of them, but for ids; so a long history is looked through only when
    there are approvals in it.
    """

    def __init__(self, state: dict[str, Any], runs: Iterable[Run], registered: frozenset[str]) -> None:
        self._state = state
        self._registered = registered
        self._entries: dict[str, Entry] = {}
        self._samples = {id(run.messages): [*run.firsts.values()] for run in runs if ODD not in run.firsts}

    def entry(self, key: str) -> Entry:
        """What stands under ``key``; where nothing does, an empty history."""
        if key not in self._entries:
            self._entries[key] = self._entry(self._state.get(key, {}))
        return self._entries[key]

    def _entry(self, entry: Any) -> Entry:
        if type(entry) is not dict or is_restored(entry, self._registered):
            return Entry(False)
        found = entry.get("messages", [])
        if not isinstance(found, list | dict | str):
            return Entry(False)
        messages = list(found)
        samples = self._samples.get(id(found), messages)
        if not all(type(message) is dict and message.get("type") == MESSAGE for message in samples):
            return Entry(False)
        if any(map(_is_control, _contents(samples))):
            samples = messages
        return _entry(len(messages), samples)

    @cached_property
    def waiting(self) -> tuple[dict[str, Any], ...]:
        """The approval requests that nobody has answered and whose call has no result, of all histories; one an id."""
        listed = [entry["messages"] for entry in self._state.values() if type(entry) is dict and "messages" in entry]
        samples = [message for one in listed for message in self._samples.get(id(one), _messages(one))]
        if not any(content.get("type") == REQUEST for content in _contents(samples)):
            return ()
        requests: list[dict[str, Any]] = []
        answered: set[str] = set()
        done: set[str] = set()
        for content in _contents(message for one in listed for message in _messages(one)):
            kind = content.get("type")
            if kind == REQUEST:
                requests.append(content)
            elif kind == RESPONSE:
                answered.add(_looked_up(content.get("id")))
            elif kind == RESULT:
                done.add(_looked_up(content.get("call_id")))
        waiting: dict[str, dict[str, Any]] = {}
        for request in requests:
            number, call = _looked_up(request.get("id")), request.get("function_call")
            if number in answered or type(call) is not dict or not isinstance(call.get("name"), str):
                continue
            if _looked_up(call.get("call_id")) not in done:
                waiting.setdefault(number, request)
        return tuple(waiting.values())


def _looked_up(number: Any) -> str:
    """An id as a key; one that is no text is like no other."""
    return number if isinstance(number, str) else f"\0{id(number)}"


def _entry(count: int, messages: list[dict[str, Any]]) -> Entry:
    held = [*_contents(messages)]
    results = [content.get("call_id") for content in held if content.get("type") == RESULT]
    return Entry(
        True,
        count,
        any(not _is_control(content) for content in held) or any(map(_has_text, messages)),
        tuple(filter(_is_control, held)),
        frozenset(call for call in results if isinstance(call, str)),
        any(type(content.get("type")) in (dict, list) for content in held)
        or any(type(call) in (dict, list) for call in results),
        any(not _becomes_object(message.get("additional_properties")) for message in messages),
    )


def _is_control(content: dict[str, Any]) -> bool:
    return content.get("type") in (REQUEST, RESPONSE)


def _has_text(message: dict[str, Any]) -> bool:
    """Whether a bare text, or an object, among the contents becomes a content."""
    held = message.get("contents")
    return any(isinstance(item, str) for item in held) if isinstance(held, list | dict) else isinstance(held, str)


def _becomes_object(properties: Any) -> bool:
    try:
        dict(properties or {})
    except (TypeError, ValueError):
        return False
    return True


def _messages(listed: Any) -> list[dict[str, Any]]:
    """The messages in what a history holds."""
    items = listed if type(listed) is list else ()
    return [message for message in items if type(message) is dict and message.get("type") == MESSAGE]


def _contents(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for message in messages:
        held = message.get("contents")
        for content in held if type(held) is list else ():
            if type(content) is dict:
                yield content
