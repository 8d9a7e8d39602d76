"""The typed session goes in and out as the document that it stands for; .NET's goes out as Python's, and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from grpc import StatusCode

import pysession
from pysession.exchange.server import Limits, Policy
from pysession.v1 import exchange_pb2 as pb
from pysession.v1 import session_pb2
from tests.exchange.server.running import Exchange, chunks, refused, running, trailer, upload_header

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden"
SESSIONS = {
    str(path.relative_to(GOLDEN)): path
    for dialect in ("python", "dotnet", "go", "durable")
    for path in sorted((GOLDEN / dialect).rglob("*.json"))[::12]
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_document_is_fetched_typed_and_a_typed_session_as_its_document(name: str) -> None:
    async def body(exchange: Exchange) -> None:
        data = SESSIONS[name].read_bytes()
        await exchange.put("s", data)
        typed = (await exchange.get("s", form=pb.FORM_SESSION)).payload.session
        assert session_pb2.Session.FromString(pysession.to_proto(data)) == typed
        put = await exchange.stub.Put(pb.PutRequest(session_id="t", payload=pb.Payload(session=typed)))
        got = await exchange.get("t")
        document = got.payload.document.data
        assert _exact(document) == _exact(data)
        assert put.entry.sha256 == got.entry.sha256 == sha256(document).digest()

    run(body)


def test_a_typed_session_goes_in_chunks_too() -> None:
    async def body(exchange: Exchange) -> None:
        text = " ".join(map(str, range(60_000)))
        data = pysession.from_proto(pysession.to_proto(_session(text)))
        blob = pysession.to_proto(data)
        entry = (
            await exchange.upload([upload_header("s", blob, form=pb.FORM_SESSION), *chunks(blob), trailer(blob)])
        ).entry
        assert (entry.size, entry.sha256) == (len(data), sha256(data).digest())
        request = pb.DownloadRequest(session_id="s", form=pb.FORM_SESSION)
        parts = [part async for part in exchange.stub.Download(request)]
        assert b"".join(part.chunk.data for part in parts) == blob
        assert parts[0].header.size == len(blob)
        assert parts[0].header.sha256 == parts[-1].trailer.sha256 == sha256(blob).digest()
        assert parts[0].header.entry.sha256 == entry.sha256

    run(body)


def test_a_session_of_dotnet_is_pulled_as_pythons_and_comes_back_without_a_loss() -> None:
    async def body(exchange: Exchange) -> None:
        for path in sorted((GOLDEN / "dotnet").rglob("1.17.0/*.json")):
            data = path.read_bytes()
            await exchange.put("s", data)
            python = await exchange.get("s", target="python", form=pb.FORM_SESSION)
            assert python.conversion.source == "dotnet"
            assert all(loss.recoverable for loss in python.conversion.losses), path.name
            await exchange.stub.Put(pb.PutRequest(session_id="back", payload=python.payload))
            back = await exchange.get("back", target="dotnet@1.17.0")
            assert _exact(back.payload.document.data) == _exact(data), path.name

    run(body)


def test_losses_of_a_download_follow_its_chunks() -> None:
    async def body(exchange: Exchange) -> None:
        contents = [{"type": "text", "text": "x", "unheard_of": number} for number in range(500)]
        message = {"type": "message", "role": "user", "contents": contents}
        state = {"in_memory": {"messages": [message]}}
        data = json.dumps({"type": "session", "session_id": "s", "state": state}).encode()
        await exchange.put("s", data)
        request = pb.DownloadRequest(session_id="s", target="dotnet")
        parts = [part async for part in exchange.stub.Download(request)]
        kinds = [part.WhichOneof("part") for part in parts]
        assert kinds[0] == "header"
        assert kinds[-1] == "trailer"
        assert kinds.count("losses") >= 2
        assert kinds.index("losses") > max(at for at, kind in enumerate(kinds) if kind == "chunk")
        losses = [loss for part in parts for loss in part.losses.losses]
        expected = pysession.convert(data, to="dotnet").losses
        assert [(loss.pointer, loss.recoverable) for loss in losses] == [
            (loss.pointer, loss.recoverable) for loss in expected
        ]
        assert not parts[0].header.conversion.losses

    run(body)


NONE = {
    "nothing": session_pb2.Session(),
    "a field that nobody knows": session_pb2.Session.FromString(b"\xf8\xff\x07\x01"),
}


@pytest.mark.parametrize("session", NONE.values(), ids=NONE)
def test_a_typed_session_that_stands_for_no_document_is_an_invalid_argument(session: session_pb2.Session) -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.stub.Put(pb.PutRequest(session_id="s", payload=pb.Payload(session=session))))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "NOT_A_SESSION")
        blob = b"\xff" * 100_000
        whole = [upload_header("s", blob, form=pb.FORM_SESSION), *chunks(blob), trailer(blob)]
        refusal = await refused(exchange.upload(whole))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "NOT_A_SESSION")

    run(body)


def test_a_typed_session_that_could_not_be_typed_again_is_not_stored() -> None:
    async def body(exchange: Exchange) -> None:
        texts = {"digits": "7" * 4300, "in a string": "8" * 5000}
        data = json.dumps({"type": "session", "session_id": "s", "state": texts}).encode()
        blob = pysession.to_proto(data.replace(b'"' + b"7" * 4300 + b'"', b"7" * 4300))
        longer = session_pb2.Session.FromString(blob)
        await exchange.stub.Put(pb.PutRequest(session_id="s", payload=pb.Payload(session=longer)))
        assert (await exchange.get("s", form=pb.FORM_SESSION)).payload.session == longer
        longer.state.entries[0].value.number_text += "7"
        refusal = await refused(exchange.stub.Put(pb.PutRequest(session_id="s", payload=pb.Payload(session=longer))))
        assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_COMPLEX")
        assert refusal.metadata == {"digits": "4300"}

    run(body)


def test_a_typed_session_is_judged_as_its_document() -> None:
    async def body(exchange: Exchange) -> None:
        blob = pysession.to_proto(b'{"some": "json"}')
        payload = pb.Payload(session=session_pb2.Session.FromString(blob))
        refusal = await refused(exchange.stub.Put(pb.PutRequest(session_id="s", payload=payload)))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "NOT_A_SESSION")
        answer = await exchange.stub.Check(pb.CheckRequest(payload=payload))
        assert (answer.report.dialect, answer.accepted) == ("unknown", False)

    run(body, policy=Policy())


def test_what_cannot_be_typed_is_told_apart() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("twice", b'{"type":"session","type":"session","state":{}}')
        await exchange.put("no json", b"{")
        await exchange.store.put("deep", b"[" * 200 + b"]" * 200)
        expected = {
            "twice": (StatusCode.FAILED_PRECONDITION, "NOT_CONVERTIBLE"),
            "no json": (StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED"),
            "deep": (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_COMPLEX"),
        }
        for session_id, outcome in expected.items():
            refusal = await refused(exchange.get(session_id, form=pb.FORM_SESSION))
            assert (refusal.code, refusal.reason) == outcome

    run(body, limits=Limits(depth=100))


def _session(text: str) -> bytes:
    message = {"type": "message", "role": "user", "contents": [{"type": "text", "text": text}]}
    return json.dumps({"type": "session", "session_id": "s", "state": {"in_memory": {"messages": [message]}}}).encode()


def _exact(data: bytes) -> Any:
    """The value, with the order of members and the spelling of numbers."""
    return json.loads(data, object_pairs_hook=list, parse_int=str, parse_float=lambda text: ["float", float(text)])


def run(body: Callable[[Exchange], Any], **settings: Any) -> None:
    async def main() -> None:
        async with running(**settings) as exchange:
            await body(exchange)

    asyncio.run(main())
