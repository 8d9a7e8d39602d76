"""The history of a durable agent entity as a session: requests and responses in their order."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.durable_words import DURABLE
from pysession.dialects.conversion.exchange import Exchange, seen
from pysession.dialects.conversion.mapping import EXTENSION
from pysession.dialects.conversion.messages_only import made_session
from pysession.dialects.conversion.notes import NO_SLOT
from pysession.dialects.conversion.parking import Parcel
from pysession.dialects.conversion.states import HISTORY
from pysession.dialects.vocabulary import vocabulary
from pysession.findings import LossKind
from pysession.wire import Path

_HISTORY = "conversationHistory"


def session_of(
    value: dict[str, Any], entries: tuple[tuple[Path, dict[str, Any]], ...], exchange: Exchange
) -> dict[str, Any]:
    """The session of an entity. Of the entries themselves everything but their messages is parked."""
    decoder = exchange.decoder(DURABLE, one_way=True)
    messages: list[dict[str, Any]] = []
    rests: list[dict[str, Any]] = []
    for path, entry in entries:
        found = entry.get("messages") if type(entry) is dict else None
        for index, message in enumerate(found if type(found) is list else ()):
            place = (*path, "messages", index)
            exchange.to_source[("state", HISTORY, "messages", len(messages))] = place
            messages.append(_mended(decoder.object("message", message, place), message))
        if type(entry) is dict:
            rests.append({name: len(found or ()) if name == "messages" else item for name, item in entry.items()})
            for name in entry:
                if name != "messages":
                    exchange.notes.note((*path, name), LossKind.PARKED, NO_SLOT)
    data = value.get("data")
    own: dict[str, Any] = {name: item for name, item in value.items() if name != "data"}
    if type(data) is dict:
        own["data"] = {name: rests if name == _HISTORY else item for name, item in data.items()}
        for name in data:
            if name != _HISTORY:
                exchange.notes.note(("data", name), LossKind.PARKED, NO_SLOT)
    for name in own:
        if name != "data":
            exchange.notes.note((name,), LossKind.PARKED, NO_SLOT)
    seen(exchange, decoder)
    return made_session(messages, exchange, parcel=Parcel(own={"durable": own}), messages_at=None)


def _mended(said: dict[str, Any], message: Any) -> dict[str, Any]:
    """``said`` with the contents that the extension wraps because it has no kind for them.

    It wraps reasoning of Python too, for it looks for another name of that kind; .NET then reads it as nothing.
    """
    contents = message.get("contents") if type(message) is dict else None
    if type(contents) is not list or not any(map(_wraps, contents)):
        return said
    mended = [
        {EXTENSION: {}, **original["content"]} if _wraps(original) else content
        for original, content in zip(contents, said["contents"], strict=True)
    ]
    return {**said, "contents": mended}


def _wraps(content: Any) -> bool:
    inner = content.get("content") if type(content) is dict and content.get("$type") == "unknown" else None
    kind = inner.get("type") if type(inner) is dict else None
    return type(kind) is str and kind in vocabulary("python").places["content"] and set(content) == {"$type", "content"}
