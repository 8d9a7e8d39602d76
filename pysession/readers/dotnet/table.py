"""What the table says of one release of the framework (``tables/dotnet.json``), and its serializer's record.

A release states what is new in it; all else is as in the release before it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from pysession.readers.meai.output import Encoder
from pysession.readers.meai.table import Record as Contract
from pysession.readers.meai.table import record as contract
from pysession.schema import belongs_to, read_table

_PATH = Path(__file__).parent.with_name("tables") / "dotnet.json"


class Record(msgspec.Struct, frozen=True):
    """One class of releases.

    ``serializer``: the version of Microsoft.Extensions.AI.Abstractions that it pins; ``unregistered``: the contents of
    that version which the framework's own options do not know. ``history_key``: of the state bag, since there is one;
    ``history_member``: of the thread, before. ``forgets_history``: with the default history provider, the first run
    after loading does not send what was stored. ``removes_answered_approvals``: a run leaves out every approval that
    was answered, else only one whose call is not informational. ``approvals_key``: the entry of the state bag that
    each run reads its pending approvals from.
    """

    serializer: str
    history_key: str | None = None
    history_member: str | None = None
    encoder: Encoder = Encoder.RELAXED
    unregistered: frozenset[str] = frozenset()
    forgets_history: bool = False
    removes_answered_approvals: bool = False
    approvals_key: str | None = None

    @property
    def contract(self) -> Contract:
        """What the serializer knows in this release."""
        return _contract(self.serializer, self.unregistered)


def record(release: str) -> Record:
    """What is known of ``release``, a version in the table of releases; releases that do not differ share one record."""
    return _records()[release]


@cache
def _records() -> dict[str, Record]:
    folded: dict[str, Any] = {}
    found: dict[str, Record] = {}
    before: Record | None = None
    for name, stated in _stated().items():
        folded |= stated
        with belongs_to(_PATH):
            known = msgspec.convert(folded, Record)
        before = found[name] = before if before is not None and _alike(before, known) else known
    return found


def _alike(one: Record, other: Record) -> bool:
    """Whether two releases differ in nothing but the name of the serializer's version."""
    return one.contract is other.contract and msgspec.structs.replace(one, serializer=other.serializer) == other


@cache
def _contract(version: str, unregistered: frozenset[str]) -> Contract:
    known = contract(version)
    return known.without(unregistered) if unregistered else known


def _stated() -> dict[str, dict[str, Any]]:
    return read_table(_PATH, dict[str, dict[str, Any]])
