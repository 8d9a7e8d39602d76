"""Where an exchange is, as a person writes it."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

import msgspec

from pysession.findings.failures import UsageError

DEFAULT_PORT = 50051
"""Of gRPC services by custom; ``pysession serve`` takes it too."""

_PORTS = {"https": 443, "http": 80}
_EXAMPLES = "write https://host, https://host:50051, http://127.0.0.1:50051, localhost:50051 or unix:PATH"
_SOCKET = "unix:"


class AddressError(UsageError):
    """``address`` names no exchange."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address!r} is not the address of an exchange: {reason}; {_EXAMPLES}")
        self.address = address
        self.reason = reason


class Address(msgspec.Struct, frozen=True):
    """``host`` and ``port``, whether the connection is encrypted, and whether it stays on this machine.

    Of a socket file ``host`` is the name, with ``unix:`` before it, and ``port`` is 0.
    """

    host: str
    port: int
    secure: bool
    local: bool

    @property
    def target(self) -> str:
        """As gRPC has it."""
        if self.host.startswith(_SOCKET):
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        if self.host.startswith(_SOCKET):
            return self.host
        return f"{'https' if self.secure else 'http'}://{self.target}"


def address_of(text: str) -> Address:
    """What ``text`` names: a URL, or a host with a port.

    Without ``https:`` or ``http:`` a connection is encrypted unless it stays on this machine, and the port is 50051.

    >>> str(address_of("sessions.example.com")), str(address_of("localhost"))
    ('https://sessions.example.com:50051', 'http://localhost:50051')

    Raises:
        AddressError: it names none.
    """
    if text.startswith(_SOCKET) and text != _SOCKET:
        return Address(text, 0, secure=False, local=True)
    parts, port = _parts(text)
    if parts.scheme and parts.scheme not in _PORTS:
        raise AddressError(text, f"{parts.scheme}: is neither https: nor http:")
    if parts.username is not None:
        # Not shown: what stands before the @ may be a secret.
        raise AddressError(f"…@{parts.netloc.rpartition('@')[2]}", "a token is given apart from it")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise AddressError(text, "it goes on behind the port")
    if not parts.hostname:
        raise AddressError(text, "it has no host")
    local = _is_local(parts.hostname)
    secure = parts.scheme == "https" if parts.scheme else not local
    return Address(parts.hostname, port or _PORTS.get(parts.scheme, DEFAULT_PORT), secure, local)


def _parts(text: str) -> tuple[SplitResult, int | None]:
    if text.count(":") > 1 and "[" not in text and "://" not in text:
        raise AddressError(text, "an IPv6 address stands in brackets, [::1]:50051")
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
    except ValueError as failure:
        raise AddressError(text, str(failure)) from failure
    try:
        return parts, parts.port
    except ValueError as failure:
        raise AddressError(text, "its port is no number up to 65535") from failure


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
