"""Paths → sources."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pysession.findings import NotRead
from pysession.inputs import STANDARD_INPUT, InputFormat, Source, discover, printable

NOBODY = 65534


def names(paths: list[str]) -> list[str]:
    return [item.name for item in discover(paths) if isinstance(item, Source)]


def unread(paths: list[str]) -> list[tuple[str, str]]:
    return [(item.source, item.reason) for item in discover(paths) if isinstance(item, NotRead)]


@contextmanager
def without_privileges() -> Iterator[None]:
    """Permissions do not bind root: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(b"{}")


def test_a_directory_yields_its_documents_sorted_and_nothing_else(here: Path) -> None:
    touch("s/b.json", "s/a.jsonl", "s/sub/d.ndjson", "s/sub/c.msgpack", "s/z.JSON", "s/notes.txt", "s/json")
    assert names(["s"]) == ["s/a.jsonl", "s/b.json", "s/sub/c.msgpack", "s/sub/d.ndjson", "s/z.JSON"]


def test_hidden_names_are_skipped_in_a_directory(here: Path) -> None:
    touch("s/a.json", "s/.b.json", "s/.corrupt/c.json", "s/d.json.corrupt")
    assert names(["s"]) == ["s/a.json"]


def test_a_hidden_file_is_read_when_it_is_named(here: Path) -> None:
    touch("s/.b.json")
    assert names(["s/.b.json"]) == ["s/.b.json"]


def test_the_suffix_gives_the_format_and_the_caller_overrides_it(here: Path) -> None:
    touch("a.json", "b.ndjson", "c.msgpack", "d.txt")
    paths = ["a.json", "b.ndjson", "c.msgpack", "d.txt"]
    found = [item.format for item in discover(paths) if isinstance(item, Source)]
    assert found == [InputFormat.JSON, InputFormat.JSONL, InputFormat.MSGPACK, None]
    forced = [item.format for item in discover(paths, InputFormat.JSONL) if isinstance(item, Source)]
    assert forced == [InputFormat.JSONL] * 4


def test_paths_keep_the_order_in_which_they_are_given(here: Path) -> None:
    touch("b.json", "a/c.json")
    assert names(["b.json", "a", "b.json"]) == ["b.json", "a/c.json", "b.json"]


def test_a_directory_without_documents_is_said_to_be_one(here: Path) -> None:
    touch("s/readme.txt", "s/.hidden.json")
    assert unread(["s"]) == [("s", "a directory without documents (*.json, *.jsonl, *.ndjson, *.msgpack)")]


def test_an_empty_subdirectory_is_no_fault(here: Path) -> None:
    touch("s/a.json")
    Path("s/empty").mkdir()
    assert unread(["s"]) == []


def test_a_missing_path_does_not_hide_the_others(here: Path) -> None:
    touch("a.json")
    assert names(["gone.json", "a.json"]) == ["a.json"]
    assert unread(["gone.json", "a.json"]) == [("gone.json", "no such file or directory")]


def test_a_glob_is_sorted_and_reaches_into_directories(here: Path) -> None:
    touch("s/b.json", "s/a.json", "s/t/c.json", "s/d.jsonl")
    assert names(["s/*.json"]) == ["s/a.json", "s/b.json"]
    assert names(["s/**/*.json"]) == ["s/a.json", "s/b.json", "s/t/c.json"]
    assert names(["s/**"]) == ["s/a.json", "s/b.json", "s/d.jsonl", "s/t/c.json"]


def test_a_directory_that_a_glob_matches_is_walked(here: Path) -> None:
    touch("s/a/x.json", "s/b/y.json")
    assert names(["s/*"]) == ["s/a/x.json", "s/b/y.json"]


def test_a_glob_without_match_is_reported(here: Path) -> None:
    assert unread(["s/*.json"]) == [("s/*.json", "no file matches this pattern")]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(here: Path) -> None:
    touch("a[1].json", "a1.json")
    assert names(["a[1].json"]) == ["a[1].json"]


def test_a_link_back_to_a_directory_on_the_way_is_a_loop(here: Path) -> None:
    touch("s/t/a.json")
    Path("s/t/up").symlink_to("..")
    assert names(["s"]) == ["s/t/a.json"]
    assert unread(["s"]) == [("s/t/up", "symlink loop")]


