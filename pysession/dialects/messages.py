"""Telling by a list of messages alone which language wrote it.

The three languages name the discriminator of a content differently (``type``, ``$type``, ``Type``), and the members of
a message too. A few messages at the start decide; a history may hold contents of no kind at all.
"""

from __future__ import annotations

from pysession.dialects.detection import Json

PYTHON, DOTNET, GO = "python", "dotnet", "go"

_SAMPLE = 50
"""Messages looked at; the first content with a discriminator decides."""

_BY_DISCRIMINATOR = {"type": PYTHON, "$type": DOTNET, "Type": GO}
_BY_MEMBER = {
    "author_name": PYTHON,
    "message_id": PYTHON,
    "additional_properties": PYTHON,
    "type": PYTHON,
    "authorName": DOTNET,
    "messageId": DOTNET,
    "createdAt": DOTNET,
    "additionalProperties": DOTNET,
    "ID": GO,
    "Source": GO,
    "AdditionalProperties": GO,
    "MessageId": DOTNET,
}


def is_message(value: Json) -> bool:
    """Whether ``value`` looks like a message of the agent framework, in any of its languages."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("contents"), list) or isinstance(value.get("Contents"), list):
        return True
    return value.get("type") in ("message", "chat_message") or (
        "role" in value
        and not isinstance(value.get("content"), str | list)
        and len(value.keys() & _BY_MEMBER.keys()) > 0
    )


def holds_messages(value: Json) -> bool:
    """Whether ``value`` is a list with an object in it that has contents; the schemas say the same.

    An application may keep a list called ``messages`` of something else.
    """
    return isinstance(value, list) and any(
        isinstance(item, dict) and ("contents" in item or "Contents" in item) for item in value
    )


def language(messages: list[Json], default: str) -> str:
    """Which language's words ``messages`` are written in; ``default`` when they do not tell."""
    member_vote: str | None = None
    for message in messages[:_SAMPLE]:
        if not isinstance(message, dict):
            continue
        for contents_key in ("contents", "Contents"):
            contents = message.get(contents_key)
            for content in contents if isinstance(contents, list) else ():
                if isinstance(content, dict):
                    for name, spoken in _BY_DISCRIMINATOR.items():
                        if isinstance(content.get(name), str):
                            return spoken
                    member_vote = member_vote or _vote(content)
        member_vote = member_vote or _vote(message)
    return member_vote or default


def _vote(thing: dict[str, Json]) -> str | None:
    return next((_BY_MEMBER[key] for key in thing if key in _BY_MEMBER), None)
