"""``file:``: a folder with a file for each session, as FileSessionStore of agent-framework-core keeps them.

``<folder>/<id>.json`` holds the document and nothing else (``.jsonl`` for a message a line, ``.msgpack``); the sessions of
an owner stand in ``<folder>/owners/<owner>/``. What a file system has no place for (expiry, immutability, an id too long
for a name) is a note in ``<folder>/.pysession/``, only where it is needed.

The etag is made of the file's time, size and number. Each write gives the file a later time than it had, so that the etag
of two states of a session is never the same, and a change by another program shows.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from pysession.dialects import SINGLE_MESSAGE, detect
from pysession.stores.appending import checked_message, is_map, seam_of
from pysession.stores.base import BaseStore, Condition, Facts, Found, Key, Window
from pysession.stores.checking import check_size, now
from pysession.stores.disk import (
    TEMPORARY,
    extend_file,
    locked,
    make_folder,
    read_file,
    remove_file,
    replace_file,
)
from pysession.stores.failures import DamagedSessionError, NotFoundError
from pysession.stores.file_failures import told
from pysession.stores.file_names import OWNER, SESSION, file_stem, is_digest, name_of
from pysession.stores.file_notes import UNKNOWN, Note, State, note_or_none, read_note
from pysession.stores.protocol import Capability, Stats, Stored
from pysession.wire import Encoding, read

_Result = TypeVar("_Result")
_LINES = ".jsonl"
_SUFFIXES = (".json", _LINES, ".msgpack")
_OWNERS = "owners"
_NOBODY = "~nobody"
"""Where the notes of sessions without an owner are: no owner has this name as a folder's."""
_PRIVATE = ".pysession"
_STEP_NANOSECONDS = 1000
_MICROSECOND = 1000
_ABANDONED_SECONDS = 3600


class _Place(NamedTuple):
    """Where a session is: the name of its owner's folder ("" is that of nobody), and that of its file without a suffix."""

    owner: str
    stem: str


class _File(msgspec.Struct, frozen=True):
    """The file of a session as it was found."""

    path: Path
    status: os.stat_result
    state: State

    @property
    def facts(self) -> Facts:
        return _facts(self.status, self.state)


