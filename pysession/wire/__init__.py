"""Bytes → value, strictly: RFC 8259 exactly, with the place of every fault.

``read`` is the only way bytes become a value in this package. It never raises on bad input; what is wrong comes back as
faults, each with a line and a column.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pysession.wire.embedded import json_text
from pysession.wire.encoding import Encoding
from pysession.wire.fault import Fault, Reading
from pysession.wire.limits import DEFAULT_LIMITS, Limits
from pysession.wire.path import Path
from pysession.wire.position import Position
from pysession.wire.reading import read
from pysession.wire.writing import write

if TYPE_CHECKING:
    from pysession.wire.editing import Add, Edit, Insert, MoveFirst, Remove, Rename, Replace, edit
    from pysession.wire.locating import lexeme, locate

__all__ = [
    "DEFAULT_LIMITS",
    "Add",
    "Edit",
    "Encoding",
    "Fault",
    "Insert",
    "Limits",
    "MoveFirst",
    "Path",
    "Position",
    "Reading",
    "Remove",
    "Rename",
    "Replace",
    "edit",
    "json_text",
    "lexeme",
    "locate",
    "read",
    "write",
]


_ON_DEMAND = {
    **dict.fromkeys(("lexeme", "locate"), "pysession.wire.locating"),
    **dict.fromkeys(
        ("Add", "Edit", "Insert", "MoveFirst", "Remove", "Rename", "Replace", "edit"), "pysession.wire.editing"
    ),
}


def __getattr__(name: str) -> Any:
    # Places are looked up, and bytes changed, only when there is something to report; a clean check loads neither.
    if name not in _ON_DEMAND:
        raise AttributeError(f"module 'pysession.wire' has no attribute {name!r}")
    return getattr(import_module(_ON_DEMAND[name]), name)
