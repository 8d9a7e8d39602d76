"""A span for each call, in the trace of the one who calls, without anything of the session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pysession.exchange.server import spans as call_spans
from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import Exchange, refused, running

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(call_spans, "_tracer", provider.get_tracer("test"))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


def test_a_call_is_a_span_of_the_server_in_the_callers_trace(spans: InMemorySpanExporter) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("the-session-id", b"what-the-user-said")
        request = pb.GetRequest(session_id="the-session-id")
        await exchange.stub.Get(request, metadata=(("traceparent", PARENT),))
        await refused(exchange.get("never"))

    found = _after(body, spans, 3)
    put, get, missing = found
    assert [span.name for span in found] == [f"pysession.v1.SessionExchange/{name}" for name in ("Put", "Get", "Get")]
    assert all(span.kind is trace.SpanKind.SERVER for span in found)
    assert get.context is not None
    assert get.parent is not None
    assert f"{get.context.trace_id:032x}-{get.parent.span_id:016x}" in PARENT
    assert put.parent is None
    assert dict(get.attributes or {}) | {
        "rpc.system": "grpc",
        "rpc.service": "pysession.v1.SessionExchange",
        "rpc.method": "Get",
        "rpc.grpc.status_code": 0,
    } == dict(get.attributes or {})
    assert (missing.attributes or {})["rpc.grpc.status_code"] == 5
    # That a session is not there is the client's affair.
    assert not missing.status.is_ok or missing.status.status_code is trace.StatusCode.UNSET
    told = "".join(span.to_json() for span in found)
    assert "the-session-id" not in told
    assert "what-the-user-said" not in told


def test_what_the_server_fails_with_is_an_error_of_its_span(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(exchange: Exchange) -> None:
        monkeypatch.setattr(exchange.store, "get", None)
        refusal = await refused(exchange.get("s"))
        assert refusal.code.name == "INTERNAL"
        assert refusal.message == "the server failed; its log says more under the id of this request"

    (span,) = _after(body, spans, 1)
    assert span.status.status_code is trace.StatusCode.ERROR


def _after(body: object, spans: InMemorySpanExporter, count: int) -> list[ReadableSpan]:
    async def main() -> None:
        async with running() as exchange:
            await body(exchange)  # type: ignore[operator]
            for _ in range(100):
                if len(spans.get_finished_spans()) >= count:
                    return
                await asyncio.sleep(0.02)

    asyncio.run(main())
    found = spans.get_finished_spans()
    assert len(found) == count
    return sorted(found, key=lambda span: span.start_time or 0)
