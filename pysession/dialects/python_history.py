"""``python-history``: a FileHistoryProvider file, one message a record, or a bare list of such messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pysession.dialects.detection import SINGLE_MESSAGE, Detection, History, Json, Segment
from pysession.dialects.messages import PYTHON, holds_messages, is_message, language

if TYPE_CHECKING:
    from pysession.dialects.conversion.exchange import Exchange

NAME = "python-history"


def detect(value: Json) -> Detection | None:
    if holds_messages(value) and language(value, PYTHON) == PYTHON:
        return Detection(NAME, "messages", "it is a list of messages in Python's words")
    if is_message(value) and language([value], PYTHON) == PYTHON:
        return Detection(NAME, SINGLE_MESSAGE, "it is a single message in Python's words")
    return None


def histories(value: Json, detection: Detection) -> Iterator[History]:
    if isinstance(value, list):
        yield History("", PYTHON, (Segment((), value),))


def to_canonical(value: Json, detection: Detection, exchange: Exchange) -> dict[str, Json]:
    # Loaded on first use: a check converts nothing.
    from pysession.dialects.conversion.messages_only import session_of

    return session_of(value, exchange)
