"""The conversation memory of an AGNT5 agent as a session: texts, with the times and data that came with them parked."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.exchange import Exchange
from pysession.dialects.conversion.mapping import EXTENSION
from pysession.dialects.conversion.messages_only import made_session
from pysession.dialects.conversion.notes import NO_SLOT
from pysession.dialects.conversion.parking import RESERVED, Parcel
from pysession.dialects.conversion.times import unix_time
from pysession.findings import LossKind
from pysession.wire import Path

DIALECT = "agnt5"


def session_of(value: Any, exchange: Exchange) -> dict[str, Any]:
    """The session of a memory, in either spelling or as the older bare array."""
    bare = type(value) is list
    path: Path = () if bare else ("messages",)
    messages = value if bare else value["messages"]
    exchange.plain = False  # there is no reader of this dialect to go by, so every document is judged
    own = {} if bare else {name: item for name, item in value.items() if name not in ("messages", "session_id")}
    for name in own:
        exchange.notes.note((name,), LossKind.PARKED, NO_SLOT)
    return made_session(
        [
            _message(message, (*path, index), exchange)
            for index, message in enumerate(messages)
            if type(message) is dict
        ],
        exchange,
        session_id=None if bare else value.get("session_id"),
        parcel=Parcel(own={DIALECT: own}) if own else None,
        messages_at=path,
    )


def _message(message: dict[str, Any], path: Path, exchange: Exchange) -> dict[str, Any]:
    extension: dict[str, Any] = {}
    own = {name: item for name, item in message.items() if name not in ("role", "content")}
    text = message.get("content")
    if type(text) is not str:
        own["content"] = text
    if own:
        time = message.get("timestamp")
        created = unix_time(time) if isinstance(time, int | float) and not isinstance(time, bool) else None
        extension[RESERVED] = Parcel({} if created is None else {"created_at": created}, {DIALECT: own}).packed()
        for name in own:
            exchange.notes.note((*path, name), LossKind.PARKED, NO_SLOT)
    contents = [{"type": "text", "text": text, EXTENSION: {}}] if type(text) is str else []
    return {"role": message.get("role"), "contents": contents, EXTENSION: extension, "type": "message"}
