"""JSON text read so that nothing of it is lost that a library may notice: every occurrence of a repeated member, strings
that it cannot decode, numbers that it cannot hold.

For documents that are not plain JSON. The grammar is the same for all; what a string or a long number is to a library is
the library's own business (:class:`Scalars`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pysession.wire import DEFAULT_LIMITS
from pysession.wire.fault import UnreadableError
from pysession.wire.text import Text, read_string

_SPACE = re.compile(rb"[ \t\r\n]*+")
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*+)((?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)")
_WORDS = {b"t": (b"true", True), b"f": (b"false", False), b"n": (b"null", None)}


class NotJsonError(Exception):
    """The bytes are no JSON text, or are nested too deep; its text says which."""


class Members:
    """An object with all its members in order, also those of one name."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        self.pairs: list[tuple[str, Any]] = []


class Scalars(msgspec.Struct, frozen=True):
    """What a library has in its hands after reading a scalar.

    ``string`` makes it from the bytes between and with the quotation marks, and what was read of them; ``long`` from the
    text of a number with more digits than an ``int`` may have.
    """

    string: Callable[[bytes, Text], str]
    long: Callable[[str], Any]


def is_object(value: Any) -> bool:
    """Whether ``value`` is a JSON object, however it was read."""
    return type(value) is dict or type(value) is Members


def members(value: Any) -> Iterable[tuple[str, Any]]:
    """The members of an object in the order in which a reader meets them."""
    return value.items() if type(value) is dict else value.pairs


def plain(value: Any, said: Callable[[Any], Any]) -> Any:
    """``value`` as everything else reads JSON: the last member of a name; ``said`` tells what a scalar is there."""
    root = [value]
    pending: list[tuple[Any, Any]] = [(root, 0)]
    while pending:
        holder, step = pending.pop()
        one = holder[step]
        if is_object(one):
            holder[step] = one = {str(name): member for name, member in members(one)}
            pending.extend((one, name) for name in one)
        elif type(one) is list:
            holder[step] = one = list(one)
            pending.extend((one, index) for index in range(len(one)))
        else:
            holder[step] = said(one)
    return root[0]


def parse(data: bytes, depth: int, scalars: Scalars) -> Any:
    """The value that ``data`` holds, objects as :class:`Members`.

    Raises:
        NotJsonError: it is not JSON, or nested deeper than ``depth``.
    """
    open_: list[Any] = []
    names: list[str] = []
    at = _space(data, 0)
    while True:
        first = data[at : at + 1]
        value: Any
        if first in (b"[", b"{"):
            if len(open_) >= depth:
                raise NotJsonError(f"arrays and objects are nested more than {depth} deep")
            container: Any = [] if first == b"[" else Members()
            at = _space(data, at + 1)
            if data[at : at + 1] != (b"]" if first == b"[" else b"}"):
                open_.append(container)
                if first == b"{":
                    at = _name(data, at, names, scalars)
                continue
            value, at = container, at + 1
        else:
            value, at = _scalar(data, at, first, scalars)
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
                    at = _name(data, at, names, scalars)
                break
            if following != (b"]" if type(parent) is list else b"}"):
                raise NotJsonError("after a value there is neither a comma nor the end of its array or object")
            value, at = open_.pop(), at + 1
        else:
            if _space(data, at) != len(data):
                raise NotJsonError("something follows the JSON value")
            return value


def _space(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return match.end() if match else at


def _name(data: bytes, at: int, names: list[str], scalars: Scalars) -> int:
    """Read a name and its colon; where the value begins."""
    name, at = _string(data, at, scalars)
    at = _space(data, at)
    if data[at : at + 1] != b":":
        raise NotJsonError("a member name is not followed by a colon")
    names.append(name)
    return _space(data, at + 1)


def _scalar(data: bytes, at: int, first: bytes, scalars: Scalars) -> tuple[Any, int]:
    if first == b'"':
        return _string(data, at, scalars)
    if first in _WORDS:
        word, value = _WORDS[first]
        if data.startswith(word, at):
            return value, at + len(word)
    match = _NUMBER.match(data, at)
    if match is None:
        raise NotJsonError("a value begins with nothing that a JSON value begins with, or is not complete")
    if len(match[1]) > DEFAULT_LIMITS.digits:
        return scalars.long(match[0].decode()), match.end()
    return (float if match[2] else int)(match[0]), match.end()


def _string(data: bytes, at: int, scalars: Scalars) -> tuple[str, int]:
    if data[at : at + 1] != b'"':
        raise NotJsonError("a member name or a string is missing")
    try:
        read = read_string(data, at)
    except UnreadableError:
        raise NotJsonError(
            "a string has no end, a control character in it, or an escape that JSON does not have"
        ) from None
    return scalars.string(data[at : read.end], read), read.end
