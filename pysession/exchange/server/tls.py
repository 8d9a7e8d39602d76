"""Certificates, read again when their files change."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import grpc

from pysession.exchange.server.logs import tell
from pysession.exchange.server.settings import TlsFiles
from pysession.findings.failures import UsageError


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials from ``files``, which are looked at for every new connection.

    Raises:
        UsageError: one of them cannot be read, or is not PEM.
    """
    watched = _Watched(files)
    changed: Any = watched.changed  # None is allowed, whatever the types of grpcio say
    return grpc.dynamic_ssl_server_credentials(
        watched.configuration, changed, require_client_authentication=files.client_ca is not None
    )


class _Watched:
    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self.configuration = _configuration(files)
        self._seen = self._times()

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new certificates, if there are new ones. Files that are half written, or wrong, change nothing."""
        try:
            times = self._times()
            if times == self._seen:
                return None
            configuration = _configuration(self._files)
        except (OSError, UsageError) as failure:
            tell(logging.ERROR, "certificates", problem=type(failure).__name__)
            return None
        self._seen = times
        tell(logging.INFO, "certificates", reloaded=True)
        return configuration

    def _times(self) -> tuple[tuple[int, int], ...]:
        return tuple((status.st_mtime_ns, status.st_ino) for status in (path.stat() for path in _paths(self._files)))


def _paths(files: TlsFiles) -> tuple[Path, ...]:
    return tuple(path for path in (files.certificate, files.key, files.client_ca) if path is not None)


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    chain, key = _pem(files.certificate, b"CERTIFICATE"), _pem(files.key, b"PRIVATE KEY")
    roots = None if files.client_ca is None else _pem(files.client_ca, b"CERTIFICATE")
    return grpc.ssl_server_certificate_configuration([(key, chain)], roots)


def _pem(path: Path, holds: bytes) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as failure:
        raise UsageError(f"{path} cannot be read: {(failure.strerror or 'failed').lower()}") from failure
    if b"-----BEGIN " not in data or holds not in data:
        raise UsageError(f"{path} holds no {holds.decode().lower()} in PEM")
    return data
