"""How messages speak of values without repeating them."""

from __future__ import annotations

from typing import Any

import jiter

from pysession.findings import format_pointer
from pysession.rules.secrets import secret_in
from pysession.wire import Path

_LONGEST = 64
"""Characters of a name that a message may repeat: an identifier's length, no text's."""

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
    """A name in quotes, cut when it is longer than a name, and left out when it is a secret."""
    return f'"{_shown(str(name))}"'


def printed(path: Path) -> str:
    """A path as a JSON Pointer whose names are shown as :func:`quoted` shows them; the root in words."""
    return format_pointer(tuple(_shown(str(step)) for step in path)) or "the root"


def _shown(name: str) -> str:
    if secret_in(name) is not None:
        return "…"
    text = name.encode("utf-8", "backslashreplace").decode()
    text = "".join(character if character.isprintable() else "�" for character in text[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def json_text(text: str) -> Any | None:
    """The object or list whose JSON text ``text`` is; None when it is none."""
    bare = text.strip()
    if not ((bare[:1] == "{" and bare[-1:] == "}") or (bare[:1] == "[" and bare[-1:] == "]")):
        return None
    try:
        return jiter.from_json(bare.encode(), allow_inf_nan=False)
    except ValueError:
        return None


def is_json_container(text: str) -> bool:
    """Whether ``text`` is the JSON text of an object or a list."""
    return json_text(text) is not None
