"""Messages: what ``Message.from_dict`` makes of an object, and what ``Message.to_dict`` writes of it."""

from __future__ import annotations

from typing import Any

from pysession.findings import Path
from pysession.readers.python import contents
from pysession.readers.python.contents import Content
from pysession.readers.python.failing import RefusedError, unknown_member
from pysession.readers.python.foreign import has_foreign, without_foreign
from pysession.readers.python.table import Record

_WRITTEN = ("role", "contents", "author_name", "message_id", "additional_properties")


class Message:
    """A message in memory."""

    __slots__ = ("contents", "members")

    def __init__(self, members: dict[str, Any], parsed: list[Content]) -> None:
        self.members = members
        self.contents = parsed


def load(known: Record, data: dict[str, Any], path: Path) -> Message:
    """The message that ``data`` at ``path`` is read as.

    Raises:
        RefusedError: the library raises.
    """
    messages = known.messages
    _check_type(known, data.get("type"), path)
    members = {name: value for name, value in data.items() if name != "type"}
    for name in members:
        if name not in messages.members:
            raise unknown_member("message", name, path)
    if "role" not in members:
        raise RefusedError("TypeError", "a message has no role", path, subject="role")
    role = members["role"]
    if messages.flattens_role and type(role) is dict and "value" in role:
        members["role"] = role["value"]
    parsed = _contents(known, members.get("contents"), (*path, "contents"))
    if members.get("text") is not None:
        parsed.append(contents.text_content(known.contents, members["text"]))
    properties = members.get("additional_properties")
    if properties is not None and known.contents.dict_properties:
        properties = contents.as_dict(properties, (*path, "additional_properties"))
    members["additional_properties"] = properties or {}
    return Message(members, parsed)


def _check_type(known: Record, given: Any, path: Path) -> None:
    """A ``type`` of another class is refused; up to 1.12.1 only one that is no text."""
    if not given or given == known.messages.type:
        return
    if known.messages.checks_type or not isinstance(given, str):
        raise RefusedError("ValueError", "the type is not that of a message", path, subject="type")


def _contents(known: Record, given: Any, path: Path) -> list[Content]:
    """The contents as they are iterated over: a text gives its characters, an object its names."""
    if given is None:
        return []
    if known.messages.text_as_list and isinstance(given, str):
        given = [given]
    if not isinstance(given, list | str | dict | bytes):
        raise RefusedError("TypeError", "contents are no list", path, subject="contents")
    parsed: list[Content] = []
    for index, item in enumerate(given):
        if item is None and known.messages.skips_null:
            continue
        if isinstance(item, str) and known.messages.skips_null:
            parsed.append(contents.text_content(known.contents, item))
        else:
            parsed.append(contents.load(known.contents, item, (*path, index)))
    return parsed


def write(known: Record, message: Message, *, type_last: bool, nulls: bool = False) -> dict[str, Any]:
    """What the message is saved as, with its nulls if asked for.

    Raises:
        RefusedError: the library raises.
    """
    written: dict[str, Any] = {} if type_last else {"type": known.messages.type}
    for name in _WRITTEN:
        if name == "contents":
            written[name] = [contents.write(known.contents, content, nulls=nulls) for content in message.contents]
        elif message.members.get(name) is not None or nulls:
            written[name] = message.members.get(name)
    if type_last:
        written["type"] = known.messages.type
    return without_foreign(written, deep=known.messages.drops_foreign) if has_foreign(written) else written
