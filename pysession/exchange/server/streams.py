"""The methods that stream: Upload and GetUpload, Download, Watch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from grpc import StatusCode

from pysession.exchange.chunks import chunk_message, read_chunk
from pysession.exchange.digests import digest_of
from pysession.exchange.messages import entry_message, loss_messages
from pysession.exchange.server.answers import Answers
from pysession.exchange.server.calls import Call
from pysession.exchange.server.documents import Documents
from pysession.exchange.server.forms import Said, converted, storable, typed
from pysession.exchange.server.patience import Recheck
from pysession.exchange.server.refusals import CallRefusedError, invalid
from pysession.exchange.server.service import (
    check_prefix,
    conversion_message,
    fingerprint,
    form_of,
    key_of,
    listed,
    moment_of,
    session_id_of,
    target_of,
    writing_of,
)
from pysession.exchange.server.uploads import MOST_CHUNK, Upload, Uploads
from pysession.exchange.server.watching import Event, Watches, read_resume_token, resume_token
from pysession.findings import Loss
from pysession.v1 import exchange_pb2 as pb

LEAST_UPLOAD_ID = 16
_LOSSES_A_MESSAGE = 200
_DIGEST_BYTES = sha256().digest_size
_MOST_HEADER = 8 * 1024
_TOKEN_SECONDS = 1.0
"""How often it is asked whether a watch's token still holds, as long as nothing happens."""
_KEEPS = frozenset({"CHUNK_GAP", "CLIENT_STALLED", "CALL_TOO_LONG", "UPLOAD_ENDED"})
"""Refusals after which an upload can be gone on with: what has come so far is right."""


class _Stored(NamedTuple):
    """A finished upload: how many bytes came, and what is answered."""

    size: int
    response: pb.UploadResponse


