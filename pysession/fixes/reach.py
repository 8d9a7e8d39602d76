"""Which findings a fix mends: of some rules there are findings that no fix can do anything about."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet

from pysession.dialects import Document
from pysession.fixes.catalogue import FIXES
from pysession.fixes.fix import Wishes
from pysession.fixes.mending import mends_of
from pysession.survey import Survey
from pysession.wire import Path

_NAMED = Wishes(named=True)
_NEEDS_A_FOLDER = frozenset({"inline-binary"})
"""Nothing is taken out of a document to find out whether it could be."""


def within_reach(document: Document, survey: Survey, rules: Collection[str]) -> dict[str, AbstractSet[Path]]:
    """By rule the places of its findings that a fix mends when the rule is named; without the rules whose findings all are."""
    return {
        fix.rule: {path for each in mends_of(fix, document, survey, _NAMED) for path in (each.path, *each.beside)}
        for fix in FIXES
        if fix.rule in rules and fix.rule not in _NEEDS_A_FOLDER
    }
