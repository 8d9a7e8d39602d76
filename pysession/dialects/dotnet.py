"""``dotnet``: ``SerializeSessionAsync`` of Agent Framework for .NET from 1.0.0-rc1 on.

``ChatClientAgent`` sessions carry ``stateBag``; A2A, Copilot and workflow sessions carry more and are recognised by it.
A bare array of ``ChatMessage`` (what stores keep that hold messages only) is this dialect too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import SINGLE_MESSAGE, Detection, History, Json, Segment
from pysession.dialects.messages import DOTNET, holds_messages, is_message, language
from pysession.dialects.names import key_of, member

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "dotnet"
HISTORY_KEYS = frozenset({"InMemoryChatHistoryProvider", "WorkflowChatHistoryProvider"})
SERVICE_ID = "conversationId"
PENDING_MESSAGES = "MessageInjectingChatClient.PendingInjectedMessages"

_FORMS = (
    # form, member that marks it; the first that fits wins
    ("workflow", "checkpointManager"),
    ("workflow", "lastCheckpoint"),
    ("workflow", "pendingRequests"),
    ("a2a", "contextId"),
    ("a2a", "taskId"),
    ("copilot-studio", "serviceSessionId"),
    ("github-copilot", "sessionId"),
)


def detect(value: Json) -> Detection | None:
    if isinstance(value, list):
        if holds_messages(value) and language(value, "") == DOTNET:
            return Detection(NAME, "messages", "it is a list of messages in .NET's words")
        return None
    if not isinstance(value, dict):
        return None
    form = next((form for form, marker in _FORMS if key_of(value, marker) is not None), "chat-client-agent")
    if key_of(value, "stateBag") is not None:
        return Detection(NAME, form, 'it has the member "stateBag"')
    if form in ("workflow", "a2a"):
        return Detection(NAME, form, f"it has the members of a .NET {form} session")
    if is_message(value) and language([value], "") == DOTNET:
        return Detection(NAME, SINGLE_MESSAGE, "it is a single message in .NET's words")
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    if isinstance(value, list):
        yield History("", DOTNET, (Segment((), value),))
        return
    bag_key = key_of(value, "stateBag")
    bag = value[bag_key] if bag_key is not None else None
    if not isinstance(bag, dict) or bag_key is None:
        return
    for key, entry in bag.items():
        if key == PENDING_MESSAGES and isinstance(entry, list):
            yield History(key, language(entry, DOTNET), (Segment((bag_key, key), entry),), live=False)
        elif isinstance(entry, dict):
            yield from _entry_histories((bag_key, key), key, entry)


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.dotnet_words import DOTNET, STATES
    from pysession.dialects.conversion.envelopes import session_from

    found = histories(value, detection)
    return session_from(value, detection, found, exchange, words=DOTNET, states=STATES, service_id=SERVICE_ID)


def from_canonical(canonical: dict[str, Json], exchange: Exchange) -> Json:
    from pysession.dialects.conversion.dotnet_words import DOTNET, STATES
    from pysession.dialects.conversion.envelopes import session_to

    return session_to(canonical, exchange, words=DOTNET, states=STATES, service_id=SERVICE_ID, always_service_id=False)


def _entry_histories(path: tuple[str | int, ...], key: str, entry: dict[str, Json]) -> Iterator[History]:
    messages_key = key_of(entry, "messages")
    messages = entry[messages_key] if messages_key is not None else None
    if messages_key is not None and isinstance(messages, list) and (key in HISTORY_KEYS or holds_messages(messages)):
        yield History(key, language(messages, DOTNET), (Segment((*path, messages_key), messages),))
    # Compaction strategies keep full copies of the messages, by group.
    groups = member(entry, "messagegroups")
    if isinstance(groups, list):
        copies = tuple(
            Segment((*path, "messagegroups", index, "messages"), group["messages"])
            for index, group in enumerate(groups)
            if isinstance(group, dict) and isinstance(group.get("messages"), list)
        )
        if copies:
            yield History(key, DOTNET, copies, live=False)
