"""What the programs in other languages need is pinned by its content, wherever it is fetched from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(file for file in ROOT.rglob("package-lock.json") if not {"node_modules", ".venv"} & set(file.parts))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.parent.relative_to(ROOT)))
def test_a_lock_file_has_the_digest_of_every_package_and_no_place_to_fetch_it_from(lock: Path) -> None:
    packages = {name: one for name, one in json.loads(lock.read_bytes())["packages"].items() if name}
    assert packages
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if not one["integrity"].startswith("sha512-")] == []


def test_there_is_a_lock_file_beside_every_list_of_packages() -> None:
    lists = [file for file in ROOT.rglob("package.json") if not {"node_modules", ".venv"} & set(file.parts)]
    assert {file.parent for file in lists} == {file.parent for file in LOCKS}
