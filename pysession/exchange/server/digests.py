"""The SHA-256 of stored documents, each worked out once."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256

from pysession.stores import Entry

_MOST = 10_000


class Digests:
    """Digests by owner, session id and etag, which is another after every change.

    What was put is not hashed again for those who get it: a megabyte takes 0.7 ms. So a client also finds out when what a
    store gives back later is not what was put.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()

    def keep(self, owner: str, entry: Entry, digest: bytes) -> None:
        """Remember the digest of the document that ``entry`` is about."""
        self._known[owner, entry.id, entry.etag] = digest
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def of(self, owner: str, entry: Entry, data: bytes) -> bytes:
        """The digest of the document, whose bytes are ``data``."""
        digest = self._known.get((owner, entry.id, entry.etag))
        if digest is None:
            digest = sha256(data).digest()
            self.keep(owner, entry, digest)
        return digest
