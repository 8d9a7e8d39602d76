"""What an operator can set."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pysession.exchange.server.policy import Policy
from pysession.verbs.workers import usual_jobs
from pysession.wire import DEFAULT_LIMITS

DEFAULT_ADDRESS = "127.0.0.1:50051"
DEFAULT_STORE = "sqlite:///sessions.db"
MIB = 2**20
_LEAST_JOBS = 2
"""With one process only an owner would wait for what another has judged."""


def default_jobs() -> int:
    """As many processes as there are processors, two to four."""
    return max(_LEAST_JOBS, usual_jobs())


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the server takes on; sizes in bytes, times in seconds.

    ``document_bytes`` of one stored document, ``message_bytes`` of one message in either direction, ``depth`` of nested
    arrays and objects. ``bytes_in_flight`` of the documents that are under way at once, unfinished uploads included;
    what is beyond waits ``wait_seconds`` and is then refused. ``calls`` and ``watches`` at once, ``streams`` of one
    connection. ``call_seconds`` and ``transfer_seconds`` are the longest a call or an Upload or Download may take,
    whatever its client's deadline; ``stall_seconds`` the longest pause between two messages of one.
    ``upload_seconds`` is how long an unfinished upload is kept, ``uploads`` how many of one owner; ``answer_seconds`` and
    ``answers`` the same for answers to writes with an idempotency key.
    """

    document_bytes: int = 64 * MIB
    message_bytes: int = 4 * MIB
    depth: int = DEFAULT_LIMITS.depth
    bytes_in_flight: int = 256 * MIB
    wait_seconds: float = 30.0
    calls: int = 256
    watches: int = 256
    streams: int = 128
    call_seconds: float = 60.0
    transfer_seconds: float = 600.0
    stall_seconds: float = 30.0
    uploads: int = 32
    upload_seconds: float = 600.0
    answers: int = 1000
    answer_seconds: float = 600.0


class Keepalive(msgspec.Struct, frozen=True, kw_only=True):
    """When connections are asked for a sign of life, and closed; in seconds.

    A connection is asked after ``after`` without traffic and closed when no answer comes for ``timeout``. A client that
    asks more often than every ``client_least`` is turned away. A connection without calls is closed after ``idle``, any
    after ``age`` (its calls may go on for ``age_grace``), so that clients come to know of new servers.
    """

    after: float = 60.0
    timeout: float = 20.0
    client_least: float = 10.0
    idle: float = 900.0
    age: float = 3600.0
    age_grace: float = 600.0


class TlsFiles(msgspec.Struct, frozen=True):
    """PEM files; with ``client_ca`` only clients whose certificate it signed are let in. They are read again when they
    change."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is set up. ``policy`` None: documents are stored as they are. ``jobs`` is the most processes that judge
    and convert. ``owner`` is that of calls without a
    token, where there are no tokens. ``watch_seconds`` is how often a store is asked what others have changed,
    ``sweep_seconds`` how often what has expired is removed from it (0: never)."""

    address: str = DEFAULT_ADDRESS
    tls: TlsFiles | None = None
    tokens: Path | None = None
    owner: str = ""
    policy: Policy | None = None
    jobs: int = msgspec.field(default_factory=default_jobs)
    limits: Limits = Limits()
    keepalive: Keepalive = Keepalive()
    reflection: bool = False
    allow_insecure: bool = False
    watch_seconds: float = 2.0
    sweep_seconds: float = 86_400.0
    drain_seconds: float = 30.0
