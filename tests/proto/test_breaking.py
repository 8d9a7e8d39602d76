"""A change that breaks those who use the last released definitions is noticed; an addition is not one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from protos import breaks, digests, newest, record, releases
from protos.generating import PROTO

RELEASED = """syntax = "proto3";

package pysession.v1;

// What a service keeps of a guest.
message Guest {
  string name = 1;
  int64 nights = 2;
  oneof payment {
    string card = 3;
    bytes voucher = 4;
  }
}

// Where a guest sleeps.
enum Room {
  ROOM_UNSPECIFIED = 0;
  ROOM_SINGLE = 1;
}

// The desk.
service Desk {
  // Gives a room.
  rpc CheckIn(Guest) returns (Guest);
}
"""

BREAKS = {
    "a field with another number": ("string name = 1;", "string name = 9;"),
    "a field that is gone": ("  int64 nights = 2;\n", ""),
    "a field that is gone though its number is reserved": ("  int64 nights = 2;\n", "  reserved 2;\n"),
    "a field of another type": ("int64 nights", "string nights"),
    "an integer of another width": ("int64 nights", "int32 nights"),
    "a field that became repeated": ("int64 nights", "repeated int64 nights"),
    "a field with another name": ("int64 nights", "int64 days"),
    "a field that left its oneof": ("    bytes voucher = 4;\n  }\n", "  }\n  bytes voucher = 4;\n"),
    "a field without presence": ("string name = 1;", "optional string name = 1;"),
    "a value of an enumeration that is gone": ("  ROOM_SINGLE = 1;\n", ""),
    "a message that is gone": ("message Guest", "message Visitor"),
    "a call that streams now": ("returns (Guest)", "returns (stream Guest)"),
    "a call with another name": ("rpc CheckIn", "rpc Arrive"),
    "another package": ("package pysession.v1;", "package pysession.v2;"),
}

ADDITIONS = {
    "nothing": ("", ""),
    "a field": ("int64 nights = 2;", "int64 nights = 2;\n  optional string floor = 5;"),
    "a kind in a oneof": ("bytes voucher = 4;", "bytes voucher = 4;\n    bool cash = 6;"),
    "a value of an enumeration": ("ROOM_SINGLE = 1;", "ROOM_SINGLE = 1;\n  ROOM_DOUBLE = 2;"),
    "a message": ("// Where a guest", "// A dog.\nmessage Dog {}\n\n// Where a guest"),
    "a call": ("// Gives a room.", "// Takes it back.\n  rpc CheckOut(Guest) returns (Guest);\n  // Gives a room."),
    "a comment": ("// The desk.", "// The desk at the door."),
}


@pytest.fixture
def proto(tmp_path: Path) -> Path:
    """A folder of definitions, released as 1.0.0."""
    file = tmp_path / "pysession" / "v1" / "guest.proto"
    file.parent.mkdir(parents=True)
    file.write_text(RELEASED)
    record("1.0.0", tmp_path)
    return tmp_path


def changed(proto: Path, change: tuple[str, str]) -> tuple[str, ...]:
    """What is said to be broken once the first text is the second."""
    text = RELEASED.replace(*change) if change[0] else RELEASED
    (proto / "pysession" / "v1" / "guest.proto").write_text(text)
    released = newest(proto)
    assert released is not None
    return breaks(proto, released)


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_a_break_is_noticed(proto: Path, change: tuple[str, str]) -> None:
    assert change[0] in RELEASED
    assert changed(proto, change)


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_breaks_nothing(proto: Path, change: tuple[str, str]) -> None:
    assert changed(proto, change) == ()


SESSION_ID = "optional string session_id = 6;"


@pytest.mark.parametrize(
    ("instead", "noticed"),
    [
        ("optional string session_id = 60;", True),
        ("optional bytes session_id = 6;", True),
        ("optional string id = 6;", True),
        ("", True),
        ("reserved 6;", True),
        (f"{SESSION_ID}\n  optional string session_title = 31;", False),
    ],
)
def test_todays_definitions_once_released_can_be_added_to_and_not_broken(
    tmp_path: Path, instead: str, noticed: bool
) -> None:
    shutil.copytree(PROTO / "pysession", tmp_path / "pysession")
    released = record("1.0.0", tmp_path)
    assert breaks(tmp_path, released) == ()
    file = tmp_path / "pysession" / "v1" / "session.proto"
    text = file.read_text(encoding="utf-8")
    assert text.count(SESSION_ID) == 1
    file.write_text(text.replace(SESSION_ID, instead), encoding="utf-8")
    assert bool(breaks(tmp_path, released)) is noticed


def test_what_is_broken_is_told_with_its_name(proto: Path) -> None:
    said = changed(proto, BREAKS["a field that is gone"])
    assert len(said) == 1
    assert '"2"' in said[0]
    assert '"nights"' in said[0]


def test_the_definitions_break_nothing_that_was_released() -> None:
    assert [breaks(PROTO, folder) for folder in releases()] == [() for _ in releases()]


def test_what_was_released_was_not_edited() -> None:
    told = {folder.name: json.loads((folder / "release.json").read_bytes()) for folder in releases()}
    assert told == {folder.name: {"version": folder.name, "sha256": digests(folder)} for folder in releases()}


def test_a_release_is_recorded_once(proto: Path) -> None:
    with pytest.raises(FileExistsError):
        record("1.0.0", proto)


def test_the_newest_release_is_the_one_with_the_greatest_version(proto: Path) -> None:
    record("1.9.0", proto)
    record("1.10.0", proto)
    assert [folder.name for folder in releases(proto)] == ["1.0.0", "1.9.0", "1.10.0"]
    assert newest(proto) == proto / "released" / "1.10.0"