class Streaming:
    """Sessions in chunks, and changes as they happen."""

    def __init__(self, documents: Documents, answers: Answers, uploads: Uploads, watches: Watches) -> None:
        self._documents = documents
        self._answers = answers
        self._uploads = uploads
        self._watches = watches

    async def upload(self, call: Call[pb.UploadRequest]) -> pb.UploadResponse:
        first = await call.read()
        if first is None or first.WhichOneof("part") != "header":
            raise invalid("HEADER_MISSING", "an upload begins with its header", "header")
        header, offset = first.header, first.header.offset
        header.ClearField("offset")
        _check_header(call, header)
        self._documents.check_size(header.size)
        same = fingerprint(header)
        done = self._answers.find(call.owner, _key(header.upload_id), same)
        if done is None:
            upload, number = await self._uploads.enter(call.owner, header.upload_id, header, header.size, header.sha256)

            def leave(*, keep: bool) -> None:
                self._uploads.leave(call.owner, header.upload_id, upload, number, keep=keep)

            try:
                data = await self._receive(call, upload, number, offset)
                call.check_token()
            except BaseException as failure:
                leave(keep=not isinstance(failure, CallRefusedError) or failure.reason in _KEEPS)
                raise
            done = self._answers.once(
                call.owner, _key(header.upload_id), same, lambda: self._store(call, header, data, leave), call.goes_on
            )
        stored: _Stored = await done
        return stored.response

    async def _receive(self, call: Call[pb.UploadRequest], upload: Upload, number: int, offset: int) -> bytes:
        """Take the chunks of one call, up to the trailer; all bytes of the upload."""
        expected = offset
        while True:
            raw = await call.read_raw()
            if upload.call != number:
                raise CallRefusedError(StatusCode.ABORTED, "UPLOAD_TAKEN_OVER", "another call goes on with the upload")
            if raw is None:
                raise invalid("UPLOAD_ENDED", "the upload ended without a trailer")
            chunk = read_chunk(raw)
            if chunk is None:
                message = call.parsed(raw)
                part = message.WhichOneof("part")
                if part == "trailer":
                    return upload.whole(message.trailer.sha256)
                if part != "chunk":
                    raise invalid("PART_UNKNOWN", "after the header come chunks and a trailer")
                chunk = message.chunk.offset, memoryview(message.chunk.data)
            at, data = chunk
            if at != expected:
                raise invalid("CHUNK_ORDER", f"the chunk begins at {at:,}, not at {expected:,}", "chunk.offset")
            upload.add(at, data)
            expected += len(data)

    async def _store(
        self, call: Call[Any], header: pb.UploadHeader, data: bytes, leave: Callable[..., None]
    ) -> _Stored:
        """Store what came. It goes on when the client goes away: its bytes are given back only then."""
        try:
            digest = header.sha256
            if header.form == pb.FORM_SESSION:
                data = await self._documents.work(call.owner, storable, data, self._documents.reading_limits)
                digest = await digest_of(data)
            writing = writing_of(header.options, header)
            entry = await self._documents.write(call.owner, header.session_id, data, digest, writing)
            return _Stored(header.size, pb.UploadResponse(entry=entry_message(entry, digest)))
        finally:
            leave(keep=False)

    async def get_upload(self, call: Call[Any], request: pb.GetUploadRequest) -> pb.GetUploadResponse:
        upload_id = key_of(request.upload_id, LEAST_UPLOAD_ID, "upload_id")
        done = self._answers.find(call.owner, _key(upload_id))
        if done is not None:
            stored = await done
            return pb.GetUploadResponse(offset=stored.size, size=stored.size, response=stored.response)
        upload = self._uploads.find(call.owner, upload_id)
        if upload is None:
            raise CallRefusedError(StatusCode.NOT_FOUND, "UPLOAD_NOT_FOUND", "there is no such upload; begin it at 0")
        return pb.GetUploadResponse(offset=upload.received, size=upload.size)

    async def download(self, call: Call[Any], request: pb.DownloadRequest) -> None:
        session_id = session_id_of(call, request)
        form = form_of(request.form)
        target = target_of(request)
        limits = self._documents.reading_limits
        async with self._documents.read(call.owner, session_id) as stored:
            if request.HasField("if_match") and request.if_match != stored.etag:
                message = "the session has been changed since the download began; begin again"
                raise CallRefusedError(StatusCode.ABORTED, "ETAG_MISMATCH", message, metadata={"etag": stored.etag})
            data = stored.data
            known = await self._documents.known(call.owner, stored)
            header = pb.DownloadHeader(form=form, entry=entry_message(stored, known.digest))
            said: Said | None = None
            if target is not None:
                said = await self._documents.work(call.owner, converted, data, target, limits, is_stored=True)
                data = said.data
                header.conversion.CopyFrom(conversion_message(said, with_losses=False))
                known = said.known
            if form == pb.FORM_SESSION:
                data = await self._documents.work(call.owner, typed, data, limits, is_stored=True)
                known = msgspec.structs.replace(known, digest=await digest_of(data))
            header.size = len(data)
            header.sha256 = known.digest
            if known.dialect is not None:
                header.dialect = known.dialect
            if known.format_version is not None:
                header.format_version = known.format_version
            header.offset = request.offset
            if request.offset > len(data):
                message = f"there are {len(data):,} bytes, and the download was to begin at {request.offset:,}"
                raise CallRefusedError(StatusCode.OUT_OF_RANGE, "OFFSET_BEYOND_SIZE", message)
            await call.write(pb.DownloadResponse(header=header))
            view = memoryview(data)
            for offset in range(request.offset, len(data), MOST_CHUNK):
                await call.write_raw(chunk_message(offset, view[offset : offset + MOST_CHUNK]))
            for losses in _batches(() if said is None else said.losses):
                await call.write(pb.DownloadResponse(losses=pb.DownloadLosses(losses=loss_messages(losses))))
            await call.write(pb.DownloadResponse(trailer=pb.DownloadTrailer(sha256=header.sha256)))

    async def watch(self, call: Call[Any], request: pb.WatchRequest) -> None:
        start = moment_of(request, "since")
        resumed = request.WhichOneof("start") == "resume_token"
        if resumed:
            start = read_resume_token(request.resume_token)
        check_prefix(request.prefix)
        watching = self._watches.watch(call.owner, request.prefix, start, resumed=resumed)
        async with contextlib.aclosing(watching) as events:
            with Recheck(call.check_token, _TOKEN_SECONDS):
                async for event in events:
                    call.check_token()
                    await call.write(_watch_message(event))


def _check_header(call: Call[Any], header: pb.UploadHeader) -> None:
    """Refuse a header that says too little, before a byte is taken."""
    if header.ByteSize() > _MOST_HEADER:  # it is kept as long as the upload
        raise invalid("ARGUMENT_INVALID", f"a header has {_MOST_HEADER:,} bytes at most", "header")
    session_id_of(call, header)
    form_of(header.form)
    key_of(header.upload_id, LEAST_UPLOAD_ID, "header.upload_id")
    writing_of(header.options, header)
    if not header.HasField("size"):
        raise invalid("SIZE_MISSING", "the header says no size", "header.size")
    if len(header.sha256) != _DIGEST_BYTES:
        raise invalid("DIGEST_MISSING", f"the header has no SHA-256 of {_DIGEST_BYTES} bytes", "header.sha256")


def _key(upload_id: str) -> str:
    """An upload's id among the keys of other writes."""
    return f"upload:{upload_id}"


def _batches(losses: tuple[Loss, ...]) -> Iterator[tuple[Loss, ...]]:
    for start in range(0, len(losses), _LOSSES_A_MESSAGE):
        yield losses[start : start + _LOSSES_A_MESSAGE]


def _watch_message(event: Event) -> pb.WatchResponse:
    token = resume_token(event.moment)
    if event.session_id is None:
        return pb.WatchResponse(event=pb.WATCH_EVENT_READY, resume_token=token)
    if event.entry is None:
        gone = pb.Entry(session_id=event.session_id)
        return pb.WatchResponse(event=pb.WATCH_EVENT_DELETED, entry=gone, resume_token=token)
    return pb.WatchResponse(event=pb.WATCH_EVENT_CHANGED, entry=listed(event.entry), resume_token=token)
