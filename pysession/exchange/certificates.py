"""Files of certificates and keys (PEM), looked at before gRPC gets them: it says nothing of what is wrong with them."""

from __future__ import annotations

import ssl
from pathlib import Path

from pysession.findings.failures import UsageError


def pem_of(path: Path, holds: str, what: str) -> bytes:
    """The bytes of ``path``, in which there is at least one block of PEM whose label ends with ``holds``.

    Raises:
        UsageError: it cannot be read, or has none.
    """
    try:
        data = path.read_bytes()
    except OSError as failure:
        raise UsageError(f"{what} {path} cannot be read: {(failure.strerror or 'failed').lower()}") from failure
    if b"-----BEGIN " not in data or f"{holds}-----".encode() not in data:
        raise UsageError(f"{what} {path} holds no {holds.lower()} in PEM (-----BEGIN … {holds}-----)")
    return data


def check_pair(certificate: Path, key: Path) -> None:
    """Refuse a key that is not that of the certificate, or either where it cannot be used.

    Raises:
        UsageError: so it is.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, _no_password)
    except OSError as failure:  # an SSLError is one
        raise UsageError(_what_is_wrong(certificate, key, failure)) from failure


def check_authorities(data: bytes, path: Path) -> None:
    """Refuse certificates of authorities that are damaged; ``data`` are those of the file ``path``.

    Raises:
        UsageError: one is.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=data.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as failure:
        raise UsageError(f"a certificate in the CA file {path} is damaged") from failure


class _PasswordNeededError(OSError):
    """The key can be used by those only who know its password."""


def _no_password() -> bytes:
    raise _PasswordNeededError


def _what_is_wrong(certificate: Path, key: Path, failure: OSError) -> str:
    if isinstance(failure, _PasswordNeededError):
        return f"the key {key} has a password; give one without ('openssl pkey -in {key} -out FILE')"
    if getattr(failure, "reason", None) == "KEY_VALUES_MISMATCH":
        return f"the key {key} is not that of the certificate {certificate}"
    # OpenSSL does not say which of the two it could not read.
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certificate)
    except OSError:
        return f"the certificate {certificate} is damaged"
    return f"the key {key} is damaged"


__all__ = ["check_authorities", "check_pair", "pem_of"]
