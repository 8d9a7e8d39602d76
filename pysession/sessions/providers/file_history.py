"""``FileHistoryProvider``: one file a session, to which messages are appended, in the framework's own form and name.

The framework reads the whole file for every append; here the end of it is enough, so an append costs what is appended.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from pysession.dialects import vocabulary
from pysession.outputs import write_file
from pysession.readers import Release, resolve
from pysession.readers import release as release_named
from pysession.readers.python import history_file
from pysession.readers.python.table import record
from pysession.sessions.errors import CorruptSessionError, HistoryChangedError, StateValueError
from pysession.sessions.messages import CALL, RESULT, InputError, Message, not_yet_stored, settled
from pysession.sessions.providers.base import HistoryProvider
from pysession.sessions.providers.in_memory import is_excluded
from pysession.sessions.state_values import encoded_message
from pysession.wire import Encoding, read, write

if TYPE_CHECKING:
    from pysession.pruning import Plan, Pruned, Strategy

try:
    import fcntl
except ImportError:  # Windows: writers of one process take turns, those of several do not
    fcntl = None  # type: ignore[assignment]

_LENGTH_BYTES = 4
_BLOCK = 64 * 1024
TORN = ".torn"
"""Added to a file's name: where the end of a line that was never written whole is put before the next is appended."""


