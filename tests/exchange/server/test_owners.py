"""A session belongs to an owner: for anybody else it is as if it were not there, in every call."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from pysession.exchange.server import Server, Settings
from pysession.findings.failures import UsageError
from pysession.stores import open_store
from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import (
    ADA,
    BOB,
    CHUNK,
    UPLOAD_ID,
    Exchange,
    Refused,
    bearer,
    chunks,
    put_request,
    refused,
    running,
    tokens_file,
    trailer,
    upload_header,
)

PAST = "a-token-that-has-expired-01"
SOON_PAST = "a-token-that-will-expire-01"
DATA = b"x" * (3 * CHUNK)
SECRET = "s"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tokens_file(tmp_path, ada=ADA, bob=BOB)
    with path.open("a") as file:
        file.write(f'[[token]]\nowner = "ada"\ntoken = "{PAST}"\nexpires = 2020-01-01T00:00:00Z\n')
    return path


Call = Callable[[Exchange, "tuple[tuple[str, str], ...]"], Any]
"""A call about the session "s", with some metadata."""


async def _first(stream: AsyncIterator[Any]) -> Any:
    async for message in stream:
        return message
    return None


CALLS: dict[str, Call] = {
    "Put": lambda one, who: one.stub.Put(put_request(SECRET, b"2", if_match="x"), metadata=who),
    "Get": lambda one, who: one.stub.Get(pb.GetRequest(session_id=SECRET), metadata=who),
    "Get converted": lambda one, who: one.stub.Get(pb.GetRequest(session_id=SECRET, target="dotnet"), metadata=who),
    "List": lambda one, who: one.stub.List(pb.ListRequest(), metadata=who),
    "Delete": lambda one, who: one.stub.Delete(pb.DeleteRequest(session_id=SECRET), metadata=who),
    "Check": lambda one, who: one.stub.Check(pb.CheckRequest(session_id=SECRET), metadata=who),
    "Convert": lambda one, who: one.stub.Convert(pb.ConvertRequest(session_id=SECRET, target="go"), metadata=who),
    "Watch": lambda one, who: _first(one.stub.Watch(pb.WatchRequest(), metadata=who)),
    "Upload": lambda one, who: one.stub.Upload(iter([upload_header(SECRET, DATA)]), metadata=who),
    "GetUpload": lambda one, who: one.stub.GetUpload(pb.GetUploadRequest(upload_id=UPLOAD_ID), metadata=who),
    "Download": lambda one, who: _first(one.stub.Download(pb.DownloadRequest(session_id=SECRET), metadata=who)),
}
ABOUT_ONE = [name for name in CALLS if name not in ("Put", "List", "Watch", "Upload", "GetUpload")]

STRANGERS = {
    "no token": (),
    "an unknown token": bearer("a-token-that-nobody-knows-1"),
    "an expired token": bearer(PAST),
    "a token cut short": bearer(ADA[:-1]),
    "an empty token": bearer(""),
    "another scheme": (("authorization", f"Basic {ADA}"),),
    "no scheme": (("authorization", ADA),),
    "another header": (("x-token", ADA),),
}


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
def test_without_a_token_that_holds_no_call_is_answered(who: tuple[tuple[str, str], ...], tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put(SECRET, DATA, ADA)
        refusals = {name: await refused(call(exchange, who)) for name, call in CALLS.items()}
        assert {str(refusal) for refusal in refusals.values()} == {
            "UNAUTHENTICATED TOKEN_INVALID: a token that the server knows and that has not expired is needed: "
            "'authorization: Bearer TOKEN'"
        }

    run(body, tokens)


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_the_session_of_another_is_not_found_in_the_very_words_in_which_none_is(name: str, tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        nowhere = await refused(CALLS[name](exchange, bearer(BOB)))
        await exchange.put(SECRET, DATA, ADA, immutable=True)
        foreign = await refused(CALLS[name](exchange, bearer(BOB)))
        assert (foreign.code, foreign.reason) == (StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
        assert _without_ids(foreign) == _without_ids(nowhere)
        assert (await exchange.get(SECRET, ADA)).payload.document.data == DATA

    run(body, tokens)


def test_two_owners_keep_two_sessions_under_one_id(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        ada = await exchange.put(SECRET, b"ada's", ADA)
        bob = await exchange.put(SECRET, b"bob's", BOB, create_only=True)
        assert ada.etag != bob.etag
        stolen = await refused(exchange.put(SECRET, b"taken", BOB, if_match=ada.etag))
        assert stolen.code is StatusCode.ABORTED
        assert stolen.metadata["etag"] == bob.etag
        await exchange.stub.Delete(pb.DeleteRequest(session_id=SECRET), metadata=bearer(BOB))
        assert (await exchange.get(SECRET, ADA)).payload.document.data == b"ada's"

    run(body, tokens)


def test_a_list_holds_the_callers_sessions_only_with_whatever_page_token(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        for number in range(3):
            await exchange.put(f"a{number}", b"1", ADA)
            await exchange.put(f"b{number}", b"1", BOB)
        page = await exchange.stub.List(pb.ListRequest(page_size=1), metadata=bearer(ADA))
        for request in (pb.ListRequest(), pb.ListRequest(page_token=page.next_page_token), pb.ListRequest(prefix="a")):
            found = await exchange.stub.List(request, metadata=bearer(BOB))
            assert all(entry.session_id.startswith("b") for entry in found.entries)

    run(body, tokens)


def test_an_upload_of_another_cannot_be_seen_gone_on_with_or_ended(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        half = [upload_header(SECRET, DATA), *chunks(DATA, 0, 2 * CHUNK)]
        assert (await refused(exchange.upload(half, ADA))).reason == "UPLOAD_ENDED"
        status = pb.GetUploadRequest(upload_id=UPLOAD_ID)
        assert (await exchange.stub.GetUpload(status, metadata=bearer(ADA))).offset == 2 * CHUNK
        assert (await refused(exchange.stub.GetUpload(status, metadata=bearer(BOB)))).code is StatusCode.NOT_FOUND
        rest = [upload_header(SECRET, DATA, offset=2 * CHUNK), *chunks(DATA, 2 * CHUNK), trailer(DATA)]
        assert (await refused(exchange.upload(rest, BOB))).reason == "CHUNK_GAP"
        await exchange.upload(rest, ADA)
        assert (await exchange.get(SECRET, ADA)).payload.document.data == DATA
        # Of what bob began under the same id nothing has come, and what was answered to ada is not answered to bob.
        bobs = await exchange.stub.GetUpload(status, metadata=bearer(BOB))
        assert (bobs.offset, bobs.HasField("response")) == (0, False)
        assert (await refused(exchange.get(SECRET, BOB))).code is StatusCode.NOT_FOUND

    run(body, tokens)


def test_a_key_of_another_gives_no_answer_of_theirs(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        ada = await exchange.put(SECRET, b"1", ADA, idempotency_key="k")
        bob = await exchange.put(SECRET, b"1", BOB, idempotency_key="k")
        assert ada.etag != bob.etag

    run(body, tokens)


def test_a_watch_tells_of_the_callers_sessions_only(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        watch = exchange.stub.Watch(pb.WatchRequest(), metadata=bearer(BOB))
        assert (await watch.read()).event == pb.WATCH_EVENT_READY
        await exchange.put("ada's", b"1", ADA)
        await exchange.stub.Delete(pb.DeleteRequest(session_id="ada's"), metadata=bearer(ADA))
        # What another program writes is found in another way, and so is what was before the watch.
        await exchange.store.put("ada's too", b"1", owner="ada")
        await asyncio.sleep(0.3)
        await exchange.put("bob's", b"1", BOB)
        past = exchange.stub.Watch(pb.WatchRequest(since=Timestamp(seconds=1)), metadata=bearer(BOB), timeout=20)
        assert (await past.read()).event == pb.WATCH_EVENT_READY
        for each in (watch, past):
            assert (await each.read()).entry.session_id == "bob's"
            each.cancel()

    run(body, tokens, watch_seconds=0.05)


def test_a_foreign_session_takes_no_other_time_than_none(tokens: Path, tmp_path: Path) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put(SECRET, DATA, ADA)
        took: dict[str, list[float]] = {SECRET: [], "t": []}
        for _ in range(200):
            for session_id, times in took.items():
                began = time.perf_counter()
                await refused(exchange.get(session_id, BOB))
                times.append(time.perf_counter() - began)
        foreign, none = (statistics.median(times) for times in took.values())
        assert 0.6 < foreign / none < 1.6

    run(body, tokens, f"sqlite:///{tmp_path}/s.db")


def test_tokens_are_read_again_and_a_file_that_is_wrong_changes_nothing(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put(SECRET, b"1", ADA)
        tokens.write_text(f'[[token]]\nowner = "bob"\ntoken = "{BOB}"\n')
        exchange.server.reload_tokens()
        assert (await refused(exchange.get(SECRET, ADA))).code is StatusCode.UNAUTHENTICATED
        assert (await refused(exchange.get(SECRET, BOB))).code is StatusCode.NOT_FOUND
        tokens.write_text("nonsense")
        exchange.server.reload_tokens()
        assert (await refused(exchange.get(SECRET, BOB))).code is StatusCode.NOT_FOUND

    run(body, tokens)


def test_a_watch_and_an_upload_end_with_the_token_that_began_them(tokens: Path) -> None:
    async def body(exchange: Exchange) -> None:
        watch = exchange.stub.Watch(pb.WatchRequest(), metadata=bearer(ADA))
        assert (await watch.read()).event == pb.WATCH_EVENT_READY
        call = exchange.stub.Upload(metadata=bearer(ADA))
        await call.write(upload_header(SECRET, DATA))
        while not await _begun(exchange):
            await asyncio.sleep(0.01)
        tokens.write_text(f'[[token]]\nowner = "ada"\ntoken = "{BOB}"\n')
        exchange.server.reload_tokens()
        await exchange.put("other", b"1", BOB)
        assert (await refused(watch.read())).reason == "TOKEN_INVALID"
        with contextlib.suppress(asyncio.InvalidStateError):  # the call may be over before everything is written
            for chunk in chunks(DATA):
                await call.write(pb.UploadRequest.FromString(chunk))
            await call.write(trailer(DATA))
        assert (await refused(call)).reason == "TOKEN_INVALID"
        assert (await refused(exchange.get(SECRET, BOB))).code is StatusCode.NOT_FOUND

    run(body, tokens)


def test_a_watch_ends_when_its_token_expires_though_nothing_happens(tokens: Path) -> None:
    expires = datetime.now(UTC) + timedelta(seconds=2)
    with tokens.open("a") as file:
        file.write(f'[[token]]\nowner = "ada"\ntoken = "{SOON_PAST}"\nexpires = {expires.isoformat()}\n')

    async def body(exchange: Exchange) -> None:
        watches = [exchange.stub.Watch(pb.WatchRequest(), metadata=bearer(token)) for token in (SOON_PAST, ADA)]
        for watch in watches:
            assert (await watch.read()).event == pb.WATCH_EVENT_READY
        refusal = await asyncio.wait_for(refused(watches[0].read()), 20)
        assert (refusal.code, refusal.reason) == (StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
        assert datetime.now(UTC) >= expires
        await exchange.put("s", b"1", ADA)
        assert (await watches[1].read()).entry.session_id == "s"

    run(body, tokens)


async def _begun(exchange: Exchange) -> bool:
    try:
        await CALLS["GetUpload"](exchange, bearer(ADA))
    except grpc.aio.AioRpcError:
        return False
    return True


def _without_ids(refusal: Refused) -> str:
    refusal.details.pop("RequestInfo")
    return repr(refusal)


def run(body: Callable[[Exchange], Any], tokens: Path, store: str = "memory:", **settings: Any) -> None:
    async def main() -> None:
        async with running(store, tokens=tokens, **settings) as exchange:
            await body(exchange)

    asyncio.run(main())


@pytest.mark.parametrize("owner", ["pysession.shared-state", "pysession.removals"])
def test_nobody_is_served_the_documents_that_the_package_keeps_for_itself(owner: str) -> None:
    with pytest.raises(UsageError, match="documents of this package's own"):
        Server(open_store("memory:"), Settings(address="127.0.0.1:0", owner=owner))
