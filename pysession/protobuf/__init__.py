"""Stored sessions as ``pysession.v1.Session`` and back, without loss: ``proto/pysession/v1``, ``docs/protobuf.md``.

The bytes are written and read here, not by way of the generated classes: every value would cross between Python and the
library by itself, which takes several times as long. Tests hold both to the same bytes, and what other programs wrote
in another way than this room does, the library reads first.
"""

from pysession.protobuf.exact import exact
from pysession.protobuf.failures import Malformed, Unfit
from pysession.protobuf.json_text import json_text
from pysession.protobuf.reading_sessions import session_document
from pysession.protobuf.writing_sessions import session_bytes

__all__ = [
    "Malformed",
    "Unfit",
    "exact",
    "json_text",
    "session_bytes",
    "session_document",
]
