"""Documents of files, folders and stores → sessions of an exchange: what ``pysession push`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from pysession.dialects import UNKNOWN, Document, vocabulary
from pysession.dialects.conversion import MADE_UP
from pysession.exchange.client.exchange_client import ONE_MESSAGE_BYTES, ExchangeClient
from pysession.exchange.client.failures import DataLossError, NotAcceptedError
from pysession.exchange.client.uploads import Progress
from pysession.exchange.client.window import Work, in_order
from pysession.findings import Finding, NotRead
from pysession.findings.failures import ProtobufError, PysessionError, UsageError
from pysession.inputs import STANDARD_INPUT, TYPED_SUFFIX, InputFormat, Record, discover, records
from pysession.stores import ConflictError, Entry, ImmutableError, SessionIdError, TooLargeError
from pysession.stores.file_names import SESSION, name_of
from pysession.verbs.opening import open_document
from pysession.verbs.protobuf import from_proto, to_proto
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits

_REFUSALS = (NotAcceptedError, ConflictError, ImmutableError, TooLargeError, SessionIdError, UsageError)
"""What is wrong with one document; the next may be another matter. Of other failures all have a part."""


class PushOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How documents are pushed.

    ``session_id`` is that of the only one; otherwise each has its own: what a store keeps it under, what it says itself,
    or the name of its file. ``typed``: it goes as a ``pysession.v1.Session``. ``dialect`` is what it claims to be in,
    in place of what it is found to be in. ``opaque``: what cannot be read (encrypted, say, or cut off) goes too, and
    nothing is taken from inside a document.
    """

    session_id: str | None = None
    typed: bool = False
    dialect: str | None = None
    opaque: bool = False
    create_only: bool = False
    if_match: str | None = None
    format: InputFormat | None = None
    limits: Limits = DEFAULT_LIMITS


class Pushed(msgspec.Struct, frozen=True):
    """What became of a document: ``entry`` is what is stored now; None: it was refused, and ``why`` and ``findings`` tell.

    ``session_id`` is None where it has none, ``dialect`` where it is in none that is known. ``unchanged``: it was there
    already, and was not sent.
    """

    source: str
    record: int | None
    session_id: str | None
    entry: Entry | None = None
    dialect: str | None = None
    why: str = ""
    findings: tuple[Finding, ...] = ()
    unchanged: bool = False


def push(
    paths: Iterable[str], client: ExchangeClient, options: PushOptions, progress: Progress
) -> Iterator[Pushed | NotRead]:
    """Store each document that ``paths`` name; what became of each, in their order.

    ``progress`` hears of the bytes of each transfer, in another thread.

    Raises:
        StoreError: the exchange cannot be reached, or lets nobody in; what was begun is given up.
    """
    return in_order(_Pushing(client, options, progress).works(paths))


class _Parcel(msgspec.Struct, frozen=True):
    """What is sent of a record, and as what."""

    record: Record
    session_id: str
    data: bytes
    dialect: str | None
    typed: bool


