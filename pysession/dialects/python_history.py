"""``python-history``: a FileHistoryProvider file, one message a record, or a bare list of such messages."""

from __future__ import annotations

from collections.abc import Iterator

from pysession.dialects.detection import SINGLE_MESSAGE, Detection, History, Json, Segment
from pysession.dialects.messages import PYTHON, holds_messages, is_message, language

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
