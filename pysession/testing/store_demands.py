"""What the demands on stores have in common: how they are listed, and documents for them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from pysession.stores import Capability, Entry, Store

OpenStore = Callable[[], Store]
Demand = Callable[[OpenStore], Awaitable[None]]
Listed = list[tuple[Demand, frozenset[Capability]]]

SESSION = (
    b'{"type":"session","session_id":"s","service_session_id":null,"state":{"in_memory":{"messages":['
    b'{"type":"message","role":"user","contents":[{"type":"text","text":"hello"}]}]}}}'
)
"""A session of one message."""
NO_MESSAGE = b'{"type":"session","session_id":"s","service_session_id":null,"state":{"in_memory":{"messages":[]}}}'
"""The same without it."""


GROWN = SESSION.replace(b"]}}}", b',{"type":"message","role":"assistant","contents":[]}]},"beside":[1]}}')
"""The same with a second message, and more beside the history."""


def keeping(retention: bytes) -> bytes:
    """A session whose record says how it is to be kept."""
    return SESSION.replace(b'"state":{', b'"state":{"pysession.session":{"v":1,"retention":' + retention + b"},")


def message(text: str) -> bytes:
    """A message that says ``text``, which needs no escapes."""
    return f'{{"type":"message","role":"user","contents":[{{"type":"text","text":"{text}"}}]}}'.encode()


def demands(listed: Listed, *needs: Capability) -> Callable[[Demand], Demand]:
    """Lists a demand on stores that have all of ``needs``."""

    def enlist(demand: Demand) -> Demand:
        listed.append((demand, frozenset(needs)))
        return demand

    return enlist


@contextlib.contextmanager
def raises(failure: type[Exception]) -> Iterator[None]:
    """That what is done raises ``failure``."""
    try:
        yield
    except failure:
        return
    except Exception as other:
        raise AssertionError(f"{type(other).__name__} was raised in place of {failure.__name__}: {other}") from other
    raise AssertionError(f"{failure.__name__} was not raised")


async def every_entry(store: Store, *, owner: str | None = None, prefix: str = "", limit: int = 100) -> list[Entry]:
    """All sessions that are listed, page by page."""
    return [entry async for page in pages(store, owner=owner, prefix=prefix, limit=limit) for entry in page]


async def pages(
    store: Store, *, owner: str | None = None, prefix: str = "", limit: int = 100
) -> AsyncIterator[tuple[Entry, ...]]:
    """The pages of a list."""
    token: str | None = None
    while True:
        page = await store.list(owner=owner, prefix=prefix, limit=limit, page=token)
        assert len(page.entries) <= limit, f"a page of at most {limit} has {len(page.entries)}"
        yield page.entries
        if page.next is None:
            return
        token = page.next