def test_two_directories_that_link_to_each_other_are_a_loop(here: Path) -> None:
    touch("a/x.json", "b/y.json")
    Path("a/to_b").symlink_to("../b")
    Path("b/to_a").symlink_to("../a")
    assert unread(["a"]) == [("a/to_b/to_a", "symlink loop")]
    assert names(["a"]) == ["a/to_b/y.json", "a/x.json"]


def test_a_link_to_itself_is_a_loop(here: Path) -> None:
    Path("a.json").symlink_to("a.json")
    assert unread(["a.json"]) == [("a.json", "symlink loop")]


def test_a_link_to_a_directory_elsewhere_is_followed(here: Path) -> None:
    touch("elsewhere/a.json")
    Path("s").mkdir()
    Path("s/link").symlink_to("../elsewhere")
    assert names(["s"]) == ["s/link/a.json"]


def test_links_that_fan_out_on_each_level_do_not_multiply_the_work(here: Path) -> None:
    depth = 40
    for level in range(depth):
        touch(f"d{level}/x.json")
        if level:
            Path(f"d{level - 1}/left").symlink_to(f"../d{level}")
            Path(f"d{level - 1}/right").symlink_to(f"../d{level}")
    assert len(names(["d0"])) == depth


def test_a_dangling_link_with_the_name_of_a_document_is_reported(here: Path) -> None:
    Path("s").mkdir()
    Path("s/a.json").symlink_to("nowhere")
    assert unread(["s"]) == [("s/a.json", "no such file or directory")]


def test_directories_nested_deeper_than_the_recursion_limit_are_walked(here: Path) -> None:
    depth = sys.getrecursionlimit() + 100
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("a.json").write_bytes(b"{}")
    os.chdir(here)
    try:
        assert names(["d"]) == ["d/" * depth + "a.json"]
    finally:
        # What removes temporary directories is recursive.
        os.unlink("d/" * depth + "a.json")
        for level in range(depth, 0, -1):
            os.rmdir("d/" * level)


def bind_socket(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


@pytest.mark.parametrize("make", [os.mkfifo, bind_socket])
def test_a_special_file_is_refused_without_waiting_for_it(here: Path, make: Callable[[str], None]) -> None:
    make("p.json")
    ((source, reason),) = unread(["p.json"])
    assert source == "p.json"
    assert "not a regular file" in reason
    assert "'-'" in reason


def test_a_device_is_refused() -> None:
    assert unread([os.devnull])[0][1].startswith("a device, not a regular file")


def test_names_that_are_not_utf8_are_shown_escaped_and_still_found(here: Path) -> None:
    os.mkdir(b"s")
    with open(b"s/caf\xe9.json", "wb"):
        pass
    (source,) = discover(["s"])
    assert isinstance(source, Source)
    assert source.name == "s/caf\\xe9.json"
    assert source.path is not None
    assert os.path.exists(source.path)


def test_names_cannot_send_commands_to_a_terminal() -> None:
    assert printable("a\x1b[2J\n.json") == "a\\x1b[2J\\n.json"


def test_a_directory_that_may_not_be_entered_does_not_hide_its_neighbours() -> None:
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)  # noqa: S103 (another user must get in)
        touch(f"{top}/a/x.json", f"{top}/b/y.json")
        os.chmod(f"{top}/a", 0)
        try:
            with without_privileges():
                assert names([top]) == [f"{top}/b/y.json"]
                assert unread([top]) == [(f"{top}/a", "permission denied")]
        finally:
            os.chmod(f"{top}/a", 0o755)  # noqa: S103 (another user must get in)


def test_a_dash_is_standard_input_and_only_once() -> None:
    assert names(["-"]) == [STANDARD_INPUT]
    assert unread(["-", "-"]) == [(STANDARD_INPUT, "standard input can be read only once; give '-' once")]


def test_a_nul_in_a_path_is_reported() -> None:
    assert unread(["a\0b"]) == [("a\\x00b", "not a path: it holds a NUL character")]
