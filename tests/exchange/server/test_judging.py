"""What the server's policy takes and refuses, and what Check says: as ``pysession check`` does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc import StatusCode

import pysession
from pysession.exchange.messages import SEVERITIES, VERDICTS
from pysession.exchange.server import Limits, Policy
from pysession.findings import Severity, Verdict
from pysession.v1 import exchange_pb2 as pb
from pysession.v1 import report_pb2
from pysession.wire import Encoding
from tests.exchange.server.running import Exchange, chunks, refused, running, trailer, upload_header

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden"


def session(*contents: dict[str, Any], **members: Any) -> bytes:
    messages = [_message("user"), _message("assistant", *contents), _message("user")]
    state = {"in_memory": {"messages": messages}}
    return json.dumps({"type": "session", "session_id": "s1", "state": state} | members).encode()


def _message(role: str, *contents: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": role, "contents": list(contents or ({"type": "text", "text": "x"},))}


GOOD = session({"type": "text", "text": "hi"})
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
UNANSWERED = session(CALL)
DOTNET = b'{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"user","contents":[{"$type":"text","text":"hi"}]}]}}}'
NOT_ONE = b'{"some": "json"}'
NO_JSON = b'{"type": "session",'


def test_a_session_that_the_policy_takes_is_stored_as_it_is() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", GOOD)
        assert (await exchange.get("s")).payload.document.data == GOOD

    run(body, Policy(readers=("python@1.23.0",)))


def test_a_session_in_messagepack_is_judged_converted_and_typed_too() -> None:
    async def body(exchange: Exchange) -> None:
        packed = (GOLDEN / "python" / "1.22.0" / "fss__run_tools.msgpack").read_bytes()
        await exchange.put("s", packed)
        document = (await exchange.get("s")).payload.document
        assert document.data == packed
        assert document.dialect == pysession.check(packed, encoding=Encoding.MESSAGEPACK).dialect
        assert (await exchange.get("s", target="python")).payload.document.dialect == "python"
        assert (await exchange.get("s", form=pb.FORM_SESSION)).payload.HasField("session")

    run(body, Policy(readers=("python@1.22.0",)))


def test_a_history_of_a_message_a_line_is_judged_and_converted_too() -> None:
    async def body(exchange: Exchange) -> None:
        turns = [_message("user"), _message("assistant")]
        lines = b"".join(json.dumps(turn).encode() + b"\n" for turn in turns)
        await exchange.put("s", lines)
        assert (await exchange.get("s")).payload.document.dialect == "python-history"
        converted = await exchange.get("s", target="dotnet")
        assert converted.payload.document.data == pysession.convert(lines, "dotnet", encoding=Encoding.JSON_LINES).data
        sent = pb.Payload(document=pb.Document(data=lines))
        assert (await exchange.stub.Check(pb.CheckRequest(payload=sent))).accepted

    run(body, Policy())


def test_several_sessions_in_one_document_are_none_that_can_be_converted_and_no_damage() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", GOOD + b"\n" + GOOD + b"\n")
        for fields in ({"target": "dotnet"}, {"form": pb.FORM_SESSION}):
            refusal = await refused(exchange.get("s", **fields))
            assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "NOT_CONVERTIBLE")

    run(body, None)


def test_a_session_as_deep_as_the_server_takes_is_converted_if_its_new_reader_takes_it() -> None:
    async def body(exchange: Exchange) -> None:
        deep = b'{"a":' * 990 + b"1" + b"}" * 990
        await exchange.put("s", b'{"type":"session","session_id":"s1","state":' + deep + b"}")
        for target in ("dotnet", "go"):
            assert (await exchange.get("s", target=target)).payload.document.data.count(b"{") >= 990
        assert (await refused(exchange.get("s", target="python"))).reason == "TARGET_REFUSES"

    run(body, None)


def test_a_finding_is_a_failed_precondition_with_its_place_and_rule() -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", UNANSWERED))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")
        violations = refusal.details["BadRequest"].field_violations
        assert [(one.field, one.reason) for one in violations] == [
            ("/state/in_memory/messages/1/contents/0", "tool-call-unanswered")
        ]
        assert violations[0].description
        listed = refusal.details["PreconditionFailure"].violations
        assert [(one.type, one.subject) for one in listed] == [("RULE", "tool-call-unanswered")]
        assert refusal.metadata["findings"] == "1"
        assert (await refused(exchange.get("s"))).code is StatusCode.NOT_FOUND

    run(body, Policy())


SURROGATES = {
    "in names": b'{"type":"session","session_id":"a","state":{"\\ud800":{"\\udc00":1}}}',
    "in a name that is there twice": b'{"type":"session","session_id":"a","state":{},"\\ud800":1,"\\ud800":2}',
    "in values": b'{"type":"session","session_id":"\\ud800","state":{"a":{"type":"\\udfff"}}}',
    "in no session": b'{"\\ud800":1}',
}


@pytest.mark.parametrize("data", SURROGATES.values(), ids=SURROGATES)
def test_what_utf8_has_no_form_for_is_told_escaped(data: bytes) -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", data))
        assert refusal.code in (StatusCode.FAILED_PRECONDITION, StatusCode.INVALID_ARGUMENT)
        fields = [one.field for one in refusal.details["BadRequest"].field_violations]
        if b'"state":{"\\ud800"' in data:
            assert "/state/\\ud800/\\udc00" in fields or "/state/\\ud800" in fields
        sent = pb.Payload(document=pb.Document(data=data))
        requests = [pb.ConvertRequest(payload=sent, target=target) for target in ("dotnet", "python", "go")]
        outcomes = await asyncio.gather(*map(exchange.stub.Convert, requests), return_exceptions=True)
        failed = {one.code() for one in outcomes if isinstance(one, grpc.aio.AioRpcError)}
        assert failed <= {StatusCode.FAILED_PRECONDITION, StatusCode.INVALID_ARGUMENT}

    run(body, Policy())


def test_a_reader_that_does_too_much_is_a_failed_precondition() -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", DOTNET))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")
        listed = refusal.details["PreconditionFailure"].violations
        assert ("READER", "python@1.21.0") in [(one.type, one.subject) for one in listed]

    run(body, Policy(readers=("python@1.21.0", "dotnet@1.17.0")))


def test_any_reading_is_taken_where_the_policy_accepts_any() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", DOTNET)

    run(body, Policy(readers=("python@1.21.0",), accept=Verdict.REJECTED))


def test_rules_that_are_not_selected_refuse_nothing() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("s", UNANSWERED)

    run(body, Policy(ignore=("tool-call-unanswered",)))


@pytest.mark.parametrize("data", [NOT_ONE, NO_JSON, b"\xff\xfe", b"[[[", b"null", b'"text"', b"\x00" * 100])
def test_what_is_no_session_is_an_invalid_argument(data: bytes) -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", data))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "NOT_A_SESSION")

    run(body, Policy())


def test_a_large_session_is_judged_too() -> None:
    async def body(exchange: Exchange) -> None:
        data = session({"type": "text", "text": "x" * 500_000}, CALL)
        refusal = await refused(exchange.upload([upload_header("s", data), *chunks(data), trailer(data)]))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")

    run(body, Policy())


def test_a_session_in_another_dialect_than_was_claimed_is_an_invalid_argument() -> None:
    async def body(exchange: Exchange) -> None:
        refusal = await refused(exchange.put("s", GOOD, dialect="dotnet"))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "DIALECT_DIFFERS")
        await exchange.put("s", GOOD, dialect="python")
        await exchange.put("t", GOOD)
        document = (await exchange.get("t")).payload.document
        assert (document.dialect, document.format_version) == ("python", "1.0")

    run(body, Policy())


def test_thousands_of_findings_fit_into_the_answer_and_are_counted() -> None:
    async def body(exchange: Exchange) -> None:
        calls = [CALL | {"call_id": f"c{number}"} for number in range(3000)]
        refusal = await refused(exchange.put("s", session(*calls)))
        assert refusal.metadata["findings"] == "3000"
        assert 5 < len(refusal.details["BadRequest"].field_violations) < 3000
        assert sum(detail.ByteSize() for detail in refusal.details.values()) < 6000

    run(body, Policy())


@pytest.mark.parametrize("name", ["x" * 5000, "\N{GRINNING FACE}" * 1500], ids=["long", "not ASCII"])
def test_what_a_refusal_quotes_fits_into_the_answer(name: str) -> None:
    async def body(exchange: Exchange) -> None:
        wrong = {"type": name, "role": name, "contents": [{"type": name}], name: 1}
        state = {name: {"type": name, "messages": [wrong]}, "in_memory": {"messages": [wrong, {"type": 1}]}}
        data = json.dumps({"type": "session", "session_id": "s", "state": state}, ensure_ascii=False).encode()
        refusal = await refused(exchange.put("s", data))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")
        # What is too long for the answer stands in the way of nothing else.
        fields = [one.field for one in refusal.details["BadRequest"].field_violations]
        assert "/state/in_memory/messages/1/type" in fields
        sent = pb.Payload(document=pb.Document(data=GOOD))
        for request in (
            pb.CheckRequest(payload=sent, policy=pb.Policy(readers=[name * 100])),
            pb.CheckRequest(payload=sent, policy=pb.Policy(profiles=[name * 100])),
            pb.CheckRequest(payload=sent, policy=pb.Policy(select=[name * 100])),
        ):
            assert (await refused(exchange.stub.Check(request))).reason == "POLICY_INVALID"
        refusal = await refused(exchange.stub.Convert(pb.ConvertRequest(payload=sent, target=name * 100)))
        assert refusal.reason == "TARGET_UNKNOWN"

    run(body, Policy())


@pytest.mark.parametrize("more", [0, 100_000], ids=["in the thread", "in a process"])
def test_what_is_deeper_than_can_be_followed_is_kept_and_not_converted(more: int) -> None:
    async def main() -> None:
        async with running(limits=Limits(depth=10_000)) as exchange:
            deep = b'{"type":"session","session_id":"s","state":{"a":' + b"[" * 9998 + b" " * more + b"]" * 9998 + b"}}"
            await exchange.put("s", deep)
            assert (await exchange.get("s")).payload.document.data == deep
            for target in ("dotnet", "python"):
                refusal = await refused(exchange.get("s", target=target))
                assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_COMPLEX")

    asyncio.run(main())


def test_check_says_what_check_says() -> None:
    async def body(exchange: Exchange) -> None:
        policy = pb.Policy(readers=["python@1.21.0", "dotnet@latest"], profiles=["postgres-jsonb"])
        for data in (GOOD, UNANSWERED, DOTNET, NOT_ONE, NO_JSON):
            document = pb.Document(data=data)
            answer = await exchange.stub.Check(pb.CheckRequest(payload=pb.Payload(document=document), policy=policy))
            expected = pysession.check(data, readers=("python@1.21.0", "dotnet@1.17.0"), profiles=("postgres-jsonb",))
            said = answer.report
            assert (said.dialect, said.bytes, said.messages) == (expected.dialect, len(data), expected.messages)
            assert [(one.rule, one.place.pointer, one.place.line) for one in said.findings] == [
                (one.rule, one.pointer, one.line) for one in expected.findings
            ]
            assert [one.reader for one in said.readings] == [one.reader for one in expected.readings]
            words = [report_pb2.Verdict.Name(one.verdict) for one in said.readings]
            assert words == [f"VERDICT_{one.verdict.value.replace('-', '_').upper()}" for one in expected.readings]

    run(body)


def test_check_answers_whether_the_servers_own_policy_takes_a_session() -> None:
    async def body(exchange: Exchange) -> None:
        for data, accepted in ((GOOD, True), (UNANSWERED, False), (NO_JSON, False)):
            payload = pb.Payload(document=pb.Document(data=data))
            assert (await exchange.stub.Check(pb.CheckRequest(payload=payload))).accepted is accepted
        payload = pb.Payload(document=pb.Document(data=DOTNET))
        assert not (await exchange.stub.Check(pb.CheckRequest(payload=payload))).accepted
        asked = pb.Policy(readers=["dotnet@1.17.0"])
        assert (await exchange.stub.Check(pb.CheckRequest(payload=payload, policy=asked))).accepted

    run(body, Policy(readers=("python@1.21.0",)))


@pytest.mark.parametrize(
    "policy",
    [
        pb.Policy(readers=["python@0"]),
        pb.Policy(readers=["cobol"]),
        pb.Policy(readers=["python@latest"] * 17),
        pb.Policy(select=["no-such-rule"]),
        pb.Policy(profiles=["no-such-profile"]),
        pb.Policy(accept=99),  # type: ignore[arg-type]
    ],
)
def test_a_policy_that_is_none_is_an_invalid_argument(policy: pb.Policy) -> None:
    async def body(exchange: Exchange) -> None:
        payload = pb.Payload(document=pb.Document(data=GOOD))
        refusal = await refused(exchange.stub.Check(pb.CheckRequest(payload=payload, policy=policy)))
        assert (refusal.code, refusal.reason) == (StatusCode.INVALID_ARGUMENT, "POLICY_INVALID")

    run(body)


def test_others_are_served_while_a_large_session_is_judged() -> None:
    async def body(exchange: Exchange) -> None:
        await exchange.put("small", GOOD)
        calls = [CALL | {"call_id": f"c{number}", "arguments": "x" * 200} for number in range(9000)]
        checking = asyncio.ensure_future(
            exchange.stub.Check(pb.CheckRequest(payload=pb.Payload(document=pb.Document(data=session(*calls)))))
        )
        answered = 0
        while not checking.done():
            await exchange.get("small")
            answered += 1
        answer = await checking
        assert answered >= 5
        # All that is found would not fit into a message.
        assert answer.omitted > 100
        assert len(answer.report.findings) + answer.omitted > 9000
        assert not answer.accepted

    run(body, Policy())


def test_every_word_of_a_report_has_its_number() -> None:
    assert set(VERDICTS) == set(Verdict)
    assert set(SEVERITIES) == set(Severity)
    assert 0 not in VERDICTS.values()
    assert 0 not in SEVERITIES.values()


def run(body: Callable[[Exchange], Any], policy: Policy | None = None) -> None:
    async def main() -> None:
        async with running(policy=policy) as exchange:
            await body(exchange)

    asyncio.run(main())
