"""How messages speak of values without repeating them."""

from __future__ import annotations

import re
from typing import Any

from pysession.findings import format_pointer
from pysession.rules.secrets import secret_in
from pysession.wire import Path, json_text

_LONGEST = 64
"""Characters of a name that a message may repeat: an identifier's length, no text's."""

_IDENTIFIER = re.compile(r"[\w$.:@/+~|() -]*\Z")
"""What names consist of. A text with anything else in it is somebody's words, or worse, and is not repeated."""

_TYPES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    dict: "an object",
    list: "an array",
    type(None): "null",
}


def json_type(value: Any) -> str:
    """``an object``, ``null``, …"""
    return _TYPES.get(type(value), type(value).__name__)


def quoted(name: Any) -> str:
    """A name in quotes, cut when it is longer than a name, and left out when it is a secret or no name."""
    return f'"{_shown(str(name))}"'


def printed(path: Path) -> str:
    """A path as a JSON Pointer whose names are shown as :func:`quoted` shows them; the root in words."""
    return format_pointer(tuple(_shown(str(step)) for step in path)) or "the root"


def _shown(name: str) -> str:
    if secret_in(name) is not None or not _IDENTIFIER.match(name):
        return "…"
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def is_json_container(text: str) -> bool:
    """Whether ``text`` is the JSON text of an object or a list."""
    return json_text(text) is not None
