"""Calls: with the token, within the deadline, made again where that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import grpc
from grpc import aio

from pysession.exchange.client.addresses import Address
from pysession.exchange.client.credentials import Credentials
from pysession.exchange.client.failures import ExchangeError
from pysession.exchange.client.retrying import Deadline, Retries
from pysession.exchange.client.status import Status, Subject
from pysession.findings.failures import PysessionError
from pysession.v1.exchange_pb2_grpc import SessionExchangeStub

if TYPE_CHECKING:
    from pysession.v1.exchange_pb2_grpc import SessionExchangeAsyncStub  # there is none when it runs

_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")

MOST_MESSAGE_BYTES = 64 * 2**20
"""The largest message that is taken from a server."""

BYTES_A_SECOND = 128 * 1024
"""The slowest line on which a transfer still comes to its end: 1 Mbit/s."""

_OPTIONS = (
    ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
    # A connection that is dead is found out within a minute, also while nothing is sent; the server allows that often.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # A server that is started again is found again soon.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    # Two clients of one program have a connection each.
    ("grpc.use_local_subchannel_pool", 1),
)


def open_channel(address: Address, credentials: Credentials) -> aio.Channel:
    """A channel, which connects when it is first used.

    Raises:
        UsageError: a file of the credentials cannot be read, or they do not go with the address.
    """
    credentials.check(address)
    # No proxy of the environment stands between this machine and itself.
    options = (*_OPTIONS, ("grpc.enable_http_proxy", 0)) if address.local else _OPTIONS
    if not address.secure:
        return aio.insecure_channel(address.target, options=options)
    key, certificate = credentials.identity()
    shown = grpc.ssl_channel_credentials(credentials.roots(), key, certificate)
    return aio.secure_channel(address.target, shown, options=options)


def understood(answer: _Answer | None, place: str) -> _Answer:
    """An answer of ``place``; gRPC gives None for bytes that are no message.

    Raises:
        ExchangeError: they are none.
    """
    if answer is None:
        raise ExchangeError(place, grpc.StatusCode.INTERNAL.name, "what it answers is no message of an exchange")
    return answer


class Attempts:
    """The attempts of one operation."""

    def __init__(self, retries: Retries, seconds: float | None) -> None:
        self._retries = retries
        self._waits = retries.waits()
        self.deadline = Deadline(seconds)
        self.uncertain = False
        """Whether an attempt may have done what was asked for, though no answer came."""
        self._handshake: Status | None = None

    def progressed(self) -> None:
        """The attempt got further than those before."""
        self._waits = self._retries.waits()

    def failure(self, status: Status, subject: Subject) -> PysessionError:
        """The failure of the operation, whose last attempt ended with ``status``."""
        told = self._handshake if self._handshake is not None and status.is_refused else status
        return told.failure(subject)

    async def another(self, status: Status) -> bool:
        """Whether to try again after ``status``, having waited for that."""
        if status.is_handshake:
            self._handshake = status
        if status.is_hopeless or not (status.is_cut or status.retry_after is not None):
            return False
        self.uncertain = self.uncertain or status.is_cut
        wait = next(self._waits, None)
        if wait is None:
            return False
        seconds = wait + (status.retry_after or 0)
        if not self.deadline.leaves(seconds):
            return False
        await asyncio.sleep(seconds)
        return True


class Caller:
    """Makes the calls of one client."""

    def __init__(self, address: Address, credentials: Credentials, retries: Retries, seconds: float | None) -> None:
        self.place = str(address)
        self._address = address
        self._credentials = credentials
        self._retries = retries
        self._seconds = seconds
        self._channel: aio.Channel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stub: SessionExchangeAsyncStub | None = None

    @property
    def channel(self) -> aio.Channel:
        """The connection to the server, made when it is first used; each event loop has its own."""
        loop = asyncio.get_running_loop()
        if self._channel is None or self._loop is not loop:
            self._channel, self._loop, self._stub = open_channel(self._address, self._credentials), loop, None
        return self._channel

    @property
    def stub(self) -> SessionExchangeAsyncStub:
        """The methods of the service."""
        channel = self.channel
        if self._stub is None:
            self._stub = SessionExchangeStub(channel)
        return self._stub

    async def close(self) -> None:
        """End the connection. The next call opens another."""
        if self._channel is not None:
            channel, self._channel, self._stub = self._channel, None, None
            await channel.close(None)

    def attempts(self, more_seconds: float = 0.0) -> Attempts:
        """The attempts of a new operation, which may take so much longer than others."""
        return Attempts(self._retries, None if self._seconds is None else self._seconds + more_seconds)

    def endless(self) -> Attempts:
        """The attempts of an operation that goes on until it is stopped."""
        return Attempts(self._retries, None)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes along with a call."""
        return self._credentials.metadata()

    def subject(self, session_id: str = "", expected: str | None = None, size: int = 0) -> Subject:
        """What a call is about."""
        return Subject(self.place, session_id, expected, size, self._credentials.has_token)

    async def once(
        self, method: aio.UnaryUnaryMultiCallable[_Request, _Answer], request: _Request, attempts: Attempts
    ) -> _Answer:
        """The answer to a call.

        Raises:
            AioRpcError: it failed.
            ExchangeError: it is no message.
        """
        return understood(await method(request, timeout=attempts.deadline.left(), metadata=self.metadata()), self.place)

    async def call(
        self,
        method: aio.UnaryUnaryMultiCallable[_Request, _Answer],
        request: _Request,
        subject: Subject,
        attempts: Attempts | None = None,
    ) -> _Answer:
        """The answer to a call that may be made again: what it does twice is what it does once.

        Raises:
            PysessionError: what its status means.
        """
        tried = attempts or self.attempts()
        return await self.repeated(lambda: self.once(method, request, tried), tried, subject)

    async def repeated(
        self, attempt: Callable[[], Awaitable[_Answer]], attempts: Attempts, subject: Subject
    ) -> _Answer:
        """What ``attempt`` gives, made as often as is worth it.

        Raises:
            PysessionError: what its status means.
        """
        while True:
            try:
                return await attempt()
            except aio.AioRpcError as error:
                status = Status(error)
                if not await attempts.another(status):
                    raise attempts.failure(status, subject) from error
