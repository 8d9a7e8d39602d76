"""Looking into the strings of a document, only when there is something to see.

A rule about text gives a :class:`Trigger`: a pattern in RE2's syntax that occurs in the JSON text whenever the rule could
be violated. All triggers are searched for together, in one pass over the bytes; only those that occur make anybody walk
over the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import re2

from pysession.survey.checks import Trigger

# A writer may escape any character. Text with escaped ASCII letters, digits or signs is searched in its plain form.
_ESCAPED_ASCII = r"\\(?:u00[2-7]|/)"

_MEMORY = 64 * 2**20
"""Bytes that RE2 may use for its automaton before it falls back to a slower one; it never gives a wrong answer."""


@cache
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = True  # only whether it occurs matters
    return re2.compile(pattern.encode(), options=options)


@cache
def _any_of(patterns: tuple[str, ...]) -> Any:
    return _compiled("|".join(f"(?:{pattern})" for pattern in patterns))


def triggered(text: bytes | None, value: Any, triggers: Sequence[Trigger]) -> list[Trigger]:
    """The triggers whose pattern occurs in the document. ``text`` is its JSON text, where it has one."""
    if not triggers:
        return []
    texts = [] if text is None else [text]
    if text is None or _compiled(_ESCAPED_ASCII).search(text):
        try:
            texts.append(msgspec.json.encode(value))
        except (TypeError, ValueError, RecursionError):
            return list(triggers)  # lone surrogates, or too deep: let every rule look for itself
    any_of_them = _any_of(tuple(trigger.pattern for trigger in triggers))
    texts = [one for one in texts if any_of_them.search(one)]
    return [trigger for trigger in triggers if any(_compiled(trigger.pattern).search(one) for one in texts)]
