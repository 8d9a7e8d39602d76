"""Where the server listens, and whether the public can reach it."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket

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


_REASONS = {
    errno.EADDRINUSE: "another program listens there; stop it, or give another port (--address)",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.EACCES: "ports below 1024 are for the administrator of this machine",
}


def is_taken(address: Address) -> bool:
    """Whether somebody listens on that socket file. gRPC would put its own in the place of it, and take all new calls."""
    if address.host:
        return False
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(address.text.removeprefix("unix:"))
        except OSError:
            return False
    return True


def why_not(address: Address) -> str:
    """Why ``address`` cannot be listened on, which gRPC does not tell: it is tried once more, as it would."""
    if not address.host:
        return _why_no_socket_file(address.text.removeprefix("unix:"))
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, where in found:
            with socket.socket(family, kind, protocol) as listener:
                # As gRPC does: what a connection that has just ended leaves behind is no hindrance.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(where)
                listener.listen()
    except socket.gaierror:
        return f"there is no host of the name {address.host}"
    except OSError as failure:
        return _REASONS.get(failure.errno or 0, (failure.strerror or "failed").lower())
    return "it was in use a moment ago; try again"


def _why_no_socket_file(path: str) -> str:
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    if os.path.exists(path):
        return "another program listens there, or it is another file; remove it, or give another path"
    return f"no file can be made in {folder}, or its path is too long"
