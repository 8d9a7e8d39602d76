"""A source → records of bytes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysession.findings import NotRead
from pysession.inputs import InputFormat, Record, Source, discover, reading, records
from pysession.inputs.lines import lines
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits

MESSAGE = b'{"type":"message","role":"user","contents":[]}'
DOTNET_MESSAGE = b'{"Role":"user","Contents":[]}'
SESSION = b'{"type":"session","session_id":"a","state":{}}'


def read_all(path: Path | str, limits: Limits = DEFAULT_LIMITS) -> list[Record | NotRead]:
    found: list[Record | NotRead] = []
    for item in discover([str(path)]):
        found += [item] if isinstance(item, NotRead) else records(item, limits)
    # When a test wrote its files is no matter of what it says.
    return [one if isinstance(one, NotRead) else msgspec.structs.replace(one, modified=None) for one in found]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_json_file_is_one_document_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"{ }\n")
    assert read_all(path) == [Record(str(path), b"{ }\n", Encoding.JSON, None, 1, 4)]


def test_every_document_of_a_file_has_the_time_of_its_last_change(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", SESSION + b"\n" + SESSION)
    os.utime(path, (0, 1_764_000_000))
    source = next(iter(discover([str(path)])))
    assert isinstance(source, Source)
    times = [one.modified for one in records(source, DEFAULT_LIMITS) if isinstance(one, Record)]
    assert times == [1_764_000_000, 1_764_000_000]


def test_an_empty_json_file_is_a_document_of_no_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"")
    assert read_all(path) == [Record(str(path), b"", Encoding.JSON, None, 1, 0)]


def test_lines_that_are_no_messages_are_a_document_each(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b"\n" + SESSION + b"\r\n  \n" + SESSION)
    size = len(SESSION)
    assert read_all(path) == [
        Record(str(path), SESSION, Encoding.JSON, 0, 2, size),
        Record(str(path), SESSION, Encoding.JSON, 1, 4, size),
    ]


@pytest.mark.parametrize(
    "message", [MESSAGE, DOTNET_MESSAGE, b'{"type":"chat_message"}', b'{"role":"x","contents":null}']
)
def test_lines_of_messages_are_one_history(tmp_path: Path, message: bytes) -> None:
    data = message + b"\n" + message + b"\n"
    path = write(tmp_path / "a.ndjson", data)
    assert read_all(path) == [Record(str(path), data, Encoding.JSON_LINES, None, 1, len(data))]


def test_a_broken_first_line_does_not_decide_what_the_file_is(tmp_path: Path) -> None:
    history = write(tmp_path / "a.jsonl", b'{"type":\n' + MESSAGE + b"\n")
    assert [item.encoding for item in read_all(history) if isinstance(item, Record)] == [Encoding.JSON_LINES]
    documents = write(tmp_path / "b.jsonl", b'{"type":\n' + SESSION + b"\n")
    assert [item.data for item in read_all(documents) if isinstance(item, Record)] == [b'{"type":', SESSION]


@pytest.mark.parametrize("data", [b"", b"\n \r\n\t"])
def test_lines_without_a_record_are_reported(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path / "a.jsonl", data)
    assert read_all(path) == [NotRead(str(path), "empty: it holds no record")]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (msgspec.msgpack.encode({"type": "session"}), Encoding.MESSAGEPACK),
        (msgspec.msgpack.encode({str(n): n for n in range(20)}), Encoding.MESSAGEPACK),
        (msgspec.msgpack.encode({str(n): n for n in range(70000)}), Encoding.MESSAGEPACK),
        (b"\x00\x00\x00\x02\x81\xa1", Encoding.MESSAGEPACK_RECORDS),
        (b"", Encoding.MESSAGEPACK),
    ],
)
def test_the_first_byte_tells_messagepack_from_its_records(tmp_path: Path, data: bytes, encoding: Encoding) -> None:
    path = write(tmp_path / "a.msgpack", data)
    (record,) = read_all(path)
    assert isinstance(record, Record)
    assert (record.data, record.encoding) == (data, encoding)


@pytest.mark.parametrize(
    ("data", "encodings"),
    [
        (SESSION, [Encoding.JSON]),
        (b'{\n "a": 1\n}\n', [Encoding.JSON]),
        (b"[1,\n2]", [Encoding.JSON]),
        (b"", [Encoding.JSON]),
        (SESSION + b"\ngarbage", [Encoding.JSON]),
        (SESSION + b"\n\n" + SESSION, [Encoding.JSON, Encoding.JSON]),
        (SESSION + b"\n{cut", [Encoding.JSON, Encoding.JSON]),
        (MESSAGE + b"\n" + MESSAGE, [Encoding.JSON_LINES]),
        (msgspec.msgpack.encode({"type": "session"}), [Encoding.MESSAGEPACK]),
        (b"\x00\x00\x00\x03\x81\xa1a\x01", [Encoding.MESSAGEPACK_RECORDS]),
        ("{}".encode("utf-16-be"), [Encoding.JSON]),
    ],
)
def test_bytes_without_a_telling_name_tell_themselves_what_they_are(
    tmp_path: Path, data: bytes, encodings: list[Encoding], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = read_all(write(tmp_path / "session", data))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    by_pipe = read_all("-")
    for found in (by_name, by_pipe):
        assert [item.encoding for item in found if isinstance(item, Record)] == encodings


def test_a_forced_format_wins_over_the_bytes(tmp_path: Path) -> None:
    path = str(write(tmp_path / "a.txt", SESSION + b"\n" + SESSION))
    (record,) = records(Source(path, path, InputFormat.JSON), DEFAULT_LIMITS)
    assert isinstance(record, Record)
    assert record.encoding is Encoding.JSON


def test_a_document_over_the_limit_comes_cut_so_that_the_limit_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b'"' + b"x" * 100 + b'"')
    (record,) = read_all(path, Limits(bytes=10))
    assert isinstance(record, Record)
    assert (len(record.data), record.size) == (11, 102)


def test_a_document_of_exactly_the_limit_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"[1234567]1")
    (record,) = read_all(path, Limits(bytes=10))
    assert isinstance(record, Record)
    assert (record.data, record.size) == (b"[1234567]1", 10)


def test_an_oversized_line_does_not_hide_the_next_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b"[1]\n[" + b"2" * 3_000_000 + b"]\n[3]\n")
    found = [
        (item.record, item.first_line, item.data[:4], item.size)
        for item in read_all(path, Limits(bytes=20))
        if isinstance(item, Record)
    ]
    assert found == [(0, 1, b"[1]", 3), (1, 2, b"[222", 3_000_002), (2, 3, b"[3]", 3)]


def test_a_history_over_the_limit_is_one_cut_document(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", (MESSAGE + b"\n") * 10)
    (record,) = read_all(path, Limits(bytes=100))
    assert isinstance(record, Record)
    assert (record.encoding, len(record.data), record.size) == (Encoding.JSON_LINES, 101, 470)


def test_a_stream_over_the_limit_is_still_cut_into_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join([SESSION] * 50)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    found = read_all("-", Limits(bytes=100))
    assert [item.data for item in found if isinstance(item, Record)] == [SESSION] * 50


def test_a_stream_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/zero", "rb") as endless:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(endless))
        (record,) = read_all("-", Limits(bytes=1000))
    assert isinstance(record, Record)
    assert len(record.data) == 1001


def test_a_closed_standard_input_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert read_all("-") == [NotRead("<stdin>", "standard input is closed")]


def test_a_file_that_may_not_be_read_is_reported() -> None:
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)  # noqa: S103 (another user must get in)
        path = write(Path(top, "a.json"), b"{}")
        path.chmod(0)
        user = os.geteuid()
        if user == 0:  # permissions do not bind root
            os.seteuid(65534)
        try:
            assert read_all(path) == [NotRead(str(path), "permission denied")]
        finally:
            os.seteuid(user)


def test_a_file_that_vanishes_after_it_was_found_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"{}")
    (source,) = discover([str(path)])
    path.unlink()
    assert isinstance(source, Source)
    assert list(records(source, DEFAULT_LIMITS)) == [NotRead(str(path), "no such file or directory")]


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b"{}")
    (source,) = discover([str(path)])
    path.unlink()
    os.mkfifo(path)
    assert isinstance(source, Source)
    assert list(records(source, DEFAULT_LIMITS)) == [NotRead(str(path), "not a regular file any more")]


def appending(path: Path, moments: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another program append to ``path`` right after these of the times that its reader asks for its size."""
    ask = reading._version
    asked = 0

    def version(stream: BinaryIO) -> tuple[int, int]:
        nonlocal asked
        asked += 1
        answer = ask(stream)
        if asked in moments:
            with path.open("ab") as other:
                other.write(b" ")
        return answer

    monkeypatch.setattr(reading, "_version", version)


