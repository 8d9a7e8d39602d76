"""Where a message goes in a document, and whether it can."""

from __future__ import annotations

from pysession.dialects import SINGLE_MESSAGE, detect, histories
from pysession.findings import parse_pointer
from pysession.findings.failures import PointerError
from pysession.stores.failures import NotAppendableError
from pysession.wire import Encoding, Path, Reading, read
from pysession.wire.seam import Seam, find_seam


def seam_of(session_id: str, data: bytes, at: str | None) -> Seam:
    """The place behind the last message of the one history of ``data``, or of the array that ``at`` points to.

    Raises:
        NotAppendableError: there is no such place, or more than one.
    """
    reading = read_document(data)
    if not reading.readable:
        raise NotAppendableError(session_id, "it cannot be read; 'pysession check' tells why")
    if reading.encoding in (Encoding.JSON_LINES, Encoding.MESSAGEPACK_RECORDS):
        if at is not None:
            raise NotAppendableError(session_id, "it is a file of one message a record, in which 'at' leads nowhere")
        return find_seam(data, reading.encoding)
    path = _history(session_id, reading) if at is None else _pointed(session_id, reading, at)
    try:
        return find_seam(data, reading.encoding, path)
    except KeyError:
        raise NotAppendableError(session_id, "there is no array of messages at that place") from None


def is_within_item(session_id: str, data: bytes, at: str) -> bool:
    """Whether ``at`` leads into an item of an array, such as the contents of a message: what goes there changes the item.

    Raises:
        NotAppendableError: there is nothing at that place.
    """
    reading = read_document(data)
    return reading.readable and any(isinstance(step, int) for step in _pointed(session_id, reading, at))


def checked_message(session_id: str, message: bytes, encoding: Encoding) -> bytes:
    """``message`` as it is stored in a document of ``encoding``: as it is, but on one line in JSON Lines.

    Raises:
        NotAppendableError: it is not one object in that encoding.
    """
    single = Encoding.MESSAGEPACK if encoding.is_messagepack else Encoding.JSON
    reading = read(message, single)
    if not reading.readable or not isinstance(reading.value, dict) or any(not one.warning for one in reading.faults):
        kind = "MessagePack map" if encoding.is_messagepack else "JSON object"
        raise NotAppendableError(session_id, f"the message is not one {kind}, as the document is written")
    if encoding.is_messagepack:
        return message
    # White space around a value is no part of it, and a line end within one only ever stands between tokens.
    text = message.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    return text.replace(b"\r", b" ").replace(b"\n", b" ") if encoding is Encoding.JSON_LINES else text


def read_document(data: bytes) -> Reading:
    """``data`` read in the encoding that its bytes tell."""
    if not data:
        return Reading([], True, (), Encoding.JSON_LINES)
    if is_map(data[0]):
        return read(data, Encoding.MESSAGEPACK)
    if len(data) > 4 and data[0] == 0 and is_map(data[4]):
        return read(data, Encoding.MESSAGEPACK_RECORDS)
    reading = read(data)
    if reading.readable and detect(reading.value).form != SINGLE_MESSAGE:
        return reading
    lines = read(data, Encoding.JSON_LINES)
    messages = [one for one in lines.value or () if one is not None]
    return lines if lines.readable and detect(messages).form == "messages" else reading


def is_map(marker: int) -> bool:
    """Whether a MessagePack value that begins with this byte is a map (specification, "Map format family")."""
    return 0x80 <= marker <= 0x8F or marker in (0xDE, 0xDF)


def _history(session_id: str, reading: Reading) -> Path:
    found = [one for one in histories(reading.value, detect(reading.value)) if one.live]
    if len(found) != 1 or len(found[0].segments) != 1:
        count = "no history" if not found else "more than one list of messages"
        raise NotAppendableError(session_id, f"it has {count}; say with 'at' which array the message goes to")
    return found[0].path


def _pointed(session_id: str, reading: Reading, at: str) -> Path:
    """The path that ``at`` means in this value, in which a number is the index of an array only."""
    try:
        names = parse_pointer(at)
    except PointerError as failure:
        raise NotAppendableError(session_id, str(failure)) from failure
    value, path = reading.value, []
    for name in names:
        step: str | int = int(name) if isinstance(value, list) and name.isdecimal() else name
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise NotAppendableError(session_id, f"there is nothing at {at}") from None
        path.append(step)
    return tuple(path)
