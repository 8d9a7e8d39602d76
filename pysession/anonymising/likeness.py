"""What rules and readers see in a text, apart from what it says: an invented text must look to them as the old one did."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pysession.anonymising.times import is_like_time
from pysession.readers.go import timestamps
from pysession.readers.meai import dates, media
from pysession.readers.meai.uris import is_uri
from pysession.rules.content_family import INLINE_LIMIT, time_fault
from pysession.rules.data_uris import fault_of, payload_size, starts_data_uri
from pysession.rules.object_texts import object_text
from pysession.rules.pickles import is_pickle
from pysession.rules.secrets import secret_in, secret_under
from pysession.rules.state_family import is_module_path, names_a_dotnet_type, why_not_portable
from pysession.wire import json_text

_NAMES_OF_SECRETS = ("password", "api_key", "authorization", "token")
_SHORT = 512
"""Characters of a text that may be an id, a name, a media type, a moment."""

_ADDRESS = 8192
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,40}\Z")
_INT32, _INT64 = range(-(2**31), 2**31), range(-(2**63), 2**63)

Likeness = tuple[object, ...]


def likeness(text: str) -> Likeness:
    """What there is to see in ``text``; equal for two texts that nobody tells apart by more than what they say."""
    size = payload_size(text, INLINE_LIMIT)
    seen: list[object] = [
        secret_in(text),
        object_text(None, text),
        object_text("text", text),
        is_pickle(text),
        size,
        json_text(text) is None,
    ]
    if starts_data_uri(text):
        seen += (
            fault_of(text),
            _outcome(media.data_uri, text, None) is None,
            _outcome(media.data_uri, text, "a/b") is None,
        )
    elif len(text) <= _ADDRESS:
        seen += is_uri(text), media.inferred(text)
    if len(text) <= _SHORT:
        seen += (secret_under(name, text) for name in _NAMES_OF_SECRETS)
        seen += (
            media.is_media_type(text),
            _whole_number(text),
            names_a_dotnet_type("$type", text),
            names_a_dotnet_type("type", text),
            is_module_path(text),
            why_not_portable(text),
        )
        if is_like_time(text):
            seen += time_fault(text), *(_normal(reads, text) for reads in (dates.normalised, timestamps.normalised))
    return tuple(seen)


def _outcome(function: Callable[..., Any], *arguments: Any) -> str | None:
    try:
        function(*arguments)
    except Exception as failure:
        return type(failure).__name__
    return None


def _normal(reads: Callable[[str], str], text: str) -> str | bool:
    """Whether a reader writes a moment as it was, or what it raises."""
    try:
        return reads(text) == text
    except Exception as failure:
        return type(failure).__name__


def _whole_number(text: str) -> tuple[bool, bool] | None:
    if not _WHOLE_NUMBER.match(text):
        return None
    return int(text) in _INT32, int(text) in _INT64
