"""Blobs in Amazon S3, or a server that speaks its language, with conditional writes (AWS has them since 2024)."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from pysession.stores.base import new_etag
from pysession.stores.blobs import Blob, ChangedError, ConditionalBlobs, ConditionsIgnoredError, noted_blob

_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_NEVER = '"0"'
"""An ETag that no object has."""


class S3Blobs(ConditionalBlobs):
    """Objects of a bucket. ``folder`` is where it is tried once whether the server heeds conditions.

    An object's own ETag is a digest of its bytes, which may come back; so what a session is told by is in its metadata.
    """

    def __init__(self, system: Any, folder: str) -> None:
        super().__init__(system)
        self._folder = folder
        self._is_tried = False

    def look(self, path: str) -> Blob | None:
        try:
            return _blob(self._call("head_object", path))
        except FileNotFoundError:
            return None

    def read(self, path: str) -> tuple[Blob, bytes] | None:
        from fsspec.asyn import sync

        try:
            answer, data = sync(self._system.loop, self._got, path)
        except FileNotFoundError:
            return None
        return _blob(answer), data

    def _write(self, path: str, data: bytes, before: Blob | None, metadata: dict[str, str]) -> str:
        self._try_conditions()
        condition = {"IfNoneMatch": "*"} if before is None else {"IfMatch": before.version}
        answer = self._call("put_object", path, Body=data, Metadata=metadata, **condition)
        return str(answer["ETag"])

    def remove(self, path: str, before: Blob) -> None:
        self._try_conditions()
        self._call("delete_object", path, IfMatch=before.version)

    def close(self) -> None:
        from fsspec.asyn import sync

        connected = getattr(self._system, "_s3creator", None)
        if connected is not None:
            sync(self._system.loop, connected.__aexit__, None, None, None)

    def _try_conditions(self) -> None:
        """Some servers take a condition and do as if it were met.

        Raises:
            ConditionsIgnoredError: this one does.
        """
        if self._is_tried:
            return
        path = f"{self._folder}/.pysession/probe-{new_etag()}"
        self._call("put_object", path, Body=b"")
        for method, values in (("put_object", {"Body": b"x"}), ("delete_object", {})):
            try:
                self._call(method, path, IfMatch=_NEVER, **values)
            except ChangedError:
                continue
            raise ConditionsIgnoredError
        self._call("delete_object", path)
        self._is_tried = True

    def _call(self, method: str, path: str, **values: Any) -> Any:
        bucket, key, _ = self._system.split_path(path)
        try:
            return self._system.call_s3(method, Bucket=bucket, Key=key, **values)
        except OSError as failure:
            code = getattr(failure.__cause__, "response", {}).get("Error", {}).get("Code")
            # To change an object that is gone is refused as if it had another ETag, or because it is gone.
            if code in _CHANGED or ("IfMatch" in values and isinstance(failure, FileNotFoundError)):
                raise ChangedError from failure
            raise

    async def _got(self, path: str) -> tuple[Any, bytes]:
        bucket, key, _ = self._system.split_path(path)
        call: Coroutine[Any, Any, Any] = self._system._call_s3("get_object", Bucket=bucket, Key=key)
        answer = await call
        async with answer["Body"] as body:
            return answer, await body.read()


def _blob(answer: Any) -> Blob:
    version, size = answer["ETag"], answer["ContentLength"]
    return noted_blob(answer.get("Metadata", {}), version, size, answer["LastModified"])
