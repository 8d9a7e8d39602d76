"""A baseline: findings that are known and accepted, so that a check fails only for new ones.

The file's schema is ``schema/baseline/1/baseline.schema.json``. Every entry carries its reason, may expire, and must
match something: what is accepted for ever without anybody looking at it again would hide the next real fault.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from pysession.findings.failures import UsageError
from pysession.inputs import STANDARD_INPUT

FORMAT = "pysession-baseline"
VERSION = 1
FIRST_REASON = "accepted on first adoption"
"""The reason that ``write`` gives to entries for which nobody has given one."""

_Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
_FINGERPRINT = r"^v1:[0-9a-f]+$"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One accepted finding.

    ``source`` is the document; without it the entry holds for every document. In the file it is relative to the file's
    directory, so that it does not matter where a check is started; here it is absolute. ``expires`` is the last day, in
    UTC, on which the entry holds.
    """

    fingerprint: Annotated[str, msgspec.Meta(pattern=_FINGERPRINT)]
    rule: _Text
    reason: _Text
    source: _Text | None = None
    expires: datetime.date | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"schema": "$schema"}):
    format: str
    version: int
    entries: tuple[Entry, ...]
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of the file ``name``, in its order, and the file's bytes."""

    name: str
    data: bytes
    entries: tuple[Entry, ...]


def load(path: str | Path) -> Baseline:
    """The baseline in the file ``path``.

    Raises:
        UsageError: the file cannot be read or is not a baseline; the message names the place and the remedy.
    """
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except OSError as failure:
        why = (failure.strerror or "failed").lower()
        remedy = "; make one with --write-baseline" if isinstance(failure, FileNotFoundError) else ""
        raise UsageError(f"the baseline {name} cannot be read: {why}{remedy}") from failure
    try:
        file = msgspec.json.decode(data, type=_File)
    except msgspec.DecodeError as failure:
        raise UsageError(
            f"{name} is not a baseline: {failure}. An entry has 'fingerprint', 'rule', a 'reason' that is not empty, "
            "and may have 'source' and 'expires' (YYYY-MM-DD)"
        ) from failure
    if (file.format, file.version) != (FORMAT, VERSION):
        raise UsageError(
            f"{name} is not a baseline that this release reads: format {file.format!r} version {file.version}, "
            f"where {FORMAT!r} version {VERSION} is expected"
        )
    directory = os.path.dirname(os.path.abspath(path))
    entries = (_placed(entry, lambda source: absolute(source, directory)) for entry in file.entries)
    return Baseline(name, data, tuple(entries))


def write(path: str | Path, entries: Iterable[Entry]) -> int:
    """Write a baseline file, entries sorted and each once, in one step: a reader sees the old file or the new one.

    Returns how many entries it holds.

    Raises:
        UsageError: the file cannot be written.
    """
    target = Path(os.path.abspath(path))
    placed = (_placed(entry, lambda source: relative(source, str(target.parent))) for entry in entries)
    kept = {(entry.source or "", entry.rule, entry.fingerprint): entry for entry in placed}
    file = _File(FORMAT, VERSION, tuple(entry for _, entry in sorted(kept.items())))
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        try:
            draft.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as failure:
        why = (failure.strerror or "failed").lower()
        raise UsageError(f"the baseline {target} cannot be written: {why}") from failure
    return len(kept)


def _placed(entry: Entry, place: Callable[[str], str]) -> Entry:
    """``entry`` with its source, if it has one, written in another way."""
    return entry if entry.source is None else msgspec.structs.replace(entry, source=place(entry.source))


def absolute(source: str, directory: str) -> str:
    """``source``, which is seen from ``directory``, in the one form in which names of the same file compare equal."""
    return source if source == STANDARD_INPUT else os.path.normpath(os.path.join(directory, source))


def relative(source: str, directory: str) -> str:
    """``source`` seen from ``directory``, with ``/`` on every system; as it is where no way leads there."""
    if source == STANDARD_INPUT:
        return source
    try:
        return os.path.relpath(source, directory).replace(os.sep, "/")
    except ValueError:  # another drive
        return source
