"""The table of what each Go release knows."""

from __future__ import annotations

import pytest

from pysession.readers import releases
from pysession.readers.go.table import record


def test_every_recorded_release_has_a_record() -> None:
    for name in releases("go"):
        assert record(name.partition("@")[2]).history_key == "in-memory"


def test_a_release_that_was_never_run_has_none() -> None:
    with pytest.raises(KeyError):
        record("989afb410a8c")


def test_a_record_keeps_what_the_one_before_it_says_and_it_does_not() -> None:
    older, newer = record("2a6492ececb0"), record("24f70f557882")
    assert (older.structs, older.unions, older.one_of) == (newer.structs, newer.unions, newer.one_of)
    assert older.data_uri != newer.data_uri


def test_every_type_that_a_member_names_is_in_its_record() -> None:
    for name in releases("go"):
        known = record(name.partition("@")[2])
        kinds = [fields for union in known.unions.values() for fields in (union.header, *union.kinds.values())]
        for field in (field for fields in (*known.structs.values(), *kinds) for field in fields):
            sort, _, inner = field.type.partition(":")
            assert inner in {"struct": known.structs, "union": known.unions, "one-of": known.one_of}.get(sort, {inner})
