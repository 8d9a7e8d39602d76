"""From ``proto/`` to the generated code in ``pysession/v1/``, and what ``buf`` says of the definitions."""

from protos.buf import breaks, flaws
from protos.generating import PACKAGE, definitions, generated, stale
from protos.releasing import digests, newest, record, releases

__all__ = [
    "PACKAGE",
    "breaks",
    "definitions",
    "digests",
    "flaws",
    "generated",
    "newest",
    "record",
    "releases",
    "stale",
]
