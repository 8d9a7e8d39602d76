"""``ExchangeClient``: puts sessions into an exchange, fetches them, has them judged and converted."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Self

import grpc
from grpc import aio

from pysession.exchange.client.addresses import address_of
from pysession.exchange.client.calling import BYTES_A_SECOND, Attempts, Caller, understood
from pysession.exchange.client.credentials import Credentials
from pysession.exchange.client.decoding import (
    entry_of,
    losses_of,
    received_in_chunks,
    received_in_one,
    report_of,
    verified,
    watched_of,
)
from pysession.exchange.client.downloads import Download
from pysession.exchange.client.encoding import document_of, options_of, session_of, stamp
from pysession.exchange.client.failures import DataLossError
from pysession.exchange.client.retrying import RETRIES, Retries
from pysession.exchange.client.status import Status
from pysession.exchange.client.uploads import Progress, Upload
from pysession.exchange.client.values import Converted, Event, Judged, Received, Watched
from pysession.exchange.digests import digest_of
from pysession.findings.failures import UsageError
from pysession.stores import ConflictError, Entry, ImmutableError, NotFoundError, Page
from pysession.stores.checking import check_put, id_bytes, owner_bytes
from pysession.v1 import exchange_pb2
from pysession.v1.exchange_pb2 import FORM_DOCUMENT, FORM_ENTRY, FORM_SESSION
from pysession.verbs.protobuf import from_proto
from pysession.wire import DEFAULT_LIMITS

ONE_MESSAGE_BYTES = 256 * 1024
"""What goes in one message; more goes in chunks, so that a cut costs one of them and memory stays small."""
_TRANSFERS = 4
"""Large documents under way at once: more would not be faster, and a server takes so many of one owner."""
_LARGE_KNOWN = 10_000
_TOO_LARGE_FOR_ONE = "MESSAGE_TOO_LARGE"


def _unheard(done: int, size: int) -> None:
    pass


class ExchangeClient:
    """A client of the exchange at ``address`` (``https://host:50051``); it connects when it is first used.

    Who calls, and who may answer, say ``token`` or ``token_file``, ``ca``, ``certificate`` and ``key``: see
    :class:`~pysession.exchange.client.Credentials`. ``timeout`` is how many seconds an operation may take, its retries
    included (None: for ever); a transfer may take a second more for each 128 KiB. ``max_bytes`` is the largest document
    that is fetched.

    Calls whose answer was lost are made again as ``retries`` says, and never do twice what was to be done once: a write
    has a key that the server knows it by, a cut transfer goes on where it stopped. Digests are compared in both
    directions.

    Methods raise :class:`~pysession.stores.StoreError` and :class:`~pysession.findings.failures.UsageError`, nothing else.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        token_file: Path | str | None = None,
        ca: Path | str | None = None,
        certificate: Path | str | None = None,
        key: Path | str | None = None,
        timeout: float | None = 60.0,
        retries: Retries = RETRIES,
        max_bytes: int = DEFAULT_LIMITS.bytes,
    ) -> None:
        credentials = Credentials(
            token=token,
            token_file=_path(token_file),
            ca=_path(ca),
            certificate=_path(certificate),
            key=_path(key),
        )
        place = address_of(address)
        credentials.check(place)
        self.max_bytes = max_bytes
        self._caller = Caller(place, credentials, retries, timeout)
        self._transfers = asyncio.Semaphore(_TRANSFERS)
        # Sessions that are known not to come in one message, so that this is not tried each time.
        self._large: dict[str, None] = {}

    @property
    def address(self) -> str:
        """Where the exchange is."""
        return self._caller.place

    # --- writing ------------------------------------------------------------------------------------------------------

    async def put(
        self,
        session_id: str,
        data: bytes,
        *,
        typed: bool = False,
        dialect: str | None = None,
        format_version: str | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
        expires: datetime | None = None,
        immutable: bool = False,
        progress: Progress = _unheard,
    ) -> Entry:
        """Store ``data`` in place of what is there, whole or not at all.

        ``data`` are the bytes of a document in any dialect, or with ``typed`` those of a ``pysession.v1.Session``.
        ``dialect`` and ``format_version`` are what a document claims to be in. ``if_match`` is the etag that the session
        must have, ``if_absent`` that there must be none. ``progress`` is told how many bytes of how many are sent, where
        there are many.

        Raises:
            ConflictError: it is otherwise.
            ImmutableError: the session that is there may only grow.
            NotAcceptedError: the server's policy refuses the document, or it is no session.
            TooLargeError: the server takes none as large.
        """
        id_bytes(session_id)
        check_put(data, if_match, if_absent)
        digest = await digest_of(data)
        options = options_of(if_match, if_absent, expires, immutable)
        subject = self._caller.subject(session_id, if_match, len(data))
        attempts = self._caller.attempts()
        try:
            if len(data) > ONE_MESSAGE_BYTES:
                header = exchange_pb2.UploadHeader(
                    session_id=session_id,
                    form=FORM_SESSION if typed else FORM_DOCUMENT,
                    sha256=digest,
                    dialect=dialect,
                    format_version=format_version,
                    options=options,
                )
                async with self._transfers:
                    attempts = self._caller.attempts(len(data) / BYTES_A_SECOND)
                    found = await Upload(self._caller, header, data, subject, progress).run(attempts)
            else:
                request = exchange_pb2.PutRequest(
                    session_id=session_id,
                    payload=session_of(data) if typed else document_of(data, digest, dialect, format_version),
                    options=options,
                    idempotency_key=secrets.token_urlsafe(16),
                )
                found = (await self._caller.call(self._caller.stub.Put, request, subject, attempts)).entry
        except (ConflictError, ImmutableError):
            # A server that was started anew does not know that it was this very write that changed the session.
            there = await self._entry(session_id) if attempts.uncertain else None
            if there is None or there.sha256 != await digest_of(from_proto(data) if typed else data):
                raise
            found = there
        if not typed and found.HasField("sha256") and found.sha256 != digest:
            raise DataLossError(session_id, "the server stored other bytes than were sent")
        self._know(session_id, found.size)
        return entry_of(found)

    async def delete(self, session_id: str, *, if_match: str | None = None) -> bool:
        """Remove the session; whether there was one.

        Raises:
            ConflictError: its etag is not ``if_match``.
            ImmutableError: it may not go before it expires.
        """
        id_bytes(session_id)
        attempts = self._caller.attempts()
        subject = self._caller.subject(session_id, if_match)

        async def ask() -> bool:
            request = exchange_pb2.DeleteRequest(
                session_id=session_id, if_match=if_match, allow_missing=attempts.uncertain or None
            )
            # After an answer that was lost nothing is there, as it should be: it was this very call that removed it.
            deleted = (await self._caller.once(self._caller.stub.Delete, request, attempts)).deleted
            return deleted or attempts.uncertain

        try:
            return await self._caller.repeated(ask, attempts, subject)
        except NotFoundError:
            return False

    # --- reading ------------------------------------------------------------------------------------------------------

    async def get(
        self, session_id: str, *, to: str | None = None, typed: bool = False, progress: Progress = _unheard
    ) -> Received:
        """The session: as it is stored, converted for the dialect or release ``to``, or ``typed``.

        Raises:
            NotFoundError: there is none, or it is another owner's.
            NotAcceptedError: it cannot be converted.
            DataLossError: what is stored is damaged, or was damaged on the way.
            TooLargeError: it has more than ``max_bytes``.
        """
        id_bytes(session_id)
        attempts = self._caller.attempts()
        if session_id not in self._large:
            request = exchange_pb2.GetRequest(
                session_id=session_id, form=FORM_SESSION if typed else FORM_DOCUMENT, target=to
            )
            received = await self._get(request, attempts)
            if received is not None:
                return received
        return await self._download(session_id, to, typed, progress)

    async def get_if_changed(self, session_id: str, etag: str) -> Received | None:
        """The session, if it has another etag than that; None: it has not been changed.

        Raises:
            NotFoundError: there is none.
        """
        entry = await self.entry(session_id)
        return None if entry.etag == etag else await self.get(session_id)

    async def unchanged(self, session_id: str, data: bytes) -> Entry | None:
        """The session without its bytes, if these are ``data``; None: they are others, or it is not there.

        One that is damaged is another, which can be put again.
        """
        id_bytes(session_id)
        try:
            found = await self._entry(session_id)
        except DataLossError:
            return None
        return entry_of(found) if found is not None and found.sha256 == await digest_of(data) else None

    async def entry(self, session_id: str) -> Entry:
        """The session without its bytes.

        Raises:
            NotFoundError: there is none.
        """
        id_bytes(session_id)
        found = await self._entry(session_id)
        if found is None:
            raise NotFoundError(session_id)
        return entry_of(found)

    async def list(
        self,
        *,
        prefix: str = "",
        changed_since: datetime | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page:
        """Up to ``limit`` (at most 1,000) of the caller's sessions whose ids begin with ``prefix``, in order.

        ``page`` is the ``next`` of the page before. What is there throughout comes exactly once.
        """
        if limit is not None and limit < 1:
            raise UsageError("a page holds at least one session: limit must be 1 or more")
        owner_bytes(prefix)
        request = exchange_pb2.ListRequest(
            prefix=prefix or None,
            changed_since=None if changed_since is None else stamp(changed_since),
            page_size=limit,
            page_token=page,
        )
        response = await self._caller.call(self._caller.stub.List, request, self._caller.subject())
        entries = tuple(map(entry_of, response.entries))
        for entry in entries:
            self._know(entry.id, entry.size)
        return Page(entries, response.next_page_token or None)

    async def entries(self, *, prefix: str = "", changed_since: datetime | None = None) -> AsyncIterator[Entry]:
        """All sessions that :meth:`list` gives by pages."""
        page: str | None = None
        while True:
            found = await self.list(prefix=prefix, changed_since=changed_since, page=page)
            for entry in found.entries:
                yield entry
            page = found.next
            if page is None:
                return

    async def watch(
        self, *, prefix: str = "", since: datetime | None = None, resume_token: str | None = None
    ) -> AsyncIterator[Watched]:
        """Changes to the caller's sessions whose ids begin with ``prefix``, as they happen.

        They begin now, at ``since``, or after the change that ``resume_token`` came with. A watch that is cut is taken up
        where it was; a change may come twice, with the same etag.
        """
        request = exchange_pb2.WatchRequest(prefix=prefix or None, since=None if since is None else stamp(since))
        if resume_token is not None:
            request.resume_token = resume_token
        subject = self._caller.subject()
        attempts = self._caller.endless()
        ready = False
        while True:
            try:
                async for answer in self._caller.stub.Watch(request, metadata=self._caller.metadata()):
                    response = understood(answer, self._caller.place)
                    attempts.progressed()
                    if response.HasField("resume_token"):
                        request.resume_token = response.resume_token
                    watched = watched_of(response)
                    if watched is not None and not (ready and watched.event is Event.READY):
                        ready = True
                        yield watched
                return
            except aio.AioRpcError as error:
                status = Status(error)
                if not await attempts.another(status):
                    raise attempts.failure(status, subject) from error

    # --- judging and converting ---------------------------------------------------------------------------------------

    async def check(
        self, data: bytes | None = None, *, session_id: str | None = None, policy: exchange_pb2.Policy | None = None
    ) -> Judged:
        """What the exchange says of a document (``data``), or of a session that it keeps (``session_id``).

        ``policy`` is what it is held to; None: what the server holds to what it stores.
        """
        request = exchange_pb2.CheckRequest(policy=policy)
        subject = self._caller.subject(_about(request, data, session_id), size=len(data or b""))
        response = await self._caller.call(self._caller.stub.Check, request, subject)
        return Judged(report_of(response.report, subject.session_id or "<bytes>"), response.accepted)

    async def convert(
        self, data: bytes | None = None, *, to: str, session_id: str | None = None, source: str | None = None
    ) -> Converted:
        """A document (``data``), or a session that the exchange keeps (``session_id``), as the dialect or release ``to``
        writes it. Nothing is stored. ``source`` is the dialect that it must be in.

        Raises:
            NotAcceptedError: it cannot be converted.
        """
        request = exchange_pb2.ConvertRequest(target=to, source=source, form=FORM_DOCUMENT)
        subject = self._caller.subject(_about(request, data, session_id), size=len(data or b""))
        response = await self._caller.call(self._caller.stub.Convert, request, subject)
        converted = response.conversion
        return Converted(
            data=verified(response.payload.document, subject.session_id),
            source=converted.source,
            target=converted.target,
            losses=losses_of(converted.losses),
        )

    # --- life ---------------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """End the connection. A closed client connects again when it is used."""
        await self._caller.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _get(self, request: exchange_pb2.GetRequest, attempts: Attempts) -> Received | None:
        """The session in one message; None: it does not go into one."""
        session_id = request.session_id
        subject = self._caller.subject(session_id)

        async def ask() -> exchange_pb2.GetResponse | None:
            try:
                return await self._caller.once(self._caller.stub.Get, request, attempts)
            except aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and Status(error).reason == _TOO_LARGE_FOR_ONE:
                    return None
                raise

        response = await self._caller.repeated(ask, attempts, subject)
        if response is None:
            self._know(session_id, self.max_bytes)
            return None
        return received_in_one(response)

    async def _download(self, session_id: str, to: str | None, typed: bool, progress: Progress) -> Received:
        request = exchange_pb2.DownloadRequest(
            session_id=session_id, form=FORM_SESSION if typed else FORM_DOCUMENT, target=to
        )
        subject = self._caller.subject(session_id)
        async with self._transfers:
            found = await Download(self._caller, request, self.max_bytes, subject, progress).run(
                self._caller.attempts()
            )
        received = received_in_chunks(found.header, found.data, found.losses)
        self._know(session_id, received.size)
        return received

    async def _entry(self, session_id: str) -> exchange_pb2.Entry | None:
        """What the server knows of the session, its digest too; None: there is none."""
        request = exchange_pb2.GetRequest(session_id=session_id, form=FORM_ENTRY)
        try:
            return (await self._caller.call(self._caller.stub.Get, request, self._caller.subject(session_id))).entry
        except NotFoundError:
            return None

    def _know(self, session_id: str, size: int) -> None:
        """Remember whether the session comes in one message."""
        if size <= ONE_MESSAGE_BYTES:
            self._large.pop(session_id, None)
            return
        self._large[session_id] = None
        if len(self._large) > _LARGE_KNOWN:
            del self._large[next(iter(self._large))]


def _about(
    request: exchange_pb2.CheckRequest | exchange_pb2.ConvertRequest, data: bytes | None, session_id: str | None
) -> str:
    """Say in ``request`` what it is about; the id, if it is about a stored session.

    Raises:
        UsageError: it is about nothing, or about two things.
    """
    if data is not None and session_id is None:
        request.payload.CopyFrom(document_of(data))
        return ""
    if session_id is None or data is not None:
        raise UsageError("give either the bytes of a document or the id of a session")
    request.session_id = session_id
    return session_id


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)
