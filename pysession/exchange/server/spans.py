"""A span for each call, where OpenTelemetry's API is installed (the extra ``otel``); nothing otherwise.

The caller's ``traceparent`` is gone on with. No attribute holds a document, a token or an id of a session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grpc import StatusCode

_TRACER = "pysession.exchange"
_SERVER_FAULTS = frozenset(
    {
        *(StatusCode.UNKNOWN, StatusCode.DEADLINE_EXCEEDED, StatusCode.UNIMPLEMENTED),
        *(StatusCode.INTERNAL, StatusCode.UNAVAILABLE, StatusCode.DATA_LOSS),
    }
)
"""What the conventions for RPC count as an error of the server's span."""

try:
    from opentelemetry import propagate, trace
    from opentelemetry.context import Context
except ImportError:  # the extra is not installed
    _tracer = None
else:
    # Whatever is set up later, it goes there.
    _tracer = trace.get_tracer(_TRACER)


class CallSpan:
    """The span of one call, from its beginning to :meth:`end`."""

    def __init__(self, service: str, method: str, headers: Mapping[str, str]) -> None:
        self._span: Any = None
        if _tracer is None or isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            return  # nobody has set up where spans go
        self._span = _tracer.start_span(
            f"{service}/{method}",
            context=propagate.extract(headers) if "traceparent" in headers else Context(),
            kind=trace.SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": method},
        )

    def end(self, code: StatusCode, **attributes: int | str | None) -> None:
        if self._span is None:
            return
        number, name = code.value
        self._span.set_attribute("rpc.grpc.status_code", number)
        for key, value in attributes.items():
            if value is not None:
                self._span.set_attribute(f"pysession.{key}", value)
        if code in _SERVER_FAULTS:
            self._span.set_status(trace.StatusCode.ERROR, name)
        self._span.end()
