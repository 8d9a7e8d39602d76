"""The table of Python releases: a record for every one of them, and one for all that do the same."""

from __future__ import annotations

import pytest

from pysession.readers import releases
from pysession.readers.known import known_members
from pysession.readers.python.table import record, records
from pysession.readers.releases import release


@pytest.mark.parametrize("name", releases("python"))
def test_every_release_has_a_record_with_sessions_or_threads(name: str) -> None:
    known = record(release(name).version)
    assert (known.threads is not None) == ("python-thread" in release(name).dialects)


@pytest.mark.parametrize("name", [name for name in releases("python") if "python" in release(name).dialects])
def test_a_record_takes_the_members_that_the_release_itself_takes(name: str) -> None:
    known = record(release(name).version)
    header = {"type", "annotations", "raw_representation"}
    assert {*known.contents.members, *header} == known_members(name, "content", "text")
    assert known.messages.members | {"type"} == known_members(name, "message")


def test_releases_between_two_records_share_the_first() -> None:
    assert record("1.12.1") is record("1.11.0")
    assert record("1.13.0") is not record("1.12.1")
    assert record("1.23.0") is records()[-1]
