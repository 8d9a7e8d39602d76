"""What is said to a testee and what it answers: one JSON object a line, in order, bytes always as base64.

A testee is a program that runs one real release of a library. The documents go to it as the bytes they are and come
back as the bytes it wrote, so that nothing between judge and library can change them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pysession.findings import NextTurn, Stage

UNSUPPORTED = "UnsupportedRequest"
"""The error type of a testee that does not know an operation, or whose release cannot read a form at all."""


class Operation(StrEnum):
    """``read``: load, look into, save. ``next-turn``: the same, then run the next turn with a scripted model.
    ``append``: read, add a message of the user and one of the assistant, save."""

    DESCRIBE = "describe"
    READ = "read"
    NEXT_TURN = "next-turn"
    APPEND = "append"
    STOP = "stop"


class Form(StrEnum):
    """As what the release is to read the bytes: the session's own JSON, a file of its session store or of its history
    provider, a thread of the releases before sessions, or a bare array of messages."""

    SESSION = "session"
    STORE = "store"
    STORE_MESSAGEPACK = "store-msgpack"
    HISTORY = "history"
    HISTORY_MESSAGEPACK = "history-msgpack"
    THREAD = "thread"
    MESSAGES = "messages"


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the application tells its library: keys of its history providers, state types that it registers."""

    history_keys: tuple[str, ...] = ()
    registered_types: tuple[str, ...] = ()


NO_OPTIONS = Options()


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request; ``document`` are the bytes as stored, ``text`` what ``append`` lets the user say."""

    id: int
    op: Operation
    form: Form | None = None
    document: bytes | None = None
    options: Options = NO_OPTIONS
    text: str | None = None


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Short class names of what was raised and of its root cause, and what it says."""

    type: str
    cause: str | None = None
    message: str = ""


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the next run did. ``sent`` counts the messages that the model was sent, the new one among them."""

    outcome: NextTurn
    sent: int | None = None
    error: Failure | None = None


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to the request with the same ``id``.

    ``ok``: the operation was done. Else ``error`` says what was raised, at ``stage`` when a document was read.
    ``saved`` are the bytes that the release writes. ``messages_restored`` counts the messages of the document's
    histories that came back as messages, ``empty_contents`` those whose contents came back empty although the document
    has some. ``reader``, ``environment`` and ``forms`` answer ``describe``.
    """

    id: int
    ok: bool
    stage: Stage | None = None
    error: Failure | None = None
    saved: bytes | None = None
    messages_restored: int | None = None
    empty_contents: int | None = None
    next_turn: Turn | None = None
    reader: str | None = None
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    forms: tuple[Form, ...] = ()
