"""``go``: ``json.Marshal(session)`` of Agent Framework for Go: ``State`` and ``ServiceID``, always both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import SINGLE_MESSAGE, Detection, History, Json, Segment
from pysession.dialects.messages import GO, holds_messages, is_message, language
from pysession.dialects.names import key_of

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "go"
SERVICE_ID = "ServiceID"
HISTORY_KEYS = frozenset({"in-memory", "InMemoryHistoryProvider"})
"""``in-memory`` since 2026-03-11, ``InMemoryHistoryProvider`` for the week before."""


def detect(value: Json) -> Detection | None:
    if isinstance(value, list):
        if holds_messages(value) and language(value, "") == GO:
            return Detection(NAME, "messages", "it is a list of messages in Go's words")
        return None
    if not isinstance(value, dict):
        return None
    marker = next((name for name in ("ServiceID", "State") if name in value), None)
    if marker is not None:
        return Detection(NAME, "session", f'it has the member "{marker}"')
    if is_message(value) and language([value], "") == GO:
        return Detection(NAME, SINGLE_MESSAGE, "it is a single message in Go's words")
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    if isinstance(value, list):
        yield History("", GO, (Segment((), value),))
        return
    state_key = key_of(value, "State")
    state = value[state_key] if state_key is not None else None
    if state_key is None or not isinstance(state, dict):
        return
    for key, entry in state.items():
        messages_key = key_of(entry, "messages") if isinstance(entry, dict) else None
        if messages_key is None:
            continue
        messages = entry[messages_key]
        if isinstance(messages, list) and (key in HISTORY_KEYS or holds_messages(messages)):
            segment = Segment((state_key, key, messages_key), messages)
            yield History(key, language(messages, GO), (segment,))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.envelopes import session_from
    from pysession.dialects.conversion.go_words import GO, LATER_GO, STATES

    found = histories(value, detection)
    return session_from(
        value, detection, found, exchange, words=LATER_GO, back=GO, states=STATES, service_id=SERVICE_ID
    )


def from_canonical(canonical: dict[str, Json], exchange: Exchange) -> Json:
    from pysession.dialects.conversion.envelopes import session_to
    from pysession.dialects.conversion.go_words import EARLY_GO, GO, LATER, LATER_GO, RAW_CONTENTS, STATES

    knows = exchange.target.knows
    words = LATER_GO if knows(LATER, None) else GO if knows(RAW_CONTENTS, None) else EARLY_GO
    return session_to(canonical, exchange, words=words, states=STATES, service_id=SERVICE_ID, always_service_id=True)
