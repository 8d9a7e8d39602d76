"""From a document and what a testee answered to what is recorded: the verdict, in the words of the contract.

The comparison is this module's own, apart from the one that predictions use: a fault in either shows as a disagreement.
Values are compared as JSON values with the standard library's parser, floats as doubles, integers exact.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from pysession.conform.protocol import Answer
from pysession.dialects import SINGLE_MESSAGE, detect, histories
from pysession.findings import ChangeKind, NextTurn, Verdict, format_pointer
from pysession.readers.recorded import Recorded, RecordedFailure
from pysession.wire import Encoding

ANY_INDEX = "*"
"""Stands in a pointer for the index of an array."""

_DEEP = 20_000
"""Deeper than any document that a reader accepts, so that the judge is not the one who gives up; and not so deep that
the parser runs off the stack, which it does somewhere above 50,000 arrays in one another."""


class Manner(msgspec.Struct, frozen=True):
    """How a library's values are to be compared.

    ``numbers_by_value``: 1 and 1.0 are the same (.NET writes a double 1.0 as ``1``). ``fold_names``: member names are
    read without regard to case, so a name in another case is the same member, renamed. ``writes_bytes``: the library
    gives a session as bytes, not as a value that the application writes as it likes.
    """

    numbers_by_value: bool = False
    fold_names: bool = False
    writes_bytes: bool = False


EXACT = Manner()


def judge(
    document: bytes,
    answer: Answer,
    *,
    encoding: Encoding = Encoding.JSON,
    manner: Manner = EXACT,
    own_bytes: bool = True,
) -> Recorded:
    """What is recorded when ``document``, stored in ``encoding``, got ``answer``.

    ``own_bytes``: the bytes that were saved are the library's; else nothing is said of them, only of their value.
    """
    if not answer.ok:
        error = answer.error
        return Recorded(
            Verdict.REJECTED,
            answer.stage,
            None if error is None else RecordedFailure(error.type, error.cause, error.message),
            next_turn=NextTurn.FAILS,
        )
    before, after = value(document, encoding), value(answer.saved or b"", encoding)
    differences = frozenset(_differences(before, after, manner))
    restored = answer.messages_restored
    missed = restored is not None and restored < held(before)
    if missed or answer.empty_contents:
        verdict = Verdict.SILENT_LOSS
    elif any(not harmless for _, _, harmless in differences):
        verdict = Verdict.LOSSY
    elif differences:
        verdict = Verdict.NORMALISED
    else:
        verdict = Verdict.IDENTICAL if _same_order(before, after) else Verdict.EQUIVALENT
    return Recorded(
        verdict,
        messages_restored=restored,
        next_turn=_next_turn(answer, missed=missed),
        same_bytes=document == answer.saved if own_bytes else None,
        changes=tuple(sorted({(pointer, kind) for pointer, kind, _ in differences})),
    )


def _next_turn(answer: Answer, *, missed: bool) -> NextTurn | None:
    """What the testee saw; it cannot know of messages that its release did not take for any."""
    if answer.next_turn is None:
        return None
    outcome = answer.next_turn.outcome
    return NextTurn.SEES_FEWER if missed and outcome is NextTurn.SEES_ALL else outcome


CRASHED = Recorded(Verdict.CRASHED)
TIMEOUT = Recorded(Verdict.TIMEOUT)


def held(value: Any) -> int:
    """How many messages a document holds: the objects in its histories that are the conversation itself."""
    detection = detect(value)
    found = histories([value] if detection.form == SINGLE_MESSAGE else value, detection)
    return sum(isinstance(message, dict) for history in found if history.live for _, message in history.positioned())


class Unreadable(msgspec.Struct, frozen=True):
    """Stands for bytes that are no JSON value, and is like nothing else."""

    data: bytes


def value(data: bytes, encoding: Encoding = Encoding.JSON) -> Any:
    """The JSON value in ``data``; the list of them for an encoding of records. Bytes that hold none compare as bytes."""
    try:
        with deep_values():
            match encoding:
                case Encoding.JSON:
                    return _json(data)
                case Encoding.JSON_LINES:
                    return [_json(line) for line in data.split(b"\n") if line.strip()]
                case Encoding.MESSAGEPACK:
                    return msgspec.msgpack.decode(data)
                case Encoding.MESSAGEPACK_RECORDS:
                    return [msgspec.msgpack.decode(record) for record in _records(data)]
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return Unreadable(data)


def _json(data: bytes) -> Any:
    # As .NET reads it: a byte that is not UTF-8 is U+FFFD, whatever the mark at the beginning.
    text = data.decode(json.detect_encoding(data), "surrogatepass" if _is_text(data) else "replace")
    return json.loads(text.removeprefix("\ufeff"), parse_int=_integer)


def _is_text(data: bytes) -> bool:
    try:
        data.decode(json.detect_encoding(data), "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _integer(digits: str) -> Any:
    # The limit of int() is a guard against slow conversion; longer ones are compared as they are written.
    limit = sys.get_int_max_str_digits()
    return int(digits) if not limit or len(digits) <= limit else ("integer", digits)


def _records(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        start = position + 4
        position = start + int.from_bytes(data[position:start])
        if position > len(data):
            raise ValueError("a record ends early")
        yield data[start:position]


@contextmanager
def deep_values() -> Iterator[None]:
    """Room on the stack for functions that go down into values."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_DEEP)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _differences(before: Any, after: Any, manner: Manner) -> Iterator[tuple[str, ChangeKind, bool]]:
    """Pointer, kind, and whether nothing of the document is gone by it."""
    pending: list[tuple[tuple[str, ...], Any, Any]] = [((), before, after)]
    while pending:
        path, old, new = pending.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            left = dict(new)
            for name, child in old.items():
                other = _partner(name, left, old, fold=manner.fold_names)
                if other is None:
                    yield format_pointer((*path, name)), ChangeKind.VANISHED, child is None
                    continue
                if other != name:
                    yield format_pointer((*path, name)), ChangeKind.RENAMED, True
                pending.append(((*path, name), child, left.pop(other)))
            for name in left:
                yield format_pointer((*path, name)), ChangeKind.APPEARED, True
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            pending.extend(((*path, ANY_INDEX), one, other) for one, other in zip(old, new, strict=True))
        elif not _equal(old, new, manner):
            yield format_pointer(path), ChangeKind.CHANGED, False


def _partner(name: str, left: dict[str, Any], old: dict[str, Any], *, fold: bool) -> str | None:
    """The member of the saved object that ``name`` has become: its own name first, else one in another case."""
    if name in left:
        return name
    if not fold:
        return None
    return next((other for other in left if other.lower() == name.lower() and other not in old), None)


def _equal(old: Any, new: Any, manner: Manner) -> bool:
    if type(old) is not type(new):
        return manner.numbers_by_value and {type(old), type(new)} == {int, float} and bool(old == new)
    return bool(old == new) or (isinstance(old, float) and old != old and new != new)


def _same_order(before: Any, after: Any) -> bool:
    """Whether equal values have the members of every object in the same order."""
    pending = [(before, after)]
    while pending:
        old, new = pending.pop()
        if isinstance(old, dict):
            if list(old) != list(new):
                return False
            pending.extend((old[name], new[name]) for name in old)
        elif isinstance(old, list):
            pending.extend(zip(old, new, strict=True))
    return True
