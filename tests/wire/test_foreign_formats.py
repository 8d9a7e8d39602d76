"""Files that are something else altogether say what they are."""

from __future__ import annotations

import gzip
import pickle

import pytest

from pysession.wire import read


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (gzip.compress(b"{}", mtime=0), "gzip"),
        (b"SQLite format 3\x00" + bytes(84), "SQLite"),
        (b"PK\x03\x04" + bytes(26), "zip"),
        (pickle.dumps({"a": 1}, protocol=4), "pickle"),
    ],
    ids=["gzip", "SQLite", "zip", "pickle"],
)
def test_a_file_of_another_kind_is_named_with_what_to_do(data: bytes, what: str) -> None:
    reading = read(data)
    assert not reading.readable
    (fault,) = reading.faults
    assert fault.rule == "json-invalid"
    assert what in fault.detail
    assert ";" in fault.detail
