"""``cosmos:``: sessions in a container of Azure Cosmos DB, each in a logical partition of its own.

Each change is one transactional batch on the condition that the head still has the etag it was read with. A document of
more than a megabyte does not fit into a batch: its parts are written before it, and count only when the head names them.
What one program sees of another's writes at once is as strong as the account's consistency level.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window, new_etag
from pysession.stores.checking import check_size, now
from pysession.stores.cosmos_container import MOST_OPERATIONS, CosmosContainer, Operation
from pysession.stores.cosmos_items import (
    HEAD,
    MESSAGE,
    PART,
    PART_BYTES,
    Head,
    assembled,
    bare,
    data_item,
    head_item,
    head_of,
    order_of,
    partition_of,
    parts_of,
)
from pysession.stores.failures import NotFoundError, NotServedError
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire import Encoding
from pysession.wire.seam import find_seam

_ATTEMPTS = 100
_LONGEST_WAIT_SECONDS = 0.2
_ABANDONED_SECONDS = 3600
_ALL = "SELECT * FROM c WHERE c.partition = @partition"
_OF_BASE = "SELECT c.id, c.kind, c.number FROM c WHERE c.partition = @partition AND c.base = @base AND c.kind <> @kind"
_LIVE = "(IS_NULL(c.expires) OR c.expires > @now)"
_OVER = "c.expires <= @now"


class CosmosStore(BaseStore):
    """Sessions in ``container``. ``place`` is how messages name it, without the key."""

    capabilities = frozenset(Capability)

    def __init__(self, container: CosmosContainer, place: str, max_bytes: int | None = None) -> None:
        super().__init__(max_bytes)
        self._container = container
        self._place = place

    async def _get(self, key: Key) -> Stored:
        head, document = await self._read(key)
        check_size(key.id.decode(), len(document), self.max_bytes)
        return head.facts.stored(key, document)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        for attempt in range(_ATTEMPTS):
            await _rest(attempt)
            before = await self._head(key)
            condition.check(key, None if before is None or before.facts.has_expired() else before.facts)
            pieces = list(parts_of(data))
            after = Head(
                base=new_etag(),
                size=len(data),
                changed=now(),
                expires=expires,
                immutable=immutable,
                parts=len(pieces),
            )
            etag = await self._replaced(key, before, after, pieces)
            if etag is not None:
                return msgspec.structs.replace(after, etag=etag).facts
        raise self._busy(key)

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        session_id = key.id.decode()
        for attempt in range(_ATTEMPTS):
            await _rest(attempt)
            before = await self._head(key)
            if before is None or before.facts.has_expired():
                raise NotFoundError(*key.names)
            condition.check(key, before.facts, may_replace=False)
            if before.seam is None or before.at != at or len(message) > PART_BYTES:
                after, etag = await self._append_anew(key, before, message, at)
            else:
                checked = checked_message(session_id, message, before.seam.encoding)
                after = msgspec.structs.replace(
                    before,
                    size=before.size + before.seam.growth(before.messages, len(checked)),
                    changed=now(),
                    messages=before.messages + 1,
                )
                check_size(session_id, after.size, self.max_bytes)
                etag = await self._committed(key, before, after, [(MESSAGE, after.messages, checked)])
            if etag is not None:
                return msgspec.structs.replace(after, etag=etag).facts
        raise self._busy(key)

    async def _append_anew(self, key: Key, before: Head, message: bytes, at: str | None) -> tuple[Head, str | None]:
        """Append where the place is not known yet, or the message does not fit into an item: this reads the document.

        What it leaves knows the place, and has the messages so far as part of the document.
        """
        session_id = key.id.decode()
        found, document = await self._read(key)
        if found.etag != before.etag:
            return before, None
        # Lines that are no messages are lines because they were begun as such, which their bytes do not tell.
        are_lines = at is None and before.seam is not None and before.seam.encoding is Encoding.JSON_LINES
        seam = find_seam(document, Encoding.JSON_LINES) if are_lines else seam_of(session_id, document, at)
        checked = checked_message(session_id, message, seam.encoding)
        size = before.size + seam.growth(0, len(checked))
        check_size(session_id, size, self.max_bytes)
        after = msgspec.structs.replace(before, size=size, changed=now(), messages=1, at=at, seam=seam)
        if not before.messages and len(checked) <= PART_BYTES:
            return after, await self._committed(key, before, after, [(MESSAGE, 1, checked)])
        if len(checked) <= PART_BYTES:
            pieces = list(parts_of(document))
            after = msgspec.structs.replace(after, base=new_etag(), parts=len(pieces))
            return after, await self._replaced(key, before, after, pieces, checked)
        document = seam.join(document, [checked])
        pieces = list(parts_of(document))
        place = find_seam(document, Encoding.JSON_LINES) if seam.encoding is Encoding.JSON_LINES else None
        after = msgspec.structs.replace(after, base=new_etag(), parts=len(pieces), messages=0, at=None, seam=place)
        return after, await self._replaced(key, before, after, pieces)

    async def _delete(self, key: Key, condition: Condition) -> bool:
        for attempt in range(_ATTEMPTS):
            await _rest(attempt)
            before = await self._head(key)
            live = None if before is None or before.facts.has_expired() else before
            condition.check(key, None if live is None else live.facts)
            if live is None:
                return False
            if await self._committed(key, live, None) is not None:
                return True
        raise self._busy(key)

    async def _list(self, window: Window) -> Found:
        shown = _LIVE if window.expired is None else _OVER
        moment = now() if window.expired is None else window.expired
        conditions = ["c.kind = @kind", shown, "STARTSWITH(c.id_hex, @prefix)"]
        values: dict[str, Any] = {"kind": HEAD, "now": moment, "prefix": window.low.hex()}
        if window.owner is not None:
            conditions.append("c.owner_hex = @owner")
            values["owner"] = window.owner.hex()
        if window.since is not None:
            conditions.append("c.changed >= @since")
            values["since"] = window.since
        if window.after is not None:
            conditions.append("c.sort_key > @after")
            values["after"] = order_of(window.after)
        columns = "c.owner_hex, c.id_hex, c._etag, c.size, c.changed, c.expires, c.immutable"
        query = f"SELECT {columns} FROM c WHERE {' AND '.join(conditions)} ORDER BY c.sort_key"  # noqa: S608
        found: Found = []
        async for item in self._container.items(query, **values):
            facts = Facts(bare(item["_etag"]), item["size"], item["changed"], item["expires"], item["immutable"])
            found.append((Key(bytes.fromhex(item["owner_hex"]), bytes.fromhex(item["id_hex"])), facts))
            if len(found) == window.limit:
                break
        return found

    async def _sweep(self, moment: int) -> int:
        await self._clear_abandoned()
        query = f"SELECT * FROM c WHERE c.kind = @kind AND {_OVER}"  # noqa: S608
        over = [item async for item in self._container.items(query, kind=HEAD, now=moment)]
        count = 0
        for item in over:
            key = Key(bytes.fromhex(item["owner_hex"]), bytes.fromhex(item["id_hex"]))
            count += await self._committed(key, head_of(item), None) is not None
        return count

    async def _clear_abandoned(self) -> None:
        """Remove what a program left that was killed between two of its changes. Of that, the first part is always there."""
        query = "SELECT c.base, c.partition FROM c WHERE c.kind = @kind AND c.number = 0 AND c._ts < @before"
        before = now() // 1_000_000 - _ABANDONED_SECONDS
        parts = {
            item["base"]: item["partition"] async for item in self._container.items(query, kind=PART, before=before)
        }
        heads = "SELECT c.base FROM c WHERE c.kind = @kind"
        named = {item["base"] async for item in self._container.items(heads, kind=HEAD)}
        for base in parts.keys() - named:
            await self._discard(parts[base], base)

    async def _stats(self) -> Stats:
        query = f"SELECT c.owner_hex, c.size FROM c WHERE c.kind = @kind AND {_LIVE}"  # noqa: S608
        sessions = size = 0
        owners: set[str] = set()
        async for item in self._container.items(query, kind=HEAD, now=now()):
            sessions, size = sessions + 1, size + item["size"]
            owners.add(item["owner_hex"])
        return Stats(sessions, len(owners), size)

    async def _close(self) -> None:
        await self._container.close()

    # --- the items of one session ---------------------------------------------------------------------------------------

    async def _head(self, key: Key) -> Head | None:
        item = await self._container.head(partition_of(key))
        return None if item is None else head_of(item)

    async def _read(self, key: Key) -> tuple[Head, bytes]:
        """The head and the whole document, of one moment."""
        for attempt in range(_ATTEMPTS):
            await _rest(attempt)
            items = [item async for item in self._container.items(_ALL, partition_of(key))]
            try:
                found = assembled(items)
            except LookupError:
                raise NotFoundError(*key.names) from None
            if found is None:
                continue  # it was changed between two pages of the answer
            head, data, messages = found
            if head.facts.has_expired():
                raise NotFoundError(*key.names)
            return head, data if head.seam is None else head.seam.join(data, messages)
        raise self._busy(key)

    async def _replaced(
        self, key: Key, before: Head | None, after: Head, pieces: list[bytes], message: bytes | None = None
    ) -> str | None:
        """Put ``pieces`` in place of what there is; the etag, or None where the session has been changed meanwhile."""
        own = [(PART, number, piece) for number, piece in enumerate(pieces)]
        own += [] if message is None else [(MESSAGE, 1, message)]
        if sum(len(data) for *_, data in own) <= PART_BYTES:
            return await self._committed(key, before, after, own)
        for kind, number, data in own:
            await self._container.create(data_item(key, kind, after, number, data, after.changed))
        etag = await self._committed(key, before, after)
        if etag is None:
            await self._discard(partition_of(key), after.base)
        return etag

    async def _committed(
        self, key: Key, before: Head | None, after: Head | None, items: list[tuple[str, int, bytes]] | None = None
    ) -> str | None:
        """Change the head, add ``items`` to it and remove what it no longer names; the etag, or None where it has changed."""
        operations: list[Operation] = []
        condition = {} if before is None else {"if_match_etag": before.etag}
        if after is None:
            operations.append(("delete", (HEAD,), condition))
        else:
            head = head_item(key, after, now())
            operations.append(("create", (head,)) if before is None else ("replace", (HEAD, head), condition))
            for kind, number, data in items or ():
                operations.append(("create", (data_item(key, kind, after, number, data, now()),)))
        useless = [] if before is None or (after is not None and after.base == before.base) else before.ids
        # Of what has expired, the service may have removed some already, and then would do nothing of the batch.
        later = before is not None and (before.facts.has_expired() or len(operations) + len(useless) > MOST_OPERATIONS)
        operations += [] if later else [("delete", (useless_id,)) for useless_id in useless]
        etag = await self._container.change(partition_of(key), operations)
        if etag is not None and later and useless and before is not None:
            await self._discard(partition_of(key), before.base)
        return etag

    async def _discard(self, partition: str, base: str) -> None:
        """Remove what belongs to a base that no head names, the first part last."""
        found = [item async for item in self._container.items(_OF_BASE, partition, base=base, kind=HEAD)]
        found.sort(key=lambda item: (item["kind"] == PART, -item["number"]))
        for start in range(0, len(found), MOST_OPERATIONS):
            batch = found[start : start + MOST_OPERATIONS]
            await self._container.change(partition, [("delete", (item["id"],)) for item in batch])

    def _busy(self, key: Key) -> NotServedError:
        return NotServedError(self._place, f"the session {key.id.decode()!r} changes all the time")


async def _rest(attempt: int) -> None:
    """Nothing before the first attempt; then, as others were faster, a random time that grows."""
    if attempt:
        await asyncio.sleep(random.uniform(0, min(_LONGEST_WAIT_SECONDS, 0.005 * attempt)))  # noqa: S311
