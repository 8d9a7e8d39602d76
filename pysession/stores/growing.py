"""Whether one document is another one grown: all that there was is there unchanged, and only behind or beside it is more.

An immutable session may be put again in this way and in no other. Members may be added to objects, and items behind those
of arrays; what stands inside an array (a message, an event) does not change at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pysession.findings import format_pointer
from pysession.stores.appending import read_document
from pysession.stores.keeping import RECORD, RETENTION
from pysession.wire import Path

_APPROVALS: Path = ("state", "tool_approval")
"""Where the frameworks list the approvals that wait. What leaves the list has its answer in the history, which stays."""
_PENDING = "pending_approval_requests"
_LISTS = (_PENDING, "already_approved_approval_request_groups", "approval_responses")

_UNSHARED: Path = ("state", RECORD, "unshared")
"""What is on its way to the store of shared state, and leaves the session when it has arrived."""

_RETENTION: Path = ("state", RECORD, RETENTION)


def why_not_grown(before: bytes, after: bytes) -> str | None:
    """What of ``before`` is not in ``after`` as it was, or that nothing is new; None: it has grown."""
    first, second = read_document(before), read_document(after)
    if not all(
        reading.readable and not any(not fault.warning for fault in reading.faults) for reading in (first, second)
    ):
        return "what cannot be read without doubt cannot be told to have grown"
    if _same(first.value, second.value):
        return "nothing was added"
    pending: list[tuple[Path, Any, Any]] = [((), first.value, second.value)]
    while pending:
        path, old, new = pending.pop()
        if path == _APPROVALS:
            unanswered = _unanswered(old, new, second.value)
            if unanswered is not None:
                return f"{format_pointer(path)} would lose a request that has no answer"
            old, new = _others(old), _others(new)
        if type(old) is dict and type(new) is dict and path != _RETENTION:
            for name, member in old.items():
                place = (*path, name)
                if place == _UNSHARED:
                    continue
                if name not in new and not (place == _APPROVALS and _unanswered(member, {}, second.value) is None):
                    return f"{format_pointer(place)} would be gone"
                pending.append((place, member, new.get(name, {})))
        elif type(old) is list and type(new) is list:
            changed = next((at for at, item in enumerate(old) if at >= len(new) or not _same(item, new[at])), None)
            if changed is not None:
                return f"{format_pointer((*path, changed))} would be {'gone' if changed >= len(new) else 'changed'}"
        elif not _same(old, new):
            return f"{format_pointer(path) or 'the whole document'} would be changed"
    return None


def _same(one: Any, other: Any) -> bool:
    """Equal to the letter: 1 and 1.0 and true are three values. Never recursive: documents nest a thousand deep."""
    pending = [(one, other)]
    while pending:
        left, right = pending.pop()
        if type(left) is not type(right):
            return False
        if type(left) is dict:
            if left.keys() != right.keys():
                return False
            pending.extend((member, right[name]) for name, member in left.items())
        elif type(left) is list:
            if len(left) != len(right):
                return False
            pending.extend(zip(left, right, strict=True))
        elif left != right:
            return False
    return True


def _others(approvals: Any) -> Any:
    """What is under ``tool_approval`` beside the lists of what waits."""
    if type(approvals) is not dict:
        return approvals
    return {name: member for name, member in approvals.items() if name not in _LISTS}


def _unanswered(old: Any, new: Any, document: Any) -> str | None:
    """A request that ``old`` lists and ``new`` does not, and to which no history of the document has an answer."""
    gone = _ids(old) - _ids(new)
    if not gone:
        return None
    return next(iter(gone - {content.get("id") for content in _responses(document)}), None)


def _ids(approvals: Any) -> set[str]:
    listed = approvals.get(_PENDING) if isinstance(approvals, dict) else None
    requests = listed if isinstance(listed, list) else []
    return {one["id"] for one in requests if isinstance(one, dict) and isinstance(one.get("id"), str)}


def _responses(document: Any) -> Iterator[dict[str, Any]]:
    state = document.get("state") if isinstance(document, dict) else None
    for entry in state.values() if isinstance(state, dict) else ():
        messages = entry.get("messages") if isinstance(entry, dict) else None
        for message in messages if isinstance(messages, list) else ():
            contents = message.get("contents") if isinstance(message, dict) else None
            for content in contents if isinstance(contents, list) else ():
                if isinstance(content, dict) and content.get("type") == "function_approval_response":
                    yield content
