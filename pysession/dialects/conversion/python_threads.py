"""Threads of Python up to 1.0.0b260210 as sessions.

Each step was run on 110 stored threads with the readers of 1.0.0 and 1.23.0: messages move to the history key, role
objects become their value, ``details`` of errors and usage get their later names, and members that no later release
knows move to ``additional_properties``, where applications find them again.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pysession.dialects.conversion.exchange import Exchange
from pysession.dialects.conversion.mapping import EXTENSION, python_members
from pysession.dialects.conversion.messages_only import made_session
from pysession.dialects.conversion.notes import NO_SLOT
from pysession.dialects.conversion.parking import Parcel
from pysession.dialects.vocabulary import vocabulary
from pysession.findings import LossKind

DIALECT = "python-thread"
_STORE, _SERVICE = "chat_message_store_state", "service_thread_id"
_TYPES = {"type": "agent_thread_state", _STORE: "chat_message_store_state"}


def session_of(value: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """The session that a thread was."""
    own: dict[str, Any] = {}
    store = value.get(_STORE)
    messages = store.get("messages") if type(store) is dict else None
    if type(store) is dict and type(messages) is list:
        rest = {
            name: item
            for name, item in store.items()
            if name != "messages" and (name, item) != ("type", _TYPES[_STORE])
        }
        if rest:
            own[_STORE] = rest
    elif store is not None:
        own[_STORE] = store
    service = value.get(_SERVICE)
    for name, item in value.items():
        known = name in (_STORE, _SERVICE) or (name, item) == ("type", _TYPES["type"])
        if not known or (name == _SERVICE and type(item) not in (str, type(None))):
            own[name] = item
    for name in own:
        exchange.notes.note((name,), LossKind.PARKED, NO_SLOT)
    exchange.plain = False
    return made_session(
        [_message(message) for message in (messages if type(messages) is list else [])],
        exchange,
        service_id=service if type(service) is str else None,
        parcel=Parcel(own={DIALECT: own}) if own else None,
        messages_at=(_STORE, "messages"),
    )


def _message(value: Any) -> Any:
    """A message without the nulls that stood for nothing, in the words of today."""
    if type(value) is not dict:
        return value
    said: dict[str, Any] = {}
    for name in ("role", "contents", "author_name", "message_id", EXTENSION):
        item = value.get(name)
        if name == "role" and type(item) is dict:
            item = item.get("value")
        if name == "contents":
            item = [_content(content) for content in item] if type(item) is list else []
        if name == EXTENSION:
            item = item if type(item) is dict else {}
        if item is not None:
            said[name] = item
    strange = {name: item for name, item in value.items() if name not in _message_members() and item is not None}
    if strange:
        said[EXTENSION] = {**strange, **said[EXTENSION]}
    said["type"] = "message"
    return said


def _content(value: Any) -> Any:
    if type(value) is not dict:
        return value
    kind = value.get("type")
    said: dict[str, Any] = {"type": kind}
    strange: dict[str, Any] = {}
    for name, item in value.items():
        if item is None or name in ("type", EXTENSION):
            continue
        name = _renamed(kind, name)
        if name in python_members("content"):
            said[name] = _usage(item) if name == "usage_details" else _nested(item)
        else:
            strange[name] = item
    annotations = said.pop("annotations", None)
    held = value.get(EXTENSION)
    said[EXTENSION] = {**strange, **(held if type(held) is dict else {})}
    if annotations is not None:
        said["annotations"] = (
            [_without_nulls(item) for item in annotations] if type(annotations) is list else annotations
        )
    return said


def _renamed(kind: Any, name: str) -> str:
    words = vocabulary(DIALECT).places["content"].get(kind) if type(kind) is str else None
    member = words.members.get(name) if words is not None else None
    return name if member is None else member.canonical


def _nested(item: Any) -> Any:
    if type(item) is list:
        return [_content(inner) if _is_content(inner) else inner for inner in item]
    return _content(item) if _is_content(item) else item


def _is_content(item: Any) -> bool:
    return type(item) is dict and type(item.get("type")) is str


def _usage(item: Any) -> Any:
    """Counts without the type and the nulls that releases up to 1.0.0b260107 wrote."""
    if type(item) is not dict:
        return item
    return {name: count for name, count in item.items() if count is not None and name != "type"}


def _without_nulls(item: Any) -> Any:
    return {name: inner for name, inner in item.items() if inner is not None} if type(item) is dict else item


@cache
def _message_members() -> frozenset[str]:
    return python_members("message")
