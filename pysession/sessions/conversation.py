"""The history that is in a session: messages added by hand, and read as mappings with AGNT5's words too."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pysession.dialects.messages import holds_messages
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.events import timestamp
from pysession.sessions.messages import RESULT, Content, InputError, Message, settled, text_of

DEFAULT_KEY = "in_memory"
CREATED_AT = "created_at"
RESERVED = "pysession"
"""The additional property in which a conversion keeps what the dialect has no slot for."""

ROLES = ("user", "assistant", "system", "developer", "tool")

_WIRE = frozenset({"role", "contents", "author_name", "message_id", "additional_properties", "type"})


class BoundAgent(Protocol):
    """What a session can be bound to: an :class:`~pysession.sessions.Agent`, or anything with its name and ``run``."""

    @property
    def name(self) -> str | None: ...

    def run(self, messages: Any = None, *, session: Any = None) -> Awaitable[Any]: ...


class MessageView(Mapping[str, Any]):
    """A message of the history: the members of its wire form, and besides

    ``content``, its text (of a tool's message, the results); ``timestamp``, when it was added (ISO 8601, UTC), None where
    that is not known; and its additional properties, each under its own name.
    """

    def __init__(self, wire: Message) -> None:
        self.wire = wire
        self._members = {
            **{name: value for name, value in properties_of(wire).items() if name not in wire},
            **wire,
            "content": content_of(wire),
            "timestamp": created_at(wire),
        }

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        # No text of a conversation in logs.
        return f"{type(self).__name__}(role={self.wire.get('role')!r}, timestamp={self['timestamp']!r})"


def as_message(told: Any) -> Message:
    """A text of the user, a message in the framework's words, or one with ``role`` and ``content``.

    ``content`` is a text, a content, or several. A ``timestamp`` with an offset is when it was said, by default now. Other
    members are kept as additional properties.

    Raises:
        InputError: it is no message.
    """
    if isinstance(told, str):
        told = {"role": "user", "content": told}
    if isinstance(told, MessageView):
        told = told.wire
    if hasattr(told, "to_dict"):
        told = told.to_dict()
    if not isinstance(told, Mapping) or told.get("role") not in ROLES:
        raise InputError(f"a message has a role, one of {', '.join(ROLES)}, and content")
    if ("content" in told) == ("contents" in told):
        raise InputError("a message has content, or contents in the framework's words: one of the two")
    if "tool_calls" in told or "tool_call_id" in told:
        raise InputError("tool calls stand in the contents; make them by function_call() of pysession.sessions")
    contents = told.get("content", told.get("contents"))
    if not isinstance(contents, str | Mapping | Sequence | None):
        raise InputError(f"the content of a message is a text, a content or several; this is {type(contents).__name__}")
    properties = told.get("additional_properties", {})
    if not isinstance(properties, Mapping):
        raise InputError("the additional_properties of a message are an object")
    own = {name: value for name, value in told.items() if name not in _WIRE and name != "content"}
    wire = {name: value for name, value in told.items() if name in _WIRE}
    several = [contents] if isinstance(contents, str | Mapping) else contents
    said_at = _moment(own.get("timestamp"))
    if said_at is not None:
        del own["timestamp"]
    found = settled(wire | {"contents": several, "additional_properties": {**properties, **own}})
    if said_at is not None:
        stamp(found, timestamp(said_at))
    return found


def _moment(said: Any) -> datetime | None:
    """A time with an offset in ISO 8601, as the messages of AGNT5 have it; None for anything else."""
    try:
        found = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def stamp(message: Message, at: str) -> None:
    """Say in ``message`` that it was added ``at`` that time, unless it says so already.

    It is said as a conversion parks .NET's ``createdAt``, so that a .NET session that is made of this one has it there.
    """
    from pysession.dialects.conversion.parking import Parcel, is_payload

    if created_at(message) is not None:
        return
    properties = message["additional_properties"]
    parcel = properties.get(RESERVED)
    if parcel is None:
        properties[RESERVED] = Parcel({CREATED_AT: at}).packed()
    elif is_payload(parcel):
        properties[RESERVED] = parcel | {"parked": {**parcel["parked"], CREATED_AT: at}}


def created_at(message: Mapping[str, Any]) -> str | None:
    """When the message was added or made, as far as it says so."""
    # Loaded on first use: a session is loaded and saved without what converts it.
    from pysession.dialects.conversion.parking import is_payload

    properties = message.get("additional_properties")
    parcel = properties.get(RESERVED) if isinstance(properties, Mapping) else None
    when = parcel["parked"].get(CREATED_AT) if is_payload(parcel) else None
    return when if isinstance(when, str) else None


def properties_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """The additional properties that are the application's."""
    properties = message.get("additional_properties")
    found = properties if isinstance(properties, Mapping) else {}
    return {name: value for name, value in found.items() if name != RESERVED and not name.startswith("_")}


def content_of(message: Mapping[str, Any]) -> str:
    """The text of a message; of a tool's, what its results say."""
    found = text_of(message)
    if found or message.get("role") != "tool":
        return found
    return "\n".join(str(one["result"]) for one in results_of(message) if one.get("result") is not None)


def results_of(message: Mapping[str, Any]) -> list[Content]:
    """The results of tools in a message."""
    return [content for content in message.get("contents") or () if content.get("type") == RESULT]


def history_key(state: Mapping[str, Any]) -> str:
    """Where the history is: under the in-memory provider's source id, else under the first key that holds messages."""
    if DEFAULT_KEY in state:
        return DEFAULT_KEY
    return next((key for key in state if holds_messages(_messages(state, key))), DEFAULT_KEY)


def stored_messages(state: Mapping[str, Any], key: str) -> list[Message]:
    """The messages of the history under ``key``.

    Raises:
        CorruptSessionError: something else stands there.
    """
    found = _messages(state, key)
    if found is None:
        raise CorruptSessionError(f"the history under {key!r} is no list of messages")
    try:
        return [one if type(one) is dict else settled(one) for one in found]
    except InputError as error:
        raise CorruptSessionError(f"the history under {key!r} holds what is no message: {error}") from None


def append(state: dict[str, Any], message: Message) -> None:
    """Put ``message`` behind the last of the history.

    Raises:
        CorruptSessionError: something else stands where the history should.
    """
    key = history_key(state)
    part = state.setdefault(key, {})
    if not isinstance(part, dict) or not isinstance(part.setdefault("messages", []), list):
        raise CorruptSessionError(f"the history under {key!r} is no list of messages")
    part["messages"].append(message)


def _messages(state: Mapping[str, Any], key: str) -> list[Any] | None:
    """What stands where the messages of a history do; None where that is no list."""
    entry = state.get(key, {})
    found = entry.get("messages", []) if isinstance(entry, dict) else None
    return found if isinstance(found, list) else None
