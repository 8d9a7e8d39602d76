"""Messages and contents as the framework writes them: plain dictionaries, with their members in its order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pysession.sessions.errors import SessionError

Content: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]
Input: TypeAlias = "str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]] | None"
"""What an agent is told: a text, a message or a content, or several of them."""

CALL = "function_call"
RESULT = "function_result"
APPROVAL_REQUEST = "function_approval_request"
APPROVAL_RESPONSE = "function_approval_response"

_MESSAGE_ORDER = ("role", "contents", "author_name", "message_id", "additional_properties", "type")
_CONTENT_ORDER = (
    *("type", "text", "protected_data", "uri", "media_type", "message", "error_code", "error_details", "usage_details"),
    *("call_id", "name", "arguments", "exception", "informational_only", "result", "items", "file_id"),
    *("vector_store_id", "inputs", "outputs", "image_id", "commands", "timeout_ms", "max_output_length", "status"),
    *("actions", "screenshot", "pending_safety_checks", "acknowledged_safety_checks", "stdout", "stderr", "exit_code"),
    *("timed_out", "tool_name", "server_name", "output", "hosted", "function_call", "user_input_request", "approved"),
    *("id", "consent_link", "merge_mode", "additional_properties", "annotations"),
)
"""The members of a content of any kind in the order in which agent-framework-core 1.23.0 writes them."""


class InputError(SessionError, TypeError):
    """What an agent was told, or a chat client answered, is no message."""


def text(words: str) -> Content:
    """A text content."""
    return {"type": "text", "text": words, "additional_properties": {}}


def function_call(call_id: str, name: str, arguments: str | Mapping[str, Any] | None, id: str | None = None) -> Content:
    """A call of a tool. ``call_id`` is the model's, ``id`` the framework's own (from 1.18.0 on), which no other call has."""
    call = {"type": CALL, "call_id": call_id, "name": name, "arguments": arguments, "hosted": False, "id": id}
    return {key: value for key, value in call.items() if value is not None} | {"additional_properties": {}}


def function_result(call: Mapping[str, Any], result: str, *, failed: bool = False) -> Content:
    """The result of ``call``; of a failure only that it was one is kept, as with the framework."""
    found: Content = {"type": RESULT, "call_id": call.get("call_id")}
    if failed:
        found["exception"] = "FunctionInvocationError"
    found |= {"result": result, "items": [text(result)]}
    if call.get("id") is not None:
        found["id"] = call["id"]
    return found | {"additional_properties": dict(call.get("additional_properties") or {})}


def approval_request(call: Mapping[str, Any]) -> Content:
    """The question to a person whether ``call`` may be made."""
    return {
        "type": APPROVAL_REQUEST,
        "function_call": dict(call),
        "user_input_request": True,
        "id": call.get("id") or call["call_id"],
        "additional_properties": {},
    }


def approval_response(request: Mapping[str, Any], *, approved: bool) -> Content:
    """The person's answer to ``request``."""
    return {
        "type": APPROVAL_RESPONSE,
        "function_call": dict(request["function_call"]),
        "approved": approved,
        "id": request["id"],
        "additional_properties": {},
    }


def message(
    role: str,
    contents: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]] = (),
    *,
    author_name: str | None = None,
    message_id: str | None = None,
    additional_properties: Mapping[str, Any] | None = None,
) -> Message:
    """A message of ``role`` (``user``, ``assistant``, ``system``, ``tool``)."""
    several = (contents,) if isinstance(contents, str | Mapping) else contents
    made: Message = {"role": role, "contents": [_content(content) for content in several]}
    if author_name is not None:
        made["author_name"] = author_name
    if message_id is not None:
        made["message_id"] = message_id
    return made | {"additional_properties": dict(additional_properties or {}), "type": "message"}


def settled(found: Any) -> Message:
    """``found`` with the members that every message has, in the framework's order; others are kept behind them.

    It may also be an object with ``to_dict()``, such as a message of the real framework.

    Raises:
        InputError: it is no message.
    """
    said = found.to_dict() if hasattr(found, "to_dict") else found
    if not isinstance(said, Mapping) or not isinstance(said.get("role"), str):
        raise InputError(f"a message has a role and contents; this is {type(found).__name__}")
    properties = said.get("additional_properties")
    if not isinstance(properties, Mapping | None):
        raise InputError("the additional_properties of a message are an object")
    made = message(
        said["role"],
        said.get("contents") or (),
        author_name=said.get("author_name"),
        message_id=said.get("message_id"),
        additional_properties=properties,
    )
    return made | {name: value for name, value in said.items() if name not in _MESSAGE_ORDER}


