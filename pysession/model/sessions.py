"""Messages, histories and the session that holds them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, TypeAdapter, ValidationInfo

from pysession.model.base import Value
from pysession.model.contents import AnyContent, TextContent
from pysession.model.plain import JsonObject
from pysession.model.scalars import NotNull, TextOrObject

HISTORY_KEYS = frozenset({"in_memory", "memory"})
"""State keys that hold a history by default: ``memory`` in 1.0.0b260212, ``in_memory`` from rc1 on."""


class Message(Value):
    """One message of a history. ``role`` is any string; the framework sends an unknown one to the model as it is."""

    always: ClassVar = {"contents": list, "additional_properties": dict, "type": lambda: "message"}

    role: str
    contents: list[AnyContent] | None = Field(default_factory=list)
    author_name: str | None = None
    message_id: str | None = None
    additional_properties: JsonObject | None = Field(default_factory=dict)
    type: str | None = None

    @property
    def text(self) -> str:
        """The text contents joined by spaces, as the framework's ``Message.text`` has it."""
        return " ".join(content.text for content in self.contents or () if isinstance(content, TextContent))


class History(Value):
    """The state of a history provider; its other members are the provider's own."""

    messages: list[Message]


_HISTORIES = TypeAdapter(dict[str, History])


def _is_history(key: str, entry: Any) -> bool:
    """Whether the state entry ``entry`` holds messages.

    An application may keep a list called ``messages`` of something else: under a key of its own it is a history when
    one of its items looks like a message.
    """
    if not isinstance(entry, dict) or "messages" not in entry:
        return False
    messages = entry["messages"]
    return key in HISTORY_KEYS or (
        isinstance(messages, list)
        and any(isinstance(item, dict) and ("contents" in item or "Contents" in item) for item in messages)
    )


def _with_histories(state: JsonObject, info: ValidationInfo) -> JsonObject:
    entries = {key: entry for key, entry in state.items() if _is_history(key, entry)}
    return state | _HISTORIES.validate_python(entries, context=info.context)


class Session(Value):
    """``AgentSession.to_dict()``, and the file of a FileSessionStore, which adds ``version``.

    ``state`` maps the name of a provider or an application to any JSON; entries that are histories are
    :class:`History`. With a ``service_session_id`` the service owns the conversation, and a local history is not sent.
    An agent that a durable host runs adds ``durable_session_id``.
    """

    always: ClassVar = {"type": lambda: "session", "service_session_id": lambda: None, "state": dict}

    type: str | None = None
    session_id: str
    service_session_id: TextOrObject | None = None
    state: NotNull[Annotated[JsonObject, AfterValidator(_with_histories)]] = Field(default_factory=dict)
    durable_session_id: str | None = None
    version: str | None = None

    @property
    def histories(self) -> dict[str, History]:
        """The histories by their key in ``state``."""
        return {key: entry for key, entry in self.state.items() if isinstance(entry, History)}
