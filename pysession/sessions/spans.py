"""Spans over the life of a session, where OpenTelemetry's API is installed (the extra ``otel``); nothing otherwise.

The names and attributes are those of its conventions for generative AI; no text of the conversation is among them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_TRACER = "pysession"


@contextlib.contextmanager
def spanning(name: str, parent: Span | None = None, /, **attributes: str | None) -> Iterator[Span | None]:
    """A span while the block lasts, below ``parent`` or else below what is current; an exception is recorded in it.

    It is not made the current one: a streamed answer is taken in whatever context its reader has, and one that ends in
    another context than it began in is an error of OpenTelemetry's.
    """
    try:
        from opentelemetry import trace
    except ImportError:
        yield None
        return
    context = None if parent is None else trace.set_span_in_context(parent)
    stated = {key.replace("__", "."): value for key, value in attributes.items() if value is not None}
    span = trace.get_tracer(_TRACER).start_span(name, context, attributes=stated)
    try:
        yield span
    except Exception as error:
        span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        span.end()
