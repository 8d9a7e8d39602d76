"""Whether a conversion would help: asked of documents that a reader does not take as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from pysession.findings import Reading, Verdict
from pysession.findings.failures import PysessionError, UsageError
from pysession.inputs import Record
from pysession.verbs.convert import convert, target_of
from pysession.verbs.predict import predict

if TYPE_CHECKING:
    from pysession.verbs.run import Options


def with_remedies(readings: Sequence[Reading], record: Record, options: Options) -> tuple[Reading, ...]:
    """``readings`` of ``record``; those that are not accepted say whether the reader keeps what a conversion to it makes
    of the document. Of readers that nothing can be converted to (threads, a bare serializer) they say nothing."""
    return tuple(
        msgspec.structs.replace(reading, mended_by_conversion=_mends(reading.reader, record, options))
        if reading.outcome.worse_than(options.accept) and _is_target(reading.reader)
        else reading
        for reading in readings
    )


def _mends(reader: str, record: Record, options: Options) -> bool:
    settings, limits = options.settings, options.limits
    try:
        converted = convert(
            record.data, reader, encoding=record.encoding, at=options.at, settings=settings, limits=limits
        )
        after = predict(converted.data, reader, settings=settings, limits=limits)
    except PysessionError:
        return False
    return not after.outcome.worse_than(Verdict.NORMALISED)


def _is_target(reader: str) -> bool:
    try:
        target_of(reader)
    except UsageError:
        return False
    return True