def test_a_file_that_changes_once_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.json", b"{}")
    appending(path, {1}, monkeypatch)
    assert read_all(path) == [Record(str(path), b"{} ", Encoding.JSON, None, 1, 3)]


def test_a_file_that_keeps_changing_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.json", b"{}")
    appending(path, {1, 2, 3, 4}, monkeypatch)
    assert read_all(path) == [NotRead(str(path), "changed while being read")]


def test_a_file_too_large_to_hold_that_changes_still_gives_its_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.jsonl", (SESSION + b"\n") * 10)
    appending(path, {3}, monkeypatch)
    *found, last = read_all(path, Limits(bytes=100))
    assert [item.record for item in found if isinstance(item, Record)] == list(range(10))
    assert last == NotRead(str(path), "changed while being read; its records are judged as they were found")


_MEASURE = """
import sys
from pathlib import Path
from pysession.inputs import discover, records
from pysession.wire import Limits
count = size = 0
for source in discover([sys.argv[1]]):
    for record in records(source, Limits(bytes=2**20)):
        count += 1
        size += record.size
# The most that this process has had resident, in KiB (Linux); getrusage would count what its parent had.
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(count, size, int(peak.split()[1]) // 1024)
"""


def measured(path: Path) -> tuple[int, int, int]:
    """Records, their bytes, and the most memory in MiB of a process that reads ``path`` with a limit of 1 MiB."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True)
    count, size, memory = map(int, done.stdout.split())
    return count, size, memory


def test_two_gigabytes_of_nothing_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as stream:
        stream.truncate(2 << 30)
    count, size, memory = measured(path)
    assert (count, size) == (1, 2 << 30)
    assert memory < 100


def test_a_large_file_of_lines_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = b'{"type":"session","state":"' + b"x" * 65_000 + b'"}\n'
    with path.open("wb") as stream:
        for _ in range(64):
            stream.write(line * 32)
    count, size, memory = measured(path)
    assert (count, size) == (2048, 2048 * (len(line) - 1))
    assert memory < 100


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=10), st.integers(1, 40))
def test_lines_are_numbered_as_a_text_editor_does_and_none_is_lost(content: list[bytes], limit: int) -> None:
    found = list(lines(io.BytesIO(b"\n".join(content)), limit))
    expected = [(number, line) for number, line in enumerate(content, start=1) if line.strip(b" \t\r\n")]
    assert [line.number for line in found] == [number for number, _ in expected]
    for line, (_, text) in zip(found, expected, strict=True):
        assert (text + b"\n").startswith(line.data)
        assert len(line.data) <= limit + 1
