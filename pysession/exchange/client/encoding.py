"""What is asked of an exchange, in its own words."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from pysession.findings.failures import UsageError
from pysession.v1 import exchange_pb2, session_pb2


def options_of(
    if_match: str | None, if_absent: bool, expires: datetime | None, immutable: bool
) -> exchange_pb2.WriteOptions:
    """How to write a session. What is left out is absent, rather than empty."""
    options = exchange_pb2.WriteOptions()
    if if_match is not None:
        options.if_match = if_match
    if if_absent:
        options.create_only = True
    if expires is not None:
        options.expire_time.CopyFrom(stamp(expires))
    if immutable:
        options.immutable = True
    return options


def document_of(
    data: bytes, digest: bytes | None = None, dialect: str | None = None, format_version: str | None = None
) -> exchange_pb2.Payload:
    """The bytes of a document, and what they claim to be."""
    document = exchange_pb2.Document(data=data, sha256=digest, dialect=dialect, format_version=format_version)
    return exchange_pb2.Payload(document=document)


def session_of(data: bytes) -> exchange_pb2.Payload:
    """A typed session.

    Raises:
        UsageError: ``data`` is none.
    """
    try:
        return exchange_pb2.Payload(session=session_pb2.Session.FromString(data))
    except DecodeError as failure:
        raise UsageError("these bytes are no pysession.v1.Session; pysession.to_proto makes them") from failure


def stamp(moment: datetime) -> Timestamp:
    """A moment.

    Raises:
        UsageError: it does not say its time zone.
    """
    if moment.tzinfo is None:
        raise UsageError(f"{moment} does not say its time zone; give an aware datetime")
    made = Timestamp()
    made.FromDatetime(moment)
    return made
