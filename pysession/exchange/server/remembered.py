"""What is known of stored documents beside what the store keeps: their SHA-256, and what they are in."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from pysession.stores import Entry

_MOST = 10_000


class Known(msgspec.Struct, frozen=True):
    """The SHA-256 of a document; the dialect and the version of its format, as its sender said or the server found."""

    digest: bytes
    dialect: str | None = None
    format_version: str | None = None


class Remembered:
    """What was put last, by owner, session id and etag, which is another after every change.

    What was put is not hashed again for those who get it: a megabyte takes 0.7 ms. So a client also finds out when what a
    store gives back later is not what was put.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], Known] = OrderedDict()

    def keep(self, owner: str, entry: Entry, known: Known) -> None:
        """Remember what is known of the document that ``entry`` is about."""
        self._known[owner, entry.id, entry.etag] = known
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def find(self, owner: str, entry: Entry) -> Known | None:
        """What is known of that document."""
        return self._known.get((owner, entry.id, entry.etag))
