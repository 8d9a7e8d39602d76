"""How a release refuses: what is raised, at which step, and over which value."""

from __future__ import annotations

import re

from pysession.findings import Failure, Path, Stage, format_pointer

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,39}\Z")
"""Member names that are told; anything else may be data, or a secret."""


class RefusedError(Exception):
    """What the library raises, as short class names: ``type`` and the root ``cause`` where one is chained to it.

    ``path`` is the value it is raised over, ``subject`` the member or kind that is to blame.
    """

    def __init__(
        self,
        type_: str,
        message: str,
        path: Path = (),
        *,
        cause: str | None = None,
        subject: str | None = None,
        stage: Stage = Stage.LOAD,
    ) -> None:
        super().__init__(message)
        self.type = type_
        self.message = message
        self.path = path
        self.cause = cause
        self.subject = subject if isinstance(subject, str) and _NAME.match(subject) else None
        self.stage = stage

    def wrapped(self, outer: str, *, path: Path | None = None) -> RefusedError:
        """The same failure with ``outer`` raised from it; its root cause stays."""
        return RefusedError(
            outer,
            self.message,
            self.path if path is None else path,
            cause=self.cause or self.type,
            subject=self.subject,
            stage=self.stage,
        )

    def at(self, stage: Stage) -> RefusedError:
        """The same failure at another step."""
        return RefusedError(self.type, self.message, self.path, cause=self.cause, subject=self.subject, stage=stage)

    def below(self, base: Path) -> RefusedError:
        """The same failure of a value that stands at ``base``."""
        return RefusedError(
            self.type, self.message, base + self.path, cause=self.cause, subject=self.subject, stage=self.stage
        )

    def failure(self) -> Failure:
        """The failure as a reading tells it."""
        return Failure(self.type, self.cause, self.message, format_pointer(self.path), self.subject)


def unknown_member(of: str, name: str, path: Path) -> RefusedError:
    """What a constructor raises over a member that it has no parameter for; ``of`` is whose it is."""
    shown = repr(name) if isinstance(name, str) and _NAME.match(name) else "of this name"
    return RefusedError("TypeError", f"a {of} has no member {shown}", path, subject=name)
