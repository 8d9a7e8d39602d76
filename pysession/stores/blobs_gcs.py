"""Blobs in Google Cloud Storage, whose objects have a generation that each write raises."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pysession.stores.base import new_etag
from pysession.stores.blobs import Blob, ChangedError, ConditionalBlobs, noted_blob

_ATTEMPTS = 10


class GcsBlobs(ConditionalBlobs):
    """Objects of a bucket."""

    def look(self, path: str) -> Blob | None:
        bucket, key, _ = self._system.split_path(path)
        try:
            return _blob(self._call("GET", "b/{}/o/{}", bucket, key, json_out=True))
        except FileNotFoundError:
            return None

    def read(self, path: str) -> tuple[Blob, bytes] | None:
        bucket, key, _ = self._system.split_path(path)
        for _ in range(_ATTEMPTS):
            blob = self.look(path)
            if blob is None:
                return None
            try:
                _, data = self._call("GET", "b/{}/o/{}", bucket, key, alt="media", ifGenerationMatch=blob.version)
            except (ChangedError, FileNotFoundError):
                continue  # it was changed between the two requests
            return blob, data
        raise ChangedError

    def _write(self, path: str, data: bytes, before: Blob | None, metadata: dict[str, str]) -> str:
        from gcsfs.core import UnclosableBytesIO

        bucket, key, _ = self._system.split_path(path)
        boundary = new_etag()
        described = json.dumps({"name": key, "metadata": metadata}).encode()
        body = b"".join(
            (
                b"--%b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n%b" % (boundary.encode(), described),
                b"\r\n--%b\r\nContent-Type: application/octet-stream\r\n\r\n%b" % (boundary.encode(), data),
                b"\r\n--%b--" % boundary.encode(),
            )
        )
        answer = self._call(
            "POST",
            f"{self._system._location}/upload/storage/v1/b/{quote(bucket)}/o",
            headers={"Content-Type": f"multipart/related; boundary={boundary}"},
            data=UnclosableBytesIO(body),
            json_out=True,
            uploadType="multipart",
            ifGenerationMatch="0" if before is None else before.version,
        )
        return str(answer["generation"])

    def remove(self, path: str, before: Blob) -> None:
        bucket, key, _ = self._system.split_path(path)
        try:
            self._call("DELETE", "b/{}/o/{}", bucket, key, ifGenerationMatch=before.version)
        except FileNotFoundError:
            raise ChangedError from None

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        # Not by ls: before the first one the file system asks over gRPC what kind of bucket it is, for a minute if need be.
        bucket, key, _ = self._system.split_path(f"{folder}/")
        prefix, token = f"{key.rstrip('/')}/", None
        files: list[str] = []
        folders: list[str] = []
        while True:
            turned: dict[str, str] = {} if token is None else {"pageToken": token}
            page = self._call("GET", "b/{}/o", bucket, prefix=prefix, delimiter="/", json_out=True, **turned)
            files += [item["name"].removeprefix(prefix) for item in page.get("items", ())]
            folders += [name.removeprefix(prefix).rstrip("/") for name in page.get("prefixes", ())]
            token = page.get("nextPageToken")
            if token is None:
                return files, folders

    def close(self) -> None:
        from fsspec.asyn import sync

        if self._system._session is not None:
            sync(self._system.loop, self._system._session.close)

    def _call(self, *arguments: Any, **values: Any) -> Any:
        try:
            return self._system.call(*arguments, **values)
        except FileExistsError as failure:  # its word for a condition that is not met
            raise ChangedError from failure


def _blob(described: Any) -> Blob:
    version = str(described["generation"])
    changed = datetime.fromisoformat(described["updated"])
    return noted_blob(described.get("metadata") or {}, version, int(described["size"]), changed)
