"""Payloads outside of the session: a folder of files named by their digest, and references to them.

A reference keeps what a reader looks at: of a ``data:`` URI the media type, as a ``data:`` URI with an empty payload, so
that .NET and Go, which take nothing else there, still read it. ``data:image/png;pysession-blob=<sha256>;base64,`` stands
for a file that holds the decoded bytes; a payload whose text would not come back the same from its bytes is kept as text,
``…-text=<sha256>``. A payload that is no URI becomes ``urn:pysession:blob:…``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from pathlib import Path

from pysession.findings.failures import UsageError
from pysession.outputs import make_folder_of, write_file

_URI = re.compile(r"(data:[^,]*?)(;base64)?,(.*)\Z", re.I | re.S)
_REFERENCE = re.compile(
    r"(?:(?P<head>data:[^,]*?);pysession-blob(?P<text>-text)?=(?P<digest>[0-9a-f]{64})(?P<base64>;base64)?,"
    r"|urn:pysession:blob(?P<bare_text>-text)?:(?P<bare>[0-9a-f]{64}))\Z",
    re.I,
)


class MissingBlobError(UsageError):
    """A reference names a file that the folder does not have, or that holds something else."""

    def __init__(self, folder: Path, digest: str, why: str) -> None:
        super().__init__(f"the payload {digest} {why} in {folder}; give the folder that it was taken out to")
        self.folder = folder
        self.digest = digest


class BlobStore:
    """The folder ``path``; a file in it is named by the SHA-256 of its bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take_out(self, text: str) -> str:
        """Keep the payload that ``text`` is, or has in it; the reference to it.

        Raises:
            NotWrittenError: the folder cannot be written.
        """
        uri = _URI.match(text)
        if uri is None:
            kept, octets = _bytes_of(text)
            return f"urn:pysession:blob{'' if kept else '-text'}:{self._keep(octets)}"
        head, encoded, payload = uri[1], uri[2] or "", uri[3]
        kept, octets = _bytes_of(payload) if encoded else (False, payload.encode("utf-8", "surrogatepass"))
        return f"{head};pysession-blob{'' if kept else '-text'}={self._keep(octets)}{encoded},"

    def put_back(self, reference: str) -> str | None:
        """The text that ``reference`` stands for; None when it is no reference.

        Raises:
            MissingBlobError: the folder does not have it.
        """
        found = _REFERENCE.match(reference)
        if found is None:
            return None
        octets = self._read(found["digest"] or found["bare"])
        as_text = found["text"] or found["bare_text"]
        payload = octets.decode("utf-8", "surrogatepass") if as_text else base64.b64encode(octets).decode()
        return payload if found["bare"] else f"{found['head']}{found['base64'] or ''},{payload}"

    def _keep(self, octets: bytes) -> str:
        digest = hashlib.sha256(octets).hexdigest()
        target = self._path / digest
        if not target.exists():
            make_folder_of(target)
            write_file(target, octets)
        return digest

    def _read(self, digest: str) -> bytes:
        try:
            octets = (self._path / digest).read_bytes()
        except FileNotFoundError:
            raise MissingBlobError(self._path, digest, "is not") from None
        except OSError as failure:
            raise MissingBlobError(self._path, digest, "cannot be read") from failure
        if hashlib.sha256(octets).hexdigest() != digest:
            raise MissingBlobError(self._path, digest, "has been changed")
        return octets


def _bytes_of(text: str) -> tuple[bool, bytes]:
    """The bytes of a base64 text and True, when they give that very text again; else the text's own bytes and False."""
    try:
        octets = base64.b64decode(text, validate=True)
        if base64.b64encode(octets).decode() == text:
            return True, octets
    except (binascii.Error, ValueError):
        pass
    return False, text.encode("utf-8", "surrogatepass")
