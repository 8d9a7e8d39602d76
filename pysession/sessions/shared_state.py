"""The state of users and applications in a store: a document for each, beside the sessions that share it.

It stands under an owner of its own, so that it can be no session's document, and its id is a digest of whose it is: the owner
of the sessions, the application, the user. The document says it too, and is refused under any other id.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from typing import Any

import msgspec

from pysession.sessions.envelopes import Form, opened, written
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.record import Record, Shared
from pysession.sessions.scoped_state import Scope
from pysession.sessions.state_values import decoded_entries, encoded_entries
from pysession.stores import SHARED_STATE_OWNER, ConflictError, NotFoundError, Store

KEY = "pysession.shared"
VERSION = 1
_PLACE = ("state", KEY)
MOST_ATTEMPTS = 100
"""At each attempt one of those who write at once succeeds, so this is also how many may be."""

_MOST_SECONDS = 0.05


class Place(msgspec.Struct, frozen=True):
    """Whose values they are. ``user_id`` is None for those of the application."""

    scope: Scope
    owner: str
    app_name: str | None
    user_id: str | None

    @property
    def id(self) -> str:
        """The id of the document in the store."""
        whose = json.dumps([self.scope, self.owner, self.app_name, self.user_id])
        return f"{self.scope}-{hashlib.sha256(whose.encode('ascii')).hexdigest()}"


async def load(store: Store, record: Record, owner: str) -> None:
    """Put what is stored under what was changed in ``record`` and not stored yet.

    Raises:
        CorruptSessionError: what is stored is damaged, or another's.
    """
    for place, shared in _places(record, owner):
        values, _ = await _stored(store, place)
        shared.rebase(values)


async def flush(store: Store, record: Record, owner: str) -> None:
    """Store what was changed in ``record`` on top of what is there now: what others changed stays, by key.

    Of two who change the same key the later one wins.

    Raises:
        ConflictError: others write without end.
        CorruptSessionError: as :func:`load`.
    """
    for place, shared in _places(record, owner):
        await _flush(store, place, shared)


async def _flush(store: Store, place: Place, shared: Shared) -> None:
    for attempt in range(MOST_ATTEMPTS):
        changed, deleted = shared.changes()
        if not changed and not deleted:
            return
        values, etag = await _stored(store, place)
        for key in deleted:
            values.pop(key, None)
        data = _document(place, values | changed)
        try:
            await store.put(place.id, data, owner=SHARED_STATE_OWNER, if_match=etag, if_absent=etag is None)
        except ConflictError:
            if attempt == MOST_ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, _MOST_SECONDS))  # noqa: S311
        else:
            # As it was stored: what was changed meanwhile is still a change.
            shared.rebase(_values(data, place))
            return


async def _stored(store: Store, place: Place) -> tuple[dict[str, Any], str | None]:
    """The values that are stored, and the etag that goes with them; none where there is nothing."""
    try:
        stored = await store.get(place.id, owner=SHARED_STATE_OWNER)
    except NotFoundError:
        return {}, None
    return _values(stored.data, place), stored.etag


def _document(place: Place, values: dict[str, Any]) -> bytes:
    """A session's document, so that whatever reads sessions can say what is in it."""
    whose = {"owner": place.owner, "app_name": place.app_name, "user_id": place.user_id}
    entries = encoded_entries(values, (*_PLACE, "values"))
    state = {KEY: {"v": VERSION, "scope": place.scope.value, **whose, "values": entries}}
    return written(
        {"type": "session", "session_id": place.id, "service_session_id": None, "state": state}, Form.SESSION
    )


def _values(data: bytes, place: Place) -> dict[str, Any]:
    said = opened(data, place.id).get("state", {}).get(KEY)
    whose = {"v": VERSION, "scope": place.scope, "owner": place.owner, "app_name": place.app_name}
    whose["user_id"] = place.user_id
    if not isinstance(said, dict) or not isinstance(said.get("values"), dict):
        raise CorruptSessionError(f"/state/{KEY} is no shared state", place.id)
    if any(said.get(name) != value for name, value in whose.items()):
        raise CorruptSessionError(f"/state/{KEY} is not that of this {place.scope}, or of a later version", place.id)
    return decoded_entries(said["values"], (*_PLACE, "values"))[0]


def _places(record: Record, owner: str) -> list[tuple[Place, Shared]]:
    """The scopes that the session has a part in. Without a user, or an application, there is nobody to share with."""
    found: list[tuple[Place, Shared]] = []
    if record.user_id is not None:
        place = Place(Scope.USER, owner, record.app_name, record.user_id)
        found.append((place, record.shared[Scope.USER]))
    if record.app_name is not None:
        found.append((Place(Scope.APP, owner, record.app_name, None), record.shared[Scope.APP]))
    return found
