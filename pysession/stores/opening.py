"""``open_store``: the store that a URL names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from pysession.stores.failures import NotAStoreError, StoreUrlError
from pysession.stores.protocol import Store

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)([^/@:?#]*):[^/?#]*(?=@)")
_SECRET = re.compile(r"(?i)([?&;](?:[^=&;]*(?:key|pass|secret|token|sig|connection|credential)[^=&;]*)=)[^&;#]+")
_MASK = "***"
_ANY = "fsspec+"
"""What an address of fsspec begins with, where its own first word is none of the known ones."""
_MOST_BYTES = 2**29
"""What each backend can keep in one value."""


def masked(url: str) -> str:
    """``url`` without its password and keys, for messages.

    >>> masked("postgresql://ada:secret@db/app")
    'postgresql://ada:***@db/app'
    """
    return _SECRET.sub(rf"\1{_MASK}", _PASSWORD.sub(rf"\1:{_MASK}", url))


def is_store_url(text: str) -> bool:
    """Whether ``text`` begins with the scheme of a store, rather than being a path."""
    scheme = _SCHEME.match(text)
    return scheme is not None and (scheme[1].lower() in _STORES or scheme[1].lower().startswith(_ANY))


def open_store(url: str, *, create: bool = True) -> Store:
    """The store that ``url`` names. Files are made and connections opened when it is first used.

    With ``create`` false it must be there already.

    ``sqlite:///sessions.db`` (a path; four slashes for an absolute one), ``file:sessions`` or ``file:///var/sessions``,
    ``memory:``, ``postgresql://user:password@host/database``, ``redis://host:6379/0``,
    ``cosmos://account.documents.azure.com/database/container``, ``s3://bucket/folder`` and other addresses of fsspec, or
    any of them as ``fsspec+NAME://…``. Options follow a question mark: ``max_bytes``, ``key`` for
    Cosmos DB, and ``synchronous=full`` for SQLite.

    Raises:
        StoreUrlError: the URL names no store.
        NotAStoreError: there is none yet, and ``create`` is false.
    """
    scheme = _SCHEME.match(url)
    opener = _STORES.get(scheme[1].lower()) if scheme is not None else None
    if opener is None and is_store_url(url):
        opener = _blobs
    if opener is None:
        known = ", ".join(f"{name}:" for name in (*_STORES, f"{_ANY}NAME"))
        meant = f"; a folder is file:{url}, a database sqlite:///{url}" if url and scheme is None else ""
        raise StoreUrlError(masked(url), f"it begins with none of {known}{meant}")
    parts = urlsplit(url)
    try:
        # A plus sign is one: keys have them, and only forms of web pages mean a space by it.
        query = parts.query.replace("+", "%2B")
        options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise StoreUrlError(masked(url), "its options are not written name=value") from None
    store = opener(url, parts, options)
    path = getattr(store, "path", None)
    if not create and path is not None and not path.exists():
        raise NotAStoreError(masked(url), "there is nothing there")
    return store


def _memory(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    from pysession.stores.memory import MemoryStore

    max_bytes = _taken_bytes(url, options)
    if parts.netloc or parts.path:
        raise StoreUrlError(masked(url), "memory: has no place")
    _check_taken(url, options, ("max_bytes",))
    return MemoryStore(max_bytes)


def _file(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    from pysession.stores.file_store import FileStore

    max_bytes = _taken_bytes(url, options)
    _check_taken(url, options, ("max_bytes",))
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise StoreUrlError(masked(url), "write file:folder, or file:///folder for an absolute path")
    return FileStore(Path(unquote(parts.path)), max_bytes)


def _sqlite(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    from pysession.stores.sqlite import SqliteStore

    max_bytes = _taken_bytes(url, options)
    synchronous = options.pop("synchronous", "normal").lower()
    _check_taken(url, options, ("max_bytes", "synchronous"))
    if synchronous not in ("normal", "full"):
        raise StoreUrlError(masked(url), "synchronous is normal or full")
    path = unquote(parts.path)
    if url[len("sqlite:") :].startswith("//"):
        # As database URLs have it: the third slash ends the (empty) host and is no part of the path.
        path = path.removeprefix("/")
    if parts.netloc or not path:
        raise StoreUrlError(
            masked(url), "write sqlite:///sessions.db, or sqlite:////var/sessions.db for an absolute path"
        )
    return SqliteStore(Path(path), max_bytes, synchronous)


def _postgres(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    try:
        from pysession.stores.postgres import PostgresStore
    except ImportError as missing:
        raise StoreUrlError(masked(url), str(missing)) from missing

    max_bytes = _taken_bytes(url, options)
    # The options that are left are the driver's.
    conninfo = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(options, quote_via=quote), ""))
    return PostgresStore(conninfo, masked(url), max_bytes)


def _redis(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    try:
        from pysession.stores.redis_store import RedisStore
    except ImportError as missing:
        raise StoreUrlError(masked(url), str(missing)) from missing

    max_bytes = _taken_bytes(url, options)
    prefix = options.pop("prefix", "pysession")
    cluster = options.pop("cluster", "no")
    if not parts.netloc or not prefix:
        raise StoreUrlError(masked(url), "write redis://host:6379/0, perhaps with ?prefix=NAME")
    if cluster not in ("yes", "no"):
        raise StoreUrlError(masked(url), "cluster is yes or no")
    # The options that are left are the driver's.
    place = urlunsplit((parts.scheme.lower(), parts.netloc, parts.path, urlencode(options, quote_via=quote), ""))
    return RedisStore(place, masked(url), prefix, max_bytes, cluster=cluster == "yes")


def _cosmos(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    try:
        from pysession.stores.cosmos import CosmosStore
        from pysession.stores.cosmos_container import CosmosContainer
    except ImportError as missing:
        raise StoreUrlError(masked(url), str(missing)) from missing

    max_bytes = _taken_bytes(url, options)
    key = options.pop("key", os.environ.get("AZURE_COSMOS_KEY", ""))
    _check_taken(url, options, ("key", "max_bytes"))
    database, _, container = unquote(parts.path).strip("/").partition("/")
    if not parts.netloc or "@" in parts.netloc or not database or not container or "/" in container:
        raise StoreUrlError(masked(url), "write cosmos://account.documents.azure.com/database/container?key=…")
    endpoint = urlunsplit(("http" if parts.scheme.lower().endswith("+http") else "https", parts.netloc, "/", "", ""))
    place = masked(url)
    return CosmosStore(CosmosContainer(endpoint, (database, container), key or None, place), place, max_bytes)


def _blobs(url: str, parts: SplitResult, options: dict[str, str]) -> Store:
    try:
        from pysession.stores.blob_opening import open_blobs
    except ImportError as missing:
        raise StoreUrlError(masked(url), str(missing)) from missing

    max_bytes = _taken_bytes(url, options)
    conditions = options.pop("conditions", "on").lower()
    if conditions not in ("on", "off"):
        raise StoreUrlError(masked(url), "conditions is on or off")
    address = url.partition("?")[0][len(_ANY) if url.lower().startswith(_ANY) else 0 :]
    # The options that are left are the file system's.
    return open_blobs(address, options, masked(url), conditions=conditions == "on", max_bytes=max_bytes)


def _taken_bytes(url: str, options: dict[str, str]) -> int | None:
    text = options.pop("max_bytes", None)
    if text is None:
        return None
    if not text.isdecimal() or not 0 < int(text) <= _MOST_BYTES:
        raise StoreUrlError(masked(url), f"max_bytes is a number from 1 to {_MOST_BYTES:,}")
    return int(text)


def _check_taken(url: str, options: dict[str, str], known: tuple[str, ...]) -> None:
    """Refuse options that are left when those that are known were taken: one with a slip in it would do nothing."""
    if options:
        raise StoreUrlError(masked(url), f"there is no option {next(iter(options))}; it takes {' and '.join(known)}")


_STORES: Mapping[str, Callable[[str, SplitResult, dict[str, str]], Store]] = {
    "sqlite": _sqlite,
    "file": _file,
    "postgresql": _postgres,
    "postgres": _postgres,
    "redis": _redis,
    "rediss": _redis,
    "memory": _memory,
    "cosmos": _cosmos,
    "cosmos+http": _cosmos,
    **dict.fromkeys(("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "sftp", "ssh", "ftp", "smb", "hdfs"), _blobs),
}
