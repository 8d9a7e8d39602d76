"""``Session``: what an agent keeps of a conversation between runs, as ``AgentSession`` of Agent Framework has it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pysession.sessions.envelopes import Form, checked, form_of, opened, written
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.record import Record, taken_from
from pysession.sessions.state_values import Unregistered, decoded_state, encoded_service_id, encoded_state

S = TypeVar("S", bound="Session")


class Session:
    """The ids of a conversation and the state that its providers and tools share.

    ``session_id`` is generated unless given. ``service_session_id`` is the id of the conversation at a service that keeps
    it itself: a text, or an object where the service has ids of several parts. ``state`` is one dictionary for all;
    a provider has the part under its source id. Its values are JSON, registered types
    (:func:`pysession.sessions.register_state_type`), and ``datetime``, ``date``, ``UUID``, ``Decimal``, ``bytes``, ``set``.
    Messages in it are dictionaries, as they stand in the document.

    ``unregistered`` are the values of the loaded document whose type nobody registered; they were kept as they were.

    >>> session = Session(session_id="s1")
    >>> session.state["city"] = "Oslo"
    >>> Session.from_bytes(session.to_bytes()).state
    {'city': 'Oslo'}
    """

    def __init__(
        self, *, session_id: str | None = None, service_session_id: str | Mapping[str, Any] | None = None
    ) -> None:
        self._session_id = session_id or str(uuid.uuid4())
        self.service_session_id = service_session_id
        self.state: dict[str, Any] = {}
        self.unregistered: tuple[Unregistered, ...] = ()
        self.record = Record()
        self._beside: dict[str, Any] = {}

    @property
    def session_id(self) -> str:
        return self._session_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(session_id={self._session_id!r})"

    def to_dict(self) -> dict[str, Any]:
        """The session as JSON values in the framework's order, sharing nothing with it.

        Raises:
            StateValueError: a value has no JSON form; it says where.
        """
        return {
            "type": "session",
            "session_id": self._session_id,
            "service_session_id": encoded_service_id(self.service_session_id),
            "state": encoded_state(self.record.within(self.state)),
            **self._beside,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The session that ``data`` describes, sharing nothing with it.

        Raises:
            NotASessionError: another kind of document, or a version that is not known.
            CorruptSessionError: a part of the session is missing or is not what it should be.
        """
        envelope = checked(data)
        session = cls(session_id=envelope.session_id, service_session_id=envelope.service_session_id)
        session.state, session.unregistered = decoded_state(envelope.state)
        session.record = taken_from(session.state)
        session._beside = envelope.beside
        return session

    def to_bytes(self, form: Form | str = Form.SESSION) -> bytes:
        """The document, byte for byte as the framework writes it in this form.

        Raises:
            StateValueError: a value has no JSON form, or (in MessagePack) a number has more than 64 bits.
        """
        return written(self.to_dict(), Form(form))

    @classmethod
    def from_bytes(cls, data: bytes, *, source: str | None = None) -> Self:
        """The session in ``data``, in any of the forms; also a thread of the AgentThread time, of Python or .NET.

        ``source`` is where it came from, for messages.

        Raises:
            CorruptSessionError: it is cut off or damaged.
            NotASessionError: it is something else.
        """
        return cls.from_dict(opened(data, source))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The session in the file at ``path``.

        Raises:
            FileNotFoundError: there is none.
            CorruptSessionError, NotASessionError: as :meth:`from_bytes`.
        """
        return cls.from_bytes(Path(path).read_bytes(), source=os.fspath(path))

    @classmethod
    def load_or_new(cls, path: str | os.PathLike[str], *, session_id: str | None = None) -> Self:
        """The session in the file at ``path``, or a fresh one (with ``session_id``) when there is no such file.

        A file that is there but cannot be restored raises: a fresh session in its place would be saved over it.
        """
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            return cls(session_id=session_id)
        session = cls.from_bytes(data, source=os.fspath(path))
        if session_id is not None and session.session_id != session_id:
            why = f"it is the session {session.session_id!r} and not {session_id!r}"
            raise CorruptSessionError(why, os.fspath(path))
        return session

    def save(self, path: str | os.PathLike[str], form: Form | str | None = None) -> None:
        """Put the session into the file at ``path``, in one step: at any moment it holds the old or the new document.

        Without ``form`` a file named ``*.msgpack`` gets the store's MessagePack, any other the session's JSON.

        Raises:
            StateValueError: as :meth:`to_bytes`; the file is untouched.
            NotWrittenError: no permission, no space, no such folder; the file is untouched.
        """
        from pysession.outputs import write_file

        write_file(Path(path), self.to_bytes(form_of(path) if form is None else form))

    def clear(self) -> None:
        """Forget the conversation: the state is emptied and the service's id dropped; the session keeps its own id."""
        self.state.clear()
        self.service_session_id = None
        self.unregistered = ()
        self._beside = {}
