"""Which dialect a document is in, and where its histories are.

One module per dialect, each with ``detect(value)`` and ``histories(value, detection)``; :data:`DIALECTS` lists them in
the order in which they are asked. The names of a dialect are data: :func:`vocabulary`.
"""

from pysession.dialects.detection import NOWHERE, SINGLE_MESSAGE, UNKNOWN, Detection, History, Json, Segment
from pysession.dialects.document import Document
from pysession.dialects.durable import entries as durable_entries
from pysession.dialects.registry import (
    DIALECTS,
    TARGETS,
    detect,
    from_canonical,
    histories,
    nested_sessions,
    to_canonical,
)
from pysession.dialects.vocabulary import Kind, Member, Vocabulary, vocabulary

__all__ = [
    "DIALECTS",
    "NOWHERE",
    "SINGLE_MESSAGE",
    "TARGETS",
    "UNKNOWN",
    "Detection",
    "Document",
    "History",
    "Json",
    "Kind",
    "Member",
    "Segment",
    "Vocabulary",
    "detect",
    "durable_entries",
    "from_canonical",
    "histories",
    "nested_sessions",
    "to_canonical",
    "vocabulary",
]
