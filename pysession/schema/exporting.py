"""Shipped files, copied out for the tools of others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pysession.findings.failures import UsageError
from pysession.schema.shipped import shipped


def exported(folder: str, paths: Iterable[str], directory: str | Path, what: str) -> tuple[Path, ...]:
    """Copy the shipped files at ``paths`` below ``folder`` into ``directory``, which is made if need be; the files written.

    Files of an earlier export are written again, others are left alone. ``what`` is what the files are, for the failure.

    Raises:
        UsageError: ``directory`` cannot be written to.
    """
    root, target = shipped(folder), Path(directory)
    written = []
    try:
        for path in paths:
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((root / path).read_bytes())
            written.append(file)
    except OSError as failure:
        why = (failure.strerror or "failed").lower()
        raise UsageError(f"{what} cannot be written to {target}: {why}") from failure
    return tuple(written)
