"""JSON text as ``JsonDocument.Parse`` reads it, for documents that are not plain JSON.

It checks the grammar and decodes nothing: bytes in a string that are not UTF-8 and unpaired surrogates do no harm until
somebody wants the string. What is written again has U+FFFD for such bytes; an unpaired surrogate cannot be written.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from pysession.readers import every_member
from pysession.readers.every_member import NotJsonError, Scalars, is_object, members
from pysession.readers.meai.refusal import PARSING, WRONG_BYTES, WRONG_KIND, RefusedError
from pysession.wire import Path
from pysession.wire.text import Text

_CONTAINERS = frozenset({dict, list})


class Odd(str):
    """A string that .NET cannot decode; ``cause`` is what it would raise.

    Where it is not UTF-8, it is here what it becomes when it is written again: U+FFFD for each broken sequence.
    """

    cause: str


class Huge(float):
    """A number of more digits than an ``int`` takes, by its text."""

    text: str


def plain(value: Any) -> Any:
    """``value`` as everything else reads JSON: the last member of a name, strings and numbers as values."""
    return every_member.plain(value, _said)


def unwritable(value: Any) -> Path | None:
    """The place of a string in ``value`` that cannot be written because a surrogate in it has no other half."""
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, one = pending.pop()
        if is_object(one):
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
    """The value that ``data`` holds, objects as :class:`pysession.readers.every_member.Members`.

    Raises:
        RefusedError: ``JsonReaderException``, it is not JSON, or nested deeper than ``depth``.
    """
    try:
        return every_member.parse(data, depth, _SCALARS)
    except NotJsonError as error:
        raise RefusedError(PARSING, (), str(error)) from None


def _said(one: Any) -> Any:
    if type(one) is Odd:
        return str(one)
    return one.text if type(one) is Huge else one


def _string(raw: bytes, read: Text) -> str:
    if not (read.unpaired or read.bad_bytes):
        return read.value
    text = Odd(read.value)
    text.cause = WRONG_KIND if read.unpaired else WRONG_BYTES
    return text


def _huge(digits: str) -> Huge:
    huge = Huge("inf")
    huge.text = digits
    return huge


_SCALARS = Scalars(string=_string, long=_huge)
