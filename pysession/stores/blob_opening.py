"""The store that an address of fsspec names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pysession.stores.blob_store import BlobStore
from pysession.stores.blobs import Blobs, PlainBlobs, RenamingBlobs
from pysession.stores.blobs_azure import AzureBlobs
from pysession.stores.blobs_gcs import GcsBlobs
from pysession.stores.blobs_s3 import S3Blobs
from pysession.stores.failures import StoreUrlError

try:
    import fsspec
except ModuleNotFoundError as missing:
    raise ImportError("it needs fsspec: pip install 'pysession-kit[fsspec]'") from missing

_KINDS: Mapping[str, type[Blobs]] = {
    "s3": S3Blobs,
    "s3a": S3Blobs,
    "gs": GcsBlobs,
    "gcs": GcsBlobs,
    "az": AzureBlobs,
    "abfs": AzureBlobs,
    "abfss": AzureBlobs,
    "file": RenamingBlobs,
    "local": RenamingBlobs,
    "sftp": RenamingBlobs,
    "ssh": RenamingBlobs,
}
_WORDS = {"true": True, "false": False}


def open_blobs(
    address: str, options: Mapping[str, str], place: str, *, conditions: bool, max_bytes: int | None = None
) -> BlobStore:
    """The store at ``address``, which has neither options nor the prefix of ours; ``options`` are the file system's.

    Raises:
        StoreUrlError: there is no such file system, or it is not installed.
    """
    protocol = address.partition(":")[0].lower()
    try:
        system = fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError) as failure:
        raise StoreUrlError(place, f"{failure}".rstrip(".")) from failure
    folder = str(system._strip_protocol(address))
    kind = _KINDS.get(protocol, PlainBlobs) if conditions else PlainBlobs
    chosen: dict[str, Any] = {name: _WORDS.get(value, value) for name, value in options.items()}

    def connect() -> Blobs:
        # Others' instances have caches, and this one is let go of when the store is closed.
        connected, _ = fsspec.core.url_to_fs(address, skip_instance_cache=True, **chosen)
        return S3Blobs(connected, folder) if kind is S3Blobs else kind(connected)

    return BlobStore(kind, connect, folder, place, max_bytes)
