"""Bytes → value, strictly: RFC 8259 exactly, with the place of every fault.

``read`` is the only way bytes become a value in this package. It never raises on bad input; what is wrong comes back as
faults, each with a line and a column.
"""

from pysession.wire.encoding import Encoding
from pysession.wire.fault import Fault, Reading
from pysession.wire.limits import DEFAULT_LIMITS, Limits
from pysession.wire.locating import lexeme, locate
from pysession.wire.path import Path
from pysession.wire.position import Position
from pysession.wire.reading import read

__all__ = [
    "DEFAULT_LIMITS",
    "Encoding",
    "Fault",
    "Limits",
    "Path",
    "Position",
    "Reading",
    "lexeme",
    "locate",
    "read",
]
