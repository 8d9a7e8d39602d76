"""Times as the Go SDK read and wrote them; every line was seen in a run (commit 5b27c979abb4, Go 1.26.8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.readers.go.timestamps import UnwritableTimeError, normalised


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-07-24T12:00:00Z", "2026-07-24T12:00:00Z"),
        ("2026-07-24T12:00:00.000Z", "2026-07-24T12:00:00Z"),
        ("2026-07-24T12:00:00.120Z", "2026-07-24T12:00:00.12Z"),
        ("2026-07-24T12:00:00.1234567891Z", "2026-07-24T12:00:00.123456789Z"),
        ("2026-07-24T12:00:00,5Z", "2026-07-24T12:00:00.5Z"),
        ("2026-07-24T12:00:00+00:00", "2026-07-24T12:00:00Z"),
        ("2026-07-24T12:00:00-00:00", "2026-07-24T12:00:00Z"),
        ("2026-07-24T12:00:00+05:30", "2026-07-24T12:00:00+05:30"),
        ("2026-07-24T12:00:00+23:59", "2026-07-24T12:00:00+23:59"),
        ("2026-07-24T1:00:00Z", "2026-07-24T01:00:00Z"),
        ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_time_is_written_in_its_shortest_form_and_keeps_its_offset(text: str, written: str) -> None:
    assert normalised(text) == written


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00", "0000-12-31T23:00:00-01:00"])
def test_the_first_instant_of_year_1_is_no_time_in_whatever_zone(text: str) -> None:
    assert normalised(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-24t12:00:00Z",
        "2026-07-24T12:00:00z",
        "2026-07-24 12:00:00Z",
        "2026-07-24T12:00:00",
        "2026-07-24T12:00:00.Z",
        "2026-07-24T12:00:00 Z",
        "2026-07-24T12:00:00+0530",
        "2026-07-24T12:00:00+25:00",
        "2026-07-24T24:00:00Z",
        "2026-07-24T12:60:00Z",
        "2026-07-24T12:00:60Z",
        "2026-7-24T12:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-02-29T12:00:00Z",
        "20260-07-24T12:00:00Z",
        "12:00",
        "",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no RFC 3339 time|out of range"):
        normalised(text)


@pytest.mark.parametrize("text", ["2026-07-24T12:00:00+24:00", "2026-07-24T12:00:00+23:60"])
def test_an_offset_of_24_hours_is_read_and_cannot_be_written(text: str) -> None:
    with pytest.raises(UnwritableTimeError):
        normalised(text)


zones = st.integers(-(24 * 60 - 1), 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), timezones=zones | st.just(UTC)))
def test_the_instant_and_the_offset_of_a_python_time_are_kept(time: datetime) -> None:
    kept = datetime.fromisoformat(normalised(time.isoformat()))
    assert (kept, kept.utcoffset()) == (time, time.utcoffset())
