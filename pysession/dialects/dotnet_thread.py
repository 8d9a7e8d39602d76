"""``dotnet-thread``: the .NET previews before 1.0.0-rc1.

Two generations: ``storeState`` (up to preview.260121.1) and ``chatHistoryProviderState`` (260127.1 to 260212.1). A
service-managed thread was saved as its ``conversationId`` alone, and a thread without a turn as ``{}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import Detection, History, Json, Segment
from pysession.dialects.messages import DOTNET, language
from pysession.dialects.names import key_of, member

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "dotnet-thread"
STATES = ("storeState", "chatHistoryProviderState")


def detect(value: Json) -> Detection | None:
    if not isinstance(value, dict) or key_of(value, "stateBag") is not None:
        return None
    marker = next((name for name in (*STATES, "aiContextProviderState") if key_of(value, name) is not None), None)
    if marker is not None:
        return Detection(NAME, "thread", f'it has the member "{marker}"')
    if not value:
        return Detection(NAME, "thread", "an empty object is what the .NET previews saved for a thread without a turn")
    # Go's old envelope spells it ConversationID, beside State.
    if key_of(value, "conversationId") is not None and "State" not in value and "MessageStore" not in value:
        return Detection(NAME, "thread", 'it has "conversationId" without "stateBag", as the .NET previews wrote')
    if key_of(value, "serviceThreadId") is not None:
        return Detection(NAME, "thread", 'it has the member "serviceThreadId"')
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    for name in STATES:
        state_key = key_of(value, name)
        state = value[state_key] if state_key is not None else None
        if state_key is None or not isinstance(state, dict):
            continue
        messages_key = key_of(state, "messages")
        messages = member(state, "messages")
        if messages_key is not None and isinstance(messages, list):
            segment = Segment((state_key, messages_key), messages)
            yield History(state_key, language(messages, DOTNET), (segment,))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.dotnet_threads import session_of

    return session_of(value, tuple(histories(value, detection)), exchange)
