"""What an exchange answers."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pysession.findings import DocumentReport, Loss
from pysession.stores import Entry


class Received(Entry, frozen=True, kw_only=True):
    """A session that was fetched.

    ``data`` are the document's bytes, or with ``typed`` those of a serialised ``pysession.v1.Session``. ``dialect`` is
    theirs, where the server knows it. ``etag``, ``size`` and ``changed`` are of what is stored. Where a conversion was
    asked for, ``source`` is the dialect that is stored, ``target`` the release that ``data`` is written for, and
    ``losses`` is what that could not say.
    """

    data: bytes
    typed: bool = False
    dialect: str | None = None
    source: str | None = None
    target: str | None = None
    losses: tuple[Loss, ...] = ()


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """A document that the exchange converted: see :class:`Received`."""

    data: bytes
    typed: bool = False
    source: str | None
    target: str | None
    losses: tuple[Loss, ...]


class Judged(msgspec.Struct, frozen=True):
    """What the exchange says of a document, and whether its policy takes it."""

    report: DocumentReport
    accepted: bool


class Event(StrEnum):
    """What happened to a session. ``READY``: the watch stands, and what is changed from now on will come."""

    READY = "ready"
    CHANGED = "changed"
    DELETED = "deleted"


class Watched(msgspec.Struct, frozen=True):
    """One change. ``session_id`` is None for ``READY``; ``entry`` is there for ``CHANGED``.

    ``resume_token`` asks for what comes after it.
    """

    event: Event
    session_id: str | None
    entry: Entry | None
    resume_token: str | None
