"""Approval requests that wait for their answer, and where Python keeps record of them.

Run: Python from 1.15.0 on ignores the answer to a request that ``state.tool_approval.pending_approval_requests`` does not
list, without an error. .NET and Go go by the history alone. Such a record asserts that the request is genuine, so one is
written only where the source has a record of its own (``_pendingApprovalRequests`` of .NET 1.14.0 and later), or on request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pysession.dialects.conversion.exchange import Exchange
from pysession.dialects.conversion.parking import RESERVED, Parcel, is_payload, unpacked
from pysession.findings import LossKind
from pysession.wire import Path

FIRST_RECORD = "1.15.0"
KEY, RECORD = "tool_approval", "pending_approval_requests"
_DOTNET_LEDGER = "_pendingApprovalRequests"

UNRECORDED = (
    "Python from 1.15.0 on ignores the answer to a pending approval that its state does not list; "
    "--record-approvals adds it to the list, which asserts that the request is genuine"
)


def pending_requests(state: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The approval requests of all histories without a response, with their places in the session."""
    for key, entry in state.items():
        messages = entry.get("messages") if type(entry) is dict else None
        if type(messages) is not list:
            continue
        requests: dict[str, tuple[Path, dict[str, Any]]] = {}
        for index, message in enumerate(messages):
            contents = message.get("contents") if type(message) is dict else None
            for place, content in enumerate(contents if type(contents) is list else ()):
                if type(content) is not dict or type(content.get("id")) is not str:
                    continue
                if content.get("type") == "function_approval_request":
                    requests[content["id"]] = (("state", key, "messages", index, "contents", place), content)
                elif content.get("type") == "function_approval_response":
                    requests.pop(content["id"], None)
        yield from requests.values()


def record_approvals(state: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """``state`` with a record of the pending requests that may be recorded; the others are told of."""
    if not exchange.target.knows(FIRST_RECORD, None):
        return state
    waiting = [(path, request) for path, request in pending_requests(state)]
    if not waiting:
        return state
    held = state.get(KEY)
    record = held.get(RECORD) if type(held) is dict else None
    listed = {item.get("id") for item in record if type(item) is dict} if type(record) is list else set()
    ledger = state.get(_DOTNET_LEDGER)
    vouched = {item.get("requestId") for item in ledger if type(item) is dict} if type(ledger) is list else set()
    added = []
    for path, request in waiting:
        if request["id"] in listed:
            continue
        if request["id"] in vouched or exchange.record_approvals:
            added.append(request)
        elif exchange.target.explicit or exchange.came_from_elsewhere:
            exchange.notes.note(path, LossKind.CHANGED, UNRECORDED, canonical=True)
    if not added:
        return state
    said = {**state, KEY: {**(held if type(held) is dict else {}), RECORD: [*(record or []), *added]}}
    if held is None and not exchange.record_approvals:
        # The dialect that vouched for them keeps a record of its own.
        parcel = unpacked(said[RESERVED]) if is_payload(said.get(RESERVED)) else Parcel()
        parcel.absent.setdefault("dotnet", []).append(KEY)
        said.pop(RESERVED, None)
        said[RESERVED] = parcel.packed()
    return said
