"""One session: put, fetched, listed, removed, and what stands against it."""

from __future__ import annotations

import asyncio
import base64
import logging
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from pysession.v1 import exchange_pb2 as pb
from tests.exchange.server.running import Exchange, refused, running

# Whatever these are to a reader, to the exchange they are bytes.
DOCUMENT = b'\xef\xbb\xbf {"type":"session","session_id":"s","n":1.0,"n":1e400,"state":{"in_memory":{"messages":[]}}}\n'
PYTHON = (
    b'{"type":"session","session_id":"s1","service_session_id":null,"state":{"in_memory":{"messages":'
    b'[{"type":"message","role":"user","contents":[{"type":"text","text":"hi"}]}]}}}'
)


def test_what_is_put_comes_back_byte_for_byte() -> None:
    async def body(exchange: Exchange) -> None:
        entry = await exchange.put("s", DOCUMENT)
        got = await exchange.get("s")
        assert got.payload.document.data == DOCUMENT
        assert got.payload.document.sha256 == sha256(DOCUMENT).digest()
        assert got.entry == entry
        assert (entry.session_id, entry.size, entry.sha256) == ("s", len(DOCUMENT), sha256(DOCUMENT).digest())
        assert entry.etag
        assert abs(entry.change_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)) < timedelta(seconds=30)
        assert not entry.HasField("expire_time")

    run(body)


def test_a_writer_with_the_etag_replaces_and_one_with_an_older_etag_is_aborted() -> None:
    async def body(exchange: Exchange) -> None:
        first = await exchange.put("s", b"1")
        second = await exchange.put("s", b"2", if_match=first.etag)
        assert second.etag != first.etag
        refusal = await refused(exchange.put("s", b"3", if_match=first.etag))
        assert (refusal.code, refusal.reason) == (StatusCode.ABORTED, "ETAG_MISMATCH")
        assert refusal.metadata["etag"] == second.etag
        gone = await refused(exchange.put("never", b"3", if_match=first.etag))
        assert (gone.code, gone.reason) == (StatusCode.ABORTED, "ETAG_MISMATCH")
        assert (await exchange.get("s")).payload.document.data == b"2"

    run(body)


@pytest.mark.parametrize("store", ["memory:", "sqlite"])
def test_of_many_writers_with_one_etag_exactly_one_wins(store: str, tmp_path: Path) -> None:
    url = store if store == "memory:" else f"sqlite:///{tmp_path}/s.db"

    async def body(exchange: Exchange) -> None:
        etag = (await exchange.put("s", b"0")).etag
        for size in (10, 100_000):
            writes = (exchange.put("s", b"%d" % number * size, if_match=etag) for number in range(1, 9))
            outcomes = await asyncio.gather(*writes, return_exceptions=True)
            won = [outcome for outcome in outcomes if isinstance(outcome, pb.Entry)]
            lost = [refusal for refusal in outcomes if isinstance(refusal, Exception)]
            assert len(won) == 1
            assert {getattr(error, "code", lambda: None)() for error in lost} == {StatusCode.ABORTED}
            etag = won[0].etag
            assert (await exchange.get("s")).entry.etag == etag

    run(body, url)


def test_of_writers_through_two_servers_on_one_store_exactly_one_wins(tmp_path: Path) -> None:
    async def body(exchange: Exchange) -> None:
        async with running(f"sqlite:///{tmp_path}/s.db") as other:
            etag = (await exchange.put("s", b"0")).etag
            for round_ in range(10):
                writes = (one.put("s", b"%d" % round_, if_match=etag) for one in (exchange, other) for _ in range(3))
                outcomes = await asyncio.gather(*writes, return_exceptions=True)
                (won,) = (outcome for outcome in outcomes if isinstance(outcome, pb.Entry))
                etag = won.etag
            assert (await other.get("s")).entry.etag == etag

    run(body, f"sqlite:///{tmp_path}/s.db")


def test_of_many_who_make_a_session_exactly_one_does() -> None:
    async def body(exchange: Exchange) -> None:
        writes = (exchange.put("s", b"%d" % number, create_only=True) for number in range(8))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert sum(isinstance(outcome, pb.Entry) for outcome in outcomes) == 1
        refusal = await refused(exchange.put("s", b"9", create_only=True))
        assert (refusal.code, refusal.reason) == (StatusCode.ALREADY_EXISTS, "SESSION_EXISTS")

    run(body)


