"""Blobs in Azure Blob Storage, whose blobs have an ETag that each write changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pysession.stores.blobs import Blob, ChangedError, ConditionalBlobs, noted_blob

_Result = TypeVar("_Result")


class AzureBlobs(ConditionalBlobs):
    """Blobs of a container, by the official driver that the file system is built on."""

    def __init__(self, system: Any) -> None:
        from azure.core import MatchConditions

        super().__init__(system)
        self._unchanged = MatchConditions.IfNotModified

    def look(self, path: str) -> Blob | None:
        async def work(blob: Any) -> Any:
            return await blob.get_blob_properties()

        found = self._found(path, work)
        return None if found is None else _blob(found)

    def read(self, path: str) -> tuple[Blob, bytes] | None:
        async def work(blob: Any) -> tuple[Any, bytes]:
            stream = await blob.download_blob()
            return stream.properties, await stream.readall()

        found = self._found(path, work)
        return None if found is None else (_blob(found[0]), found[1])

    def _write(self, path: str, data: bytes, before: Blob | None, metadata: dict[str, str]) -> str:
        async def work(blob: Any) -> Any:
            condition = {"overwrite": False} if before is None else {"overwrite": True, **self._same(before)}
            return await blob.upload_blob(data, metadata=metadata, **condition)

        return str(self._with(path, work)["etag"])

    def remove(self, path: str, before: Blob) -> None:
        async def work(blob: Any) -> bool:
            await blob.delete_blob(**self._same(before))
            return True

        if self._found(path, work) is None:
            raise ChangedError

    def close(self) -> None:
        from fsspec.asyn import sync

        sync(self._system.loop, self._system.service_client.close)

    def _same(self, before: Blob) -> dict[str, Any]:
        return {"etag": before.version, "match_condition": self._unchanged}

    def _found(self, path: str, work: Callable[[Any], Awaitable[_Result]]) -> _Result | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._with(path, work)
        except ResourceNotFoundError:
            return None

    def _with(self, path: str, work: Callable[[Any], Awaitable[_Result]]) -> _Result:
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
        from fsspec.asyn import sync

        container, name, _ = self._system.split_path(path)

        async def run() -> _Result:
            async with self._system.service_client.get_blob_client(container, name) as blob:
                return await work(blob)

        try:
            result: _Result = sync(self._system.loop, run)
        except (ResourceExistsError, ResourceModifiedError) as failure:
            raise ChangedError from failure
        return result


def _blob(properties: Any) -> Blob:
    return noted_blob(properties.metadata or {}, properties.etag, properties.size, properties.last_modified)
