"""Judging as a call needs it: all that takes long is done at once, in whatever thread or process it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pysession.dialects import UNKNOWN
from pysession.exchange.messages import report_message, shorten
from pysession.exchange.server.policy import Judgement, Policy, judge, refusal_of
from pysession.exchange.server.refusals import exhausted, invalid
from pysession.findings.failures import UsageError
from pysession.v1 import exchange_pb2 as pb
from pysession.wire import Limits as WireLimits

_Result = TypeVar("_Result")


def within_means(work: Callable[[], _Result]) -> _Result:
    """What ``work`` makes of a document.

    Raises:
        CallRefusedError: RESOURCE_EXHAUSTED, it takes more memory than there is, or nests deeper than can be followed (which an
            operator may have allowed for documents that are only kept).
    """
    try:
        return work()
    except (RecursionError, MemoryError) as failure:
        message = "the session is nested too deeply, or is too large, to be judged, converted or typed here"
        raise exhausted("DOCUMENT_TOO_COMPLEX", message, "document") from failure


def accepted(data: bytes, policy: Policy, limits: WireLimits) -> str:
    """The dialect of a document that ``policy`` takes.

    Raises:
        CallRefusedError: INVALID_ARGUMENT, it is no session; FAILED_PRECONDITION, the policy does not take it.
    """
    judgement = _judged(data, policy, limits)
    if not judgement.accepted or judgement.report.dialect == UNKNOWN:
        raise refusal_of(judgement)
    return judgement.report.dialect


def checked(data: bytes, policy: Policy, limits: WireLimits, room: int) -> bytes:
    """The serialised answer to a Check, of which the report has up to ``room`` bytes.

    Raises:
        CallRefusedError: INVALID_ARGUMENT, the policy is none.
    """
    judgement = _judged(data, policy, limits)
    response = pb.CheckResponse(report=report_message(judgement.report), accepted=judgement.accepted)
    omitted = shorten(response.report, room)
    if omitted:
        response.omitted = omitted
    return response.SerializeToString()


def _judged(data: bytes, policy: Policy, limits: WireLimits) -> Judgement:
    try:
        return judge(data, policy, limits)
    except UsageError as failure:
        raise invalid("POLICY_INVALID", str(failure), "policy") from failure
