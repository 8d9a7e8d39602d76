"""Which texts ``System.Uri`` reads.

A text is first tried as an absolute URI. What is none is a relative one, except where the scheme promises an authority
that cannot be read. Found by running; what no rule here names is taken to be readable.
"""

from __future__ import annotations

import ipaddress
import re

_ABSOLUTE = re.compile(r"[\x00-\x20]*(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_SLASHES = re.compile(r"[/\\]{2}")
_AUTHORITY = re.compile(r"[^/?#]*")
_NEED_HOST = frozenset({"http", "https", "ftp", "nntp", "gopher", "ws", "wss", "net.tcp", "telnet"})
_LABELS = re.compile(r"[0-9A-Za-z_-]{1,63}(?:\.[0-9A-Za-z_-]{1,63})*\.?\Z")
_PORT = re.compile(r"[0-9]*\Z")
_LAST_PORT = 65535


def is_uri(text: str) -> bool:
    """Whether ``Uri.TryCreate(text, UriKind.RelativeOrAbsolute)`` succeeds."""
    if text.startswith("\\\\"):
        share = re.split(r"[/\\]", text[2:], maxsplit=1)[0]
        return not share or _is_host(share)
    match = _ABSOLUTE.match(text)
    if match is None:
        return True
    scheme, rest = match["scheme"].lower(), match["rest"]
    if len(scheme) == 1:  # a drive of Windows
        return not rest or rest[0] in "/\\"
    if scheme == "mailto":
        return not re.match(r"[^?]*@(?:\?|\Z)", rest)
    if not _SLASHES.match(rest):
        return True
    authority = _AUTHORITY.match(rest, 2)
    host = authority[0].rpartition("@")[2] if authority else ""
    if authority and not authority[0]:
        return scheme not in _NEED_HOST
    name, port = _split(host)
    return _is_host(name) and bool(_PORT.match(port)) and int(port or 0) <= _LAST_PORT


def _split(host: str) -> tuple[str, str]:
    """Name and port."""
    if host.startswith("["):
        name, _, port = host.partition("]")
        return f"{name}]", port.removeprefix(":") if port.startswith(":") or not port else "?"
    name, _, port = host.partition(":")
    return name, port


def _is_host(name: str) -> bool:
    if name.startswith("["):
        try:
            ipaddress.IPv6Address(name[1:-1].partition("%")[0])
        except ValueError:
            return False
        return True
    return bool(_LABELS.match(re.sub(r"[^\x00-\x7f]", "x", name)))
