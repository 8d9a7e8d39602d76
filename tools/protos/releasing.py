"""The definitions as they were released: ``proto/released/<version>/``, copies that never change.

Beside the copies lies ``release.json`` with the version and the SHA-256 of each, so that an edit of what was released is seen.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from protos.generating import PROTO, definitions

_RELEASED = "released"
_RECORD = "release.json"


def releases(proto: Path = PROTO) -> tuple[Path, ...]:
    """The folders of all releases, oldest first."""
    found = [record.parent for record in (proto / _RELEASED).glob(f"*/{_RECORD}")]
    return tuple(sorted(found, key=lambda folder: tuple(map(int, folder.name.split(".")))))


def newest(proto: Path = PROTO) -> Path | None:
    """The folder of the last release; None when nothing has been released."""
    return releases(proto)[-1] if releases(proto) else None


def digests(folder: Path) -> dict[str, str]:
    """Definition → SHA-256 in hexadecimal, of the files in a folder."""
    return {str(file): hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in definitions(folder)}


def record(version: str, proto: Path = PROTO) -> Path:
    """Copy the definitions as they stand to ``proto/released/<version>/``.

    Raises:
        FileExistsError: the version is recorded already; what was released does not change.
    """
    target = proto / _RELEASED / version
    target.mkdir(parents=True)
    for file in definitions(proto):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(proto / file, target / file)
    text = json.dumps({"version": version, "sha256": digests(target)}, indent=2)
    (target / _RECORD).write_text(text + "\n", encoding="utf-8")
    return target
