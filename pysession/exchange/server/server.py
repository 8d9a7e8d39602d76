"""The server: assembled, started, drained, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from pysession.exchange.server.addresses import Address, is_taken, parse_address, why_not
from pysession.exchange.server.answers import Answers
from pysession.exchange.server.budget import Budget
from pysession.exchange.server.calls import SERVICE, Calls, Method
from pysession.exchange.server.documents import Documents
from pysession.exchange.server.health import HEALTH, Health
from pysession.exchange.server.logs import tell
from pysession.exchange.server.service import Unary
from pysession.exchange.server.settings import MIB, Settings
from pysession.exchange.server.streams import Streaming
from pysession.exchange.server.sweeping import Sweeper
from pysession.exchange.server.tls import server_credentials
from pysession.exchange.server.tokens import Tokens, load_tokens
from pysession.exchange.server.uploads import Uploads
from pysession.exchange.server.watching import Watches
from pysession.exchange.server.workers import Workers
from pysession.findings.failures import UsageError
from pysession.stores import Store
from pysession.stores.checking import check_owner
from pysession.v1 import exchange_pb2 as pb

if TYPE_CHECKING:
    from pysession.exchange.server.reflecting import Reflection

_HANDSHAKE_SECONDS = 20
_LOOK_SECONDS = 0.1
_WORKER_BYTES = 256 * MIB
_WORKER_TIMES = 48
"""What a process that judges may take of memory. Sessions take up to 27 times their bytes (very short messages, converted);
what is made to take memory takes 400 times (empty maps of MessagePack, typed)."""


class Server:
    """A service of sessions on ``store``, which it does not close.

    Raises:
        UsageError: the settings cannot be followed, or would let the public in without TLS and tokens.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self.address = parse_address(settings.address)
        _check_safe(settings, is_public=not self.address.is_loopback)
        check_owner(settings.owner)
        self.tokens: Tokens | None = None if settings.tokens is None else load_tokens(settings.tokens)
        self._store = store
        limits = settings.limits
        self._watches = Watches(store, settings.watch_seconds)
        self._sweeper = Sweeper(store, settings.sweep_seconds)
        # Of several owners none shall keep all others waiting: none has all bytes …
        share = None if self.tokens is None else max(limits.bytes_in_flight // 2, limits.document_bytes)
        budget = Budget(limits.bytes_in_flight, limits.wait_seconds, share)
        # … nor all processes, where there are several.
        most_of_one = settings.jobs if self.tokens is None else max(1, settings.jobs - 1)
        workers = Workers(
            settings.jobs, most_of_one, limits.transfer_seconds, _WORKER_BYTES + _WORKER_TIMES * limits.document_bytes
        )
        self._documents = Documents(store, settings.policy, limits, budget, self._watches, workers)
        answers = Answers(limits.answers, limits.answer_seconds)
        uploads = Uploads(budget, limits.uploads, limits.upload_seconds)
        unary = Unary(store, self._documents, answers)
        streaming = Streaming(self._documents, answers, uploads, self._watches)
        self._methods = _methods(unary, streaming)
        self._health = Health("", SERVICE)
        self._looks: list[Health | Reflection] = [self._health]
        """What there is beside the service: places to look at it from."""
        if settings.reflection:
            self._looks.append(self._reflection())
        self._calls = Calls(self._owner_of, limits, shared=self.tokens is not None)
        self._server: grpc.aio.Server | None = None
        self._old: list[asyncio.Task[None]] = []
        """Servers whose loop has ended, on whose connections calls are still under way."""
        self._watching_over: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Listen; the address, with the port that was given for 0.

        Raises:
            UsageError: the address cannot be listened on.
            StoreError: the store cannot be used.
        """
        await self._store.list(limit=1)
        await self._listen()
        self._watching_over = asyncio.create_task(self._watch_over())
        self._sweeper.start()
        return self.address.text

    async def stop(self) -> None:
        """Say that the server is not serving, end the watches, let calls under way finish, stop."""
        if self._server is None:
            return
        tell(logging.INFO, "draining", seconds=self.settings.drain_seconds)
        if self._watching_over is not None:
            self._watching_over.cancel()
        self._health.stop()
        self._sweeper.stop()
        self._watches.close()
        await self._server.stop(self.settings.drain_seconds)
        for task in self._old:
            task.cancel()
        self._server = None
        self._documents.close()
        tell(logging.INFO, "stopped")

    async def _listen(self) -> None:
        methods = {method.name: self._calls.handler(method) for method in self._methods}
        server = grpc.aio.server(
            handlers=(
                grpc.method_handlers_generic_handler(SERVICE, methods),
                *(look.handler() for look in self._looks),
            ),
            options=_options(self.settings),
        )
        if is_taken(self.address):
            raise _cannot_listen(self.address)
        try:
            if self.settings.tls is None:
                port = server.add_insecure_port(self.address.text)
            else:
                port = server.add_secure_port(self.address.text, server_credentials(self.settings.tls))
        except RuntimeError as failure:
            raise _cannot_listen(self.address) from failure
        await server.start()
        self.address = self.address.bound_to(port)
        self._server = server

    async def _watch_over(self) -> None:
        """Listen anew when gRPC's own loop has ended. One path of a call that is no UTF-8 ends it (grpcio 1.85); calls
        under way go on, and clients connect again."""
        while self._server is not None:
            try:
                if not await self._server.wait_for_termination(_LOOK_SECONDS):
                    return  # it was stopped
            except Exception as failure:
                tell(logging.ERROR, "listening anew", exception=type(failure).__name__)
                self._old = [task for task in self._old if not task.done()]
                self._old.append(asyncio.create_task(self._let_go(self._server)))
                await self._listen_again()

    async def _listen_again(self) -> None:
        while True:
            try:
                return await self._listen()
            except UsageError:  # the port is not free yet
                await asyncio.sleep(_LOOK_SECONDS)

    async def _let_go(self, server: grpc.aio.Server) -> None:
        with contextlib.suppress(Exception):  # it tells again why it has ended
            await server.stop(self.settings.limits.transfer_seconds)

    def reload_tokens(self) -> None:
        """Read the file of tokens again; what is wrong with it is logged, and the tokens stay as they were."""
        if self.settings.tokens is None:
            return
        try:
            self.tokens = load_tokens(self.settings.tokens)
        except UsageError as failure:
            tell(logging.ERROR, "tokens", problem=str(failure))
        else:
            tell(logging.INFO, "tokens", count=len(self.tokens))

    def _reflection(self) -> Reflection:
        from pysession.exchange.server.reflecting import Reflection

        return Reflection(
            (SERVICE, HEALTH),
            lambda authorization: self._owner_of(authorization) is not None,
            self.settings.limits.call_seconds,
        )

    def _owner_of(self, authorization: str | None) -> str | None:
        return self.settings.owner if self.tokens is None else self.tokens.owner_of(authorization)


async def serve(store: Store, settings: Settings, started: Callable[[Server, str], None]) -> None:
    """Serve until SIGTERM or SIGINT; a second one does not wait for calls under way. SIGHUP reads the tokens again."""
    server = Server(store, settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals: dict[int, Callable[[], None]] = {
        signal.SIGTERM: stopping.set,
        signal.SIGINT: stopping.set,
        signal.SIGHUP: server.reload_tokens,
    }
    for number, act in signals.items():
        loop.add_signal_handler(number, act)
    try:
        started(server, await server.start())
        await stopping.wait()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await server.stop()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _cannot_listen(address: Address) -> UsageError:
    return UsageError(f"{address.text} cannot be listened on: {why_not(address)}")


def _check_safe(settings: Settings, *, is_public: bool) -> None:
    missing = [
        what
        for what, given in (
            ("TLS (--tls-cert, --tls-key)", settings.tls),
            ("tokens (--tokens)", settings.tokens),
        )
        if given is None
    ]
    if is_public and missing and not settings.allow_insecure:
        raise UsageError(
            f"{settings.address} can be reached from other machines, and there is no {' and no '.join(missing)}: "
            "everybody could read and change all sessions. Give them, listen on 127.0.0.1, or say --allow-insecure"
        )


def _methods(unary: Unary, streaming: Streaming) -> tuple[Method, ...]:
    return (
        Method("Put", pb.PutRequest, unary.put),
        Method("Get", pb.GetRequest, unary.get),
        Method("List", pb.ListRequest, unary.list),
        Method("Delete", pb.DeleteRequest, unary.delete),
        Method("Check", pb.CheckRequest, unary.check),
        Method("Convert", pb.ConvertRequest, unary.convert),
        Method("GetUpload", pb.GetUploadRequest, streaming.get_upload),
        Method("Upload", pb.UploadRequest, streaming.upload, streams_requests=True, seconds="transfer_seconds"),
        Method("Download", pb.DownloadRequest, streaming.download, streams_answers=True, seconds="transfer_seconds"),
        Method("Watch", pb.WatchRequest, streaming.watch, streams_answers=True, seconds=None, slots="watches"),
    )


def _options(settings: Settings) -> list[tuple[str, Any]]:
    limits, alive = settings.limits, settings.keepalive
    return [
        ("grpc.max_receive_message_length", limits.message_bytes),
        ("grpc.max_send_message_length", limits.message_bytes),
        ("grpc.max_concurrent_streams", limits.streams),
        ("grpc.keepalive_time_ms", _milliseconds(alive.after)),
        ("grpc.keepalive_timeout_ms", _milliseconds(alive.timeout)),
        ("grpc.http2.min_ping_interval_without_data_ms", _milliseconds(alive.client_least)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.max_connection_idle_ms", _milliseconds(alive.idle)),
        ("grpc.max_connection_age_ms", _milliseconds(alive.age)),
        ("grpc.max_connection_age_grace_ms", _milliseconds(alive.age_grace)),
        ("grpc.server_handshake_timeout_ms", _milliseconds(_HANDSHAKE_SECONDS)),
        # Another server on the same port would get a part of the calls.
        ("grpc.so_reuseport", 0),
    ]


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
