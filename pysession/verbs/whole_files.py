"""Files of one or several records: cut into them for reading, put together again for writing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pysession.inputs import Record
from pysession.wire.json_document import lines


def whole_file(path: Path | None, found: Sequence[Record]) -> bytes | None:
    """The bytes of the file that the records came from; None when it is another one by now."""
    if len(found) == 1 and found[0].record is None:
        return found[0].data
    if path is None:
        return b"".join(record.data + b"\n" for record in found)
    data = path.read_bytes()
    return data if [data[start:end] for start, end in lines(data, 0)] == [record.data for record in found] else None


def joined(before: bytes, found: Sequence[Record], parts: Sequence[bytes]) -> bytes:
    """The file with ``parts`` in place of its records, and every byte between them as it was."""
    if len(found) == 1 and found[0].record is None:
        return parts[0]
    new: list[bytes] = []
    at = 0
    for (start, end), part in zip(lines(before, 0), parts, strict=True):
        new += before[at:start], part
        at = end
    return b"".join((*new, before[at:]))
