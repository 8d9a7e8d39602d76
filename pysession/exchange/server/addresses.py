"""Where the server listens, and whether the public can reach it."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from pysession.findings.failures import UsageError

_HOST_AND_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\[\]:/\s]+)):(?P<port>[0-9]{1,5})")
_MOST_PORT = 65535


class Address(msgspec.Struct, frozen=True):
    """``HOST:PORT``, ``[::1]:PORT`` or ``unix:PATH``. ``host`` is empty for a socket file."""

    text: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only programs of this machine can reach it. A name other than localhost may be any address."""
        if not self.host:
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    def bound_to(self, port: int) -> Address:
        """The address with the port that was given for 0."""
        if not self.host:
            return self
        host = f"[{self.host}]" if ":" in self.host else self.host
        return Address(f"{host}:{port}", self.host, port)


def parse_address(text: str) -> Address:
    """
    >>> parse_address("127.0.0.1:50051").is_loopback, parse_address("0.0.0.0:443").is_loopback
    (True, False)

    Raises:
        UsageError: it is none.
    """
    if text.startswith("unix:") and len(text) > len("unix:"):
        return Address(text, "", 0)
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None or int(match["port"]) > _MOST_PORT:
        raise UsageError(f"{text!r} is no address; write HOST:PORT (127.0.0.1:50051, [::1]:50051) or unix:PATH")
    return Address(text, match["six"] or match["host"], int(match["port"]))
