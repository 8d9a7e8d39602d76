"""Whatever a server answers, or something that is none, a client fails as it says, and not for long."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import random
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc import StatusCode

from pysession.exchange.client import ExchangeClient, ExchangeError, Retries
from pysession.findings.failures import UsageError
from pysession.stores import StoreError
from pysession.v1 import exchange_pb2 as pb
from pysession.v1 import report_pb2

CALLS = 60
DATA = b'{"type":"session"}'
DIGEST = hashlib.sha256(DATA).digest()
LARGE = b"x" * 300_000
ENTRY = pb.Entry(session_id="s", etag="e", size=18, sha256=DIGEST, change_time={"seconds": 1}, immutable=True)
CONVERSION = pb.Conversion(source="python", target="dotnet@1.17.0", losses=[report_pb2.Loss(pointer="/a", kind=1)])
PAYLOAD = pb.Payload(document=pb.Document(data=DATA, sha256=DIGEST))
REPORT = report_pb2.DocumentReport(
    bytes=18,
    sha256=DIGEST,
    dialect="python",
    findings=[report_pb2.Finding(rule="x", severity=1, message="m", place={"pointer": "/a", "line": 1, "column": 2})],
    readings=[report_pb2.Reading(reader="python@1.21.0", verdict=2, stage=1, error={"type": "T", "message": "m"})],
)
ANSWERS: dict[str, list[Message]] = {
    "Put": [pb.PutResponse(entry=ENTRY)],
    "Get": [pb.GetResponse(entry=ENTRY, payload=PAYLOAD, conversion=CONVERSION)],
    "List": [pb.ListResponse(entries=[ENTRY, ENTRY])],
    "Delete": [pb.DeleteResponse(deleted=True)],
    "Check": [pb.CheckResponse(report=REPORT, accepted=True)],
    "Convert": [pb.ConvertResponse(payload=PAYLOAD, conversion=CONVERSION)],
    "Watch": [
        pb.WatchResponse(event=pb.WATCH_EVENT_READY, resume_token="t"),
        pb.WatchResponse(event=pb.WATCH_EVENT_CHANGED, entry=ENTRY, resume_token="t"),
        pb.WatchResponse(event=pb.WATCH_EVENT_DELETED, entry=ENTRY),
    ],
    "Upload": [pb.UploadResponse(entry=ENTRY)],
    "GetUpload": [pb.GetUploadResponse(offset=3, size=5, response=pb.UploadResponse(entry=ENTRY))],
    "Download": [
        pb.DownloadResponse(header=pb.DownloadHeader(entry=ENTRY, form=1, size=18, sha256=DIGEST, offset=0)),
        pb.DownloadResponse(chunk=pb.Chunk(offset=0, data=DATA)),
        pb.DownloadResponse(losses=pb.DownloadLosses(losses=CONVERSION.losses)),
        pb.DownloadResponse(trailer=pb.DownloadTrailer(sha256=DIGEST)),
    ],
}
"""What is right, by method."""
DETAILS: tuple[Message, ...] = (
    *(details.ErrorInfo(reason=reason, metadata={"limit": "9" * 5000}) for reason in ("X", "MESSAGE_TOO_LARGE")),
    details.ErrorInfo(reason="DOCUMENT_TOO_LARGE", metadata={"limit": "٣"}),
    *(details.RetryInfo(retry_delay={"seconds": seconds, "nanos": 7}) for seconds in (-5, 0, 2**60)),
    details.BadRequest(field_violations=[{"field": "/a", "description": "d", "reason": "r"}]),
)


class Hostile:
    """Answers that are nearly right, and refusals of every code with details that are nearly some."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def handler(self, method: str) -> grpc.RpcMethodHandler[bytes, bytes]:
        async def answer(messages: object, context: Any) -> None:
            if self._chance.random() < 0.35:
                await self._refuse(context)
            answers = list(ANSWERS[method])
            match self._chance.randrange(5):
                case 0:
                    self._chance.shuffle(answers)
                case 1:
                    del answers[self._chance.randrange(len(answers)) :]
                case 2:
                    answers *= 2
            for each in answers:
                await context.write(self._changed(each.SerializeToString()))

        return grpc.stream_stream_rpc_method_handler(answer)

    async def _refuse(self, context: Any) -> None:
        status = status_pb2.Status(code=self._chance.randrange(-5, 20), message="m")
        for detail in self._chance.sample(DETAILS, self._chance.randint(0, 4)):
            packed = Packed()
            packed.Pack(detail)
            packed.value = self._changed(packed.value)
            status.details.append(packed)
        trailers = (("grpc-status-details-bin", self._changed(status.SerializeToString())),)
        codes = [code for code in StatusCode if code is not StatusCode.OK]
        await context.abort(self._chance.choice(codes), self._chance.choice(("", "m", "Socket closed")), trailers)

    def _changed(self, raw: bytes) -> bytes:
        found = bytearray(raw)
        for _ in range(self._chance.choice((0, 0, 1, 2))):
            at = self._chance.randrange(len(found) + 1)
            match self._chance.randrange(3):
                case 0 if found:
                    found[at % len(found)] = self._chance.randrange(256)
                case 1:
                    del found[at:]
                case _:
                    found[at:at] = self._chance.randbytes(self._chance.randint(1, 9))
        return bytes(found)


@contextlib.asynccontextmanager
async def served(handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]]) -> AsyncIterator[str]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("pysession.v1.SessionExchange", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def first_changes(client: ExchangeClient) -> None:
    with contextlib.suppress(TimeoutError):  # a watch is taken up again for as long as it is wanted
        async with asyncio.timeout(0.2):
            async for _ in client.watch():
                pass


@pytest.mark.parametrize("seed", range(2))
def test_a_client_fails_as_it_says_whatever_is_answered(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "grpc")  # it logs what it cannot parse
    chance = random.Random(f"hostile-{seed}")
    hostile = Hostile(chance)
    calls = (
        lambda client: client.put("s", DATA),
        lambda client: client.put("s", LARGE),
        lambda client: client.get("s"),
        lambda client: client.get("s", to="dotnet"),
        lambda client: client.get("s", typed=True),
        lambda client: client.entry("s"),
        lambda client: client.delete("s"),
        lambda client: client.list(),
        lambda client: client.check(DATA),
        lambda client: client.convert(DATA, to="dotnet"),
        first_changes,
    )

    async def main() -> None:
        quick = Retries(attempts=2, first_seconds=0.001)
        async with (
            served({method: hostile.handler(method) for method in ANSWERS}) as address,
            ExchangeClient(address, timeout=0.1, retries=quick, max_bytes=len(LARGE)) as client,
        ):
            failed = 0
            for _ in range(CALLS):
                async with asyncio.timeout(20):
                    try:
                        await chance.choice(calls)(client)
                    except (StoreError, UsageError):
                        failed += 1
            assert CALLS / 3 < failed < CALLS

    asyncio.run(main())


def test_an_answer_that_is_no_message_is_told() -> None:
    async def garbage(messages: object, context: Any) -> None:
        await context.write(b"\xff")

    async def main() -> None:
        handler = grpc.stream_stream_rpc_method_handler(garbage)
        async with served(dict.fromkeys(ANSWERS, handler)) as address, ExchangeClient(address) as client:
            for call in (
                client.put("s", DATA),
                client.put("s", LARGE),
                client.get("s"),
                client.delete("s"),
                client.list(),
            ):
                with pytest.raises(ExchangeError, match="no message of an exchange"):
                    await call

    asyncio.run(main())
