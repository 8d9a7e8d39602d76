"""``read`` on JSON Lines."""

from __future__ import annotations

from pysession.wire import Encoding, Position, lexeme, locate, read

LINES = Encoding.JSON_LINES


def test_each_line_that_is_not_blank_is_a_record() -> None:
    reading = read(b'{"a": 1}\r\n\n  \t\r\n[2]\n3', LINES)
    assert (reading.value, reading.readable, reading.faults) == ([{"a": 1}, [2], 3], True, ())


def test_a_unicode_line_separator_does_not_end_a_record() -> None:
    assert read('["a\u2028b"]\n'.encode(), LINES).value == [["a\u2028b"]]


def test_an_empty_file_holds_no_records_and_is_readable() -> None:
    reading = read(b"\n\n", LINES)
    assert (reading.value, reading.readable, reading.faults) == ([], True, ())


def test_an_unreadable_record_does_not_hide_the_others() -> None:
    reading = read(b'{"a": 1}\n\n{"a": \n{"a": NaN}\n', LINES)
    assert reading.value[:2] == [{"a": 1}, None]
    assert reading.unreadable_records == {1}
    broken, number = reading.faults
    assert (broken.rule, broken.path, broken.position) == ("json-invalid", (1,), Position(3, 7, 16))
    assert (number.rule, number.path, number.position) == ("number-not-json", (2, "a"), Position(4, 7, 23))


def test_a_file_of_which_no_record_can_be_read_is_not_readable() -> None:
    reading = read(b"x\ny\n", LINES)
    assert (reading.value, reading.readable, reading.unreadable_records) == (None, False, frozenset({0, 1}))


def test_a_cut_off_record_before_a_windows_line_end_is_placed_behind_its_last_byte() -> None:
    (fault,) = read(b'{"a": 1\r\n{}\r\n', LINES).faults
    assert fault.position == Position(1, 8, 7)


def test_a_byte_order_mark_at_the_start_is_skipped_with_a_warning() -> None:
    reading = read(b"\xef\xbb\xbf1\n2", LINES)
    assert reading.value == [1, 2]
    assert [(fault.rule, fault.warning) for fault in reading.faults] == [("json-not-utf8", True)]


def test_a_repeated_name_is_related_to_the_second_on_the_same_physical_line() -> None:
    (fault,) = read(b'\n{"a": 1, "a": 2}', LINES).faults
    assert (fault.path, fault.position, fault.related) == (
        (0, "a"),
        Position(2, 7, 7),
        (((0, "a"), Position(2, 15, 15)),),
    )


def test_places_are_found_in_their_record() -> None:
    data = b'\xef\xbb\xbf{"a": 1}\r\n\r\n {"a": [1, 2.50]}\r\n{"a": \r\n'
    wanted = [(0, "a"), (1, "a", 1), (1, "b"), (2, "a"), (9,), ()]
    found = locate(data, LINES, wanted)
    assert [(found[path].line, found[path].column) for path in wanted] == [
        (1, 7),
        (3, 12),
        (3, 2),
        (4, 7),
        (1, 1),
        (1, 1),
    ]
    assert lexeme(data, LINES, (1, "a", 1)) == "2.50"
