"""Where a store keeps its blobs: any file system of fsspec, and what the better ones can do beyond files."""

from __future__ import annotations

import hashlib
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from pysession.stores.base import Facts, new_etag
from pysession.stores.checking import now
from pysession.stores.protocol import Capability

NOTE = "pysession"
"""The name of the metadata that a blob has beside its bytes."""
_NOTED = 5
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "modify", "created")
"""Where file systems tell when a file was changed."""


class ChangedError(Exception):
    """A blob is not the one that it was when it was looked at."""


class ConditionsIgnoredError(Exception):
    """The server writes whatever the condition is."""


class Kept(msgspec.Struct, frozen=True):
    """What is kept beside the bytes. ``lines``: they are JSON Lines, also where they could be something else."""

    expires: int | None = None
    immutable: bool = False
    lines: bool = False


class Blob(msgspec.Struct, frozen=True):
    """A blob without its bytes. ``version`` is what the backend tells its states apart by."""

    version: str
    facts: Facts
    lines: bool = False

    @property
    def kept(self) -> Kept:
        return Kept(self.facts.expires, self.facts.immutable, self.lines)


class Blobs(ABC):
    """Blobs by path. Every method waits for the backend.

    ``before`` is the blob that was seen at the path, or None where there was none; a backend with conditions changes
    nothing when it is another, and raises ChangedError.
    """

    capabilities: ClassVar[frozenset[Capability]]
    threads: ClassVar[int] = 1
    """How many threads it can be used in at once; the drivers of most file systems stand one."""

    def __init__(self, system: Any) -> None:
        self._system = system

    @abstractmethod
    def look(self, path: str) -> Blob | None: ...

    @abstractmethod
    def read(self, path: str) -> tuple[Blob, bytes] | None:
        """The blob and its bytes, of one moment."""

    @abstractmethod
    def write(self, path: str, data: bytes, before: Blob | None, kept: Kept) -> Blob: ...

    @abstractmethod
    def remove(self, path: str, before: Blob) -> None: ...

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        """The names of the blobs in a folder, and of the folders in it; none where there is no such folder."""
        self._system.invalidate_cache()
        names: dict[bool, list[str]] = {True: [], False: []}
        with suppress(FileNotFoundError):
            for one in self._system.ls(folder, detail=True):
                names[one["type"] == "directory"].append(posixpath.basename(one["name"].rstrip("/")))
        return names[False], names[True]

    def close(self) -> None:  # noqa: B027 (most have nothing to close)
        """Close connections where the file system would do so only some time later, and not in every loop."""


class ConditionalBlobs(Blobs):
    """Blobs of a backend that has conditions and metadata."""

    capabilities = frozenset(Capability)
    threads = 16

    def write(self, path: str, data: bytes, before: Blob | None, kept: Kept) -> Blob:
        new = Blob("", Facts(new_etag(data), len(data), now(), kept.expires, kept.immutable), kept.lines)
        try:
            version = self._write(path, data, before, noted(new))
        except ChangedError:
            # A driver that does not hear the answer sends again, and finds what it has itself written.
            found = self.look(path)
            if found is None or found.facts.etag != new.facts.etag:
                raise
            return found
        return msgspec.structs.replace(new, version=version)

    @abstractmethod
    def _write(self, path: str, data: bytes, before: Blob | None, metadata: dict[str, str]) -> str:
        """Write, and tell the version that this gives."""


class PlainBlobs(Blobs):
    """Files of any file system. It has no conditions: writers of one session have to be in one process."""

    capabilities = frozenset({Capability.OWNERS, Capability.APPEND, Capability.LISTING, Capability.PERSISTENT})

    def __init__(self, system: Any) -> None:
        super().__init__(system)
        self._lines: set[str] = set()
        """What is kept of files here, as they have no metadata."""

    def look(self, path: str) -> Blob | None:
        self._system.invalidate_cache()
        try:
            found = self._system.info(path)
        except FileNotFoundError:
            return None
        changed = _changed(found)
        said = f"{found['size']} {changed} {found.get('ETag') or found.get('etag') or ''}"
        etag = hashlib.sha256(said.encode()).hexdigest()[:16]
        return Blob(etag, Facts(etag, int(found["size"]), changed), path in self._lines)

    def read(self, path: str) -> tuple[Blob, bytes] | None:
        blob = self.look(path)
        if blob is None:
            return None
        with suppress(FileNotFoundError):
            return blob, self._system.cat_file(path)
        return None

    def write(self, path: str, data: bytes, before: Blob | None, kept: Kept) -> Blob:
        self._system.makedirs(posixpath.dirname(path), exist_ok=True)
        self._replace(path, data)
        self._lines = self._lines | {path} if kept.lines else self._lines - {path}
        found = self.look(path)
        if found is None:
            raise ChangedError
        return found

    def remove(self, path: str, before: Blob) -> None:
        with suppress(FileNotFoundError):
            self._system.rm_file(path)

    def _replace(self, path: str, data: bytes) -> None:
        self._system.pipe_file(path, data)


class RenamingBlobs(PlainBlobs):
    """Files of a file system on which one that is renamed takes the place of another in one step."""

    capabilities = PlainBlobs.capabilities | {Capability.DURABLE}

    def _replace(self, path: str, data: bytes) -> None:
        new = f"{posixpath.dirname(path)}/.{new_etag()}.tmp"
        self._system.pipe_file(new, data)
        self._system.mv(new, path)


def noted(blob: Blob) -> dict[str, str]:
    """The metadata that keep what the backend does not know of a session."""
    facts = blob.facts
    values = (facts.etag, facts.changed, facts.expires, int(facts.immutable), int(blob.lines))
    return {NOTE: " ".join("-" if value is None else str(value) for value in values)}


def noted_blob(metadata: Mapping[str, str], version: str, size: int, changed: datetime) -> Blob:
    """A blob with its metadata; one that another program wrote has what the backend tells."""
    note = metadata.get(NOTE, "").split(" ")
    if len(note) != _NOTED:
        etag = hashlib.sha256(version.encode()).hexdigest()[:16]
        return Blob(version, Facts(etag, size, microseconds_of(changed)))
    etag, moment, expires, immutable, lines = note
    until = None if expires == "-" else int(expires)
    return Blob(version, Facts(etag, size, int(moment), until, immutable == "1"), lines == "1")


def microseconds_of(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000)


def _changed(info: Mapping[str, Any]) -> int:
    """When a file was changed, as far as the file system tells."""
    value = next((info[name] for name in _TIMES if info.get(name) is not None), 0)
    if isinstance(value, datetime):
        return microseconds_of(value)
    if isinstance(value, str):
        return int(value) if value.isdecimal() else microseconds_of(datetime.fromisoformat(value))
    return round(value * 1_000_000)
