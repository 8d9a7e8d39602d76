"""Sessions of an exchange → documents: what ``pysession pull`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import msgspec

from pysession.exchange.client.blocking import each_of
from pysession.exchange.client.exchange_client import ExchangeClient
from pysession.exchange.client.failures import DataLossError, NotAcceptedError
from pysession.exchange.client.uploads import Progress
from pysession.exchange.client.values import Received
from pysession.exchange.client.window import Work, in_order
from pysession.findings import Finding, NotRead
from pysession.stores import NotFoundError, SessionIdError, TooLargeError


class PullOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is fetched: the sessions ``session_ids``, or with none those whose ids begin with ``prefix``.

    ``to`` is a dialect or release to convert to; ``typed``: as a ``pysession.v1.Session``.
    """

    session_ids: tuple[str, ...] = ()
    prefix: str = ""
    to: str | None = None
    typed: bool = False


class Pulled(msgspec.Struct, frozen=True):
    """A session; ``received`` None: it cannot be had in this form, and ``why`` and ``findings`` tell."""

    session_id: str
    received: Received | None
    why: str = ""
    findings: tuple[Finding, ...] = ()


def pull(client: ExchangeClient, options: PullOptions, progress: Progress) -> Iterator[Pulled | NotRead]:
    """Fetch the sessions; what became of each, in the order of the ids given, or of all ids.

    ``progress`` hears of the bytes of each transfer, in another thread.

    Raises:
        StoreError: the exchange cannot be reached, or lets nobody in.
    """
    return in_order(_works(client, options, progress))


def count(client: ExchangeClient, options: PullOptions) -> int:
    """How many sessions that is, now."""
    return sum(1 for _ in _chosen(client, options))


def _works(client: ExchangeClient, options: PullOptions, progress: Progress) -> Iterator[Work[Pulled | NotRead]]:
    for session_id, size in _chosen(client, options):
        yield size, partial(_pull, client, options, session_id, progress)


def _chosen(client: ExchangeClient, options: PullOptions) -> Iterable[tuple[str, int]]:
    if options.session_ids:
        return ((session_id, 0) for session_id in dict.fromkeys(options.session_ids))
    return ((entry.id, entry.size) for entry in each_of(client.entries(prefix=options.prefix)))


async def _pull(client: ExchangeClient, options: PullOptions, session_id: str, progress: Progress) -> Pulled | NotRead:
    try:
        received = await client.get(session_id, to=options.to, typed=options.typed, progress=progress)
        return Pulled(session_id, received)
    except NotAcceptedError as failure:
        return Pulled(session_id, None, failure.reason, failure.findings)
    except (NotFoundError, SessionIdError, TooLargeError) as failure:
        return NotRead(session_id, str(failure))
    except DataLossError as failure:
        return NotRead(session_id, failure.reason)
