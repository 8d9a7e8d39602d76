"""Payloads: taken out to files, and put back."""

from __future__ import annotations

from collections.abc import Iterator

from pysession.fixes.blobs import BlobStore
from pysession.fixes.fix import Mend, Patient
from pysession.survey import walk_values
from pysession.wire import Path, Replace


def payloads(patient: Patient) -> Iterator[Mend]:
    """Large payloads, and those that are stored more than once: all their copies."""
    blobs = patient.wishes.blobs
    if blobs is None:
        return
    places: dict[Path, None] = {}
    for fault in patient.faults:
        places.update(dict.fromkeys((fault.path, *fault.related)))
    for path in places:
        value = patient.document.value
        for step in path:
            value = value[step]
        yield Mend(path, "a payload is a file of its own now", (Replace(path, blobs.take_out(value)),))


def put_back(value: object, blobs: BlobStore) -> Iterator[Replace]:
    """Every reference in ``value`` becomes its payload again.

    Raises:
        MissingBlobError: the folder lacks one.
    """
    for path, _, found in walk_values(value):
        if isinstance(found, str) and "pysession" in found[:2048]:
            text = blobs.put_back(found)
            if text is not None:
                yield Replace(path, text)
