"""The file of ``pysession convert --losses``, written document by document (``schema/losses/1/``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from pysession.findings import Loss, NotRead
from pysession.report.tool import NAME, tool_version

FORMAT = "pysession-losses"
VERSION = 1


class LossesFile:
    """Writes the account of a run to ``stream`` while it goes on, so that it need not be kept."""

    def __init__(self, stream: BinaryIO, target: str) -> None:
        self._stream = stream
        self._documents = 0
        self._counts: dict[str, int] = {}
        tool = msgspec.json.encode({"name": NAME, "version": tool_version()})
        head = b'{"format":%s,"version":%d,"tool":%s,"to":%s,"documents":['
        stream.write(head % (_text(FORMAT), VERSION, tool, _text(target)))

    def add(self, source: str, record: int | None, dialect: str, release: str, losses: Iterable[Loss]) -> None:
        """Write what one document lost; ``release`` is what it was written for."""
        document: dict[str, object] = {"source": _unicode(source)}
        if record is not None:
            document["record"] = record
        told = [
            {
                "pointer": _unicode(loss.pointer),
                "kind": loss.kind.value,
                "detail": loss.detail,
                "recoverable": loss.recoverable,
            }
            for loss in losses
        ]
        for loss in told:
            kind = str(loss["kind"])
            self._counts[kind] = self._counts.get(kind, 0) + 1
        document |= {"from": dialect, "to": release, "losses": told}
        self._stream.write((b",\n" if self._documents else b"\n") + msgspec.json.encode(document))
        self._documents += 1

    def close(self, not_done: Iterable[NotRead]) -> None:
        """Write what was not converted, and the sums."""
        unread = [{"source": _unicode(one.source), "reason": one.reason} for one in not_done]
        summary = {"documents": self._documents, **{kind: self._counts[kind] for kind in sorted(self._counts)}}
        tail = b'\n],"not_read":%s,"summary":%s}\n'
        self._stream.write(tail % (msgspec.json.encode(unread), msgspec.json.encode(summary)))


def _text(text: str) -> bytes:
    return msgspec.json.encode(_unicode(text))


def _unicode(text: str) -> str:
    """``text`` without unpaired surrogates: member names of a document may hold them, and file names."""
    return text.encode("utf-8", "backslashreplace").decode()
