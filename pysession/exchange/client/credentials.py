"""What a connection proves: who the server is, and who calls."""

from __future__ import annotations

import ssl
from pathlib import Path

import msgspec

from pysession.exchange.certificates import check_authorities, check_pair, pem_of
from pysession.exchange.client.addresses import Address
from pysession.findings.failures import UsageError

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS, the BSDs
)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown to the server, and by what it is known.

    ``token`` is sent with each call; that in ``token_file`` is read again for each, so that a new one is used when it is
    there. ``ca`` is a file of the certificates (PEM) that may have signed that of the server, in place of those that this
    machine trusts. ``certificate`` and ``key`` are files of what this client proves itself with (PEM).
    """

    token: str | None = None
    token_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def has_token(self) -> bool:
        """Whether a token goes along with each call."""
        return self.token is not None or self.token_file is not None

    def check(self, address: Address) -> None:
        """Refuse what cannot be, or would give a token away.

        Raises:
            UsageError: it would; or a file of certificates cannot be read or used.
        """
        if self.token is not None and self.token_file is not None:
            raise UsageError("a token and a file of one were given; give one of them")
        if (self.certificate is None) is not (self.key is None):
            raise UsageError("a client's certificate and its key go together; give both")
        if not address.secure and (self.ca is not None or self.certificate is not None):
            raise UsageError(f"{address} is not encrypted, so that certificates prove nothing; write https://")
        if not address.secure and not address.local and self.has_token:
            raise UsageError(f"{address} is not encrypted, and all on the way could read the token; write https://")
        if self.ca is not None:
            check_authorities(pem_of(self.ca, "CERTIFICATE", "the CA file"), self.ca)
        if self.certificate is not None and self.key is not None:
            self.identity()
            check_pair(self.certificate, self.key)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes along with a call.

        Raises:
            UsageError: the token cannot be sent, or its file not be read.
        """
        token = self.token if self.token_file is None else _token_in(self.token_file)
        if token is None:
            return ()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError("a token is one word of printable ASCII characters; the one that was given is none")
        return (("authorization", f"Bearer {token}"),)

    def roots(self) -> bytes | None:
        """The certificates that may have signed the server's; None: those that gRPC brings along."""
        return _system_roots() if self.ca is None else pem_of(self.ca, "CERTIFICATE", "the CA file")

    def identity(self) -> tuple[bytes | None, bytes | None]:
        """The client's key, and its certificate with those that lead to it."""
        if self.certificate is None or self.key is None:
            return None, None
        return pem_of(self.key, "PRIVATE KEY", "the key"), pem_of(self.certificate, "CERTIFICATE", "the certificate")


def _token_in(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        why = getattr(failure, "strerror", None) or "it is no text"
        raise UsageError(f"the token cannot be read from {path}: {why.lower()}") from failure


def _system_roots() -> bytes | None:
    """The certificates that this machine trusts, which gRPC does not look for (it brings along Mozilla's).

    OpenSSL's own default comes first: the variable SSL_CERT_FILE changes it.
    """
    for place in (ssl.get_default_verify_paths().cafile, *_BUNDLES):
        if place is not None and Path(place).is_file():
            return Path(place).read_bytes()
    # Windows has no file of them.
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(map(ssl.DER_cert_to_PEM_cert, found)).encode() or None
