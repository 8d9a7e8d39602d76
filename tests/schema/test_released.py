"""A schema goes on accepting the fixtures that its last release accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.released import accepted, record


def test_fixtures_of_the_last_release_are_still_accepted(root: Path) -> None:
    released = sorted((root / "schema" / "released").glob("*/fixtures.json"), key=_version)
    if not released:
        # Nothing is released yet, so nothing can be broken; the next test holds what will be recorded.
        return
    now = accepted(root)
    lost = [
        (dialect, form, path)
        for dialect, forms in json.loads(released[-1].read_bytes()).items()
        for form, paths in forms.items()
        for path in paths
        if path not in now.get(dialect, {}).get(form, ())
    ]
    assert lost == []


def test_a_release_is_recorded_once(tmp_path: Path) -> None:
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "one.json").write_text('{"State":{},"ServiceID":""}')
    (tmp_path / "fixtures" / "two.json").write_text('{"State":{},"ServiceID":5}')
    (tmp_path / "fixtures" / "three.json").write_text('{"State":{}}')
    entries = [{"path": f"{name}.json", "kind": "constructed", "dialect": "go"} for name in ("two", "three", "one")]
    (tmp_path / "fixtures" / "manifest.json").write_text(json.dumps({"fixtures": entries}))
    target = record(tmp_path, "9.9.9")
    assert json.loads(target.read_bytes()) == {"go": {"open": ["one.json", "three.json"], "closed": ["one.json"]}}
    with pytest.raises(FileExistsError):
        record(tmp_path, "9.9.9")


def _version(path: Path) -> tuple[int, ...]:
    return tuple(map(int, path.parent.name.split(".")))
