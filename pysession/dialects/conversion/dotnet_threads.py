"""Threads of the .NET previews as sessions."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.dotnet_words import DOTNET_THREAD
from pysession.dialects.conversion.exchange import Exchange, seen
from pysession.dialects.conversion.messages_only import made_session
from pysession.dialects.conversion.notes import NO_SLOT
from pysession.dialects.conversion.parking import Parcel
from pysession.dialects.detection import History
from pysession.dialects.names import key_of
from pysession.findings import LossKind

_SERVICE_IDS = ("conversationId", "serviceThreadId", "serviceSessionId")


def session_of(value: dict[str, Any], histories: tuple[History, ...], exchange: Exchange) -> dict[str, Any]:
    """The session that a thread was; of two histories, which no release wrote, the newer generation's."""
    decoder = exchange.decoder(DOTNET_THREAD, one_way=True)
    history = histories[-1] if histories else None
    path = history.path if history is not None else ()
    messages = decoder.objects("message", history.segments[0].messages, path) if history is not None else []
    service_key = next((key for name in _SERVICE_IDS if (key := key_of(value, name)) is not None), None)
    service = value[service_key] if service_key is not None else None
    own: dict[str, Any] = {}
    for name, item in value.items():
        if path and name == path[0]:
            item = {inner: kept for inner, kept in item.items() if inner != path[1]}
            if not item:
                continue
        elif name == service_key and type(service) is str and service.strip():
            continue
        if item is not None:
            own[name] = item
            exchange.notes.note((name,), LossKind.PARKED, NO_SLOT)
    seen(exchange, decoder)
    return made_session(
        messages,
        exchange,
        service_id=service if type(service) is str and service.strip() else None,
        parcel=Parcel(own={"dotnet-thread": own}) if own else None,
        messages_at=path or None,
    )
