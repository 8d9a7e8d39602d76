"""The generator and the fixtures as JSON values, for the tests of the schemas."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from schemas.fixtures import Fixture, fixtures  # noqa: E402


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def judged(root: Path) -> tuple[Fixture, ...]:
    """The fixtures that hold whole documents of a known dialect."""
    found = tuple(fixture for fixture in fixtures(root) if fixture.values)
    assert found
    return found