def test_an_immutable_session_is_changed_by_no_call() -> None:
    async def body(exchange: Exchange) -> None:
        etag = (await exchange.put("s", PYTHON, immutable=True)).etag
        other = PYTHON.replace(b"hi", b"ho")
        for call in (
            exchange.put("s", other),
            exchange.put("s", other, if_match=etag),
            exchange.stub.Delete(pb.DeleteRequest(session_id="s")),
            exchange.stub.Delete(pb.DeleteRequest(session_id="s", if_match=etag, allow_missing=True)),
        ):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "SESSION_IMMUTABLE")
            assert refusal.details["PreconditionFailure"].violations[0].type == "IMMUTABLE"
        got = await exchange.get("s")
        assert (got.payload.document.data, got.entry.etag, got.entry.immutable) == (PYTHON, etag, True)

    run(body)


def test_an_immutable_session_that_is_put_again_as_it_is_stays_what_it_was() -> None:
    async def body(exchange: Exchange) -> None:
        first = await exchange.put("s", PYTHON, immutable=True)
        for options in ({"immutable": True}, {}, {"if_match": first.etag}):
            again = await exchange.put("s", PYTHON, **options)
            assert (again.etag, again.size, again.immutable) == (first.etag, len(PYTHON), True)
        later = await refused(exchange.put("s", PYTHON, expire_time=_stamp(datetime.now(UTC) + timedelta(days=1))))
        assert later.reason == "SESSION_IMMUTABLE"

    run(body)


def test_a_session_is_gone_when_it_expires_and_cannot_be_born_expired() -> None:
    async def body(exchange: Exchange) -> None:
        soon = _stamp(datetime.now(UTC) + timedelta(seconds=0.3))
        entry = await exchange.put("s", b"1", expire_time=soon)
        assert entry.expire_time.ToMilliseconds() == soon.ToMilliseconds()
        await asyncio.sleep(0.5)
        assert (await refused(exchange.get("s"))).code is StatusCode.NOT_FOUND
        past = await refused(exchange.put("s", b"1", expire_time=soon))
        assert (past.code, past.reason) == (StatusCode.INVALID_ARGUMENT, "EXPIRY_PAST")

    run(body)


def test_a_session_is_removed_once() -> None:
    async def body(exchange: Exchange) -> None:
        entry = await exchange.put("s", b"1")
        refusal = await refused(exchange.stub.Delete(pb.DeleteRequest(session_id="s", if_match="other")))
        assert refusal.code is StatusCode.ABORTED
        assert (await exchange.stub.Delete(pb.DeleteRequest(session_id="s", if_match=entry.etag))).deleted
        refusal = await refused(exchange.stub.Delete(pb.DeleteRequest(session_id="s")))
        assert (refusal.code, refusal.reason) == (StatusCode.NOT_FOUND, "SESSION_NOT_FOUND")
        assert refusal.details["ResourceInfo"].resource_name == "s"
        assert not (await exchange.stub.Delete(pb.DeleteRequest(session_id="s", allow_missing=True))).deleted

    run(body)


def test_a_list_goes_by_pages_and_by_prefix_and_by_time() -> None:
    async def body(exchange: Exchange) -> None:
        for number in range(25):
            await exchange.put(f"a/{number:02}", b"%d" % number)
        await exchange.put("b", b"1")
        found: list[str] = []
        request = pb.ListRequest(prefix="a/", page_size=10)
        while True:
            page = await exchange.stub.List(request)
            assert len(page.entries) <= 10
            found += [entry.session_id for entry in page.entries]
            if not page.HasField("next_page_token"):
                break
            request.page_token = page.next_page_token
        assert found == [f"a/{number:02}" for number in range(25)]
        since = _stamp(datetime.now(UTC))
        await exchange.put("a/07", b"again")
        later = await exchange.stub.List(pb.ListRequest(changed_since=since))
        assert [entry.session_id for entry in later.entries] == ["a/07"]
        refusal = await refused(exchange.stub.List(pb.ListRequest(page_token="none of a list")))
        assert [one.field for one in refusal.details["BadRequest"].field_violations] == ["page_token"]
        assert refusal.code is StatusCode.INVALID_ARGUMENT

    run(body)


