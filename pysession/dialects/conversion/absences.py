"""What stands for nothing on one side or the other, where more than one dialect agrees on it."""

from __future__ import annotations

from typing import Any

from pysession.dialects.conversion.absence import ABSENT
from pysession.dialects.conversion.data_uris import guessed_media_type, media_type
from pysession.dialects.conversion.mapping import Absence

EMPTY = Absence("")
FALSE = Absence(False)
TRUE = Absence(True)
NOTHING_THERE = Absence("", both=False)
"""Written where a reader of the canonical dialect wants the member too."""

NO_CONTENTS = Absence(of=lambda message: [], both=False)
"""The contents of a message that has none; .NET and Python write an empty list."""

WEB_SEARCH = "web_search"
"""The ``tool_name`` of a search in Python that .NET has kinds for; a search in files has none there."""


def mirrored(result: dict[str, Any]) -> Any:
    """What Python keeps in ``items`` beside a result that is text: the same as a content (1.0.0rc5 on)."""
    text = result.get("result", "")
    return [{"type": "text", "text": text, "additional_properties": {}}] if type(text) is str else ABSENT


def _of_uri(content: dict[str, Any]) -> Any:
    return media_type(content.get("uri")) or ABSENT


IMPLIED = {
    ("message", "type"): Absence("message"),
    ("message", "contents"): NO_CONTENTS,
    ("function_call", "hosted"): FALSE,
    ("function_approval_request", "user_input_request"): TRUE,
    ("function_result", "result"): EMPTY,
    ("function_result", "items"): Absence(of=mirrored),
    ("data", "media_type"): Absence(of=_of_uri),
    ("search_tool_call", "tool_name"): Absence(WEB_SEARCH),
    ("search_tool_result", "tool_name"): Absence(WEB_SEARCH),
}
"""Members of canonical objects that say nothing which the others do not say as well: what the newest Python release
writes of itself. ``hosted`` is written on every call from 1.22.0 on."""

MEDIA_TYPE = Absence(of=lambda content: guessed_media_type(content.get("uri")), both=False, reported=True)
