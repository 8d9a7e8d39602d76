"""The message that a summary becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pysession.pruning.strategies import PruningError

MARK = "_pysession_summary"
"""Among the properties of a summary, how many messages it stands for. Marks of frameworks begin with an underscore too."""

HEADING = "Summary of the conversation so far:\n"
"""What the model is told before the summary: it stands in a message of the user, who never said it.

The role is the user's because every service lets a conversation begin with one, and a call may follow it.
"""

_EXTENSIONS = ("additional_properties", "additionalProperties", "AdditionalProperties")


def is_summary(message: Any) -> bool:
    """Whether the message is a summary that a pruning has made."""
    return isinstance(message, dict) and any(
        isinstance(message.get(name), dict) and MARK in message[name] for name in _EXTENSIONS
    )


def summary_text(answer: Any) -> str:
    """The words of what a summariser answered: a text, or something with a text (a message, an answer of a model).

    Raises:
        PruningError: it says nothing.
    """
    text = answer if isinstance(answer, str) else _text_of(answer)
    if not isinstance(text, str) or not text.strip():
        raise PruningError(f"the summariser gave no text but {type(answer).__name__}; nothing was removed")
    return text


def _text_of(answer: Any) -> Any:
    if isinstance(answer, Mapping):
        contents = answer.get("contents") or answer.get("content") or ()
        return "\n".join(
            one if isinstance(one, str) else one["text"]
            for one in ((contents,) if isinstance(contents, str) else contents)
            if isinstance(one, str) or (isinstance(one, Mapping) and isinstance(one.get("text"), str))
        )
    return getattr(answer, "text", None)