def test_a_client_that_has_the_session_already_is_not_sent_it_again() -> None:
    async def body(exchange: Exchange) -> None:
        entry = await exchange.put("s", DOCUMENT)
        assert not (await exchange.get("s", if_none_match=entry.etag)).HasField("payload")
        assert (await exchange.get("s", if_none_match="other")).payload.document.data == DOCUMENT
        alone = await exchange.get("s", form=pb.FORM_ENTRY)
        assert not alone.HasField("payload")
        assert alone.entry == entry

    run(body)


def test_what_a_sender_says_of_its_document_is_said_to_those_who_fetch_it() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", PYTHON, dialect="python")
        await exchange.put("t", PYTHON)
        assert (await exchange.get("s")).payload.document.dialect == "python"
        assert not (await exchange.get("t")).payload.document.HasField("dialect")
        converted = (await exchange.get("t", target="dotnet")).payload.document
        assert (converted.dialect, converted.format_version) == ("dotnet", "1.0")
        header = (await exchange.stub.Download(pb.DownloadRequest(session_id="s")).read()).header
        assert header.dialect == "python"
        refusal = await refused(exchange.put("s", PYTHON, dialect="p" * 100))
        assert refusal.code is StatusCode.INVALID_ARGUMENT

    run(body)


def test_a_session_is_fetched_in_another_dialect_with_its_losses() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", PYTHON)
        got = await exchange.get("s", target="dotnet@1.17.0")
        assert (got.conversion.source, got.conversion.target) == ("python", "dotnet@1.17.0")
        assert b'"stateBag"' in got.payload.document.data
        assert got.payload.document.dialect == "dotnet"
        assert got.payload.document.sha256 == sha256(got.payload.document.data).digest()
        assert got.entry.sha256 == sha256(PYTHON).digest()
        converted = await exchange.stub.Convert(
            pb.ConvertRequest(payload=got.payload, target="python", source="dotnet")
        )
        assert b'"text":"hi"' in converted.payload.document.data.replace(b": ", b":")

    run(body)


def test_what_cannot_be_converted_is_told_apart() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("a session", PYTHON)
        await exchange.put("no session", b'{"some": "json"}')
        await exchange.put("no json", b"{")
        expected = {
            ("a session", "klingon"): (StatusCode.INVALID_ARGUMENT, "TARGET_UNKNOWN"),
            ("a session", "python@0.0.1"): (StatusCode.INVALID_ARGUMENT, "TARGET_UNKNOWN"),
            ("no session", "dotnet"): (StatusCode.FAILED_PRECONDITION, "NOT_CONVERTIBLE"),
            ("no json", "dotnet"): (StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED"),
        }
        for (session_id, target), outcome in expected.items():
            refusal = await refused(exchange.get(session_id, target=target))
            assert (refusal.code, refusal.reason) == outcome
        foreign = pb.ConvertRequest(session_id="a session", target="dotnet", source="klingon")
        assert (await refused(exchange.stub.Convert(foreign))).reason == "SOURCE_UNKNOWN"
        sent = pb.ConvertRequest(payload=pb.Payload(document=pb.Document(data=b"{")), target="dotnet")
        refusal = await refused(exchange.stub.Convert(sent))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "NOT_A_SESSION")

    run(body)


