"""What the next run on a loaded session would do, with one more message of the user."""

from __future__ import annotations

from typing import Any

from pysession.findings import NextTurn
from pysession.readers.dotnet.envelopes import Loaded
from pysession.readers.dotnet.table import Record
from pysession.readers.meai.decoding import DISCRIMINATOR, Decoder
from pysession.readers.meai.refusal import RefusedError

_REQUESTS = {"functionApprovalRequest": "functionCall", "toolApprovalRequest": "toolCall"}
_RESPONSES = {"functionApprovalResponse": "functionCall", "toolApprovalResponse": "toolCall"}
_CALL = "functionCall"
APPROVALS = frozenset(_REQUESTS) | frozenset(_RESPONSES)
"""The contents that a run looks at before it calls the model."""


def next_turn(
    known: Record, loaded: Loaded, *, held: int, may_have_approvals: bool, own_provider: bool = False
) -> NextTurn:
    """What a release does next.

    ``held``: the messages that the document holds, wherever they are. ``may_have_approvals``: a message may be null or
    hold a content of :data:`APPROVALS`. ``own_provider``: the agent was given its history provider, and does not make
    the default one as it runs.
    """
    if known.approvals_key is not None and not _are_approvals(known, loaded.bag, known.approvals_key):
        return NextTurn.FAILS
    if loaded.conversation_id is not None:
        return NextTurn.SERVICE_MANAGED if held else NextTurn.SEES_ALL
    if known.forgets_history and not own_provider:
        return NextTurn.SEES_FEWER if held else NextTurn.SEES_ALL
    if may_have_approvals:
        messages = [message for _, history in loaded.histories for message in history.saved]
        if None in messages:
            return NextTurn.FAILS
        found = _approvals(messages, all_of_them=known.removes_answered_approvals)
        if found is not NextTurn.SEES_ALL:
            return found
    seen = sum(len(history.saved) for _, history in loaded.histories)
    return NextTurn.SEES_FEWER if held > seen else NextTurn.SEES_ALL


def _are_approvals(known: Record, bag: dict[str, Any], key: str) -> bool:
    """Whether the entry that each run reads its pending approvals from can be read."""
    if key not in bag:
        return True
    if bag[key] is None:
        return False
    try:
        Decoder(known.contract).value("list:toolApprovalRequest", bag[key], (key,))
    except RefusedError:
        return False
    return True


def _approvals(messages: list[dict[str, Any]], *, all_of_them: bool) -> NextTurn:
    """A run blocks at an approval without an answer, and leaves out those that were answered and carried out."""
    waiting: set[str] = set()
    answered = 0
    for message in messages:
        for content in message["contents"]:
            kind = content.get(DISCRIMINATOR) if content is not None else None
            if kind in _REQUESTS and _concerns(content[_REQUESTS[kind]], kind, all_of_them=all_of_them):
                waiting.add(content[_REQUESTS[kind]]["callId"])
            elif kind in _RESPONSES and _concerns(content[_RESPONSES[kind]], kind, all_of_them=all_of_them):
                waiting.discard(content[_RESPONSES[kind]]["callId"])
                answered += 1
    if waiting:
        return NextTurn.APPROVAL_BLOCKS
    return NextTurn.SEES_FEWER if answered else NextTurn.SEES_ALL


def _concerns(call: dict[str, Any], kind: str, *, all_of_them: bool) -> bool:
    """Whether a run looks at an approval of this call: one of a function that it would carry out itself."""
    if kind.startswith("tool") and call.get(DISCRIMINATOR) != _CALL:
        return False
    return all_of_them or not call.get("informationalOnly", False)
