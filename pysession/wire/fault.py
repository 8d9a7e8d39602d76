"""What is wrong with bytes, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pysession.wire.encoding import Encoding
from pysession.wire.limits import FAULTS_LISTED
from pysession.wire.path import Path
from pysession.wire.position import Position, positions


class Fault(msgspec.Struct, frozen=True):
    """One violation of the wire format.

    ``rule`` is one of ``json-invalid``, ``json-not-utf8``, ``json-duplicate-key``, ``number-not-json``,
    ``string-not-portable``, ``limit-exceeded``. ``detail`` is one sentence for a person: what is wrong and what to do.
    ``path`` is the value concerned, or None where reading stopped before there was one (in a file of several records:
    the record). ``position`` is where that value begins, or for ``json-invalid`` and ``json-not-utf8`` the first byte
    that is wrong. ``related`` are other places that take part: for a repeated member name, whose
    own position is where it stands first, the one where it stands again.
    """

    rule: str
    detail: str
    position: Position
    path: Path | None = None
    related: tuple[tuple[Path | None, Position], ...] = ()
    warning: bool = False


class Reading(msgspec.Struct, frozen=True):
    """A value and the faults of its bytes, in the order in which they were met.

    ``readable`` tells whether ``value`` is what the bytes hold; if not it is None. In a file of several records
    ``value`` is the list of them, with None for each of ``unreadable_records``, and ``readable`` is false only if there
    are records and none could be read. In a value that was read, None also stands for what JSON or the limits cannot
    hold: a number with too many digits, binary data or an extension of MessagePack.
    """

    value: Any
    readable: bool
    faults: tuple[Fault, ...]
    encoding: Encoding
    unreadable_records: frozenset[int] = frozenset()


class UnreadableError(Exception):
    """Reading cannot go on: ``rule`` is violated at ``offset`` of the whole data."""

    def __init__(self, rule: str, detail: str, offset: int) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        self.offset = offset


class _Noted(msgspec.Struct, frozen=True):
    """A fault before its offsets have become positions."""

    rule: str
    detail: str
    offset: int
    path: Path | None
    related: tuple[int, ...]
    warning: bool

    def offsets(self) -> Iterator[int]:
        yield self.offset
        yield from self.related


class FaultLog(msgspec.Struct):
    """Collects faults by offset while bytes are read; lines and columns are worked out once at the end."""

    _noted: list[_Noted] = msgspec.field(default_factory=list)
    _unlisted: int = 0
    _first_unlisted: int = 0

    @property
    def full(self) -> bool:
        """Whether further faults are only counted, so that a caller need not work out their paths."""
        return len(self._noted) >= FAULTS_LISTED

    def note(
        self,
        rule: str,
        detail: str,
        offset: int,
        path: Path | None = None,
        related: tuple[int, ...] = (),
        *,
        warning: bool = False,
    ) -> None:
        """Add a fault; ``related`` are offsets of other occurrences of the same path."""
        if not self.full:
            self._noted.append(_Noted(rule, detail, offset, path, related, warning))
            return
        if not self._unlisted:
            self._first_unlisted = offset
        self._unlisted += 1

    def note_unreadable(self, error: UnreadableError, path: Path | None = None) -> None:
        """Add the fault that ended the reading of a document or of the record at ``path``."""
        self.note(error.rule, error.detail, error.offset, path)

    def faults(self, data: bytes, encoding: Encoding) -> tuple[Fault, ...]:
        """The faults with positions in ``data``, and one more that counts those not listed."""
        noted = list(self._noted)
        if self._unlisted:
            detail = f"only {FAULTS_LISTED} faults are listed and {self._unlisted} more are not; mend these first"
            noted.append(_Noted("limit-exceeded", detail, self._first_unlisted, None, (), True))
        where = positions(data, encoding, (offset for fault in noted for offset in fault.offsets()))
        return tuple(
            Fault(
                rule=fault.rule,
                detail=fault.detail,
                position=where[fault.offset],
                path=fault.path,
                related=tuple((fault.path, where[offset]) for offset in fault.related),
                warning=fault.warning,
            )
            for fault in noted
        )
