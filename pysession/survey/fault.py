"""A rule, and one violation of it before its place in the bytes is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pysession.findings import Severity
from pysession.wire import Path


class Rule(msgspec.Struct, frozen=True):
    """What a rule is: its id (a contract: never renamed, never reused), its family, and its default severity.

    ``summary`` says in one line when it is violated. The longer explanation, with evidence and examples, is a text file
    beside the rules.
    """

    id: str
    family: str
    severity: Severity
    summary: str
    fixable: bool = False

    def at(
        self,
        path: Path,
        message: str,
        *,
        severity: Severity | None = None,
        related: tuple[Path, ...] = (),
        identity: str | None = None,
        unless: Callable[[Any], bool] | None = None,
    ) -> Fault:
        """A violation of this rule at ``path``.

        ``identity`` names the place for the fingerprint (a call id, a message id); without it the place's content does.
        """
        return Fault(self, path, message, severity or self.severity, related, identity, unless)


class Fault(msgspec.Struct, frozen=True):
    """One violation at one place, given as steps from the root of the document."""

    rule: Rule
    path: Path
    message: str
    severity: Severity
    related: tuple[Path, ...] = ()
    identity: str | None = None
    unless: Callable[[Any], bool] | None = None
    """What a fault of a shape is still to ask of each object itself; the object is spared when it answers yes."""
    reader: str | None = None
    """The release for which this is a violation, when it is one for that release only."""

    def below(self, path: Path) -> Fault:
        """The same violation, its places taken as relative to ``path``."""
        return msgspec.structs.replace(
            self, path=path + self.path, related=tuple(path + other for other in self.related)
        )
