"""What the next run on a loaded session would do, with one more message of the user."""

from __future__ import annotations

from typing import Any

from pysession.findings import NextTurn
from pysession.readers.dotnet.envelopes import Loaded
from pysession.readers.dotnet.table import Record
from pysession.readers.meai.decoding import DISCRIMINATOR, Decoder
from pysession.readers.meai.refusal import RefusedError

_REQUESTS = {"functionApprovalRequest": ("functionCall", "id"), "toolApprovalRequest": ("toolCall", "requestId")}
_CALL, _RESULT = "functionCall", "functionResult"
APPROVALS = {
    **_REQUESTS,
    "functionApprovalResponse": ("functionCall", "id"),
    "toolApprovalResponse": ("toolCall", "requestId"),
}
"""The contents that a run looks at before it calls the model: the members with the call and with the request's id."""


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
    """What a run does about approvals before it calls the model.

    It takes them out of the messages, and messages out of the history in which nothing is left. It blocks where a
    request has no answer after it. For answers that were not carried out yet it puts calls and results there instead.
    """
    waiting: set[str] = set()
    asked: dict[str, int] = {}
    answers: list[tuple[str, dict[str, Any], bool]] = []
    results: set[str] = set()
    removed, seen = 0, False
    for index, message in enumerate(messages):
        kept = 0
        for content in message["contents"]:
            kind = "" if content is None else content.get(DISCRIMINATOR)
            seen = seen or kind in APPROVALS
            member, identity = APPROVALS.get(kind, ("", ""))
            if not member or not _concerns(content[member], kind, all_of_them=all_of_them):
                kept += 1
                if kind == _RESULT:
                    results.add(content["callId"])
            elif kind in _REQUESTS:
                waiting.add(content[member]["callId"])
                if content[identity] in asked:
                    return NextTurn.FAILS  # requests are kept by their ids
                asked[content[identity]] = index
            else:
                waiting.discard(content[member]["callId"])
                answers.append((content[identity], content[member], content["approved"]))
        removed += not kept
    if waiting:
        return NextTurn.APPROVAL_BLOCKS
    open_ = [(asked.get(name), approved) for name, call, approved in answers if call["callId"] not in results]
    added = len({place for place, _ in open_}) + len({approved for _, approved in open_})
    return NextTurn.SEES_FEWER if seen and removed > added else NextTurn.SEES_ALL


def _concerns(call: dict[str, Any], kind: str, *, all_of_them: bool) -> bool:
    """Whether a run looks at an approval of this call: one of a function that it would carry out itself."""
    if kind.startswith("tool") and call.get(DISCRIMINATOR) != _CALL:
        return False
    return all_of_them or not call.get("informationalOnly", False)
