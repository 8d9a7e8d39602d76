"""The converters of System.Text.Json for values that are no objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pysession.readers.meai import dates, media
from pysession.readers.meai.refusal import (
    ARGUMENT,
    JSON,
    NULL,
    URI_FORMAT,
    WRONG_BYTES,
    WRONG_FORMAT,
    WRONG_KIND,
    RefusedError,
)
from pysession.readers.meai.text import Huge, Odd
from pysession.readers.meai.uris import is_uri
from pysession.wire import Path

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_INT32, _INT64 = range(-(2**31), 2**31), range(-(2**63), 2**63)


def wrong(path: Path, message: str, cause: str | None = WRONG_KIND, subject: str | None = None) -> RefusedError:
    """The exception for a value that cannot be converted; ``subject`` is by default the member it is the value of."""
    if subject is None:
        subject = next((step for step in reversed(path) if isinstance(step, str)), None)
    return RefusedError(JSON, path, message, cause=cause, subject=subject)


def text(value: Any, path: Path) -> str:
    """A string, decoded.

    Raises:
        RefusedError: it is none, or cannot be decoded.
    """
    if not isinstance(value, str):
        raise wrong(path, "a string is expected")
    if type(value) is Odd:
        raise wrong(path, "the string is no Unicode text", value.cause)
    return value


def _bool(value: Any, path: Path) -> bool:
    if type(value) is not bool:
        raise wrong(path, "true or false is expected")
    return value


def _int32(value: Any, path: Path) -> int:
    return _integer(value, path, _INT32)


def _int64(value: Any, path: Path) -> int:
    return _integer(value, path, _INT64)


def _integer(value: Any, path: Path, allowed: range) -> int:
    """An integer, or the text of one (``AllowReadingFromString``)."""
    if isinstance(value, str):
        if type(value) is Odd and value.cause == WRONG_BYTES:
            raise wrong(path, "the string is no integer", WRONG_FORMAT)
        digits = text(value, path)
        # A number of the range has no more digits, apart from zeros before them.
        if not _INTEGER.match(digits) or len(digits.lstrip("+-0")) > 19:
            raise wrong(path, "the string is no integer", WRONG_FORMAT)
        value = int(digits[:1].replace("+", "") + (digits[1:].lstrip("0") or "0")) if len(digits) > 1 else int(digits)
    elif type(value) is float or type(value) is Huge or (type(value) is int and value not in allowed):
        raise wrong(path, "an integer in the range of its type is expected", WRONG_FORMAT)
    elif type(value) is not int:
        raise wrong(path, "an integer is expected")
    if value not in allowed:
        raise wrong(path, "an integer in the range of its type is expected", WRONG_FORMAT)
    return value  # type: ignore[no-any-return]


def _date(value: Any, path: Path) -> str:
    if not isinstance(value, str):
        raise wrong(path, "a date as a string is expected")
    if type(value) is Odd and value.cause == WRONG_KIND and len(value) >= dates.SHORTEST:
        raise wrong(path, "the string is no Unicode text", value.cause)
    try:
        return dates.normalised(value)
    except ValueError as error:
        raise wrong(path, str(error), WRONG_FORMAT) from None


def _uri(value: Any, path: Path) -> str:
    uri = text(value, path)
    if not is_uri(uri):
        raise wrong(path, "System.Uri cannot read this URI", None)
    return uri


def _role(value: Any, path: Path) -> str:
    if value is None:
        raise RefusedError(NULL, path, "the role is null", subject="role")
    role = text(value, path)
    if media.is_blank(role):
        raise RefusedError(ARGUMENT, path, "the role is blank", subject="role")
    return role


SCALARS: dict[str, Callable[[Any, Path], Any]] = {
    "text": text,
    "media-type": text,
    "data-uri": text,
    "bool": _bool,
    "int32": _int32,
    "int64": _int64,
    "date": _date,
    "uri": _uri,
    "role": _role,
}
NOT_NULL = frozenset({"bool", "role"})
"""The types whose converters see a null."""


def checked_media_type(value: str, path: Path) -> str:
    """A media type that a constructor or setter accepts.

    Raises:
        RefusedError: it does not.
    """
    if media.is_blank(value) or not media.is_media_type(value):
        raise RefusedError(ARGUMENT, path, "this is no media type", subject=str(path[-1]))
    return value


def checked_data_uri(uri: str, default: str | None, path: Path) -> str:
    """A data URI as its class writes it.

    Raises:
        RefusedError: the constructor throws.
    """
    try:
        return media.data_uri(uri, default)
    except media.NotDataError:
        raise RefusedError(ARGUMENT, path, "this is no data URI", subject="uri") from None
    except media.MissingMediaTypeError:
        raise RefusedError(NULL, path, "the data URI says no media type", subject="uri") from None
    except ValueError:
        raise RefusedError(URI_FORMAT, path, "the data URI is broken", subject="uri") from None
