"""Bearer tokens: whose they are, and until when."""

from __future__ import annotations

import hmac
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from pysession.findings.failures import UsageError
from pysession.stores.checking import check_owner

_SCHEME = "bearer"
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_LEAST_CHARACTERS = 16
_EXAMPLE = '[[token]] with owner = "billing" and sha256 = "…" (or token = "…"), perhaps expires = 2026-12-31T00:00:00Z'


class Token(msgspec.Struct, frozen=True):
    """One token: the SHA-256 of its text, its owner, and when it ends (None: never)."""

    digest: bytes
    owner: str
    expires: datetime | None = None


class Tokens:
    """The tokens of a file, by the digests of their texts: what is looked up says nothing of what was nearly right."""

    def __init__(self, tokens: Mapping[bytes, Token]) -> None:
        self._tokens = dict(tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def expired(self) -> int:
        """How many of them hold no longer."""
        moment = datetime.now(UTC)
        return sum(token.expires is not None and token.expires <= moment for token in self._tokens.values())

    @property
    def owners(self) -> frozenset[str]:
        return frozenset(token.owner for token in self._tokens.values())

    def owner_of(self, authorization: str | None, now: datetime | None = None) -> str | None:
        """Whose the token in an ``authorization`` header is; None where there is none that is known and still holds."""
        scheme, _, text = (authorization or "").partition(" ")
        digest = sha256(text.strip().encode("utf-8", "replace")).digest()
        token = self._tokens.get(digest)
        # Compared also where nothing was found, so that both take the same time.
        matches = hmac.compare_digest(digest, token.digest if token is not None else bytes(len(digest)))
        if token is None or not matches or scheme.lower() != _SCHEME:
            return None
        if token.expires is not None and token.expires <= (now or datetime.now(UTC)):
            return None
        return token.owner


def load_tokens(path: Path) -> Tokens:
    """The tokens in the TOML file ``path``.

    Raises:
        UsageError: it cannot be read, or says something else. No message holds a token.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise UsageError(f"the token file {path} cannot be read: {(failure.strerror or 'failed').lower()}") from failure
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The text of the failure quotes the file.
        raise UsageError(f"the token file {path} is not TOML; write {_EXAMPLE}") from None
    listed = tables.get("token")
    if set(tables) != {"token"} or not isinstance(listed, list) or not listed:
        raise UsageError(f"the token file {path} lists no tokens; write {_EXAMPLE}")
    tokens: dict[bytes, Token] = {}
    for number, table in enumerate(listed, 1):
        try:
            token = _token(table)
        except (ValueError, UsageError) as failure:
            raise UsageError(f"the token file {path}: token {number}: {failure}") from None
        if token.digest in tokens:
            raise UsageError(f"the token file {path}: token {number} is listed before, too")
        tokens[token.digest] = token
    return Tokens(tokens)


def _token(table: Any) -> Token:
    if not isinstance(table, dict) or not set(table) <= {"owner", "token", "sha256", "expires"}:
        raise ValueError(f"write {_EXAMPLE}")
    owner = table.get("owner")
    if not isinstance(owner, str) or not owner:
        raise ValueError("it has no owner")
    check_owner(owner)
    expires = table.get("expires")
    if expires is not None and not (isinstance(expires, datetime) and expires.tzinfo is not None):
        raise ValueError("expires is no date and time with a time zone: 2026-12-31T00:00:00Z")
    return Token(_digest(table.get("token"), table.get("sha256")), owner, expires)


def _digest(text: Any, hexadecimal: Any) -> bytes:
    if (text is None) == (hexadecimal is None):
        raise ValueError("it has either token or sha256")
    if hexadecimal is not None:
        if not isinstance(hexadecimal, str) or not _SHA256.fullmatch(hexadecimal):
            raise ValueError("sha256 is not 64 hexadecimal digits")
        return bytes.fromhex(hexadecimal)
    if not isinstance(text, str) or len(text) < _LEAST_CHARACTERS or not text.isascii() or not text.isprintable():
        raise ValueError(f"token is not a text of at least {_LEAST_CHARACTERS} printable ASCII characters")
    if " " in text:
        raise ValueError("token has a space in it")
    return sha256(text.encode()).digest()
