"""The methods that answer one message with one message."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from pysession.exchange.digests import digest_of
from pysession.exchange.messages import (
    SEVERITIES,
    VERDICTS,
    entry_message,
    loss_messages,
    moment,
    text,
)
from pysession.exchange.server.answers import Answers
from pysession.exchange.server.calls import Call
from pysession.exchange.server.documents import Documents, Writing, digest_differs, past
from pysession.exchange.server.failures import refusal_of
from pysession.exchange.server.forms import (
    Said,
    check_source,
    check_target,
    converted,
    damaged,
    storable,
    typed,
    untyped,
)
from pysession.exchange.server.judging import checked
from pysession.exchange.server.policy import Policy
from pysession.exchange.server.refusals import invalid, not_found
from pysession.exchange.server.remembered import Known
from pysession.findings import Severity, Verdict
from pysession.findings.failures import UsageError
from pysession.readers import Settings as ReaderSettings
from pysession.readers import reader
from pysession.rules import matching, profile
from pysession.stores import Entry, SessionIdError, Store, StoreError
from pysession.stores.checking import id_bytes, owner_bytes
from pysession.v1 import exchange_pb2 as pb

MOST_PAGE = 1000
MOST_KEY = 128
MOST_READERS = 16
"""Readers that one call may ask: each takes as long as the document is large."""
_MOST_CLAIM = 64
_FORMS = frozenset({pb.FORM_DOCUMENT, pb.FORM_SESSION})
_VERDICTS = {number: verdict for verdict, number in VERDICTS.items()}
_SEVERITIES = {number: severity for severity, number in SEVERITIES.items()}


class Unary:
    """Put, Get, List, Delete, Check and Convert."""

    def __init__(self, store: Store, documents: Documents, answers: Answers) -> None:
        self._store = store
        self._documents = documents
        self._answers = answers

    async def put(self, call: Call[Any], request: pb.PutRequest) -> pb.PutResponse:
        session_id = session_id_of(call, request)
        writing = writing_of(request.options, request.payload.document)
        data, digest = await self._sent(call.owner, request.payload, is_to_store=True)

        async def write() -> pb.PutResponse:
            async with self._documents.held(call.owner, len(data)):
                entry = await self._documents.write(call.owner, session_id, data, digest, writing)
            return pb.PutResponse(entry=entry_message(entry, digest))

        if not request.HasField("idempotency_key"):
            return await write()
        key = f"put:{key_of(request.idempotency_key, 1, 'idempotency_key')}"
        return await self._answers.once(
            call.owner,
            key,
            _fingerprint_of(request, digest),
            write,
            call.goes_on,
            often_at_once=self._documents.are_written_at_once(len(data)),
        )

    async def get(self, call: Call[Any], request: pb.GetRequest) -> pb.GetResponse:
        session_id = session_id_of(call, request)
        form = form_of(request.form, pb.FORM_ENTRY)
        target = target_of(request)
        async with self._documents.read(call.owner, session_id) as stored:
            known = await self._documents.known(call.owner, stored)
            response = pb.GetResponse(entry=entry_message(stored, known.digest))
            if form == pb.FORM_ENTRY or request.if_none_match == stored.etag:
                return response
            call.check_document(stored.size)
            data = stored.data
            said = None
            if target is not None:
                limits = self._documents.reading_limits
                said = await self._documents.work(call.owner, converted, data, target, limits, is_stored=True)
                data = said.data
                response.conversion.CopyFrom(conversion_message(said))
            known = known if said is None else said.known
            await self._fill(call.owner, response.payload, data, form, known, is_stored=True)
            return response

    async def list(self, call: Call[Any], request: pb.ListRequest) -> pb.ListResponse:
        since = moment_of(request, "changed_since")
        check_prefix(request.prefix)
        try:
            page = await self._store.list(
                prefix=request.prefix,
                owner=call.owner,
                changed_since=since,
                limit=min(request.page_size or MOST_PAGE, MOST_PAGE),
                page=request.page_token or None,
            )
        except UsageError as failure:
            raise invalid("ARGUMENT_INVALID", "the page_token is none of a list", "page_token") from failure
        except StoreError as failure:
            raise refusal_of(failure) from failure
        return pb.ListResponse(entries=map(listed, page.entries), next_page_token=page.next)

    async def delete(self, call: Call[Any], request: pb.DeleteRequest) -> pb.DeleteResponse:
        session_id = session_id_of(call, request)
        if_match = request.if_match if request.HasField("if_match") else None
        deleted = await self._documents.delete(call.owner, session_id, if_match)
        if not deleted and not request.allow_missing:
            raise not_found(session_id)
        return pb.DeleteResponse(deleted=deleted)

    async def check(self, call: Call[Any], request: pb.CheckRequest) -> pb.CheckResponse:
        policy = policy_of(request.policy) if request.HasField("policy") else self._documents.policy or Policy()
        limits = self._documents.reading_limits
        async with self._subject(call, request) as (data, _):
            answer = await self._documents.work(call.owner, checked, data, policy, limits, call.room)
        return pb.CheckResponse.FromString(answer)

    async def convert(self, call: Call[Any], request: pb.ConvertRequest) -> pb.ConvertResponse:
        target = target_of(request)
        if target is None:
            raise invalid("TARGET_MISSING", "name a dialect or release to convert to: dotnet, python@1.21.0", "target")
        if request.HasField("source"):
            check_source(request.source)
        form = form_of(request.form)
        async with self._subject(call, request) as (data, is_stored):
            said = await self._documents.work(
                call.owner,
                converted,
                data,
                target,
                self._documents.reading_limits,
                source=request.source or None,
                record_approvals=request.record_approvals,
                is_stored=is_stored,
            )
            response = pb.ConvertResponse(conversion=conversion_message(said))
            await self._fill(call.owner, response.payload, said.data, form, said.known, is_stored=is_stored)
            return response

    async def _sent(self, owner: str, payload: pb.Payload, *, is_to_store: bool = False) -> tuple[bytes, bytes]:
        """The document that a client sent, in either form, and its digest."""
        form = payload.WhichOneof("form")
        if form == "session":
            blob = payload.session.SerializeToString()
            if is_to_store:
                data = await self._documents.work(owner, storable, blob, self._documents.reading_limits)
            else:
                data = await self._documents.work(owner, untyped, blob)
            return data, await digest_of(data)
        if form is None or not payload.document.HasField("data"):
            raise invalid("PAYLOAD_MISSING", "there is no session in the message", "payload")
        data = payload.document.data
        digest = await digest_of(data)
        if payload.document.HasField("sha256") and payload.document.sha256 != digest:
            raise digest_differs()
        return data, digest

    @contextlib.asynccontextmanager
    async def _subject(
        self, call: Call[Any], request: pb.CheckRequest | pb.ConvertRequest
    ) -> AsyncIterator[tuple[bytes, bool]]:
        """The document that the request is about, and whether it is a stored one."""
        subject = request.WhichOneof("subject")
        if subject == "payload":
            data, _ = await self._sent(call.owner, request.payload)
            self._documents.check_size(len(data))
            async with self._documents.held(call.owner, len(data)):
                yield data, False
        elif subject == "session_id":
            async with self._documents.read(call.owner, session_id_of(call, request)) as stored:
                yield stored.data, True
        else:
            raise invalid("SUBJECT_MISSING", "give a session, or the id of a stored one", "subject")

    async def _fill(
        self, owner: str, payload: pb.Payload, data: bytes, form: int, known: Known, *, is_stored: bool
    ) -> None:
        """Put a document into ``payload`` in the form that was asked for."""
        if form == pb.FORM_SESSION:
            limits = self._documents.reading_limits
            blob = await self._documents.work(owner, typed, data, limits, is_stored=is_stored)
            payload.session.ParseFromString(blob)
            return
        document = payload.document
        document.data = data
        document.sha256 = known.digest
        if known.dialect is not None:
            document.dialect = known.dialect
        if known.format_version is not None:
            document.format_version = known.format_version


def session_id_of(call: Call[Any], request: Any) -> str:
    """The session that a request is about; noted for the log."""
    if not request.session_id:
        raise invalid("SESSION_ID_MISSING", "name a session", "session_id")
    try:
        id_bytes(request.session_id)
    except SessionIdError as failure:
        raise refusal_of(failure) from failure
    session_id: str = request.session_id
    call.session_id = session_id
    return session_id


def listed(entry: Entry) -> pb.Entry:
    """A session of a list or a watch.

    Raises:
        CallRefusedError: DATA_LOSS, what the store says of it cannot be.
    """
    try:
        return entry_message(entry)
    except (ValueError, OverflowError) as failure:
        raise damaged("is damaged: its size or one of its times cannot be") from failure


def check_prefix(prefix: str) -> None:
    """Refuse what no id begins with."""
    try:
        owner_bytes(prefix)
    except SessionIdError as failure:
        raise invalid("SESSION_ID_INVALID", f"no session id begins so: {failure.reason}", "prefix") from failure


def form_of(form: pb.Form.ValueType, *more: int) -> pb.Form.ValueType:
    """The form that is asked for; a document when nothing is said."""
    if form == pb.FORM_UNSPECIFIED:
        return pb.FORM_DOCUMENT
    if form not in _FORMS and form not in more:
        raise invalid("FORM_UNKNOWN", f"there is no form {form} here", "form")
    return form


def target_of(request: Any) -> str | None:
    """What to convert to, if anything; refused where it is nothing."""
    if not request.HasField("target"):
        return None
    check_target(request.target)
    target: str = request.target
    return target


def writing_of(options: pb.WriteOptions, claims: pb.Document | pb.UploadHeader) -> Writing:
    """How to write, of what the request says."""
    expires = moment_of(options, "expire_time")
    if expires is not None and past(expires):
        raise invalid("EXPIRY_PAST", "the session would have expired already", "options.expire_time")
    if max(len(claims.dialect), len(claims.format_version)) > _MOST_CLAIM:
        raise invalid("ARGUMENT_INVALID", "no dialect and no version has such a name", "dialect")
    return Writing(
        if_match=options.if_match if options.WhichOneof("condition") == "if_match" else None,
        create_only=options.create_only,
        expires=expires,
        immutable=options.immutable,
        dialect=claims.dialect or None,
        format_version=claims.format_version or None,
    )


def moment_of(message: Any, field: str) -> datetime | None:
    """A time of the request, if it is there."""
    if not message.HasField(field):
        return None
    value: Timestamp = getattr(message, field)
    try:
        return moment(value)
    except ValueError:
        raise invalid("TIME_INVALID", "the time is none", field) from None


def key_of(key: str, least: int, field: str) -> str:
    """A key that a client chose."""
    if not least <= len(key.encode()) <= MOST_KEY:
        raise invalid("KEY_INVALID", f"a key has {least} to {MOST_KEY} bytes", field)
    return key


def _fingerprint_of(request: pb.PutRequest, digest: bytes) -> bytes:
    """The fingerprint of a write, whose bytes need not be hashed again."""
    claims = request.payload.document
    said = (request.session_id, request.payload.WhichOneof("form"), claims.dialect, claims.format_version)
    return digest + msgspec.json.encode(said) + request.options.SerializeToString(deterministic=True)


def fingerprint(request: Message) -> bytes:
    """The same for the same request."""
    return sha256(request.SerializeToString(deterministic=True)).digest()


def policy_of(asked: pb.Policy) -> Policy:
    """The policy that a client names.

    Raises:
        CallRefusedError: INVALID_ARGUMENT, it names a rule, profile or release that there is none of, or too many readers.
    """
    if len(asked.readers) > MOST_READERS:
        message = f"{len(asked.readers)} readers are named, and one call takes {MOST_READERS}; ask in several calls"
        raise invalid("POLICY_INVALID", message, "policy.readers")
    try:
        matching((*asked.select, *asked.ignore))
        for name in asked.profiles:
            profile(name)
        policy = Policy(
            readers=tuple(dict.fromkeys(map(reader, asked.readers))),
            select=tuple(dict.fromkeys(asked.select)),
            ignore=tuple(dict.fromkeys(asked.ignore)),
            profiles=tuple(dict.fromkeys(asked.profiles)),
            settings=ReaderSettings(frozenset(asked.registered_types), tuple(asked.history_keys)),
            accept=_VERDICTS[asked.accept or VERDICTS[Verdict.NORMALISED]],
            fail_on=_SEVERITIES[asked.fail_on or SEVERITIES[Severity.ERROR]],
        )
    except (UsageError, KeyError) as failure:
        message = str(failure) if isinstance(failure, UsageError) else "accept or fail_on is none of the words"
        raise invalid("POLICY_INVALID", message, "policy") from failure
    return policy


def conversion_message(said: Said, *, with_losses: bool = True) -> pb.Conversion:
    losses = loss_messages(said.losses) if with_losses else ()
    return pb.Conversion(source=text(said.source), target=said.target, losses=losses)
