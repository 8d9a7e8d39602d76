"""JSON Pointer (RFC 6901), the only way this project names a place inside a document."""

from __future__ import annotations

from pysession.findings.failures import PointerError
from pysession.wire import Path as Path


def format_pointer(path: Path) -> str:
    """``("a/b", 0)`` → ``"/a~1b/0"``."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """``"/a~1b/0"`` → ``("a/b", "0")``; whether a step is an index depends on the value it is applied to.

    Raises:
        PointerError: ``pointer`` is neither empty nor starts with ``/``, or holds a ``~`` that is not ``~0`` or ``~1``.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise PointerError(pointer, "it must be empty or start with '/'")
    steps = pointer[1:].split("/")
    if any("~" in step.replace("~0", "").replace("~1", "") for step in steps):
        raise PointerError(pointer, "'~' must be written '~0'")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
