"""Whether a conversion would help: asked of documents that a reader does not take as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pysession.findings import Reading, Verdict
from pysession.findings.failures import PysessionError, UsageError
from pysession.readers import Settings
from pysession.verbs.convert import convert, target_of
from pysession.verbs.predict import predict
from pysession.wire import Encoding, Limits


def with_remedies(
    readings: Sequence[Reading],
    data: bytes,
    *,
    accept: Verdict,
    encoding: Encoding,
    at: str | None,
    settings: Settings,
    limits: Limits,
) -> Iterator[Reading]:
    """``readings``; those that are worse than ``accept`` say whether the reader keeps what a conversion to it makes of
    the document. Of readers that nothing can be converted to (threads, a bare serializer) they say nothing."""
    for reading in readings:
        if not reading.outcome.worse_than(accept) or not _is_target(reading.reader):
            yield reading
            continue
        try:
            converted = convert(data, reading.reader, encoding=encoding, at=at, settings=settings, limits=limits)
            after = predict(converted.data, reading.reader, settings=settings, limits=limits)
            mended = not after.outcome.worse_than(Verdict.NORMALISED)
        except PysessionError:
            mended = False
        yield msgspec.structs.replace(reading, mended_by_conversion=mended)


def _is_target(reader: str) -> bool:
    try:
        target_of(reader)
    except UsageError:
        return False
    return True
