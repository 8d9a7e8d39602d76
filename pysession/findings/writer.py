"""Which releases could have written a document, and what all documents of a run amount to in that regard."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Evidence(msgspec.Struct, frozen=True):
    """The place of something that only some releases write, and a sentence that says what and which."""

    pointer: str
    says: str


class Inference(msgspec.Struct, frozen=True):
    """Releases, oldest first, and what tells that it is these."""

    candidates: tuple[str, ...]
    evidence: tuple[Evidence, ...]


class SeenBy(StrEnum):
    """What a time was taken from: the document's own messages, or the file's last change."""

    MESSAGES = "messages"
    FILE = "file"


class Seen(msgspec.Struct, frozen=True):
    """The time of the first and of the last message of a document, in UTC (``2026-01-02T03:04:05Z``)."""

    first: str
    last: str
    by: SeenBy


class Writer(Inference, frozen=True):
    """The releases that could have saved a document last; each of the others would not have left it so.

    ``likely`` are those of them that could have written all of it: any other must have kept what another release wrote.
    None when that is the same; without candidates, when no release wrote all of it. ``remark`` says why there are no
    candidates, when there are none. ``seen`` is when the document was written, as far as that can be told.
    """

    likely: Inference | None = None
    remark: str | None = None
    seen: Seen | None = None


class WriterSummary(msgspec.Struct):
    """The documents that the same releases could have written.

    ``first_seen`` and ``last_seen`` are in UTC, None when no document tells; ``seen_by`` counts the documents by what
    tells it.
    """

    candidates: tuple[str, ...]
    documents: int = 0
    first_seen: str | None = None
    last_seen: str | None = None
    seen_by: dict[SeenBy, int] = msgspec.field(default_factory=dict)

    def add(self, seen: Seen | None) -> None:
        """Count one document."""
        self.documents += 1
        if seen is None:
            return
        self.first_seen = min(self.first_seen or seen.first, seen.first)
        self.last_seen = max(self.last_seen or seen.last, seen.last)
        self.seen_by[seen.by] = self.seen_by.get(seen.by, 0) + 1


class WriterSummaries(msgspec.Struct):
    """One summary for each set of candidates."""

    by_candidates: dict[tuple[str, ...], WriterSummary] = msgspec.field(default_factory=dict)

    def add(self, writer: Writer | None) -> None:
        """Count one document; None: nobody asked about its writer."""
        if writer is None:
            return
        summary = self.by_candidates.get(writer.candidates)
        if summary is None:
            summary = self.by_candidates[writer.candidates] = WriterSummary(writer.candidates)
        summary.add(writer.seen)

    @property
    def all(self) -> tuple[WriterSummary, ...]:
        """The most frequent first; as they came where they are as frequent."""
        return tuple(sorted(self.by_candidates.values(), key=lambda summary: -summary.documents))
