"""Clients of an exchange: one for event loops, and one for programs without.

async with ExchangeClient("https://sessions.example.com:50051", token_file="token") as exchange:
    entry = await exchange.put("s1", document)
    session = await exchange.get("s1", to="dotnet")
"""

from pysession.exchange.client.addresses import DEFAULT_PORT, Address, AddressError, address_of
from pysession.exchange.client.credentials import Credentials
from pysession.exchange.client.exchange_client import ExchangeClient
from pysession.exchange.client.failures import (
    AuthenticationError,
    BusyError,
    DataLossError,
    DeadlineError,
    ExchangeError,
    NotAcceptedError,
    NotPermittedError,
)
from pysession.exchange.client.retrying import NO_RETRIES, Retries
from pysession.exchange.client.sync_client import SyncExchangeClient
from pysession.exchange.client.values import Converted, Event, Judged, Received, Watched

__all__ = [
    "DEFAULT_PORT",
    "NO_RETRIES",
    "Address",
    "AddressError",
    "AuthenticationError",
    "BusyError",
    "Converted",
    "Credentials",
    "DataLossError",
    "DeadlineError",
    "Event",
    "ExchangeClient",
    "ExchangeError",
    "Judged",
    "NotAcceptedError",
    "NotPermittedError",
    "Received",
    "Retries",
    "SyncExchangeClient",
    "Watched",
    "address_of",
]
