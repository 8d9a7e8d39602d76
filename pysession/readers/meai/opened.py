"""The value of a document as .NET's parser sees it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pysession.dialects import Document
from pysession.findings import Stage
from pysession.readers.meai.refusal import RefusedError, StageError
from pysession.readers.meai.text import parse
from pysession.wire import Encoding


class Opened(msgspec.Struct, frozen=True):
    """The root value; ``is_plain`` when it is the value that ``wire.read`` gave, which the text determines no further.

    ``stands_alone``: the document's bytes are its text, so that the same bytes could come back.
    """

    root: Any
    is_plain: bool
    stands_alone: bool


def opened(document: Document, depth: int) -> Opened:
    """``JsonDocument.Parse`` of what is stored; how deep a plain value is has still to be looked at.

    Raises:
        StageError: it throws.
    """
    value = document.value[0] if document.single else document.value
    stored_as_is = not document.base
    if stored_as_is and document.embedded:
        value = document.reading.value  # a session inside a string is a string
    odd = not document.reading.readable or bool(document.reading.faults)
    if stored_as_is:
        odd = odd or document.encoding is not Encoding.JSON
    if not odd:
        return Opened(value, True, stored_as_is)
    try:
        return Opened(parse(document.data if stored_as_is else _text(document, value), depth), False, False)
    except RefusedError as error:
        raise StageError(Stage.PARSE, error.failure()) from None


def _text(document: Document, value: Any) -> bytes:
    """The text of a session that stands inside a record."""
    if document.embedded:
        found = document.reading.value
        for step in document.base:
            found = found[step]
        if isinstance(found, str):
            return found.encode("utf-8", "surrogatepass")
    return json.dumps(value).encode()
