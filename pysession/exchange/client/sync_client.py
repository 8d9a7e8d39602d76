"""``SyncExchangeClient``: the same for programs without an event loop."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from pysession.exchange.client.blocking import each_of, wait_for
from pysession.exchange.client.exchange_client import ExchangeClient
from pysession.exchange.client.retrying import RETRIES, Retries
from pysession.wire import DEFAULT_LIMITS

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _waiting(
    method: Callable[Concatenate[ExchangeClient, _P], Coroutine[Any, Any, _R]],
) -> Callable[Concatenate[SyncExchangeClient, _P], _R]:
    @functools.wraps(method)
    def call(self: SyncExchangeClient, /, *arguments: _P.args, **options: _P.kwargs) -> _R:
        return wait_for(method(self._client, *arguments, **options))

    return call


def _iterating(
    method: Callable[Concatenate[ExchangeClient, _P], AsyncIterator[_R]],
) -> Callable[Concatenate[SyncExchangeClient, _P], Iterator[_R]]:
    @functools.wraps(method)
    def call(self: SyncExchangeClient, /, *arguments: _P.args, **options: _P.kwargs) -> Iterator[_R]:
        return each_of(method(self._client, *arguments, **options))

    return call


class SyncExchangeClient:
    """A client of the exchange at ``address``: the methods of :class:`ExchangeClient`, each waiting for its answer.

    They can be called from any thread, and from several at once.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        token_file: Path | str | None = None,
        ca: Path | str | None = None,
        certificate: Path | str | None = None,
        key: Path | str | None = None,
        timeout: float | None = 60.0,
        retries: Retries = RETRIES,
        max_bytes: int = DEFAULT_LIMITS.bytes,
    ) -> None:
        self._client = ExchangeClient(
            address,
            token=token,
            token_file=token_file,
            ca=ca,
            certificate=certificate,
            key=key,
            timeout=timeout,
            retries=retries,
            max_bytes=max_bytes,
        )

    @property
    def address(self) -> str:
        """Where the exchange is."""
        return self._client.address

    put = _waiting(ExchangeClient.put)
    delete = _waiting(ExchangeClient.delete)
    get = _waiting(ExchangeClient.get)
    get_if_changed = _waiting(ExchangeClient.get_if_changed)
    unchanged = _waiting(ExchangeClient.unchanged)
    entry = _waiting(ExchangeClient.entry)
    list = _waiting(ExchangeClient.list)
    entries = _iterating(ExchangeClient.entries)
    watch = _iterating(ExchangeClient.watch)
    check = _waiting(ExchangeClient.check)
    convert = _waiting(ExchangeClient.convert)
    close = _waiting(ExchangeClient.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()
