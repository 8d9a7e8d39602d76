"""A session as a document: bytes in each of the framework's forms, and files that never lose what was recorded."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pysession.findings.failures import PysessionError
from pysession.sessions.envelopes import Form, form_of, opened, written
from pysession.sessions.events import EventKind, Scalar
from pysession.sessions.record import Record, stored_trail
from pysession.stores.failures import ImmutableError
from pysession.stores.growing import why_not_grown
from pysession.stores.keeping import keeping_of


class Document(ABC):
    """What is a dictionary of JSON values and can be made of one: the bytes and the files of a session."""

    record: Record

    @property
    @abstractmethod
    def session_id(self) -> str: ...

    @abstractmethod
    def to_dict(self) -> dict[str, Any]: ...

    @classmethod
    @abstractmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self: ...

    @abstractmethod
    def note(self, kind: str, **detail: Scalar) -> None: ...

    @abstractmethod
    def _before_saving(self) -> None:
        """Do what the retention asks for."""

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

    def save(self, path: str | os.PathLike[str], form: Form | str | None = None) -> None:
        """Put the session into the file at ``path``, in one step: at any moment it holds the old or the new document.

        Without ``form`` a file named ``*.msgpack`` gets the store's MessagePack, any other the session's JSON.

        Raises:
            StateValueError: as :meth:`to_bytes`; the file is untouched.
            TrailConflictError: the session that is there has events which this one does not go on from.
            ImmutableError: the session that is there only grows, and this one is not what it has grown to.
            NotWrittenError: no permission, no space, no such folder; the file is untouched.
        """
        from pysession.outputs import write_file

        self._before_saving()
        self._check_trail(Path(path))
        self.note(EventKind.SAVED)
        try:
            data = self.to_bytes(form_of(path) if form is None else form)
            self._check_growth(Path(path), data)
            write_file(Path(path), data)
        except PysessionError as failure:
            self.note(EventKind.SAVE_FAILED, why=type(failure).__name__)
            raise

    def _check_growth(self, path: Path, data: bytes) -> None:
        try:
            before = path.read_bytes()
        except FileNotFoundError:
            return
        if keeping_of(before).immutable and before != data:
            why = why_not_grown(before, data)
            if why is not None:
                raise ImmutableError(self.session_id, why=why)

    def _check_trail(self, path: Path) -> None:
        """Raises TrailConflictError when the trail in the file is not the beginning of this one."""
        try:
            data = path.read_bytes()
        except OSError:
            return  # there is none, or the write will say what is wrong
        stored = stored_trail(data, self.session_id)
        if stored is not None and not self.record.events.extends(stored):
            from pysession.sessions.conflicts import TrailConflictError

            raise TrailConflictError(self.session_id, source=str(path))
