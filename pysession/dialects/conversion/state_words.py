"""How a dialect keeps state."""

from __future__ import annotations

import msgspec


class StateWords(msgspec.Struct, frozen=True):
    """The state of a session in one dialect.

    ``envelope`` is the member that holds it, ``history`` and ``pending`` the keys that its default history and messages
    to be injected stand under (None: it has no such). ``private`` are keys whose value means something only there.
    ``budget`` are the containers that a value of the state may have.
    """

    envelope: str
    history: str
    pending: str | None
    private: frozenset[str]
    refuses_null: bool
    sorts_keys: bool
    budget: int
