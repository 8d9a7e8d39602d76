"""``locate`` and ``lexeme``: where values are in the bytes, found only for those that somebody asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from pysession.wire.encoding import MARK, Encoding
from pysession.wire.fault import UnreadableError
from pysession.wire.json_document import lines
from pysession.wire.messagepack import records
from pysession.wire.path import Path
from pysession.wire.position import Position, positions
from pysession.wire.reading import read
from pysession.wire.walking import Visit, Walk, walk_of

_RECORDS: dict[Encoding, Callable[[bytes, int], Iterator[tuple[int, int]]]] = {
    Encoding.JSON_LINES: lines,
    Encoding.MESSAGEPACK_RECORDS: records,
}


def locate(data: bytes, encoding: Encoding, paths: Iterable[Path]) -> dict[Path, Position]:
    """Where the value at each path begins; one scan for all of them.

    A path that does not exist maps to its deepest ancestor that does. Where a member name is repeated, the last one
    counts. The root of a file of several records is the beginning of its first record.
    """
    found = {path: offset for path, (_, offset) in offsets(data, encoding, paths).items()}
    where = positions(data, encoding, found.values())
    return {path: where[offset] for path, offset in found.items()}


def lexeme(data: bytes, encoding: Encoding, path: Path) -> str:
    """The text of the value at ``path`` exactly as written, so that a number keeps its form.

    Bytes that are not UTF-8 become U+FFFD. MessagePack has no text; the value is written as compact JSON there.

    Raises:
        KeyError: there is no value at ``path``, or it is the root of a file of several records.
    """
    depth, offset = offsets(data, encoding, (path,))[path]
    if depth < len(path) or (not path and encoding in _RECORDS):
        raise KeyError(path)
    end = walk_of(data, encoding).skip(offset)
    if encoding.is_messagepack:
        value = read(data[offset:end], Encoding.MESSAGEPACK).value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return data[offset:end].decode("utf-8", "replace")


class _Wanted:
    """A step that some path takes, and where it was found last.

    ``found_in`` is the visit of the parent in which that was: a parent that comes again, because its name is repeated,
    makes what was found in it before void.
    """

    __slots__ = ("found_in", "offset", "steps", "visits")

    def __init__(self) -> None:
        self.steps: dict[str | int, _Wanted] | None = None
        self.offset = 0
        self.visits = 0
        self.found_in = 0

    def found(self, offset: int, parent_visits: int) -> None:
        self.offset = offset
        self.visits += 1
        self.found_in = parent_visits


def offsets(data: bytes, encoding: Encoding, paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """For each path how many of its steps exist, and the offset of the value that they lead to."""
    root = _Wanted()
    wanted = list(paths)
    for path in wanted:
        node = root
        for step in path:
            # Most are the ends of their paths, and a million of them may be wanted: no more is made than is needed.
            if node.steps is None:
                node.steps = {}
            inner = node.steps.get(step)
            if inner is None:
                inner = node.steps[step] = _Wanted()
            node = inner
    walk = walk_of(data, encoding)
    start = len(MARK) if not encoding.is_messagepack and data.startswith(MARK) else 0
    if encoding in _RECORDS:
        _find_in_records(data, encoding, start, walk, root)
    else:
        root.found(walk.root(start), 0)
        _find(walk, root)
    return {path: _resolve(root, path) for path in wanted}


def _find_in_records(data: bytes, encoding: Encoding, start: int, walk: Walk, root: _Wanted) -> None:
    steps = root.steps or {}
    indices = [step for step in steps if isinstance(step, int)]
    spans = islice(_spans(data, encoding, start), max(indices, default=0) + 1)
    for index, (first, end) in enumerate(spans):
        if not index:
            root.found(walk.root(first), 0)
        node = steps.get(index)
        if node is not None:
            record = data[first:end]
            node.found(0, root.visits)
            walk_in_record = walk_of(record, encoding)
            node.offset = walk_in_record.root(0)
            _find(walk_in_record, node)
            _shift(node, first)


def _spans(data: bytes, encoding: Encoding, start: int) -> Iterator[tuple[int, int]]:
    try:
        yield from _RECORDS[encoding](data, start)
    except UnreadableError:
        return


def _shift(node: _Wanted, by: int) -> None:
    waiting = [node]
    while waiting:
        item = waiting.pop()
        item.offset += by
        waiting.extend((item.steps or {}).values())


def _find(walk: Walk, root: _Wanted) -> None:
    """Find what is wanted below ``root``, whose own offset is known."""
    open_visits: list[tuple[_Wanted, Visit]] = []
    if not root.steps:
        return
    at = _descend(walk, root, open_visits)
    while open_visits:
        node, visit = open_visits[-1]
        step = visit.step(at)
        if step is None:
            at = visit.end
            open_visits.pop()
            continue
        name, at = step
        inner = node.steps.get(name) if node.steps else None
        if inner is None:
            at = walk.skip(at)
            continue
        inner.found(at, node.visits)
        at = _descend(walk, inner, open_visits)


def _descend(walk: Walk, node: _Wanted, open_visits: list[tuple[_Wanted, Visit]]) -> int:
    """Enter the value of ``node`` if something in it is wanted, else skip it; where to go on."""
    visit = walk.visit(node.offset) if node.steps else None
    if visit is None:
        return walk.skip(node.offset)
    open_visits.append((node, visit))
    return visit.inside


def _resolve(root: _Wanted, path: Path) -> tuple[int, int]:
    node = root
    for depth, step in enumerate(path):
        inner = (node.steps or {})[step]
        if not inner.visits or inner.found_in != node.visits:
            return depth, node.offset
        node = inner
    return len(path), node.offset