def warned(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [one for one in caplog.records if one.getMessage() == "call" and one.levelno == logging.WARNING]


DAMAGES = {
    "another byte": b"UPDATE session SET data = replace(data, 'hi', 'ho')",
    "cut": b"UPDATE session SET data = substr(data, 1, 40)",
    "an empty object": b"UPDATE session SET data = '{}'",
    "an empty object of that size": b"UPDATE session SET data = '{}', size = 2",
    "null": b"UPDATE session SET data = 'null', size = 4",
    "nothing": b"UPDATE session SET data = '', size = 0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_session_that_was_damaged_in_the_store_is_data_loss_whatever_is_asked_for(
    damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def body(exchange: Exchange) -> None:
        await exchange.put("s", PYTHON)
        with sqlite3.connect(tmp_path / "s.db") as database:
            database.execute(damage.decode())
        database.close()
        for call in (
            exchange.get("s"),
            exchange.get("s", form=pb.FORM_ENTRY),
            exchange.get("s", target="dotnet"),
            exchange.get("s", form=pb.FORM_SESSION),
            exchange.stub.Check(pb.CheckRequest(session_id="s")),
            exchange.stub.Convert(pb.ConvertRequest(session_id="s", target="dotnet")),
            _first(exchange.stub.Download(pb.DownloadRequest(session_id="s"))),
        ):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == (StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED")
        # What an operator must look after is not among all the other calls.
        async with asyncio.timeout(5):
            while len(warned(caplog)) < 7:  # a call is told of when its answer is on its way
                await asyncio.sleep(0.01)
        assert len(warned(caplog)) == 7

    run(body, f"sqlite:///{tmp_path}/s.db")


def test_a_session_whose_size_cannot_be_is_data_loss_in_lists_and_watches(tmp_path: Path) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", PYTHON)
        with sqlite3.connect(tmp_path / "s.db") as database:
            database.execute("UPDATE session SET size = -1")
        database.close()
        watch = exchange.stub.Watch(pb.WatchRequest(since=Timestamp(seconds=1)), timeout=20)
        assert (await watch.read()).event == pb.WATCH_EVENT_READY
        for call in (exchange.get("s"), exchange.stub.List(pb.ListRequest()), watch.read()):
            refusal = await refused(call)
            assert (refusal.code, refusal.reason) == (StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED")

    run(body, f"sqlite:///{tmp_path}/s.db")


@pytest.mark.parametrize("damaged", [b"", PYTHON[:-20], PYTHON + b"}", b"\x00" * 100, b"\xff" + PYTHON])
def test_damage_is_what_cannot_be_read_where_a_store_keeps_no_checksum(damaged: bytes, tmp_path: Path) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", PYTHON)
        await exchange.put("odd", b"no JSON at all")
        assert (await exchange.get("odd")).payload.document.data == b"no JSON at all"
        (tmp_path / "s.json").write_bytes(damaged)
        for form in (pb.FORM_DOCUMENT, pb.FORM_SESSION, pb.FORM_ENTRY):
            refusal = await refused(exchange.get("s", form=form))
            assert (refusal.code, refusal.reason) == (StatusCode.DATA_LOSS, "DOCUMENT_DAMAGED")
        # What another program wrote is no damage.
        other = PYTHON.replace(b"hi", b"from another program")
        (tmp_path / "s.json").write_bytes(other)
        assert (await exchange.get("s")).payload.document.data == other

    run(body, f"file:{tmp_path}")


def test_bytes_that_are_not_those_of_their_digest_are_not_stored() -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", b"1", digest=sha256(b"2").digest()))
        assert (refusal.code, refusal.reason) == (StatusCode.DATA_LOSS, "DIGEST_MISMATCH")
        assert (await refused(exchange.get("s"))).code is StatusCode.NOT_FOUND

    run(body)


def test_a_write_that_is_repeated_with_its_key_is_done_once_and_answered_twice() -> None:
    async def body(exchange: Exchange) -> None:
        first = await exchange.put("s", b"1", create_only=True, idempotency_key="k")
        again = await exchange.put("s", b"1", create_only=True, idempotency_key="k")
        assert again == first
        two = await asyncio.gather(*(exchange.put("t", b"1", create_only=True, idempotency_key="l") for _ in range(5)))
        assert len({entry.etag for entry in two}) == 1
        for other in (
            exchange.put("s", b"2", create_only=True, idempotency_key="k"),
            exchange.put("t", b"1", create_only=True, idempotency_key="k"),
            exchange.put("s", b"1", idempotency_key="k"),
            exchange.put("s", b"1", create_only=True, dialect="dotnet", idempotency_key="k"),
        ):
            refusal = await refused(other)
            assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "IDEMPOTENCY_KEY_REUSED")

    run(body)


def test_a_write_that_failed_can_be_tried_again_with_its_key() -> None:
    async def body(exchange: Exchange) -> None:
        etag = (await exchange.put("s", b"1")).etag
        assert (await refused(exchange.put("s", b"2", if_match="x", idempotency_key="k"))).code is StatusCode.ABORTED
        assert (await exchange.put("s", b"2", if_match=etag, idempotency_key="k")).etag != etag

    run(body)


DEEP_TOKEN = base64.urlsafe_b64encode(b"[" * 100_000).decode()
INCOMPLETE: dict[str, Callable[[Exchange], Any]] = {
    "put without an id": lambda one: one.put("", b"1"),
    "put without a payload": lambda one: one.stub.Put(pb.PutRequest(session_id="s")),
    "put without bytes": lambda one: one.stub.Put(
        pb.PutRequest(session_id="s", payload=pb.Payload(document=pb.Document()))
    ),
    "put of no bytes": lambda one: one.put("s", b""),
    "put with a key that is too long": lambda one: one.put("s", b"1", idempotency_key="k" * 200),
    "put with a time that is none": lambda one: one.put("s", b"1", expire_time=Timestamp(seconds=2**60)),
    "put with an id that is too long": lambda one: one.put("s" * 2000, b"1"),
    "get without an id": lambda one: one.get(""),
    "get in a form that is none": lambda one: one.get("s", form=99),
    "delete without an id": lambda one: one.stub.Delete(pb.DeleteRequest()),
    "check of nothing": lambda one: one.stub.Check(pb.CheckRequest()),
    "convert of nothing": lambda one: one.stub.Convert(pb.ConvertRequest(target="python")),
    "convert to nothing": lambda one: one.stub.Convert(pb.ConvertRequest(session_id="s")),
    "list from a page that is none": lambda one: one.stub.List(pb.ListRequest(page_token=DEEP_TOKEN)),
    "list ids that begin with more than an id has": lambda one: one.stub.List(pb.ListRequest(prefix="s" * 1025)),
    "watch ids that begin with more than an id has": lambda one: _first(
        one.stub.Watch(pb.WatchRequest(prefix="s" * 1025))
    ),
    "watch from nowhere": lambda one: _first(one.stub.Watch(pb.WatchRequest(resume_token="x"))),
}


@pytest.mark.parametrize("call", INCOMPLETE.values(), ids=INCOMPLETE)
def test_a_request_that_says_too_little_or_nonsense_is_an_invalid_argument(call: Callable[[Exchange], Any]) -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(call(exchange))
        assert refusal.code is StatusCode.INVALID_ARGUMENT
        assert refusal.reason
        assert refusal.message

    run(body)


def test_every_refusal_names_its_request_and_a_client_may_name_it() -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.get("never"))
        assert len(refusal.details["RequestInfo"].request_id) == 16
        named = exchange.stub.Get(pb.GetRequest(session_id="never"), metadata=(("x-request-id", "abc-1"),))
        assert (await refused(named)).details["RequestInfo"].request_id == "abc-1"

    run(body)


def test_a_store_that_is_down_is_unavailable_and_nothing_of_it_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", b"1")
        await exchange.store.close()
        for path in tmp_path.iterdir():
            path.unlink()
        tmp_path.rmdir()
        for call in (exchange.get("s"), exchange.put("s", b"2"), exchange.stub.List(pb.ListRequest())):
            refusal = await refused(call)
            assert refusal.code in (StatusCode.UNAVAILABLE, StatusCode.DATA_LOSS)
            assert str(tmp_path) not in repr(refusal)
        # Its operator finds out, but nothing that may name a session.
        told = [vars(record)["fields"] for record in caplog.records if record.getMessage() == "store"]
        assert len(told) == 3
        assert all(one["failure"] and str(tmp_path) not in repr(one) for one in told)

    caplog.set_level(logging.WARNING)
    run(body, f"sqlite:///{tmp_path}/s.db")


def run(body: Callable[[Exchange], Any], store: str = "memory:") -> None:
    async def main() -> None:
        async with running(store) as exchange:
            await body(exchange)

    asyncio.run(main())


async def _first(stream: Any) -> Any:
    async for message in stream:
        return message
    return None


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
