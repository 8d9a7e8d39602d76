"""Which fixtures the schemas accept, now and as of a release."""

from __future__ import annotations

import json
from pathlib import Path

from pysession.schema import FORMS, validator
from schemas.fixtures import fixtures

Accepted = dict[str, dict[str, list[str]]]
"""Dialect → form → paths of fixtures, sorted."""


def accepted(root: Path) -> Accepted:
    """The fixtures of which the current schemas accept every document."""
    found: Accepted = {}
    for fixture in fixtures(root):
        for form in FORMS:
            judge = validator(fixture.dialect, form)
            if fixture.values and all(map(judge.is_valid, fixture.values)):
                found.setdefault(fixture.dialect, {}).setdefault(form, []).append(fixture.path)
    return {dialect: {form: sorted(paths) for form, paths in forms.items()} for dialect, forms in sorted(found.items())}


def record(root: Path, version: str) -> Path:
    """Write ``schema/released/<version>/fixtures.json``, what :func:`accepted` gives now.

    Raises:
        FileExistsError: the version is recorded already; what was released does not change.
    """
    target = root / "schema" / "released" / version / "fixtures.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        json.dump(accepted(root), file, indent=1)
        file.write("\n")
    return target
