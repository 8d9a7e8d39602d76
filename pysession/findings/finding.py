"""One violation of one rule at one place."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad a finding is; the order of the members is from worst to mildest."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def reaches(self, threshold: Severity) -> bool:
        """Whether this severity is ``threshold`` or worse."""
        order = tuple(Severity)
        return order.index(self) <= order.index(threshold)


class Place(msgspec.Struct, frozen=True):
    """A value in the bytes as found.

    ``line`` and ``column`` are 1-based; columns count code points. In a file of several records ``line`` is the
    physical line of the file. In MessagePack, which has no lines, ``line`` is 1 and ``column`` is the byte offset + 1.
    """

    pointer: str
    line: int
    column: int


class Finding(msgspec.Struct, frozen=True):
    """One violation of one rule.

    ``message`` is one sentence for a person: what is wrong and what to do. It never holds text of the document longer
    than an identifier, nor any secret. ``fingerprint`` (``v1:`` + digest) names the rule and what identifies the place
    (call id, message id, else the content's digest), so that it stays the same when lines move or older messages are
    pruned. ``record`` is the 0-based record in a file of several records. ``reader`` is the release that it is about,
    when it is about one.
    """

    rule: str
    severity: Severity
    message: str
    pointer: str
    line: int
    column: int
    fixable: bool
    fingerprint: str
    record: int | None = None
    related: tuple[Place, ...] = ()
    help: str | None = None
    reader: str | None = None
