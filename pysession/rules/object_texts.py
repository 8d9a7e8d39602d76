"""Strings that are the text of an object which was lost when somebody turned it into text."""

from __future__ import annotations

import re

TRIGGER = (
    r"object at 0x|<(?:class|function|module) |\x22System\.|\[object |\x22\[?\{'|\x22b'"
    r"|\x22(?:datetime\.\w+|UUID|Decimal)\("
)
"""Occurs in the JSON text of a document (RE2) whenever one of its strings could be such a text."""

_OBJECT_TEXTS = (
    # what it is, the pattern of the whole string, whether it may be said in a conversation
    ("a Python object's repr", re.compile(r"<[^<>]{1,200} object at 0x[0-9a-fA-F]+>\Z"), False),
    ("a Python class's repr", re.compile(r"<(?:class|function|module) [^<>]{1,200}>\Z"), True),
    ("a .NET type's name", re.compile(r"System(?:[.+][A-Z]\w*){1,12}(?:`\d+(?:\[.{0,400}\])?)?(?:\[\])?\Z"), True),
    ("a JavaScript object's text", re.compile(r"\[object [A-Z]\w*\](?:,\[object [A-Z]\w*\])*\Z"), True),
    ("a Python dict's repr", re.compile(r"\[?\{'[^']*': .*\}\]?\Z", re.S), True),
    ("a Python bytes' repr", re.compile(r"b'(?=.*?\\x[0-9a-f]{2})(?:[^'\\]|\\.)*'\Z", re.S), True),
    ("a Python value's repr", re.compile(r"(?:datetime\.\w+|UUID|Decimal)\([^()]{1,200}\)\Z"), True),
)
_SAID = frozenset({"text", "content", "stdout", "stderr"})
"""Members that hold what somebody said or a command printed, which may well be such a text."""

_NAMING = re.compile(r"type|class|exception|error|namespace|assembly|module", re.I)
"""Members that name a type hold the name of a type."""


def names_a_type(name: str) -> bool:
    """Whether a member of this name holds the name of a type."""
    return _NAMING.search(name) is not None


def object_text(name: str | int | None, text: str) -> str | None:
    """What object's text ``text`` is, which stands under ``name``; None when it is none, or may be meant."""
    said = isinstance(name, str) and name.lower() in _SAID
    names = isinstance(name, str) and names_a_type(name)
    for what, pattern, may_be_meant in _OBJECT_TEXTS:
        if not (may_be_meant and (said or names)) and pattern.match(text):
            return what
    return None
