"""Places that keep documents by session id: one small asynchronous protocol, and the stores that speak it.

>>> import asyncio
>>> async def main() -> bytes:
...     async with open_store("memory:") as store:
...         await store.put("s1", b'{"type": "session", "n": 1.0}')
...         return (await store.get("s1")).data
>>> asyncio.run(main())
b'{"type": "session", "n": 1.0}'
"""

from pysession.stores.failures import (
    OF_ONE_SESSION,
    ConflictError,
    DamagedSessionError,
    ImmutableError,
    NotAppendableError,
    NotAStoreError,
    NotFoundError,
    NotReadableError,
    NotServedError,
    NotSupportedError,
    NotWritableError,
    SessionIdError,
    StoreError,
    StoreUrlError,
    TooLargeError,
    UnavailableError,
)
from pysession.stores.growing import why_not_grown
from pysession.stores.keeping import Keeping, keeping_of
from pysession.stores.opening import is_store_url, masked, open_store
from pysession.stores.protocol import (
    INTERNAL_OWNERS,
    REMOVALS_OWNER,
    SHARED_STATE_OWNER,
    Capability,
    Entry,
    Page,
    Stats,
    Store,
    Stored,
)

__all__ = [
    "INTERNAL_OWNERS",
    "OF_ONE_SESSION",
    "REMOVALS_OWNER",
    "SHARED_STATE_OWNER",
    "Capability",
    "ConflictError",
    "DamagedSessionError",
    "Entry",
    "ImmutableError",
    "Keeping",
    "NotAStoreError",
    "NotAppendableError",
    "NotFoundError",
    "NotReadableError",
    "NotServedError",
    "NotSupportedError",
    "NotWritableError",
    "Page",
    "SessionIdError",
    "Stats",
    "Store",
    "StoreError",
    "StoreUrlError",
    "Stored",
    "TooLargeError",
    "UnavailableError",
    "is_store_url",
    "keeping_of",
    "masked",
    "open_store",
    "why_not_grown",
]