class FileHistoryProvider(HistoryProvider):
    """Keeps the messages of each session in a file of its own in ``folder``.

    The name of the file and the form of a record are those of ``release``, the newest by default, so that an application
    with that release of the framework finds and reads it. ``serialization_format`` is ``json`` (JSON Lines) or
    ``msgpack`` (records with their length before them). Processes on one machine take turns by a lock on the file (not
    on Windows). A last line that was cut off, by a crash while it was written, is left out, and put aside at the next
    append; any other damage raises.
    """

    DEFAULT_SOURCE_ID: ClassVar[str] = "file_history"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        source_id: str = DEFAULT_SOURCE_ID,
        serialization_format: Literal["json", "msgpack"] = "json",
        release: str | None = None,
        skip_excluded: bool = False,
        **switches: Any,
    ) -> None:
        """``switches`` are those of HistoryProvider.

        Raises:
            UsageError: ``release`` has no such provider, or not in this form.
        """
        super().__init__(source_id, **switches)
        self.skip_excluded = skip_excluded
        self._release = resolve(release or "python@latest")
        self._records = _RECORDS[serialization_format](self._release)
        self._spoken = release_named(self._release)
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.path_of(None)

    def path_of(self, session_id: str | None) -> Path:
        """The file of a session; without an id, that of runs without one."""
        return self._folder / history_file(self._release, session_id, self._records.encoding)

    async def get_messages(
        self, session_id: str | None, *, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Message]:
        messages = await asyncio.to_thread(self._read, self.path_of(session_id))
        return [message for message in messages if not (self.skip_excluded and is_excluded(message))]

    async def save_messages(
        self,
        session_id: str | None,
        messages: Sequence[Message],
        *,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if messages:
            await asyncio.to_thread(self._append, self.path_of(session_id), list(messages))

    async def prune_by(
        self, session_id: str | None, name: str, strategy: Strategy, state: dict[str, Any] | None = None
    ) -> Pruned:
        from pysession.pruning import Pruned, awaited, done
        from pysession.sessions.pruning import planned_for

        path = self.path_of(session_id)
        before = await asyncio.to_thread(self._whole, path)
        messages = [_message(payload, path) for payload in self._records.decoded(before, path)]
        plan = await awaited(done(planned_for(self.source_id, messages, strategy)))
        if plan.removed:
            await asyncio.to_thread(self._shorten, path, before, plan)
        return Pruned(name, (plan.account(),))

    def _shorten(self, path: Path, before: bytes, plan: Plan) -> None:
        """Put what is left in the place of the file, whose records begin with ``before``, in one step."""
        from pysession.sessions.pruning import summary_of

        gone = {one.index for one in plan.removed}
        with _locked(path, "r+b") as stream:
            data = stream.read()
            if not data.startswith(before):
                raise HistoryChangedError(str(path))
            kept = [one for index, one in enumerate(self._records.split(before)) if index not in gone]
            if plan.summary is not None:
                kept.insert(plan.place, self._records.encoded(self._payload(summary_of(plan))))
            write_file(path, b"".join((*kept, data[len(before) :])))

    def _read(self, path: Path) -> list[Message]:
        return [_message(payload, path) for payload in self._records.decoded(self._whole(path), path)]

    def _whole(self, path: Path) -> bytes:
        """The whole records of the file; nothing where there is none."""
        try:
            with _locked(path, "rb") as stream:
                data = stream.read()
        except FileNotFoundError:
            return b""
        return data[: self._records.whole(data)[0]]

    def _append(self, path: Path, messages: list[Message]) -> None:
        with _locked(path, "a+b") as stream:
            stored = [_message(payload, path) for payload in self._records.last(stream, len(messages), path)]
            new = not_yet_stored(stored, messages)
            stream.write(b"".join(self._records.encoded(self._payload(message)) for message in new))
            stream.flush()
            os.fsync(stream.fileno())

    def _payload(self, message: Message) -> dict[str, Any]:
        found = encoded_message(settled(message), ("messages",))
        found["contents"] = [_said(content, self._spoken) for content in found["contents"]]
        # In a file the type stands first, in a session last: the framework's two ways of writing a message.
        return {"type": found["type"]} | found


class _Lines:
    """JSON Lines: until 1.12.1 as ``json.dumps`` writes them, from 1.13.0 on as msgspec does."""

    encoding = Encoding.JSON_LINES

    def __init__(self, release_name: str) -> None:
        known = record(release_named(release_name).version)
        self._by_json = known.histories is not None and known.histories.codec == "json"

    def encoded(self, payload: dict[str, Any]) -> bytes:
        if self._by_json:
            return json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        return write(payload) + b"\n"

    def whole(self, data: bytes) -> tuple[int, bool]:
        """How many of the bytes are whole lines, and whether a line end is missing after them."""
        if not data or data.endswith(b"\n"):
            return len(data), False
        start = data.rfind(b"\n") + 1
        return (len(data), True) if read(data[start:]).readable else (start, False)

    def decoded(self, data: bytes, path: Path) -> list[Any]:
        reading = read(data, Encoding.JSON_LINES)
        fault = next((one for one in reading.faults if one.rule in ("json-invalid", "json-not-utf8")), None)
        if reading.unreadable_records or fault is not None or not reading.readable:
            where = "" if fault is None else f"line {fault.position.line}: {fault.detail}"
            raise CorruptSessionError(where or "it cannot be read", str(path))
        return list(reading.value)

    def split(self, data: bytes) -> list[bytes]:
        """The lines that hold a message, each with its end."""
        lines = (line if line.endswith(b"\n") else line + b"\n" for line in data.split(b"\n"))
        return [line for line in lines if line.strip()]

    def last(self, stream: IO[bytes], count: int, path: Path) -> list[Any]:
        """The last ``count`` messages and one more, so that it is told whether there are others."""
        tail = self._tail(stream, count + 2)
        whole, unended = self.whole(tail)
        if whole < len(tail):
            _put_aside(stream, path, len(tail) - whole)
        elif unended:
            stream.write(b"\n")
        return self.decoded(tail[:whole], path)[-(count + 1) :]

    def _tail(self, stream: IO[bytes], lines: int) -> bytes:
        at = stream.seek(0, os.SEEK_END)
        tail = b""
        while at > 0 and tail.count(b"\n") <= lines:
            start = max(0, at - _BLOCK)
            stream.seek(start)
            tail = stream.read(at - start) + tail
            at = start
        stream.seek(0, os.SEEK_END)
        return tail if at == 0 else tail[tail.index(b"\n") + 1 :]


class _LengthPrefixed:
    """MessagePack records. Where one begins is known from the beginning only, so their lengths are walked through."""

    encoding = Encoding.MESSAGEPACK_RECORDS

    def __init__(self, release_name: str) -> None:
        pass

    def encoded(self, payload: dict[str, Any]) -> bytes:
        data = msgspec.msgpack.encode(payload)
        return len(data).to_bytes(_LENGTH_BYTES, "big") + data

    def whole(self, data: bytes) -> tuple[int, bool]:
        at = 0
        while at + _LENGTH_BYTES <= len(data):
            end = at + _LENGTH_BYTES + int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
            if end > len(data):
                break
            at = end
        return at, False

    def decoded(self, data: bytes, path: Path) -> list[Any]:
        reading = read(data, Encoding.MESSAGEPACK_RECORDS)
        if reading.faults or not reading.readable:
            raise CorruptSessionError(reading.faults[0].detail if reading.faults else "it cannot be read", str(path))
        return list(reading.value)

    def split(self, data: bytes) -> list[bytes]:
        """The records, each with its length."""
        found: list[bytes] = []
        at = 0
        while at < len(data):
            end = at + _LENGTH_BYTES + int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
            found.append(data[at:end])
            at = end
        return found

    def last(self, stream: IO[bytes], count: int, path: Path) -> list[Any]:
        stream.seek(0)
        data = stream.read()
        whole, _ = self.whole(data)
        if whole < len(data):
            _put_aside(stream, path, len(data) - whole)
        return self.decoded(data[:whole], path)


_RECORDS: dict[str, Any] = {"json": _Lines, "msgpack": _LengthPrefixed}


def _put_aside(stream: IO[bytes], path: Path, size: int) -> None:
    """Move the last ``size`` bytes, which are no whole record, to a file beside."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(end - size)
    with path.with_name(path.name + TORN).open("ab") as torn:
        torn.write(stream.read() + b"\n")
    stream.truncate(end - size)
    stream.seek(0, os.SEEK_END)


def _said(content: Any, spoken: Release) -> Any:
    """``content`` as the release writes it: members that it does not know would make it refuse the file.

    Raises:
        StateValueError: one of them says something.
    """
    kind = vocabulary("python").places["content"].get(content["type"])
    if kind is None:
        return content
    said = {}
    for name, value in content.items():
        member = kind.members.get(name)
        if member is not None and not spoken.knows(member.since, member.until):
            if value and not (name == "id" and content["type"] in (CALL, RESULT)):
                raise StateValueError(f"/messages/…/{name}", f"{spoken} does not know this member; convert the history")
            continue
        nested = isinstance(value, dict) and "content" in (member.types if member is not None else ())
        said[name] = _said(value, spoken) if nested else value
    return said


def _message(payload: Any, path: Path) -> Message:
    try:
        return settled(payload)
    except InputError as error:
        raise CorruptSessionError(str(error), str(path)) from None


@contextlib.contextmanager
def _locked(path: Path, mode: str) -> Iterator[IO[bytes]]:
    while True:
        with path.open(mode) as stream:
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_SH if mode == "rb" else fcntl.LOCK_EX)
            if _is_at(stream, path):
                yield stream
                return


def _is_at(stream: IO[bytes], path: Path) -> bool:
    """Whether the file is still the one of that name: while the lock was waited for, another may have put one in its place."""
    if fcntl is None:
        return True
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False
