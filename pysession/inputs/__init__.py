"""Paths, globs, directories and standard input → records of bytes, each with where it came from.

What cannot be read is a value too (:class:`~pysession.findings.NotRead`), so that one bad input never hides the others.
Memory is bounded by ``limits.bytes``, whatever the size of a file.
"""

from pysession.inputs.discovery import discover
from pysession.inputs.reading import records
from pysession.inputs.source import STANDARD_INPUT, TYPED_SUFFIX, InputFormat, Record, Source, printable

__all__ = [
    "STANDARD_INPUT",
    "TYPED_SUFFIX",
    "InputFormat",
    "Record",
    "Source",
    "discover",
    "printable",
    "records",
]
