"""``memory:``: sessions in this process, gone when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from pysession.stores.appending import checked_message, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window, new_etag
from pysession.stores.checking import check_size, now
from pysession.stores.failures import NotFoundError
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire.seam import Seam


@dataclass(slots=True)
class _Slot:
    """A session: what was put, and the messages that were appended since."""

    facts: Facts
    data: bytes
    at: str | None = None
    seam: Seam | None = None
    messages: list[bytes] = field(default_factory=list)

    def document(self) -> bytes:
        return self.data if self.seam is None else self.seam.join(self.data, self.messages)


class MemoryStore(BaseStore):
    """Sessions in a dictionary. Nothing here waits, so that each operation is one step for all tasks of a loop."""

    capabilities = frozenset(
        {
            Capability.OWNERS,
            Capability.CONDITIONS,
            Capability.APPEND,
            Capability.LISTING,
            Capability.EXPIRY,
            Capability.IMMUTABLE,
        }
    )
    often_at_once = True

    def __init__(self, max_bytes: int | None = None) -> None:
        super().__init__(max_bytes)
        self._slots: dict[Key, _Slot] = {}

    async def _get(self, key: Key) -> Stored:
        slot = self._live(key)
        if slot is None:
            raise NotFoundError(*key.names)
        return slot.facts.stored(key, slot.document())

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        slot = self._live(key)
        condition.check(key, None if slot is None else slot.facts)
        facts = Facts(new_etag(data), len(data), now(), expires, immutable)
        self._slots[key] = _Slot(facts, data)
        return facts

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        slot = self._live(key)
        if slot is None:
            raise NotFoundError(*key.names)
        condition.check(key, slot.facts, may_replace=False)
        session_id = key.id.decode()
        data, messages, seam = slot.data, slot.messages, slot.seam
        if seam is None or slot.at != at:
            data, messages = slot.document(), []
            seam = seam_of(session_id, data, at)
        message = checked_message(session_id, message, seam.encoding)
        size = slot.facts.size + seam.growth(len(messages), len(message))
        check_size(session_id, size, self.max_bytes)
        facts = Facts(new_etag(), size, now(), slot.facts.expires, slot.facts.immutable)
        messages.append(message)
        self._slots[key] = _Slot(facts, data, at, seam, messages)
        return facts

    async def _delete(self, key: Key, condition: Condition) -> bool:
        slot = self._live(key)
        condition.check(key, None if slot is None else slot.facts)
        return self._slots.pop(key, None) is not None and slot is not None

    async def _list(self, window: Window) -> Found:
        keys = sorted(key for key, slot in self._slots.items() if window.has(key) and window.shows(slot.facts))
        return [(key, self._slots[key].facts) for key in keys[: window.limit]]

    async def _sweep(self, moment: int) -> int:
        gone = [key for key, slot in self._slots.items() if (slot.facts.expires or moment + 1) <= moment]
        for key in gone:
            del self._slots[key]
        return len(gone)

    async def _stats(self) -> Stats:
        live = {key: slot for key in self._slots if (slot := self._live(key)) is not None}
        return Stats(len(live), len({key.owner for key in live}), sum(slot.facts.size for slot in live.values()))

    async def _close(self) -> None:
        pass

    def _live(self, key: Key) -> _Slot | None:
        slot = self._slots.get(key)
        return None if slot is None or slot.facts.has_expired() else slot