def normalised(told: Input) -> list[Message]:
    """What an agent was told, as messages; texts and contents are the user's."""
    if told is None:
        return []
    single = isinstance(told, str | Mapping) or hasattr(told, "to_dict")
    return [_told(one) for one in ([told] if single else told)]


def text_of(found: Mapping[str, Any]) -> str:
    """The texts of a message, as one."""
    return " ".join(content["text"] for content in (found.get("contents") or ()) if content.get("type") == "text")


def _told(one: Any) -> Message:
    if isinstance(one, str):
        return message("user", one)
    if isinstance(one, Mapping) and "role" not in one and "type" in one:
        return message("user", one)
    return settled(one)


def _content(content: Any) -> Content:
    if isinstance(content, str):
        return text(content)
    said = content.to_dict() if hasattr(content, "to_dict") else content
    if not isinstance(said, Mapping) or not isinstance(said.get("type"), str):
        raise InputError(f"a content has a type; this is {type(content).__name__}")
    found = {"type": said["type"], **said}
    if found["type"] == CALL:
        found.setdefault("hosted", False)
    found.setdefault("additional_properties", {})
    ordered = {name: found[name] for name in _CONTENT_ORDER if found.get(name) is not None}
    return ordered | {name: value for name, value in found.items() if name not in _CONTENT_ORDER}


def identity(found: Mapping[str, Any]) -> bytes:
    """What makes a message the same one again, as a digest: its id, else its role and contents."""
    found = settled(found)
    if found.get("message_id") is not None:
        said = ["id", str(found["message_id"])]
    else:
        said = ["content", str(found["role"]), json.dumps(found.get("contents") or [], sort_keys=True)]
    return hashlib.sha256(json.dumps(said).encode("ascii")).digest()


def not_yet_stored(stored: Sequence[Message], incoming: Sequence[Message]) -> list[Message]:
    """Those of ``incoming`` that a history ending with ``stored`` has not, as :func:`first_new` says."""
    end = stored[-needed(incoming) :]
    return list(incoming[first_new([identity(one) for one in end], incoming) :])


def needed(incoming: Sequence[Message]) -> int:
    """How many messages at the end of a history tell what of ``incoming`` is new; a longer one cannot be part of it."""
    return len(incoming) + 1


def first_new(known: Sequence[bytes], incoming: Sequence[Message]) -> int:
    """Where what is new of ``incoming`` begins, for a history whose last messages have the identities ``known``.

    Some services answer with the whole transcript, so messages at the beginning of ``incoming`` that repeat the end
    of the history are left out (agent-framework-core 1.21.0 on). One single message of a user without an id is never
    taken for a repetition: people do say the same thing twice.
    """
    new = [identity(one) for one in incoming]
    recurs = bool(incoming) and _may_be_said_again(incoming[0])
    if known:
        ends = (end for end, length in enumerate(_matched(known, new), start=1) if length == len(known))
        end = next(ends, 0)
        if end > 1 or (end and not recurs):
            return end
    *_, overlap = 0, *_matched(new, known)
    return 0 if overlap == 1 and recurs else overlap


def _matched(sought: Sequence[bytes], items: Sequence[bytes]) -> Iterator[int]:
    """How much of the beginning of ``sought`` stands at the end of ``items`` up to each of them.

    The search of Knuth, Morris and Pratt: a transcript of 10,000 messages is compared once, not once for each of them.
    """
    borders, length = [0], 0
    for item in sought[1:]:
        length = _longer(sought, borders, length, item)
        borders.append(length)
    length = 0
    for item in items:
        length = _longer(sought, borders, borders[-1] if length == len(sought) else length, item)
        yield length


def _longer(sought: Sequence[bytes], borders: Sequence[int], length: int, item: bytes) -> int:
    """The length of what matches when ``item`` comes behind ``length`` items that did."""
    while length and sought[length] != item:
        length = borders[length - 1]
    return length + (bool(sought) and sought[length] == item)


def _may_be_said_again(found: Message) -> bool:
    return found["role"] == "user" and found.get("message_id") is None
