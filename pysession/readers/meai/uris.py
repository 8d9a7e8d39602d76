"""Which texts ``System.Uri`` reads.

A text is first tried as an absolute URI. What is none is a relative one, except where the scheme promises an authority
that cannot be read. Found by running; what no rule here names is taken to be readable.
"""

from __future__ import annotations

import ipaddress
import re

_ABSOLUTE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_BROKEN_DRIVE = re.compile(r"[A-Za-z][:|](?![/\\]|\Z)|file:[/\\]*[A-Za-z][:|](?![/\\])", re.IGNORECASE)
_DRIVE = re.compile(r"file:[/\\]*[A-Za-z][:|][/\\]", re.IGNORECASE)
_SLASHES = re.compile(r"[/\\]{2}")
_NEED_HOST = frozenset({"http", "https", "ftp", "nntp", "gopher", "ws", "wss", "net.pipe", "net.tcp", "telnet"})
_LABELS = re.compile(r"[0-9A-Za-z_-]{1,256}(?:\.[0-9A-Za-z_-]{1,256})*\.?\Z")
_OPAQUE = frozenset({"news", "uuid"})
_WITHOUT_USER = frozenset({"file", "net.pipe", "net.tcp"})
_WITHOUT_PORT = frozenset({"file", "net.pipe"})
_PORT = re.compile(r"[0-9]{0,5}\Z")
_LAST_PORT = 65535
_AROUND = " \t\r\n"


def is_uri(text: str) -> bool:
    """Whether ``Uri.TryCreate(text, UriKind.RelativeOrAbsolute)`` succeeds."""
    text = text.strip(_AROUND)
    if text.startswith("\\\\"):
        share = re.split(r"[/\\]", text[2:], maxsplit=1)[0]
        return not share or _is_host(share)
    if _BROKEN_DRIVE.match(text):
        return False
    match = _ABSOLUTE.match(text)
    if match is None or len(match["scheme"]) == 1:
        return True
    scheme, rest = match["scheme"].lower(), match["rest"]
    if scheme in _OPAQUE or _DRIVE.match(text) or (scheme != "mailto" and not _SLASHES.match(rest)):
        return True
    ends = "/\\?#" if scheme == "file" else "/?#"
    authority = re.split(f"[{re.escape(ends)}]", rest if scheme == "mailto" else rest[2:], maxsplit=1)[0]
    if not authority:
        return scheme not in _NEED_HOST
    user, at, host = authority.partition("@")
    host = host if at else user
    if (at and scheme in _WITHOUT_USER) or "\\" in authority:
        return False
    return _is_host(host) if scheme in _WITHOUT_PORT else _has_port(host)


def _has_port(host: str) -> bool:
    """Whether a host name, with a port or without, can be read."""
    if host.startswith("["):
        name, closed, port = host.partition("]")
        name += closed
        port = port[1:] if port.startswith(":") else ""  # what follows without a colon is passed over
    else:
        name, _, port = host.partition(":")
    digits = port.lstrip("0")
    return _is_host(name) and bool(_PORT.match(digits)) and int(digits or 0) <= _LAST_PORT


def _is_host(name: str) -> bool:
    if name.startswith("["):
        if not name.endswith("]"):
            return False
        try:
            ipaddress.IPv6Address(name[1:-1].partition("%")[0])
        except ValueError:
            return False
        return True
    return bool(_LABELS.match(re.sub(r"[^\x00-\x7f]", "x", name)))
