"""``Memory``: what is remembered of a user, across sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysession.sessions.scoped_state import Scope

if TYPE_CHECKING:
    from pysession.sessions.session import Session


class Memory:
    """Facts by key in the user scope of a session: what one session stores another session of the same user recalls.

    They are the values of ``session.get_state(key, scope="user")``, so they go to the store, and come from it, with the
    session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def store(self, key: str, value: Any) -> None:
        """Remember ``value`` under ``key``.

        Raises:
            ScopeError: the key is no text.
            StateValueError: the value has no JSON form.
        """
        self._session.set_state(key, value, Scope.USER)

    async def recall(self, key: str, default: Any = None) -> Any:
        """What is remembered under ``key``, or ``default``."""
        return self._session.get_state(key, Scope.USER, default)

    async def forget(self, key: str) -> bool:
        """Forget what is under ``key``; whether there was anything."""
        return self._session.delete_state(key, Scope.USER)

    async def keys(self) -> list[str]:
        """The keys under which something is remembered, sorted."""
        return sorted(self._session.state_keys(Scope.USER))