class _Pushing:
    def __init__(self, client: ExchangeClient, options: PushOptions, progress: Progress) -> None:
        self._client = client
        self._options = options
        self._progress = progress
        self._sources: dict[str, str] = {}
        """By session id, what was pushed under it: one must not take the place of another unseen."""

    def works(self, paths: Iterable[str]) -> Iterator[Work[Pushed | NotRead]]:
        for source in discover(paths, self._options.format, stores=True):
            if isinstance(source, NotRead):
                yield 0, partial(_as_it_is, source)
                continue
            if source.name.endswith(TYPED_SUFFIX):
                # One message, whatever its bytes look like.
                source = msgspec.structs.replace(source, format=InputFormat.JSON)
            for record in records(source, self._options.limits):
                parcel = record if isinstance(record, NotRead) else self._packed(record)
                if isinstance(parcel, _Parcel):
                    yield len(parcel.data), partial(self._push, parcel)
                else:
                    yield 0, partial(_as_it_is, parcel)

    def _packed(self, record: Record) -> _Parcel | Pushed | NotRead:
        options = self._options
        if len(record.data) > options.limits.bytes:
            return NotRead(record.source, f"it has more than {options.limits.bytes:,} bytes")
        typed = not options.opaque and record.source.endswith(TYPED_SUFFIX)
        try:
            shown = from_proto(record.data) if typed else record.data
        except ProtobufError as failure:
            return _refused(record, None, str(failure))
        encoding = Encoding.JSON if typed else record.encoding
        document = None if options.opaque else open_document(shown, encoding, None, options.limits)
        if document is not None and (why := _why_unreadable(document, record)):
            return _refused(record, None, f"{why}; --opaque sends it all the same")
        inside = None if document is None else _told(document)
        session_id = options.session_id or record.session_id or inside or _name(record)
        if session_id is None:
            return _refused(record, None, f"it does not say its session id; {_remedy(record)}")
        place = _place(record)
        before = self._sources.setdefault(session_id, place)
        if before != place:
            return _refused(
                record, session_id, f"{before} has gone as the session {session_id!r} already; {_remedy(record)}"
            )
        found = None if document is None or document.dialect == UNKNOWN else document.dialect
        data = record.data
        if options.typed and not typed:
            try:
                data = to_proto(record.data, encoding=record.encoding)
            except PysessionError as failure:
                return _refused(record, session_id, str(failure))
        return _Parcel(record, session_id, data, options.dialect or found, typed or options.typed)

    async def _push(self, parcel: _Parcel) -> Pushed | NotRead:
        record, session_id = parcel.record, parcel.session_id
        # A typed session says itself what it is in.
        claim = None if parcel.typed else parcel.dialect
        try:
            there = await self._there(parcel)
            if there is not None:
                return Pushed(record.source, record.record, session_id, there, parcel.dialect, unchanged=True)
            entry = await self._client.put(
                session_id,
                parcel.data,
                typed=parcel.typed,
                dialect=claim,
                format_version=None if claim is None else vocabulary(claim).version,
                if_match=self._options.if_match,
                if_absent=self._options.create_only,
                progress=self._progress,
            )
        except NotAcceptedError as failure:
            return _refused(record, session_id, failure.reason, failure.findings)
        except _REFUSALS as failure:
            return _refused(record, session_id, str(failure))
        except DataLossError as failure:
            return NotRead(record.source, failure.reason)
        return Pushed(record.source, record.record, session_id, entry, parcel.dialect)

    async def _there(self, parcel: _Parcel) -> Entry | None:
        """What is stored, if it is this large document already: a push that was broken off need not send it twice."""
        options = self._options
        asks = parcel.typed or options.create_only or options.if_match is not None
        if asks or len(parcel.data) <= ONE_MESSAGE_BYTES:
            return None
        entry = await self._client.unchanged(parcel.session_id, parcel.data)
        # One that will be gone some day is put anew, to stay.
        return entry if entry is not None and entry.expires is None else None


_UNREADABLE = frozenset({"json-invalid", "json-not-utf8"})
"""Faults with which a document is no session for anybody. Of others (too deep, a member twice) the server may judge."""


def _why_unreadable(document: Document, record: Record) -> str | None:
    fault = next((fault for fault in document.reading.faults if fault.rule in _UNREADABLE), None)
    if fault is None:
        return None
    line = fault.position.line + record.first_line - 1
    return f"line {line}, column {fault.position.column}: {fault.detail} ({fault.rule})"


def _told(document: Document) -> str | None:
    """The session id inside the document; .NET and Go keep it outside, and a conversion makes one up in its place."""
    told = document.value.get("session_id") if isinstance(document.value, dict) else None
    return told if isinstance(told, str) and told and not MADE_UP.match(told) else None


def _name(record: Record) -> str | None:
    """The session id that the file's name stands for; files of stores have some that are not their names."""
    if record.source == STANDARD_INPUT or record.record is not None:
        return None
    stem = Path(record.source).stem
    found = name_of(stem, SESSION)
    return stem if found is None else found.decode()


def _remedy(record: Record) -> str:
    return "give --id" if record.record is None else "push it by itself with --id"


def _place(record: Record) -> str:
    return record.source if record.record is None else f"{record.source} (record {record.record})"


def _refused(record: Record, session_id: str | None, why: str, findings: tuple[Finding, ...] = ()) -> Pushed:
    return Pushed(record.source, record.record, session_id, why=why, findings=findings)


async def _as_it_is(what: Pushed | NotRead) -> Pushed | NotRead:
    return what
