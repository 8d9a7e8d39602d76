"""The file in which a release keeps a session or a history: a release that computes another name finds nothing.

Ids that are fit for a file name everywhere are taken as they are, others are encoded; what is fit, and how the others
are encoded, has changed twice (1.13.0, 1.18.0).
"""

from __future__ import annotations

import hashlib
from base64 import b32encode, urlsafe_b64encode
from functools import cache

from pysession.findings.failures import UsageError
from pysession.readers.python.table import FileNames, Record, record
from pysession.readers.releases import release, releases
from pysession.wire import Encoding

_DEFAULT_ID = "default"
_ENCODED = "~session-"
_DIGEST = "sha256-"
_LONGEST_STORE_ID = 128
_LEGIBLE = frozenset("._-")
_EXTENSIONS = {Encoding.JSON: ".json", Encoding.MESSAGEPACK: ".msgpack"}
_HISTORY_EXTENSIONS = {Encoding.JSON_LINES: ".jsonl", Encoding.MESSAGEPACK_RECORDS: ".msgpack"}


def store_file(reader: str, session_id: str, encoding: Encoding = Encoding.JSON) -> str:
    """The name of the file in which FileSessionStore of ``reader`` keeps the session, in JSON or MessagePack.

    >>> store_file("python@1.17.0", "MySession"), store_file("python@1.18.0", "MySession")
    ('MySession.json', '~session-jv4vgzltonuw63q.json')

    Raises:
        UnknownReleaseError: no such release.
        UsageError: it has no FileSessionStore, or not in this encoding, or its store does not take this id (empty, or
            more than 128 characters).
    """
    known = record(release(reader).version)
    if not known.store or encoding not in _EXTENSIONS:
        raise UsageError(f"{reader} has no FileSessionStore for {encoding.value}; it came with python@1.13.0")
    if not 0 < len(session_id) <= _LONGEST_STORE_ID:
        raise UsageError(f"a FileSessionStore takes ids of 1 to {_LONGEST_STORE_ID} characters, not {len(session_id)}")
    return _stem(known.file_names, session_id) + _EXTENSIONS[encoding]


def looked_for(reader: str, session_id: str, name: str, encoding: Encoding = Encoding.JSON) -> str | None:
    """The file in which FileSessionStore of ``reader`` looks for a session whose file is called ``name`` by other releases.

    None when it finds it, has no such store, or ``name`` is not how any store calls the session.

    >>> looked_for("python@1.18.0", "MySession", "MySession.json")
    '~session-jv4vgzltonuw63q.json'

    Raises:
        UnknownReleaseError: no such release.
    """
    try:
        wanted = store_file(reader, session_id, encoding)
    except UsageError:
        return None
    return wanted if name != wanted and name in _store_names(session_id, encoding) else None


def _store_names(session_id: str, encoding: Encoding) -> set[str]:
    """What the releases that have a store call the session's file."""
    ways = {known.file_names for known in map(_record_of, releases("python")) if known.store}
    return {_stem(names, session_id) + _EXTENSIONS[encoding] for names in ways}


@cache
def _record_of(reader: str) -> Record:
    return record(release(reader).version)


def history_file(reader: str, session_id: str | None, encoding: Encoding = Encoding.JSON_LINES) -> str:
    """The name of the file in which FileHistoryProvider of ``reader`` keeps the messages of a session.

    ``encoding`` is JSON Lines or MessagePack records; without an id it is that of the default session.

    Raises:
        UnknownReleaseError: no such release.
        UsageError: it has no FileHistoryProvider, or not in this encoding.
    """
    known = record(release(reader).version)
    provider = known.histories
    is_binary = encoding is Encoding.MESSAGEPACK_RECORDS
    if provider is None or encoding not in _HISTORY_EXTENSIONS or (is_binary and not provider.messagepack):
        raise UsageError(f"{reader} has no FileHistoryProvider for {encoding.value}; it came with python@1.1.0")
    return _stem(known.file_names, session_id or _DEFAULT_ID) + _HISTORY_EXTENSIONS[encoding]


def _stem(names: FileNames, session_id: str) -> str:
    if _is_literal(names, session_id):
        return session_id
    try:
        octets = session_id.encode()
    except UnicodeEncodeError:
        raise UsageError("an id with unpaired surrogates has no file name; releases fail over it") from None
    encoded = b32encode(octets).lower() if names.base == "32" else urlsafe_b64encode(octets)
    stem = _ENCODED + encoded.decode().rstrip("=")
    if names.longest is not None and len(stem) > names.longest:
        return _ENCODED + _DIGEST + hashlib.sha256(octets).hexdigest()
    return stem


def _is_literal(names: FileNames, session_id: str) -> bool:
    """Whether the id itself is the name; ids that Windows or another case could take for another one are not."""
    reserved = session_id.partition(".")[0] if names.reserves_stems else session_id
    if session_id.startswith(".") or session_id.endswith((" ", ".")) or reserved.upper() in names.reserved:
        return False
    return all(character in _LEGIBLE or _is_kept(names, character) for character in session_id)


def _is_kept(names: FileNames, character: str) -> bool:
    if names.literal == "letters":
        return character.isalnum()
    return character.isascii() and character.isalnum() and (names.literal == "ascii" or not character.isupper())
