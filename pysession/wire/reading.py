"""``read``: from bytes to a value and the faults of the bytes."""

from __future__ import annotations

from pysession.wire.encoding import Encoding
from pysession.wire.fault import FaultLog, Reading
from pysession.wire.json_document import read_document, read_lines
from pysession.wire.limits import DEFAULT_LIMITS, Limits, exceeded

_TEXTS = {Encoding.JSON: read_document, Encoding.JSON_LINES: read_lines}


def read(data: bytes, encoding: Encoding = Encoding.JSON, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Read ``data`` strictly; never raises for what the bytes are.

    Faults that leave a value standing (a repeated member name, NaN, an unpaired surrogate, bytes in a string that are
    not UTF-8, a byte order mark, a number with too many digits) do not end the reading; the others do.
    """
    log = FaultLog()
    if len(data) > limits.bytes:
        found = f"the document has more than {limits.bytes} bytes"
        log.note("limit-exceeded", exceeded("bytes", found), 0)
        return Reading(None, False, log.faults(b"", encoding), encoding)
    if encoding in _TEXTS:
        return _TEXTS[encoding](data, limits, log)

    # Most programs never meet MessagePack; they need not pay for its tables when they start.
    from pysession.wire.messagepack import read_message, read_records

    return (read_message if encoding is Encoding.MESSAGEPACK else read_records)(data, limits, log)
