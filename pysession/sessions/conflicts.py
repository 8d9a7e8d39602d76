"""The conflict that a session's trail can be in with the one that is stored."""

from __future__ import annotations

from pysession.sessions.errors import SessionError
from pysession.stores import ConflictError


class TrailConflictError(SessionError, ConflictError):
    """A session would be saved whose trail does not go on from the stored one: what was recorded would be gone."""

    def __init__(self, session_id: str, owner: str = "", source: str | None = None) -> None:
        super().__init__(session_id, owner, None, None)
        where = f"{source}: " if source is not None else ""
        self.args = (
            f"{where}the trail of the session {session_id!r} does not begin with the events that are stored, and those"
            " are kept; load the session and repeat the change",
        )
        self.source = source
