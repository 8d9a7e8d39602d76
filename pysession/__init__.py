"""pysession: what the bytes you stored for an agent session will mean to the program that is about to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pysession.exchange.client import ExchangeClient, SyncExchangeClient
    from pysession.findings.failures import PysessionError
    from pysession.sessions import (
        Agent,
        ContextProvider,
        FileHistoryProvider,
        HistoryProvider,
        InMemoryHistoryProvider,
        Memory,
        Session,
        SessionStore,
        StoreHistoryProvider,
        open_sessions,
        register_state_type,
    )
    from pysession.stores import open_store
    from pysession.verbs.anonymise import anonymise
    from pysession.verbs.check import check
    from pysession.verbs.convert import convert
    from pysession.verbs.predict import predict
    from pysession.verbs.protobuf import from_proto, to_proto
    from pysession.verbs.prune import prune
    from pysession.verbs.repair import repair
    from pysession.verbs.writers_of import writers_of

__all__ = [
    "Agent",
    "ContextProvider",
    "ExchangeClient",
    "FileHistoryProvider",
    "HistoryProvider",
    "InMemoryHistoryProvider",
    "Memory",
    "PysessionError",
    "Session",
    "SessionStore",
    "StoreHistoryProvider",
    "SyncExchangeClient",
    "anonymise",
    "check",
    "convert",
    "from_proto",
    "open_sessions",
    "open_store",
    "predict",
    "prune",
    "register_state_type",
    "repair",
    "to_proto",
    "writers_of",
]

_PUBLIC = {
    **dict.fromkeys(
        (
            *("Agent", "ContextProvider", "FileHistoryProvider", "HistoryProvider", "InMemoryHistoryProvider"),
            *("Memory", "Session", "SessionStore", "StoreHistoryProvider", "open_sessions", "register_state_type"),
        ),
        "pysession.sessions",
    ),
    **dict.fromkeys(("ExchangeClient", "SyncExchangeClient"), "pysession.exchange.client"),
    "PysessionError": "pysession.findings.failures",
    "anonymise": "pysession.verbs.anonymise",
    "check": "pysession.verbs.check",
    "convert": "pysession.verbs.convert",
    "from_proto": "pysession.verbs.protobuf",
    "open_store": "pysession.stores",
    "predict": "pysession.verbs.predict",
    "prune": "pysession.verbs.prune",
    "repair": "pysession.verbs.repair",
    "to_proto": "pysession.verbs.protobuf",
    "writers_of": "pysession.verbs.writers_of",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use: importing one room (the model, the report) must not cost what a check does.
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pysession' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)
