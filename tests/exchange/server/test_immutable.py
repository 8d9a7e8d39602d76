"""What only grows, only grows through the server too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import Exchange, refused, running


def _document(*texts: str, **retention: object) -> bytes:
    record = {"pysession.session": {"v": 1, "retention": {**retention, "immutable": True}}}
    messages = [{"type": "message", "role": "user", "contents": [{"type": "text", "text": text}]} for text in texts]
    session = {"type": "session", "session_id": "s", "state": record | {"in_memory": {"messages": messages}}}
    return json.dumps(session).encode()


def test_a_document_that_says_it_is_immutable_is_and_takes_what_it_has_grown_to() -> None:
    async def body(exchange: Exchange) -> None:
        first = await exchange.put("s", _document("a"))
        assert first.immutable
        for other in (_document("b"), _document(), _document("b", "a")):
            refusal = await refused(exchange.put("s", other))
            assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "SESSION_IMMUTABLE")
        grown = await exchange.put("s", _document("a", "b"), if_match=first.etag)
        assert grown.immutable
        stale = await refused(exchange.put("s", _document("a", "b", "c"), if_match=first.etag))
        assert stale.code is StatusCode.ABORTED
        gone = await refused(exchange.stub.Delete(pb.DeleteRequest(session_id="s", if_match=grown.etag)))
        assert gone.reason == "SESSION_IMMUTABLE"
        assert (await exchange.get("s")).payload.document.data == _document("a", "b")

    run(body)


def test_its_end_comes_when_it_says_and_no_earlier() -> None:
    def stamp(days: float) -> Timestamp:
        found = Timestamp()
        found.FromDatetime(datetime.now(UTC) + timedelta(days=days))
        return found

    async def body(exchange: Exchange) -> None:
        first = await exchange.put("s", _document("a", ttl_days=2))
        assert abs(first.expire_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC) - timedelta(days=2)) < timedelta(
            minutes=1
        )
        refusal = await refused(exchange.put("s", _document("a", "b", ttl_days=2), expire_time=stamp(1)))
        assert refusal.reason == "SESSION_IMMUTABLE"
        later = await exchange.put("s", _document("a", "b", ttl_days=2), expire_time=stamp(3))
        assert later.expire_time.seconds > first.expire_time.seconds

    run(body)


def run(body: Callable[[Exchange], Awaitable[None]]) -> None:
    async def main() -> None:
        async with running() as exchange:
            await body(exchange)

    asyncio.run(main())
