"""A document on its way through a check: its bytes, its value, its dialect."""

from __future__ import annotations

import msgspec

from pysession.dialects.detection import Detection, History, Json
from pysession.wire import Encoding, Path, Reading


class Document(msgspec.Struct, frozen=True):
    """One stored session.

    ``value`` is the session itself; ``base`` leads to it from the root of ``reading.value`` when the record wraps it
    (``--at``). ``embedded`` is true when it was stored as a JSON string at ``base``: its places are then all at that
    string. ``single`` is true when it is one message (a store's row): ``value`` is then the list of it.
    """

    data: bytes
    encoding: Encoding
    reading: Reading
    value: Json
    detection: Detection
    histories: tuple[History, ...]
    base: Path = ()
    embedded: bool = False
    single: bool = False

    @property
    def dialect(self) -> str:
        return self.detection.dialect
