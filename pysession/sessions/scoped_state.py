"""State by key in four scopes: of the session, of its user, of the application, and of one run of an agent."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pysession.findings.failures import UsageError
from pysession.sessions.record import PLACE, Record
from pysession.sessions.state_values import encoded_entries


class Scope(StrEnum):
    """Who shares a value, and how long it lives.

    ``SESSION``: it is in the session's document. ``USER``, ``APP``: it is shared by all sessions of the user in the
    application, and of the application, through the store. ``TEMP``: it ends with the next run of an agent and is never
    stored.
    """

    SESSION = "session"
    USER = "user"
    APP = "app"
    TEMP = "temp"


_PLACES = {
    Scope.SESSION: (*PLACE, "state"),
    Scope.USER: (*PLACE, "unshared", "user", "values"),
    Scope.APP: (*PLACE, "unshared", "app", "values"),
}
"""Where the values of a scope stand in a session's document, as failures name it."""


class ScopeError(UsageError, ValueError):
    """There is no scope of this name, or a key is no text."""


class ScopedState:
    """The values of one session in all scopes."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._temporary: dict[str, Any] = {}

    def values(self, scope: str) -> dict[str, Any]:
        """The live values of ``scope``.

        Raises:
            ScopeError: there is no such scope.
        """
        match scope:
            case Scope.SESSION:
                return self._record.state
            case Scope.TEMP:
                return self._temporary
            case Scope.USER | Scope.APP:
                return self._record.shared[scope].values
        raise ScopeError(f"there is no scope {scope!r}; it is one of {', '.join(Scope)}")

    def set(self, key: str, value: Any, scope: str) -> None:
        """Raises ScopeError, and StateValueError for what has no JSON form; then nothing is changed."""
        values = self.values(scope)
        if not isinstance(key, str) or not key:
            raise ScopeError(f"a key is a text that is not empty; this is {key!r}")
        if scope != Scope.TEMP:
            encoded_entries({key: value}, _PLACES[Scope(scope)])
        values[key] = value

    def delete(self, key: str, scope: str) -> bool:
        """Whether there was one."""
        values = self.values(scope)
        found = key in values
        values.pop(key, None)
        return found

    def end_invocation(self) -> None:
        """Forget what was temporary."""
        self._temporary.clear()
