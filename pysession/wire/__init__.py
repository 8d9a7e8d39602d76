"""Bytes → value, strictly: RFC 8259 exactly, with the place of every fault.

``read`` is the only way bytes become a value in this package. It never raises on bad input; what is wrong comes back as
faults, each with a line and a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysession.wire.embedded import json_text
from pysession.wire.encoding import Encoding
from pysession.wire.fault import Fault, Reading
from pysession.wire.limits import DEFAULT_LIMITS, Limits
from pysession.wire.path import Path
from pysession.wire.position import Position
from pysession.wire.reading import read

if TYPE_CHECKING:
    from pysession.wire.locating import lexeme, locate

__all__ = [
    "DEFAULT_LIMITS",
    "Encoding",
    "Fault",
    "Limits",
    "Path",
    "Position",
    "Reading",
    "json_text",
    "lexeme",
    "locate",
    "read",
]


def __getattr__(name: str) -> Any:
    # Places are looked up only when there is something to report; a clean check never loads what finds them.
    if name not in ("lexeme", "locate"):
        raise AttributeError(f"module 'pysession.wire' has no attribute {name!r}")
    from pysession.wire import locating

    return getattr(locating, name)
