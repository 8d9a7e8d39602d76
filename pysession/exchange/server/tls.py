"""Certificates, read again when their files change."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import grpc

from pysession.exchange.certificates import check_authorities, check_pair, pem_of
from pysession.exchange.server.logs import tell
from pysession.exchange.server.settings import TlsFiles
from pysession.findings.failures import UsageError


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials from ``files``, which are looked at for every new connection.

    Raises:
        UsageError: one of them cannot be read, is not PEM, or the key is not that of the certificate.
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
        self._refused: tuple[tuple[int, int], ...] | None = None
        """Of the files that were last told to be wrong: it is told once."""

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new certificates, if there are new ones. Files that are half written, or wrong, change nothing."""
        times = None
        try:
            times = self._times()
            if times in (self._seen, self._refused):
                return None
            configuration = _configuration(self._files)
        except (OSError, UsageError) as failure:
            self._refused = times
            problem = str(failure) if isinstance(failure, UsageError) else failure.strerror
            tell(logging.ERROR, "certificates", problem=problem)
            return None
        self._seen = times
        tell(logging.INFO, "certificates", reloaded=True)
        return configuration

    def _times(self) -> tuple[tuple[int, int], ...]:
        return tuple((status.st_mtime_ns, status.st_ino) for status in (path.stat() for path in _paths(self._files)))


def _paths(files: TlsFiles) -> tuple[Path, ...]:
    return tuple(path for path in (files.certificate, files.key, files.client_ca) if path is not None)


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    chain = pem_of(files.certificate, "CERTIFICATE", "the certificate")
    key = pem_of(files.key, "PRIVATE KEY", "the key")
    # gRPC takes whatever it is given, and would end every handshake.
    check_pair(files.certificate, files.key)
    roots = None
    if files.client_ca is not None:
        roots = pem_of(files.client_ca, "CERTIFICATE", "the CA file")
        check_authorities(roots, files.client_ca)
    return grpc.ssl_server_certificate_configuration([(key, chain)], roots)
