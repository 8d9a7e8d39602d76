"""What every call goes through: whose it is, how many at once, how long, how it ends, what is logged of it.

Every method is registered as one that streams requests, which on the wire is the same: so a client is known before a byte
of its message is read, a message that never comes runs into the time limit, and one that cannot be parsed is refused
with the right code.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import grpc
import grpc.aio
import msgspec
from google.protobuf.message import DecodeError, Message
from grpc import StatusCode

from pysession.exchange.server.logs import digest_of, logger, tell
from pysession.exchange.server.patience import Patience, TimeLimits
from pysession.exchange.server.refusals import CallRefusedError, exhausted, internal, invalid, too_long
from pysession.exchange.server.settings import Limits
from pysession.exchange.server.slots import Slots
from pysession.exchange.server.spans import CallSpan
from pysession.exchange.server.workers import WorkFailedError
from pysession.findings.failures import DamagedError

SERVICE = "pysession.v1.SessionExchange"
REQUEST_ID = "x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_OVERHEAD = 64 * 1024
"""Room in a message for what goes beside a document."""

_ALARMING = frozenset({"DOCUMENT_DAMAGED", "STORE_DAMAGED"})
"""Reasons for which somebody must look after the store; what else goes wrong with it, and in the server, has a line of its own."""
_NOT_TAKEN = "the client took no message"
_Request = TypeVar("_Request", bound=Message)


class Method(msgspec.Struct, frozen=True):
    """One method of the service. ``answer`` takes a :class:`Call`, and for a unary request the request.

    ``seconds`` is the name of the limit on how long it may take (None: as long as its client wants), ``slots`` of the one
    on how many at once.
    """

    name: str
    request: type[Message]
    answer: Callable[..., Awaitable[Message | None]]
    streams_requests: bool = False
    streams_answers: bool = False
    seconds: str | None = "call_seconds"
    slots: str = "calls"


class Call(Generic[_Request]):
    """One call under way: whose it is, and the messages of a stream."""

    def __init__(self, method: Method, context: Any, limits: Limits, request_id: str) -> None:
        self.owner = ""
        self.request_id = request_id
        self.session_id: str | None = None
        """Set by the method, for the log."""
        self.received = 0
        self.sent = 0
        self.check_token: Callable[[], None] = lambda: None
        """Refuse what goes on longer than the token holds. Set when the call is let in."""
        self._work: asyncio.Future[Any] | None = None
        self._method = method
        self._context = context
        self._patience = Patience(limits.stall_seconds)
        self._message_bytes = limits.message_bytes

    async def read(self) -> _Request | None:
        """The next message of the client; None: there are no more.

        Raises:
            CallRefusedError: it does not come in time, or is none.
        """
        raw = await self.read_raw()
        return None if raw is None else self.parsed(raw)

    async def read_raw(self) -> bytes | None:
        """The next message of the client, not parsed."""
        if self._method.streams_requests:
            raw = await self._patience.wait(self._context.read(), "no message came")
        else:
            raw = await self._context.read()  # the limit on the whole call is enough
        if raw is grpc.aio.EOF:
            return None
        self.received += len(raw)
        return raw  # type: ignore[no-any-return]

    def parsed(self, raw: bytes) -> _Request:
        """
        Raises:
            CallRefusedError: it is no message of the method.
        """
        try:
            request: Any = self._method.request.FromString(raw)
        except DecodeError:
            name = self._method.request.DESCRIPTOR.full_name
            raise invalid("MESSAGE_MALFORMED", f"the message is no {name}, or is nested too deeply") from None
        return request  # type: ignore[no-any-return]

    async def write(self, answer: Message) -> None:
        """Send one message.

        Raises:
            CallRefusedError: the client does not take it in time, or it is too large.
        """
        await self._patience.wait(self._context.write(self.serialised(answer)), _NOT_TAKEN)

    async def write_raw(self, raw: bytes) -> None:
        """Send one message that is serialised already."""
        self.sent += len(raw)
        await self._patience.wait(self._context.write(raw), _NOT_TAKEN)

    def goes_on(self, work: asyncio.Task[Any]) -> None:
        """Tell that ``work`` goes on when the client goes away."""
        self._work = work

    def when_over(self, act: Callable[[], None]) -> None:
        """Do ``act`` when nothing of the call is under way any more: not when the method has answered, as the client may not take
        the answer, and not when the client has gone away, as what it began may go on."""

        def look(_: object) -> None:
            if self._work is None or self._work.done():
                act()
            else:
                self._work.add_done_callback(lambda _: act())

        self._context.add_done_callback(look)

    def close(self) -> None:
        """It is over."""
        self._patience.end()

    def serialised(self, answer: Message) -> bytes:
        """The bytes of an answer.

        Raises:
            CallRefusedError: there are more than a message may have.
        """
        raw = answer.SerializeToString()
        if len(raw) > self._message_bytes:
            raise message_too_large(len(raw), self._message_bytes)
        self.sent += len(raw)
        return raw

    @property
    def room(self) -> int:
        """Bytes of what a message is about, beside which there is room for the rest."""
        return self._message_bytes - min(_OVERHEAD, self._message_bytes // 4)

    def check_document(self, size: int) -> None:
        """Refuse a document that does not fit into one message, before it is read or converted.

        Raises:
            CallRefusedError: it does not.
        """
        if size > self.room:
            raise message_too_large(size, self._message_bytes)


def message_too_large(size: int, limit: int) -> CallRefusedError:
    message = f"the answer has {size:,} bytes, and a message {limit:,} at most; fetch it with Download"
    return exhausted("MESSAGE_TOO_LARGE", message, "message", size=size, limit=limit)


class _Ending:
    """How a call ends: its line in the log, its span. ``code`` is that of a call whose client went away until it is set."""

    def __init__(self, call: Call[Any], method: Method, span: CallSpan, context: Any) -> None:
        self.code = StatusCode.CANCELLED
        self.reason: str | None = None
        self._call = call
        self._method = method
        self._span = span
        self._peer = _peer(context)
        self._began = time.perf_counter()

    def tell(self, context: Any) -> None:
        """Tell of the call when it is over. gRPC has given it up by then: what is asked of ``context`` crashes."""
        call = self._call
        self._span.end(self.code, request_id=call.request_id, received_bytes=call.received, sent_bytes=call.sent)
        level = logging.WARNING if self.reason in _ALARMING else logging.INFO
        if not logger.isEnabledFor(level):
            return  # what is not logged need not be found out, which takes a fiftieth of a small call
        tell(
            level,
            "call",
            request=call.request_id,
            method=self._method.name,
            code=self.code.name,
            reason=self.reason,
            milliseconds=round((time.perf_counter() - self._began) * 1000, 2),
            owner=call.owner or None,
            session=None if call.session_id is None else digest_of(call.session_id),
            received=call.received,
            sent=call.sent,
            peer=self._peer,
        )


class Calls:
    """Makes gRPC's handlers of the service's methods. ``owner_of`` tells whose an ``authorization`` header is; where the
    server is ``shared`` there are several owners."""

    def __init__(self, owner_of: Callable[[str | None], str | None], limits: Limits, *, shared: bool) -> None:
        self._owner_of = owner_of
        self._limits = limits
        self._time_limits = {name: TimeLimits(getattr(limits, name)) for name in ("call_seconds", "transfer_seconds")}
        self._slots = {
            "calls": Slots("calls", limits.calls, shared=shared),
            "watches": Slots("watches", limits.watches, shared=shared),
        }

    def handler(self, method: Method) -> grpc.RpcMethodHandler[bytes, bytes]:
        """The handler of ``method``."""

        async def behaviour(messages: object, context: Any) -> bytes | None:
            return await self._run(method, context)

        if method.streams_answers:
            return grpc.stream_stream_rpc_method_handler(behaviour)
        return grpc.stream_unary_rpc_method_handler(behaviour)

    async def _run(self, method: Method, context: Any) -> bytes | None:
        headers = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        call: Call[Any] = Call(method, context, self._limits, _request_id(headers))
        ending = _Ending(call, method, CallSpan(SERVICE, method.name, headers), context)
        # What is told of the call is told when its answer is on its way.
        context.add_done_callback(ending.tell)
        try:
            call.owner = self._owner(headers)
            call.check_token = lambda: self._check_same_owner(headers, call.owner)
            answer = await self._within_limits(method, call)
            ending.code = StatusCode.OK
            return answer
        except CallRefusedError as refused:
            refusal = refused
        except grpc.aio.BaseError:
            # The client has gone away. grpcio would log its own exception as an error of the server's.
            raise asyncio.CancelledError from None
        except asyncio.CancelledError:
            # The client has gone away, or the server has stopped.
            raise
        except WorkFailedError as failure:
            refusal = internal()
            tell(logging.ERROR, "failed", request=call.request_id, exception=failure.exception, at=failure.places)
        except Exception as failure:
            refusal = internal()
            level = logging.CRITICAL if isinstance(failure, DamagedError) else logging.ERROR
            logger.log(level, "failed", exc_info=True, extra={"fields": {"request": call.request_id}})
        finally:
            call.close()
        ending.code, ending.reason = refusal.code, refusal.reason
        trailers = ((REQUEST_ID, call.request_id), *refusal.trailers(call.request_id))
        await context.abort(refusal.code, refusal.message, trailers)
        return None

    def _owner(self, headers: dict[str, str]) -> str:
        owner = self._owner_of(headers.get("authorization"))
        if owner is None:
            raise _no_token()
        return owner

    def _check_same_owner(self, headers: dict[str, str], owner: str) -> None:
        if self._owner(headers) != owner:
            raise _no_token()

    async def _within_limits(self, method: Method, call: Call[Any]) -> bytes | None:
        slots = self._slots[method.slots]
        slots.take(call.owner)
        call.when_over(lambda: slots.give(call.owner))
        if method.seconds is None:
            return await self._answer(method, call)
        limits = self._time_limits[method.seconds]
        limit = limits.begin()
        try:
            return await self._answer(method, call)
        except asyncio.CancelledError:
            if not limit.is_over():
                raise
            raise too_long(limits.seconds) from None
        finally:
            limits.end(limit)

    async def _answer(self, method: Method, call: Call[Any]) -> bytes | None:
        if method.streams_requests:
            answer = await method.answer(call)
        else:
            request = await call.read()
            if request is None:
                raise invalid("MESSAGE_MISSING", "the call has no message")
            answer = await method.answer(call, request)
        return None if answer is None else call.serialised(answer)


def _no_token() -> CallRefusedError:
    message = "a token that the server knows and that has not expired is needed: 'authorization: Bearer TOKEN'"
    return CallRefusedError(StatusCode.UNAUTHENTICATED, "TOKEN_INVALID", message)


def _peer(context: Any) -> str | None:
    try:
        return str(context.peer())
    except UnicodeDecodeError:  # github.com/grpc/grpc/issues/25400
        return None


def _request_id(headers: dict[str, str]) -> str:
    given = headers.get(REQUEST_ID, "")
    # No secret: it only tells calls apart.
    return given if _REQUEST_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"
