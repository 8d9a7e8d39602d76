"""A file name for any session id, and back.

The names are those of FileSessionStore and FileHistoryProvider of agent-framework-core 1.18.0 and later, so that a folder
can be opened by both. An id in lower-case ASCII letters, digits, dots, underscores and hyphens is its own name. Any other
would meet another one on some file system (case and Unicode forms are folded, separators lead elsewhere, Windows reserves
names): it is written in base32, and one too long for that as its SHA-256 digest, from which it cannot be read back.
"""

from __future__ import annotations

import base64
import hashlib
import re

_MOST_CHARACTERS = 180
_LITERAL = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?<!\.)\Z")
_PORTS = ("com", "lpt")
_RESERVED = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in _PORTS for digit in range(1, 10)})
_DIGEST = "sha256-"
_IS_DIGEST = re.compile(r"sha256-[0-9a-f]{64}\Z")

SESSION = "~session-"
"""What the name of an encoded session id begins with."""
OWNER = "~owner-"
"""What the name of an encoded owner begins with."""


def file_stem(name: bytes, prefix: str) -> str:
    """The file name, without its suffix, for an id or owner in UTF-8."""
    text = name.decode()
    if _LITERAL.match(text) and text.partition(".")[0] not in _RESERVED and len(text) <= _MOST_CHARACTERS:
        return text
    encoded = prefix + base64.b32encode(name).decode().rstrip("=").lower()
    return encoded if len(encoded) <= _MOST_CHARACTERS else f"{prefix}{_DIGEST}{hashlib.sha256(name).hexdigest()}"


def is_digest(stem: str, prefix: str) -> bool:
    """Whether the id cannot be read back from this name."""
    return stem.startswith(prefix) and _IS_DIGEST.match(stem, len(prefix)) is not None


def name_of(stem: str, prefix: str) -> bytes | None:
    """The id or owner in UTF-8 that has this file name; None when the name is a digest, or that of no id."""
    if stem.startswith(prefix):
        text = stem[len(prefix) :].upper()
        try:
            name = base64.b32decode(text + "=" * (-len(text) % 8))
        except ValueError:
            return None
    else:
        name = stem.encode("utf-8", "surrogateescape")
    try:
        return name if name and file_stem(name, prefix) == stem else None
    except UnicodeDecodeError:
        return None
