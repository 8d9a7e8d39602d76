"""Sessions made of messages that stand alone."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.exchange import Exchange
from pysession.dialects.conversion.notes import DEFAULT
from pysession.dialects.conversion.parking import RESERVED, Parcel
from pysession.dialects.conversion.python_releases import unstripped
from pysession.dialects.conversion.states import HISTORY
from pysession.findings import LossKind
from pysession.wire import Path


def made_session(
    messages: list[Any],
    exchange: Exchange,
    *,
    session_id: Any = None,
    service_id: str | None = None,
    parcel: Parcel | None = None,
    messages_at: Path | None = (),
) -> dict[str, Any]:
    """The canonical session of ``messages``, which stand at ``messages_at`` of the source.

    Without a ``session_id`` the exchange's own is taken. ``parcel`` is what the source's envelope needs to be told of.
    """
    if type(session_id) is not str or not session_id:
        exchange.notes.note((), LossKind.DEFAULTED, DEFAULT)
        session_id = exchange.digest()
    if messages_at is not None:
        exchange.to_source[("state", HISTORY, "messages")] = messages_at
    state: dict[str, Any] = {HISTORY: {"messages": messages}}
    if parcel:
        state[RESERVED] = parcel.packed()
    return {"type": "session", "session_id": session_id, "service_session_id": service_id, "state": state}


def session_of(value: list[Any], exchange: Exchange) -> dict[str, Any]:
    """The session of a history file of Python. Its messages say ``type`` first; a session from 1.13.0 on says it last."""
    messages = [
        {**{name: item for name, item in message.items() if name != "type"}, "type": message.get("type", "message")}
        if type(message) is dict
        else message
        for message in value
    ]
    return unstripped(made_session(messages, exchange), exchange)
