"""What an application may tell its library, and so what a prediction must know to be about that application."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """``registered_types``: ids of state types that the application registers (Python ``register_state_type``); what
    such a type does with its data is the application's, so the data counts as kept. ``history_keys``: state keys of
    its own under which its history providers keep messages.
    """

    registered_types: frozenset[str] = frozenset()
    history_keys: tuple[str, ...] = ()


DEFAULT_SETTINGS = Settings()
