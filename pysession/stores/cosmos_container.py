"""A container of Azure Cosmos DB (API for NoSQL), opened when it is first needed; failures in the words of stores."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any, TypeAlias

from pysession.stores.cosmos_items import HEAD, Item
from pysession.stores.failures import NotAStoreError, NotServedError, NotWritableError, StoreError, UnavailableError

try:
    from azure.core.exceptions import AzureError
    from azure.cosmos import PartitionKey, exceptions
    from azure.cosmos.aio import ContainerProxy, CosmosClient
except ModuleNotFoundError as missing:
    raise ImportError("cosmos: needs a driver: pip install 'pysession-kit[cosmos]'") from missing

# What the driver tells of its retries is for an application that listens, and not for standard error.
logging.getLogger("azure").addHandler(logging.NullHandler())

Operation: TypeAlias = "tuple[str, tuple[Any, ...]] | tuple[str, tuple[Any, ...], dict[str, Any]]"

MOST_OPERATIONS = 100
"""Of one transactional batch."""
_PARTITION = "/partition"
_INDEXED = ("partition", "kind", "number", "base", "sort_key", "id_hex", "owner_hex", "changed", "expires")
_INDEXING = {
    "indexingMode": "consistent",
    "includedPaths": [{"path": f"/{name}/?"} for name in _INDEXED],
    "excludedPaths": [{"path": "/*"}],
}
_NO_CHANGE = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND})


class CosmosContainer:
    """The container at ``path`` (database, container) of the account at ``endpoint``; it is made where it is missing.

    ``key`` is the account's; without one the identity that azure-identity finds is used, which may read and write items
    but not make containers. ``place`` is how messages name it.
    """

    def __init__(self, endpoint: str, path: tuple[str, str], key: str | None, place: str) -> None:
        self._endpoint = endpoint
        self._path = path
        self._key = key
        self._place = place
        self._client: CosmosClient | None = None
        self._credential: Any = None
        self._container: ContainerProxy | None = None
        self._opening = asyncio.Lock()

    async def head(self, partition: str) -> Item | None:
        """The head of a session, or None."""
        container = await self._opened()
        with self._failures():
            try:
                return dict(await container.read_item(HEAD, partition_key=partition))
            except exceptions.CosmosResourceNotFoundError:
                return None

    async def items(self, query: str, partition: str | None = None, **values: Any) -> AsyncIterator[Item]:
        """What ``query`` finds, in one partition (``@partition``) or in all; ``@name`` stands for the value of that name."""
        container = await self._opened()
        where = {} if partition is None else {"partition_key": partition}
        named = values if partition is None else {"partition": partition, **values}
        parameters = [{"name": f"@{name}", "value": value} for name, value in named.items()]
        with self._failures():
            async for item in container.query_items(query, parameters=parameters, **where):
                yield item

    async def create(self, item: Item) -> None:
        """Add an item that nothing refers to yet."""
        container = await self._opened()
        with self._failures():
            await container.create_item(item, no_response=True)

    async def change(self, partition: str, operations: Sequence[Operation]) -> str | None:
        """Do all ``operations`` or none; the etag that the first one leaves, or None where something stood against one.

        An etag that is not the item's, an item that is there already, and one that is not there stand against it.
        """
        container = await self._opened()
        with self._failures():
            try:
                done = await container.execute_item_batch(list(operations), partition_key=partition)
            except exceptions.CosmosBatchOperationError as failure:
                if failure.status_code in _NO_CHANGE:
                    return None
                raise
        return str(done[0].get("eTag") or "")

    async def close(self) -> None:
        client, credential = self._client, self._credential
        self._client = self._container = self._credential = None
        if client is not None:
            await client.close()
        if credential is not None:
            await credential.close()

    async def _opened(self) -> ContainerProxy:
        async with self._opening:
            if self._container is None:
                try:
                    with self._failures():
                        self._client = CosmosClient(
                            self._endpoint,
                            self._key or self._identity(),
                            user_agent_suffix="pysession",
                            # Emulators have one endpoint, and some name another one.
                            enable_endpoint_discovery=self._endpoint.startswith("https:"),
                        )
                        self._container = await self._found(self._client)
                except BaseException:
                    await self.close()
                    raise
            return self._container

    async def _found(self, client: CosmosClient) -> ContainerProxy:
        database, name = self._path
        container = client.get_database_client(database).get_container_client(name)
        try:
            properties = await container.read()
        except exceptions.CosmosResourceNotFoundError:
            # Another program may be first with either.
            with suppress(exceptions.CosmosResourceExistsError):
                await client.create_database_if_not_exists(database)
            with suppress(exceptions.CosmosResourceExistsError):
                # With a life of -1 items live for ever unless they say otherwise.
                await client.get_database_client(database).create_container_if_not_exists(
                    name, PartitionKey(_PARTITION), default_ttl=-1, indexing_policy=_INDEXING
                )
            properties = await container.read()
        paths = properties["partitionKey"]["paths"]
        if paths != [_PARTITION]:
            why = f"its partition key is {', '.join(paths)} and not {_PARTITION}; name another container, which is then made"
            raise NotAStoreError(self._place, why)
        return container

    def _identity(self) -> Any:
        try:
            from azure.identity.aio import DefaultAzureCredential
        except ModuleNotFoundError:
            why = "there is no key; add ?key=…, set AZURE_COSMOS_KEY, or pip install azure-identity to go by your identity"
            raise UnavailableError(self._place, why) from None
        self._credential = DefaultAzureCredential()
        return self._credential

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except AzureError as failure:
            raise self._told(failure) from failure

    def _told(self, failure: AzureError) -> StoreError:
        # The service's own words can repeat a request.
        status = getattr(failure, "status_code", None)
        match status:
            case None | 0:
                return UnavailableError(self._place, str(failure.message).partition("\n")[0])
            case HTTPStatus.UNAUTHORIZED:
                return NotServedError(
                    self._place, "it refuses the key, or the clock of this machine is wrong (HTTP 401)"
                )
            case HTTPStatus.FORBIDDEN:
                return NotWritableError(
                    self._place,
                    "it is forbidden to this key or identity (HTTP 403)",
                    "take a key that may write, or give the identity a role that may (Cosmos DB Built-in Data Contributor)",
                )
            case HTTPStatus.NOT_FOUND:
                return NotAStoreError(self._place, "the database or the container is not there any more (HTTP 404)")
            case HTTPStatus.TOO_MANY_REQUESTS:
                return NotServedError(self._place, "it takes no more requests at its throughput (HTTP 429)")
        return NotServedError(self._place, f"it answered with HTTP {status}")
