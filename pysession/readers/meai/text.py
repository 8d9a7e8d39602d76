"""JSON text as ``JsonDocument.Parse`` reads it, for documents that are not plain JSON.

It checks the grammar and decodes nothing: bytes in a string that are not UTF-8 and unpaired surrogates do no harm until
somebody wants the string. What is written again has U+FFFD for such bytes; an unpaired surrogate cannot be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from pysession.readers.meai.refusal import PARSING, WRONG_BYTES, WRONG_KIND, RefusedError
from pysession.wire import DEFAULT_LIMITS, Path
from pysession.wire.fault import UnreadableError
from pysession.wire.text import read_string

_CONTAINERS = frozenset({dict, list})
_SPACE = re.compile(rb"[ \t\r\n]*+")
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*+)((?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![-+.0-9A-Za-z_])")
_WORDS = {b"t": (b"true", True), b"f": (b"false", False), b"n": (b"null", None)}


class Odd(str):
    """A string that .NET cannot decode; ``cause`` is what it would raise.

    Where it is not UTF-8, it is here what it becomes when it is written again: U+FFFD for each broken sequence.
    """

    cause: str


class Huge(float):
    """A number of more digits than an ``int`` takes, by its text."""

    text: str


class Members:
    """An object with all its members in order, also those of one name."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        self.pairs: list[tuple[str, Any]] = []


def is_object(value: Any) -> bool:
    """Whether ``value`` is a JSON object, however it was read."""
    return type(value) is dict or type(value) is Members


def members(value: Any) -> Iterable[tuple[str, Any]]:
    """The members of an object in the order in which .NET meets them."""
    return value.items() if type(value) is dict else value.pairs


def plain(value: Any) -> Any:
    """``value`` as everything else reads JSON: the last member of a name, strings and numbers as values."""
    root = [value]
    pending: list[tuple[Any, Any]] = [(root, 0)]
    while pending:
        holder, step = pending.pop()
        one = holder[step]
        if type(one) is Members:
            holder[step] = one = {str(name): member for name, member in one.pairs}
            pending.extend((one, name) for name in one)
        elif type(one) is dict:
            holder[step] = one = dict(one)
            pending.extend((one, name) for name in one)
        elif type(one) is list:
            holder[step] = one = list(one)
            pending.extend((one, index) for index in range(len(one)))
        elif type(one) is Odd:
            holder[step] = str(one)
        elif type(one) is Huge:
            holder[step] = one.text
    return root[0]


def unwritable(value: Any) -> Path | None:
    """The place of a string in ``value`` that cannot be written because a surrogate in it has no other half."""
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, one = pending.pop()
        if type(one) is Members or type(one) is dict:
            for name, member in members(one):
                pending += [(path, name), ((*path, str(name)), member)]
        elif type(one) is list:
            pending.extend(((*path, index), item) for index, item in enumerate(one))
        elif type(one) is Odd and one.cause == WRONG_KIND:
            return path
    return None


def deeper(value: Any, depth: int, without: frozenset[int] = frozenset()) -> bool:
    """Whether arrays and objects are nested in ``value`` more than ``depth`` deep, itself counted.

    ``without``: the ``id`` of values into which nobody need look.
    """
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(depth):
        if not level:
            return False
        inside = chain.from_iterable(one.values() if type(one) is dict else one for one in level)
        level = [child for child in inside if type(child) in _CONTAINERS and id(child) not in without]
    return bool(level)


def parse(data: bytes, depth: int) -> Any:
    """The value that ``data`` holds, objects as :class:`Members`.

    Raises:
        RefusedError: ``JsonReaderException``, it is not JSON, or nested deeper than ``depth``.
    """
    open_: list[Any] = []
    names: list[str] = []
    at = _space(data, 0)
    while True:
        first = data[at : at + 1]
        value: Any
        if first in (b"[", b"{"):
            if len(open_) >= depth:
                raise _refused(f"arrays and objects are nested more than {depth} deep")
            container: Any = [] if first == b"[" else Members()
            at = _space(data, at + 1)
            if data[at : at + 1] != (b"]" if first == b"[" else b"}"):
                open_.append(container)
                if first == b"{":
                    at = _name(data, at, names)
                continue
            value, at = container, at + 1
        else:
            value, at = _scalar(data, at, first)
        while open_:
            parent = open_[-1]
            if type(parent) is list:
                parent.append(value)
            else:
                parent.pairs.append((names.pop(), value))
            at = _space(data, at)
            following = data[at : at + 1]
            if following == b",":
                at = _space(data, at + 1)
                if type(parent) is not list:
                    at = _name(data, at, names)
                break
            if following != (b"]" if type(parent) is list else b"}"):
                raise _refused("after a value there is neither a comma nor the end of its array or object")
            value, at = open_.pop(), at + 1
        else:
            if _space(data, at) != len(data):
                raise _refused("something follows the JSON value")
            return value


def _refused(message: str) -> RefusedError:
    return RefusedError(PARSING, (), message)


def _space(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return match.end() if match else at


def _name(data: bytes, at: int, names: list[str]) -> int:
    """Read a name and its colon; where the value begins."""
    name, at = _string(data, at)
    at = _space(data, at)
    if data[at : at + 1] != b":":
        raise _refused("a member name is not followed by a colon")
    names.append(name)
    return _space(data, at + 1)


def _scalar(data: bytes, at: int, first: bytes) -> tuple[Any, int]:
    if first == b'"':
        return _string(data, at)
    if first in _WORDS:
        word, value = _WORDS[first]
        if data.startswith(word, at):
            return value, at + len(word)
    match = _NUMBER.match(data, at)
    if match is None:
        raise _refused("a value begins with nothing that a JSON value begins with, or is not complete")
    if len(match[1]) > DEFAULT_LIMITS.digits:
        huge = Huge("inf")
        huge.text = match[0].decode()
        return huge, match.end()
    return (float if match[2] else int)(match[0]), match.end()


def _string(data: bytes, at: int) -> tuple[str, int]:
    if data[at : at + 1] != b'"':
        raise _refused("a member name or a string is missing")
    try:
        read = read_string(data, at)
    except UnreadableError:
        raise _refused("a string has no end, a control character in it, or an escape that JSON does not have") from None
    if not (read.unpaired or read.bad_bytes):
        return read.value, read.end
    text = Odd(read.value)
    text.cause = WRONG_KIND if read.unpaired else WRONG_BYTES
    return text, read.end
