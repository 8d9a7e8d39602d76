"""The items that a session is made of in a Cosmos container.

All items of a session are in one logical partition of their own: the *head* with the facts, the document as *parts*, and
each appended message. So they change together in one transactional batch, and no limit of a logical partition (20 GB,
10,000 request units a second) is shared by sessions. Parts and messages belong to a *base*, which each put makes anew.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pysession.stores.base import Facts, Key
from pysession.wire.seam import Seam

Item = dict[str, Any]

HEAD = "session"
PART, MESSAGE = "part", "message"
PART_BYTES = 700 * 1024
"""An item has at most 2 MB of JSON text, and so has a batch. This is 0.96 MB as base64: aiohttp, which the driver uses,
warns of bodies of more than a MiB."""
_LATER_SECONDS = 3600
"""The service removes what has expired only when every program's clock says that it has."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a session. ``etag`` is the service's own, and comes with what it answers."""

    base: str
    size: int
    changed: int
    expires: int | None
    immutable: bool
    parts: int
    messages: int = 0
    at: str | None = None
    seam: Seam | None = None
    etag: str = msgspec.field(default="", name="_etag")

    @property
    def facts(self) -> Facts:
        return Facts(bare(self.etag), self.size, self.changed, self.expires, self.immutable)

    @property
    def ids(self) -> list[str]:
        """The ids of its parts and messages, with the first part last: where any is left, that one is."""
        messages = [item_id(MESSAGE, self.base, number) for number in range(self.messages, 0, -1)]
        return messages + [item_id(PART, self.base, number) for number in range(self.parts - 1, -1, -1)]


def bare(etag: str) -> str:
    """An etag of the service without the quotation marks that are part of it."""
    return etag.strip('"')


def item_id(kind: str, base: str, number: int) -> str:
    return f"{kind}-{base}-{number}"


def partition_of(key: Key) -> str:
    """The partition key of a session: an id may be too long for one, and hold what a URL may not."""
    return hashlib.sha256(len(key.owner).to_bytes(2, "big") + key.owner + key.id).hexdigest()


def order_of(key: Key) -> str:
    """A text whose order is that of owners and then ids, by code point.

    A zero byte ends the owner; one that is part of it is followed by FF, which no UTF-8 has.
    """
    return (key.owner.replace(b"\0", b"\0\xff") + b"\0" + key.id).hex()


def head_item(key: Key, head: Head, now: int) -> Item:
    """``session_id`` and ``owner`` are for people; queries go by the hexadecimal ones, which no collation touches."""
    facts = msgspec.to_builtins(head)
    del facts["_etag"]
    return {
        "id": HEAD,
        "partition": partition_of(key),
        "kind": HEAD,
        "session_id": key.id.decode().replace("\0", "\ufffd"),
        "owner": key.owner.decode().replace("\0", "\ufffd"),
        "id_hex": key.id.hex(),
        "owner_hex": key.owner.hex(),
        "sort_key": order_of(key),
        **facts,
        **_life(head, now),
    }


def head_of(item: Mapping[str, Any]) -> Head:
    return msgspec.convert(item, Head)


def data_item(key: Key, kind: str, head: Head, number: int, data: bytes, now: int) -> Item:
    """A part or a message. Base64 keeps any bytes, and the same ones whatever writes JSON on the way."""
    return {
        "id": item_id(kind, head.base, number),
        "partition": partition_of(key),
        "kind": kind,
        "base": head.base,
        "number": number,
        "data": b64encode(data).decode("ascii"),
        **_life(head, now),
    }


def parts_of(data: bytes) -> Iterator[bytes]:
    """The document in pieces that fit into items; one that is empty has one too."""
    for start in range(0, max(len(data), 1), PART_BYTES):
        yield data[start : start + PART_BYTES]


def assembled(items: Iterable[Mapping[str, Any]]) -> tuple[Head, bytes, list[bytes]] | None:
    """The head, the bytes of the document and the messages appended to it; None where they do not belong together.

    Raises:
        LookupError: there is no head.
    """
    found = list(items)
    first = next((item for item in found if item["kind"] == HEAD), None)
    if first is None:
        raise LookupError(HEAD)
    head = head_of(first)
    parts = _numbered(found, PART, head.base, range(head.parts))
    messages = _numbered(found, MESSAGE, head.base, range(1, head.messages + 1))
    if parts is None or messages is None:
        return None
    return head, b"".join(parts), messages


def _numbered(items: Sequence[Mapping[str, Any]], kind: str, base: str, numbers: range) -> list[bytes] | None:
    found = {item["number"]: item["data"] for item in items if item["kind"] == kind and item["base"] == base}
    return [b64decode(found[number]) for number in numbers] if found.keys() == set(numbers) else None


def _life(head: Head, now: int) -> dict[str, int]:
    """What the service removes by itself, and when. An immutable session is removed by a sweep only, which tells of it."""
    if head.expires is None or head.immutable:
        return {}
    return {"ttl": max(0, (head.expires - now) // 1_000_000) + _LATER_SECONDS}
