"""What a release makes of a document: the verdict, where it fails, what changes, what the next run would do."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What remains of a document that a reader loads, looks into and saves again; from best to worst.

    ``CRASHED`` and ``TIMEOUT`` are said of running programs only, never predicted.
    """

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    NORMALISED = "normalised"
    LOSSY = "lossy"
    SILENT_LOSS = "silent-loss"
    REJECTED = "rejected"
    CRASHED = "crashed"
    TIMEOUT = "timeout"

    def worse_than(self, other: Verdict) -> bool:
        """Whether this verdict is worse than ``other``."""
        return _RANKS[self] > _RANKS[other]


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Stage(StrEnum):
    """The step at which a reader fails: bytes → JSON value → session, its history looked at, session → JSON value."""

    PARSE = "parse"
    LOAD = "load"
    TOUCH = "touch"
    SAVE = "save"


class NextTurn(StrEnum):
    """What the next run on the loaded session would do."""

    SEES_ALL = "sees-all"
    SEES_FEWER = "sees-fewer"
    APPROVAL_IGNORED = "approval-ignored"
    APPROVAL_BLOCKS = "approval-blocks"
    SERVICE_MANAGED = "service-managed"
    FAILS = "fails"
    UNKNOWN = "unknown"


class ChangeKind(StrEnum):
    """What became of a member. A list of another length is ``CHANGED`` at the list."""

    VANISHED = "vanished"
    APPEARED = "appeared"
    CHANGED = "changed"
    RENAMED = "renamed"


class Change(msgspec.Struct, frozen=True):
    """One difference between a document and what the reader saves; ``pointer`` leads into the document, for
    ``APPEARED`` into what is saved."""

    pointer: str
    kind: ChangeKind


class Failure(msgspec.Struct, frozen=True):
    """The exception of a reader that refuses: short class names of what is raised and of its root cause.

    ``message`` names kinds and members, no longer text of the document. ``pointer`` is the value at which it fails and
    ``subject`` the member or kind that it fails for, where one can be named; so failures can be counted by reason.
    """

    type: str
    cause: str | None = None
    message: str = ""
    pointer: str | None = None
    subject: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """What one release makes of one document.

    ``stage`` and ``error`` are set when it refuses. ``messages_restored`` counts the messages it would see, None where
    that was not measured. ``same_bytes`` tells whether it would save the very bytes. ``known``: a baseline accepts it.
    """

    reader: str
    verdict: Verdict
    stage: Stage | None = None
    error: Failure | None = None
    messages_restored: int | None = None
    next_turn: NextTurn = NextTurn.UNKNOWN
    same_bytes: bool | None = None
    changes: tuple[Change, ...] = ()
    foreign: bool = False
    mended_by_conversion: bool | None = None
    known: bool = False

    @property
    def outcome(self) -> Verdict:
        """The verdict with the next run counted in: what a gate goes by."""
        worst = _NEXT_TURN_COUNTS_AS.get(self.next_turn)
        return worst if worst is not None and worst.worse_than(self.verdict) else self.verdict


_NEXT_TURN_COUNTS_AS = {
    NextTurn.SEES_FEWER: Verdict.SILENT_LOSS,
    NextTurn.APPROVAL_IGNORED: Verdict.SILENT_LOSS,
    NextTurn.FAILS: Verdict.REJECTED,
}
