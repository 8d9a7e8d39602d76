"""What releases make of a document, each family by its own interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol

import msgspec

from pysession.dialects import Document
from pysession.findings import Reading, Verdict
from pysession.readers.releases import reader, release
from pysession.readers.settings import DEFAULT_SETTINGS, Settings


class Interpreter(Protocol):
    """Applies what the tables say of a family's releases to one document."""

    def __init__(self, document: Document, settings: Settings = ...) -> None: ...

    def reading(self, release: str) -> Reading:
        """What ``release`` (a resolved name) makes of the document."""


_MAY_KEEP_BYTES = frozenset({Verdict.IDENTICAL, Verdict.SILENT_LOSS})

_MODULES = {
    "python": "pysession.readers.python",
    "dotnet": "pysession.readers.dotnet",
    "meai": "pysession.readers.meai",
    "go": "pysession.readers.go",
}


def readings(document: Document, releases: Sequence[str], settings: Settings = DEFAULT_SETTINGS) -> tuple[Reading, ...]:
    """What each of ``releases`` makes of ``document``, in their order.

    Raises:
        UnknownReleaseError: a name is no release in the tables, or one that was never run.
    """
    interpreters: dict[str, Interpreter] = {}
    found: list[Reading] = []
    for name in map(reader, releases):
        family = name.partition("@")[0]
        if family not in interpreters:
            interpreters[family] = _interpreter(family)(document, settings)
        is_foreign = document.dialect not in release(name).dialects
        found.append(_completed(interpreters[family].reading(name), is_foreign=is_foreign))
    return tuple(found)


def _completed(reading: Reading, *, is_foreign: bool) -> Reading:
    """``reading`` with what follows from its verdict in every family: a release that refuses restores nothing, and what
    is saved otherwise has not the same bytes. A silent loss may well be saved as it was."""
    restored = 0 if reading.verdict is Verdict.REJECTED else reading.messages_restored
    same_bytes = reading.same_bytes if reading.verdict in _MAY_KEEP_BYTES else False
    if (restored, same_bytes, is_foreign) == (reading.messages_restored, reading.same_bytes, reading.foreign):
        return reading
    return msgspec.structs.replace(reading, messages_restored=restored, same_bytes=same_bytes, foreign=is_foreign)


@cache
def _interpreter(family: str) -> type[Interpreter]:
    # Loaded on first use: most runs ask for releases of one language, or of none.
    loaded: type[Interpreter] = import_module(_MODULES[family]).Interpreter
    return loaded
