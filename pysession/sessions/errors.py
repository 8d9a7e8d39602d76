"""What can go wrong with a session, one class for each."""

from __future__ import annotations

from pysession.findings.failures import PysessionError


class SessionError(PysessionError):
    """Base of what is raised about sessions."""


class CorruptSessionError(SessionError):
    """A document is cut off or damaged, or holds less of a session than it says. ``why`` tells what and where.

    Half a history is worse than none: the model would go on from it as if it were whole.
    """

    def __init__(self, why: str, source: str | None = None) -> None:
        where = f"{source}: " if source is not None else ""
        super().__init__(f"{where}the session cannot be restored: {why}")
        self.why = why
        self.source = source


class NotASessionError(SessionError):
    """A document is whole but is no session of Agent Framework for Python; ``dialect`` is what it was taken for."""

    def __init__(self, why: str, dialect: str, source: str | None = None) -> None:
        where = f"{source}: " if source is not None else ""
        super().__init__(f"{where}this is no Python agent session: {why}")
        self.why = why
        self.dialect = dialect
        self.source = source


class NotYoursError(SessionError):
    """The session is that of another user, or of another application, than it was opened for."""

    def __init__(self, session_id: str, what: str) -> None:
        super().__init__(f"the session {session_id!r} belongs to another {what} than it was asked for")
        self.session_id = session_id
        self.what = what


class StateValueError(SessionError, TypeError):
    """The value at ``pointer`` of a session has no JSON form; nothing was saved, and the session is as it was."""

    def __init__(self, pointer: str, why: str) -> None:
        super().__init__(f"{pointer}: {why}")
        self.pointer = pointer
        self.why = why


class StateTypeError(SessionError, ValueError):
    """A type cannot be registered for state values: it has no codec, or its name or class is taken."""


class HistoryChangedError(SessionError):
    """The history at ``pointer`` was rewritten while it was being pruned; nothing was removed. Prune it again."""

    def __init__(self, pointer: str) -> None:
        super().__init__(f"{pointer} was rewritten while it was being pruned; nothing was removed, prune it again")
        self.pointer = pointer


class DuplicateSourceError(SessionError, ValueError):
    """Two providers have the source id ``source_id``: each would overwrite what the other keeps in the state."""

    def __init__(self, source_id: str) -> None:
        super().__init__(
            f"two providers have the source id {source_id!r} and would share one part of the state; name one otherwise"
        )
        self.source_id = source_id


class UnregisteredTypeWarning(UserWarning):
    """A state value has a type that nobody registered: it is kept as it is, as a plain dictionary."""