class FileStore(BaseStore):
    """Sessions as files in ``folder``, which is made when something is put."""

    capabilities = frozenset(Capability)

    def __init__(self, folder: Path, max_bytes: int | None = None) -> None:
        super().__init__(max_bytes)
        self.path = folder
        self._locks = folder / _PRIVATE / "locks"
        self._notes = folder / _PRIVATE / "notes"

    async def _get(self, key: Key) -> Stored:
        return await self._in_thread(self._read, key, reads=True)

    async def _put(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        return await self._in_thread(self._write, key, data, condition, expires, immutable)

    async def _append(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        return await self._in_thread(self._extend, key, message, at, condition)

    async def _delete(self, key: Key, condition: Condition) -> bool:
        return await self._in_thread(self._remove, key, condition)

    async def _list(self, window: Window) -> Found:
        return await self._in_thread(self._page, window, reads=True)

    async def _sweep(self, moment: int) -> int:
        return await self._in_thread(self._clear, moment)

    async def _stats(self) -> Stats:
        return await self._in_thread(self._count, reads=True)

    async def _close(self) -> None:
        pass

    async def _in_thread(self, work: Callable[..., _Result], *arguments: object, reads: bool = False) -> _Result:
        """Do ``work``, which waits for the disk, and say what went wrong in the words of stores."""
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as failure:
            raise told(failure, self.path, reads=reads) from failure

    # --- one session --------------------------------------------------------------------------------------------------

    def _read(self, key: Key) -> Stored:
        place = self._place(key)
        with locked(self._locks, place.stem, shared=True):
            found = self._live(place)
            content = None if found is None else read_file(found.path)
        if found is None or content is None:
            self._check_named(key)
            raise NotFoundError(*key.names)
        data = content[0][: _whole(content[0], found.state)] if found.path.suffix == _LINES else content[0]
        check_size(key.id.decode(), len(data), self.max_bytes)
        return msgspec.structs.replace(found.facts, size=len(data)).stored(key, data)

    def _write(self, key: Key, data: bytes, condition: Condition, expires: int | None, immutable: bool) -> Facts:
        place = self._place(key)
        make_folder(self._locks)
        with locked(self._locks, place.stem):
            file = self._file(place)
            live = file if file is not None and not _is_over(file.state) else None
            condition.check(key, None if live is None else live.facts)
            suffix = suffix_of(data)
            ending = len(data) if suffix == _LINES and data and not data.endswith(b"\n") else None
            modified = _later(file)
            state = State(modified, expires, immutable, ending)
            self._note(key, place, file, state)
            path = self._home(place.owner) / (place.stem + suffix)
            make_folder(path.parent)
            status = replace_file(path, data, modified)
            _remove_others(path, place.stem)
            return _facts(status, state)

    def _extend(self, key: Key, message: bytes, at: str | None, condition: Condition) -> Facts:
        place = self._place(key)
        session_id = key.id.decode()
        if self._live(place) is None:
            raise NotFoundError(*key.names)
        make_folder(self._locks)
        with locked(self._locks, place.stem):
            file = self._live(place)
            if file is None:
                raise NotFoundError(*key.names)
            condition.check(key, file.facts, may_replace=False)
            _drop_unborn(self._note_of(place), file)
            if file.path.suffix == _LINES and at is None:
                status = self._extend_lines(session_id, file, message)
            else:
                content = read_file(file.path)
                if content is None:
                    raise NotFoundError(*key.names)
                seam = seam_of(session_id, content[0], at)
                data = seam.join(content[0], [checked_message(session_id, message, seam.encoding)])
                check_size(session_id, len(data), self.max_bytes)
                # The bytes of a lone message are JSON, and with a second one are lines.
                path = file.path.with_name(place.stem + suffix_of(data))
                status = replace_file(path, data, _later(file))
                _remove_others(path, place.stem)
            return _facts(status, file.state)

    def _extend_lines(self, session_id: str, file: _File, message: bytes) -> os.stat_result:
        """Write one line behind the others; what is there is read only when its last line has no end."""
        line = checked_message(session_id, message, Encoding.JSON_LINES) + b"\n"
        end = file.status.st_size
        ending = file.state.ending
        if (ending is not None and end <= ending + 1) or (end and _last_byte(file.path) != b"\n"):
            content = read_file(file.path)
            data = content[0] if content is not None else b""
            end = _whole(data, file.state)
            line = b"".join((b"" if data[end - 1 : end] in (b"", b"\n") else b"\n", line))
        check_size(session_id, end + len(line), self.max_bytes)
        return extend_file(file.path, end, line, _later(file))

    def _remove(self, key: Key, condition: Condition) -> bool:
        place = self._place(key)
        if self._file(place) is None:
            condition.check(key, None)
            return False
        make_folder(self._locks)
        with locked(self._locks, place.stem):
            file = self._live(place)
            condition.check(key, None if file is None else file.facts)
            self._forget(key, place)
            return file is not None

    def _forget(self, key: Key, place: _Place) -> None:
        """Remove what there is of a session, in an order in which a kill leaves either all or nothing of it."""
        file, note = self._file(place), self._note_of(place)
        if file is not None:
            if note.exists():
                # Whatever takes the file's place later does not inherit what held of it.
                self._note(key, place, file, State(_later(file)))
            _remove_others(file.path, place.stem)
            remove_file(file.path)
            remove_file(note)

    # --- files and notes ----------------------------------------------------------------------------------------------

    def _place(self, key: Key) -> _Place:
        return _Place(file_stem(key.owner, OWNER) if key.owner else "", file_stem(key.id, SESSION))

    def _home(self, owner: str) -> Path:
        return self.path / _OWNERS / owner if owner else self.path

    def _note_of(self, place: _Place) -> Path:
        return self._notes / (place.owner or _NOBODY) / f"{place.stem}.json"

    def _file(self, place: _Place, *, judged: bool = True) -> _File | None:
        """The file of a session. Of several suffixes, which a kill can leave behind, the latest counts.

        Raises:
            DamagedSessionError: it is not known what holds of it, unless it is not to be ``judged``.
        """
        home = self._home(place.owner)
        paths = (home / (place.stem + suffix) for suffix in _SUFFIXES)
        found = [(status, path) for path in paths if (status := _stat(path))]
        if not found:
            return None
        status, path = max(found, key=lambda one: one[0].st_mtime_ns)
        try:
            kept = read_note(self._note_of(place))
        except (DamagedSessionError, OSError):
            if judged:
                raise
            return _File(path, status, UNKNOWN)
        return _File(path, status, State(0) if kept is None else kept.at(status.st_mtime_ns))

    def _live(self, place: _Place) -> _File | None:
        file = self._file(place)
        return None if file is None or _is_over(file.state) else file

    def _note(self, key: Key, place: _Place, file: _File | None, state: State) -> None:
        """Keep ``state`` beside what holds now, where either needs to be kept."""
        path = self._note_of(place)
        nameless = is_digest(place.stem, SESSION) or is_digest(place.owner, OWNER)
        if state.is_plain and not path.exists() and not nameless:
            return
        before = () if file is None else (file.state,)
        make_folder(path.parent)
        replace_file(path, msgspec.json.encode(Note(*key.names, (*before, state))))

    def _check_named(self, key: Key) -> None:
        """Raise what is wrong with a session that is listed by the name of its file.

        Raises:
            DamagedSessionError: it is one whose id and owner stood in its note.
        """
        owner, session_id = key.owner.decode(), key.id.decode()
        usual = self._place(key)
        place = _Place(
            owner if is_digest(owner, OWNER) else usual.owner,
            session_id if is_digest(session_id, SESSION) else usual.stem,
        )
        nameless = None if place == usual else self._file(place, judged=False)
        note = self._note_of(place)
        if nameless is not None and note_or_none(note) is None:
            reason = f"{note}, in which its id and owner stood, is gone or damaged; restore it, or move the file away"
            raise DamagedSessionError(str(nameless.path), reason)

    # --- many sessions ------------------------------------------------------------------------------------------------

    def _keys(self, owner: bytes | None = None) -> Iterator[tuple[Key, _Place]]:
        """All keys, perhaps of one owner, with the places of their files, in no order, and one twice after a kill."""
        if not owner:
            yield from self._keys_in("", b"")
        if owner != b"":
            for name in _names(self.path / _OWNERS):
                if owner is None or name == file_stem(owner, OWNER):
                    yield from self._keys_in(name, name_of(name, OWNER))

    def _keys_in(self, folder: str, owner: bytes | None) -> Iterator[tuple[Key, _Place]]:
        for name in _names(self._home(folder)):
            stem, suffix = os.path.splitext(name)
            if suffix not in _SUFFIXES:
                continue
            place, session_id = _Place(folder, stem), name_of(stem, SESSION)
            if session_id is not None and owner is not None:
                yield Key(owner, session_id), place
            elif (kept := note_or_none(self._note_of(place))) is not None:
                yield Key(kept.owner.encode(), kept.id.encode()), place
            elif (owner is not None or is_digest(folder, OWNER)) and (session_id or is_digest(stem, SESSION)):
                # A session all the same, which has lost its name: it is listed by that of its file.
                yield Key(folder.encode() if owner is None else owner, session_id or stem.encode()), place

    def _page(self, window: Window) -> Found:
        found: Found = []
        for key, place in sorted({each for each in self._keys(window.owner) if window.has(each[0])}):
            file = self._file(place, judged=False)
            if file is not None and window.shows(file.facts):
                found.append((key, file.facts))
                if len(found) == window.limit:
                    break
        return found

    def _clear(self, moment: int) -> int:
        count = 0
        for folder in _names(self._notes):
            for name in _names(self._notes / folder):
                kept = note_or_none(self._notes / folder / name)
                if kept is None or all(state.expires is None for state in kept.states):
                    continue
                key = Key(kept.owner.encode(), kept.id.encode())
                place = self._place(key)
                with locked(self._locks, place.stem):
                    file = self._file(place)
                    if file is None:
                        remove_file(self._note_of(place))
                    elif file.state.expires is not None and file.state.expires <= moment:
                        self._forget(key, place)
                        count += 1
        self._remove_abandoned()
        return count

    def _remove_abandoned(self) -> None:
        """Remove what killed processes left half written."""
        for path in self.path.rglob(f".*{TEMPORARY}"):
            status = _stat(path)
            if status is not None and status.st_mtime < time.time() - _ABANDONED_SECONDS:
                remove_file(path)

    def _count(self) -> Stats:
        seen = ((key, self._file(place, judged=False)) for key, place in set(self._keys()))
        live = [(key, file) for key, file in seen if file is not None and not _is_over(file.state)]
        return Stats(len(live), len({key.owner for key, _ in live}), sum(file.status.st_size for _, file in live))


def _facts(status: os.stat_result, state: State) -> Facts:
    etag = f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
    return Facts(etag, status.st_size, status.st_mtime_ns // _MICROSECOND, state.expires, state.immutable)


def _is_over(state: State) -> bool:
    return state.expires is not None and state.expires <= now()


def _drop_unborn(note: Path, file: _File) -> None:
    """Forget the state of a put that was killed before its file was there: a later time would bring it to life."""
    kept = read_note(note)
    if kept is not None and any(state.since > file.status.st_mtime_ns for state in kept.states):
        replace_file(note, msgspec.json.encode(Note(kept.id, kept.owner, (file.state,))))


def _remove_others(path: Path, stem: str) -> None:
    """Remove the files with the same stem and another suffix."""
    for suffix in _SUFFIXES:
        other = path.with_name(stem + suffix)
        if other != path and other.exists():
            remove_file(other)


def _later(file: _File | None) -> int:
    """A time in nanoseconds for the next state of a file: now, and later than the state that it has."""
    return max(time.time_ns(), 0 if file is None else file.status.st_mtime_ns + _STEP_NANOSECONDS)


def suffix_of(data: bytes) -> str:
    """What a file with these bytes is called, so that other programs read it as what it is."""
    if data and (is_map(data[0]) or (len(data) > 4 and data[0] == 0 and is_map(data[4]))):
        return ".msgpack"
    if not data:
        return _LINES
    # A session may be long and on one line, and lines are short: only a first line among others is read.
    first, newline, _ = data.partition(b"\n")
    if not newline or not first.rstrip().endswith(b"}"):
        return ".json"
    reading = read(first)
    return _LINES if reading.readable and detect(reading.value).form == SINGLE_MESSAGE else ".json"


def _whole(data: bytes, state: State) -> int:
    """How many bytes of a file of lines are whole: all, but for the end of a write that was killed."""
    last = data.rfind(b"\n") + 1
    if state.ending is not None and last <= state.ending + 1:
        return state.ending
    if last == len(data) or read(data[last:]).readable:
        return len(data)
    return last


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _names(folder: Path) -> list[str]:
    """What is in a folder and not hidden; nothing when there is no such folder."""
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except FileNotFoundError:
        return []
