"""``StoreHistoryProvider`` under the names of the backends, for those who know where the histories are to be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from pysession.sessions.providers.stored_history import StoreHistoryProvider
from pysession.stores import StoreUrlError, masked, open_store


class SqliteHistoryProvider(StoreHistoryProvider):
    """Keeps histories in the SQLite database ``path``, which is made when it is first used."""

    DEFAULT_SOURCE_ID: ClassVar[str] = "sqlite_history"

    def __init__(
        self, path: str | os.PathLike[str], *, source_id: str = DEFAULT_SOURCE_ID, owner: str = "", **switches: Any
    ) -> None:
        """``switches`` are those of StoreHistoryProvider and HistoryProvider."""
        from pysession.stores.sqlite import SqliteStore

        super().__init__(SqliteStore(Path(path)), source_id=source_id, owner=owner, **switches)


class RedisHistoryProvider(StoreHistoryProvider):
    """Keeps histories in a Redis database, ``redis://host:6379/0``."""

    DEFAULT_SOURCE_ID: ClassVar[str] = "redis_history"

    def __init__(self, url: str, *, source_id: str = DEFAULT_SOURCE_ID, owner: str = "", **switches: Any) -> None:
        """``switches`` are those of StoreHistoryProvider and HistoryProvider.

        Raises:
            StoreUrlError: it is no such URL, or there is no driver.
        """
        _check_scheme(url, "redis", "rediss")
        super().__init__(open_store(url), source_id=source_id, owner=owner, **switches)


class CosmosHistoryProvider(StoreHistoryProvider):
    """Keeps histories in a container of Azure Cosmos DB, ``cosmos://account.documents.azure.com/database/container``."""

    DEFAULT_SOURCE_ID: ClassVar[str] = "cosmos_history"

    def __init__(self, url: str, *, source_id: str = DEFAULT_SOURCE_ID, owner: str = "", **switches: Any) -> None:
        """The key is in the URL (``?key=…``) or in ``AZURE_COSMOS_KEY``. ``switches`` are those of StoreHistoryProvider and
        HistoryProvider.

        Raises:
            StoreUrlError: it is no such URL, or there is no driver.
        """
        _check_scheme(url, "cosmos", "cosmos+http")
        super().__init__(open_store(url), source_id=source_id, owner=owner, **switches)


def _check_scheme(url: str, *schemes: str) -> None:
    if url.partition(":")[0].lower() not in schemes:
        raise StoreUrlError(masked(url), f"it begins with none of {', '.join(f'{name}:' for name in schemes)}")
