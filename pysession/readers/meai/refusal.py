"""The exceptions of System.Text.Json and of the library's constructors, as values."""

from __future__ import annotations

from pysession.findings import Failure, Stage, format_pointer
from pysession.wire import Path

JSON = "JsonException"
PARSING = "JsonReaderException"
NULL = "ArgumentNullException"
ARGUMENT = "ArgumentException"
URI_FORMAT = "UriFormatException"
NOT_SUPPORTED = "NotSupportedException"
NULL_REFERENCE = "NullReferenceException"

WRONG_KIND = "InvalidOperationException"
"""Why a scalar is refused that is of another JSON type, or a string with an unpaired surrogate."""

WRONG_FORMAT = "FormatException"
"""Why a number or a string is refused that cannot be converted."""

WRONG_BYTES = "DecoderFallbackException"
"""Why a string is refused that is not UTF-8."""


class RefusedError(Exception):
    """An exception of the library at ``path``: ``type`` is raised, ``cause`` is at the root of it."""

    def __init__(
        self, type_: str, path: Path, message: str, *, cause: str | None = None, subject: str | None = None
    ) -> None:
        super().__init__(message)
        self.type = type_
        self.path = path
        self.message = message
        self.cause = cause
        self.subject = subject

    def failure(self, base: Path = ()) -> Failure:
        """The same for a document in which everything stands at ``base``."""
        return Failure(self.type, self.cause, self.message, format_pointer(base + self.path), self.subject)


class StageError(Exception):
    """The library refuses the document at ``stage``."""

    def __init__(self, stage: Stage, failure: Failure) -> None:
        super().__init__(failure.message)
        self.stage = stage
        self.failure = failure
