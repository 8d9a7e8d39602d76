"""``FileHistoryProvider``: ``get_messages`` of a history file, and each message written to a file again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from pysession.findings import NextTurn, Reading, Stage, Verdict
from pysession.readers.comparing import Comparison
from pysession.readers.python import messages
from pysession.readers.python.census import deep_levels, run
from pysession.readers.python.effects import effects
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.foreign import key_error
from pysession.readers.python.nesting import check_levels, room
from pysession.readers.python.outcome import Outcome, outcome
from pysession.readers.python.subject import Subject
from pysession.readers.python.table import Histories, Record
from pysession.wire import Encoding

_ABOVE = 3
"""A file is read on a stack of its own; this many containers in a session make up for what is on it."""
_LENGTH_BYTES = 4
_MOST_RECORD_BYTES = 64 * 2**20


def read_history(known: Record, provider: Histories, subject: Subject) -> Reading:
    """What the releases of ``known`` make of a history file.

    Raises:
        RefusedError: the library raises.
    """
    payloads, refusal = _payloads(known, provider, subject)
    found = _restored(known, provider, payloads, subject)
    if refusal is not None:
        raise refusal
    _check_text(known, payloads, subject)
    verdict = Verdict.SILENT_LOSS if len(payloads) < subject.held else found.verdict
    same = found.verdict is Verdict.IDENTICAL and _encoded(provider, payloads, subject) == subject.document.data
    return Reading(
        "",
        verdict,
        messages_restored=len(payloads),
        next_turn=NextTurn.UNKNOWN,
        same_bytes=None if subject.inside else same,
        changes=found.changes,
    )


def _encoded(provider: Histories, payloads: list[dict[str, Any]], subject: Subject) -> bytes:
    """The file that is written of ``payloads``."""
    if subject.document.encoding is Encoding.MESSAGEPACK_RECORDS:
        records = [msgspec.msgpack.encode(payload) for payload in payloads]
        return b"".join(len(record).to_bytes(_LENGTH_BYTES, "big") + record for record in records)
    if provider.codec == "json":
        return "".join(f"{json.dumps(payload, ensure_ascii=False)}\n" for payload in payloads).encode()
    return b"".join(_line_of(payload) + b"\n" for payload in payloads)


def _line_of(payload: dict[str, Any]) -> bytes:
    """msgspec writes null for NaN; the provider takes the standard library for such messages."""
    line = msgspec.json.encode(payload)
    if b"null" in line and msgspec.json.decode(line) != payload:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return line


def _restored(known: Record, provider: Histories, payloads: list[dict[str, Any]], subject: Subject) -> Outcome:
    found = run((), payloads, _ABOVE, listed=not subject.document.single)
    check_levels(provider.nesting, deep_levels(found) - _ABOVE - 1)
    try:
        return outcome(Comparison(), [found], effects(known, provider.nesting, type_last=False), subject.document.base)
    except RefusedError as error:
        # The provider catches a ValueError only, and only when it reads.
        caught = error.type == "ValueError" and error.stage is Stage.LOAD
        raise (error.wrapped("ValueError") if caught else error) from None


def _payloads(known: Record, provider: Histories, subject: Subject) -> tuple[list[dict[str, Any]], RefusedError | None]:
    """The records that are objects, up to the first that is not one or cannot be decoded, and what that raises."""
    payloads: list[dict[str, Any]] = []
    try:
        for index, payload in enumerate(_records(known, provider, subject)):
            if type(payload) is not dict:
                raise RefusedError("ValueError", "a record is no object", (index,))
            payloads.append(payload)
    except RefusedError as error:
        return payloads, error
    return payloads, None


def _records(known: Record, provider: Histories, subject: Subject) -> Iterator[Any]:
    document = subject.document
    if document.encoding is Encoding.MESSAGEPACK_RECORDS:
        yield from _messagepack(known, document.data)
    elif subject.inside or (_is_plain(document.data) and not document.reading.faults and document.reading.readable):
        yield from document.value if isinstance(document.value, list) else (document.value,)
    else:
        yield from _lines(provider, document.data)


def _is_plain(data: bytes) -> bool:
    """Whether the lines are those that JSON Lines has: the provider ends them at a lone carriage return too."""
    return data.count(b"\r") == data.count(b"\r\n")


def _lines(provider: Histories, data: bytes) -> Iterator[Any]:
    """The lines as a text file has them, each decoded as the provider does it."""
    try:
        for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"):
            text = line.strip()
            if text:
                yield _line(provider, text)
    except (UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(type(error).__name__, str(error), stage=Stage.PARSE) from None


def _line(provider: Histories, text: str) -> Any:
    try:
        if provider.codec == "json":
            return json.loads(text)
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return json.loads(text)
    except (TypeError, ValueError) as error:
        chain = [*_chain(error)]
        decoding = any(
            isinstance(one, json.JSONDecodeError | UnicodeDecodeError | msgspec.DecodeError) for one in chain
        )
        stage = Stage.PARSE if decoding else Stage.LOAD
        raise RefusedError("ValueError", str(error), cause=type(chain[-1]).__name__, stage=stage) from None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those it was raised from or during, as a traceback tells them."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _messagepack(known: Record, data: bytes) -> Iterator[Any]:
    at = 0
    while at < len(data):
        header = data[at : at + _LENGTH_BYTES]
        start = at + _LENGTH_BYTES
        length = int.from_bytes(header, "big")
        if len(header) != _LENGTH_BYTES:
            raise RefusedError("ValueError", "the length of a record is cut off")
        if not 0 < length <= _MOST_RECORD_BYTES:
            raise RefusedError("ValueError", "a record has a length that is not valid")
        if len(data) < start + length:
            raise RefusedError("ValueError", "a record is cut off")
        at = start + length
        try:
            yield msgspec.msgpack.decode(data[start:at])
        except (msgspec.DecodeError, TypeError) as error:
            other = RefusedError("ValueError", str(error), cause=type(error).__name__, stage=Stage.PARSE)
            raise key_error(error, bare=known.bare_key_errors) or other from None
        except (UnicodeDecodeError, RecursionError) as error:
            raise RefusedError(type(error).__name__, str(error), stage=Stage.PARSE) from None


def _check_text(known: Record, payloads: list[dict[str, Any]], subject: Subject) -> None:
    """Text with unpaired surrogates is read, and cannot be written."""
    if not any(fault.rule in _IN_TEXTS for fault in subject.document.reading.faults):
        return
    for index, payload in enumerate(payloads):
        with room():
            written = messages.write(known, messages.load(known, payload, (index,)), type_last=False)
        try:
            json.dumps(written, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise RefusedError("UnicodeEncodeError", str(error), (index,), stage=Stage.SAVE) from None


_IN_TEXTS = frozenset({"string-not-portable", "json-not-utf8"})
