"""From one dialect to another, through the canonical value: the Python session as plain data.

A dialect's module says how its envelope becomes canonical and back; what all of them share is here. Objects with kinds
and members (messages, contents, annotations) are translated by tables made from the vocabularies.
"""

from pysession.dialects.conversion.absence import UnsayableError
from pysession.dialects.conversion.envelopes import MADE_UP
from pysession.dialects.conversion.exchange import Exchange, Target
from pysession.dialects.conversion.notes import Notes
from pysession.dialects.conversion.parking import PARKED_TEXT, RESERVED, Parcel, is_payload, unpacked
from pysession.dialects.conversion.plans import is_plain_object
from pysession.dialects.conversion.sources import refused_place, source_paths

__all__ = [
    "MADE_UP",
    "PARKED_TEXT",
    "RESERVED",
    "Exchange",
    "Notes",
    "Parcel",
    "Target",
    "UnsayableError",
    "is_payload",
    "is_plain_object",
    "refused_place",
    "source_paths",
    "unpacked",
]
