"""Large sessions are judged and converted in processes: who kills one, gives up or asks for much keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import StatusCode

import pysession
from pysession.exchange.server import Limits, Policy
from pysession.exchange.server.refusals import CallRefusedError
from pysession.exchange.server.turns import Turns
from pysession.exchange.server.workers import Workers, WorkFailedError
from pysession.v1 import exchange_pb2 as pb
from pysession.v1 import exchange_pb2_grpc
from tests.exchange.server.running import (
    Exchange,
    Refused,
    bearer,
    put_request,
    refusal_in,
    refused,
    running,
    tokens_file,
)
from tests.exchange.serving import Served, serving

LARGE = 100_000
PATIENCE_SECONDS = 30
RULE = """
import os
import time
from pathlib import Path

from pysession.findings import Severity
from pysession.rules import on_document, rule

SLOW = rule("acme-slow", "acme", Severity.ERROR, "a session that is waited for")


@on_document
def slow(seen):
    seconds = seen.document.value.get("state", {}).get("seconds")
    if seconds is not None:
        Path(os.environ["ACME_SEEN"], f"{time.time_ns()}.{os.getpid()}").touch()
        time.sleep(seconds)
        yield SLOW.at(("state",), f"{seconds} seconds were waited")
"""
"""A rule of an organisation's own. It leaves a file for each session that it begins with, named by its process."""


class Judges:
    """A server whose policy has that rule, and the processes in which it began, in order."""

    def __init__(self, server: Served, seen: Path) -> None:
        self.server = server
        self._seen = seen
        self._known: set[str] = set()
        self._channel = grpc.insecure_channel(server.address)
        self.stub = exchange_pb2_grpc.SessionExchangeStub(self._channel)

    def check(self, seconds: float, size: int = LARGE, token: str | None = None, **options: Any) -> Any:
        """A call of Check under way."""
        payload = pb.Payload(document=pb.Document(data=session(seconds, size)))
        return self.stub.Check.future(pb.CheckRequest(payload=payload), metadata=bearer(token), **options)

    def began(self) -> int:
        """Wait until one more session is judged; the process that does."""
        for _ in moments():
            new = sorted(set(os.listdir(self._seen)) - self._known)
            if new:
                self._known.add(new[0])
                return int(new[0].partition(".")[2])
        raise AssertionError("nothing is judged")

    def close(self) -> None:
        self._channel.close()


def session(seconds: float, size: int) -> bytes:
    state = {"seconds": seconds, "text": "secret " * (size // 7)}
    return json.dumps({"type": "session", "session_id": "s", "state": state}).encode()


def moments() -> Iterator[None]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def is_gone(pid: int) -> bool:
    return any(not is_alive(pid) for _ in moments())


def children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


def rules(answer: pb.CheckResponse) -> list[str]:
    return [finding.rule for finding in answer.report.findings]


def refusal_of(call: Any) -> Refused:
    return refusal_in(call.exception(PATIENCE_SECONDS))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rule as an installer would leave it; the folder for what it has seen."""
    info = tmp_path / "site" / "acme_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "acme_rules.py").write_text(RULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pysession.rules]\nacme = acme_rules\n")
    seen = tmp_path / "seen"
    seen.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "site"), os.environ.get("PYTHONPATH", ""))))
    monkeypatch.setenv("ACME_SEEN", str(seen))
    return seen


@pytest.fixture
def judging(tmp_path: Path, site: Path) -> Iterator[Callable[..., Judges]]:
    """Starts a server, which is killed in the end."""
    started: list[Judges] = []

    def start(*options: str | Path) -> Judges:
        server = Served(tmp_path, "--store", "memory:", "--select", "acme", *options)
        server.start()
        started.append(Judges(server, site))
        return started[-1]

    yield start
    for judges in started:
        judges.close()
        judges.server.kill()


def test_rules_of_ones_own_find_the_same_in_small_sessions_and_in_large_ones_which_have_a_process(
    judging: Callable[..., Judges],
) -> None:
    judges = judging()
    for size, own_process in ((100, False), (LARGE, True)):
        assert rules(judges.check(0, size).result()) == ["acme-slow"]
        assert (judges.began() != judges.server.pid) is own_process
        refusal = refusal_of(judges.stub.Put.future(put_request("s", session(0, size))))
        assert (refusal.code, refusal.reason) == (StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")
        assert [one.reason for one in refusal.details["BadRequest"].field_violations] == ["acme-slow"]
        judges.began()


def test_a_process_that_is_killed_is_replaced_and_its_session_judged_all_the_same(
    judging: Callable[..., Judges],
) -> None:
    judges = judging("--jobs", "1")
    call = judges.check(1)
    killed = judges.began()
    os.kill(killed, signal.SIGKILL)
    assert rules(call.result()) == ["acme-slow"]
    second = judges.began()
    assert second != killed
    os.kill(second, signal.SIGKILL)  # while it has nothing to do
    assert is_gone(second)
    assert rules(judges.check(0).result()) == ["acme-slow"]


def test_a_session_on_which_processes_die_is_an_internal_error_and_the_next_is_judged(
    judging: Callable[..., Judges],
) -> None:
    judges = judging("--jobs", "2")
    other = judges.check(3)
    judges.began()
    call = judges.check(60)
    for _ in range(2):
        os.kill(judges.began(), signal.SIGKILL)
    refusal = refusal_of(call)
    assert (refusal.code, refusal.reason) == (StatusCode.INTERNAL, "WORKER_DIED")
    assert rules(judges.check(0).result()) == ["acme-slow"]
    assert rules(other.result()) == ["acme-slow"]
    log = judges.server.log.read_text()
    assert log.count('"event":"worker died"') == 2
    assert "secret" not in log


def test_when_memory_runs_out_a_process_goes_before_the_server(judging: Callable[..., Judges]) -> None:
    judges = judging()
    judges.check(0).result()
    scores = [int(Path(f"/proc/{pid}/oom_score").read_text()) for pid in (judges.server.pid, judges.began())]
    assert scores[0] + 300 < scores[1]


@pytest.mark.parametrize("gives_up", ["cancelled", "deadline"])
def test_what_nobody_waits_for_ends(judging: Callable[..., Judges], gives_up: str) -> None:
    judges = judging("--jobs", "1")
    judges.check(0).result()
    judges.began()
    call = judges.check(60, timeout=1.0 if gives_up == "deadline" else None)
    pid = judges.began()
    if gives_up == "cancelled":
        call.cancel()
    else:
        assert refusal_of(call).code is StatusCode.DEADLINE_EXCEEDED
    assert is_gone(pid)
    assert rules(judges.check(0).result()) == ["acme-slow"]


def test_there_are_no_more_processes_than_were_asked_for(judging: Callable[..., Judges]) -> None:
    judges = judging("--jobs", "2")
    calls = [judges.check(0.2) for _ in range(6)]
    assert all(call.result() for call in calls)
    assert len({judges.began() for _ in calls}) == 2


def test_one_owner_does_not_keep_another_waiting(judging: Callable[..., Judges], tmp_path: Path) -> None:
    tokens = tokens_file(tmp_path, greedy="the-token-of-the-greedy", other="the-token-of-the-other")
    judges = judging("--jobs", "2", "--tokens", tokens)
    calls = [judges.check(60, token="the-token-of-the-greedy") for _ in range(4)]
    judges.began()
    assert rules(judges.check(0, token="the-token-of-the-other").result(PATIENCE_SECONDS)) == ["acme-slow"]
    assert not any(call.done() for call in calls)


def test_the_owner_is_next_who_was_not_for_longest() -> None:
    async def main() -> list[str]:
        turns, came = Turns(1, 1), list[str]()
        await turns.take("first")
        waiting = [asyncio.create_task(go(turns, owner, came)) for owner in ("a", "a", "a", "b", "c", "b")]
        await asyncio.sleep(0)
        waiting[0].cancel()
        turns.give("first")
        await asyncio.gather(*waiting, return_exceptions=True)
        await turns.take("last")
        return came

    async def go(turns: Turns, owner: str, came: list[str]) -> None:
        await turns.take(owner)
        came.append(owner)
        await asyncio.sleep(0)
        turns.give(owner)

    assert asyncio.run(main()) == ["a", "b", "c", "a", "b"]


def test_calls_under_way_finish_when_all_processes_of_a_service_are_told_to_stop(
    judging: Callable[..., Judges],
) -> None:
    judges = judging()
    call = judges.check(1)
    pid = judges.began()
    os.kill(pid, signal.SIGTERM)  # as a service manager does, which tells all processes
    assert judges.server.stop() == 0
    assert rules(call.result()) == ["acme-slow"]
    assert is_gone(pid)


def test_a_server_that_stops_ends_what_takes_longer_than_it_waits(judging: Callable[..., Judges]) -> None:
    judges = judging("--drain-seconds", "1")
    call = judges.check(60)
    pid = judges.began()
    begin = time.monotonic()
    assert judges.server.stop() == 0
    assert time.monotonic() - begin < 20
    assert call.exception(PATIENCE_SECONDS) is not None
    assert is_gone(pid)


def test_processes_end_with_a_server_that_is_killed(judging: Callable[..., Judges]) -> None:
    judges = judging("--jobs", "2")
    under_way = judges.check(60)  # held: a call that nobody holds is given up
    busy = judges.began()
    judges.check(0).result()
    idle = judges.began()
    judges.server.kill()
    assert under_way.exception(PATIENCE_SECONDS) is not None
    assert is_gone(busy)
    assert is_gone(idle)


def test_a_session_that_would_take_all_memory_is_too_complex() -> None:
    async def main() -> None:
        async with running(limits=Limits(document_bytes=2_000_000)) as exchange:
            many = 1_900_000
            data = b"\x81\xa1a\xdd" + many.to_bytes(4, "big") + b"\x80" * many
            await exchange.put("s", data)
            refusal = await refused(exchange.get("s", form=pb.FORM_SESSION))
            assert (refusal.code, refusal.reason) == (StatusCode.RESOURCE_EXHAUSTED, "DOCUMENT_TOO_COMPLEX")
            assert (await exchange.get("s")).payload.document.data == data

    asyncio.run(main())


def test_without_a_policy_what_is_put_and_fetched_needs_no_process(tmp_path: Path) -> None:
    with serving(tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        stub = exchange_pb2_grpc.SessionExchangeStub(channel)
        data = session(0, 3_000_000)
        stub.Put(put_request("s", data))
        assert stub.Get(pb.GetRequest(session_id="s")).payload.document.data == data
        assert children(server.pid) == []


def test_a_large_session_is_judged_converted_and_typed_as_the_commands_do_it() -> None:
    messages = [
        {"type": "message", "role": role, "contents": [{"type": "text", "text": f"{number} " + "x" * 400}]}
        for number in range(200)
        for role in ("user", "assistant")
    ]
    state = {"in_memory": {"messages": messages}}
    data = json.dumps({"type": "session", "session_id": "s", "state": state}).encode()
    assert len(data) > LARGE

    async def body(exchange: Exchange) -> None:
        payload = pb.Payload(document=pb.Document(data=data))
        policy = pb.Policy(readers=["python@1.21.0", "dotnet@1.17.0"])
        report = (await exchange.stub.Check(pb.CheckRequest(payload=payload, policy=policy))).report
        expected = pysession.check(data, readers=("python@1.21.0", "dotnet@1.17.0"))
        assert [one.rule for one in report.findings] == [one.rule for one in expected.findings]
        assert [len(one.changes) for one in report.readings] == [len(one.changes) for one in expected.readings]
        await exchange.put("s", data)
        converted = await exchange.get("s", target="dotnet")
        assert converted.payload.document.data == pysession.convert(data, to="dotnet").data
        typed = await exchange.get("s", form=pb.FORM_SESSION)
        assert typed.payload.session.SerializeToString() == pysession.to_proto(data)
        wrong = pb.Payload(document=pb.Document(data=b"[" + data[1:]))
        answer = await exchange.stub.Check(pb.CheckRequest(payload=wrong))
        assert "json-invalid" in [one.rule for one in answer.report.findings]

    async def main() -> None:
        async with running(policy=Policy(readers=("python@1.21.0",)), jobs=1) as exchange:
            await body(exchange)

    asyncio.run(main())


def test_work_that_takes_too_long_is_ended() -> None:
    async def main() -> None:
        workers = Workers(1, 1, 0.5, 2**30)
        with pytest.raises(CallRefusedError) as refusal:
            await workers.run("o", partial(time.sleep, 60))
        assert (refusal.value.code, refusal.value.reason) == (StatusCode.DEADLINE_EXCEEDED, "CALL_TOO_LONG")
        workers.close()

    asyncio.run(main())


def test_a_failure_in_a_process_is_told_by_its_class_and_place_and_never_by_its_text() -> None:
    async def main() -> None:
        workers = Workers(1, 1, 30, 2**30)
        with pytest.raises(WorkFailedError, match=r"^JSONDecodeError in a process$") as failure:
            await workers.run("o", partial(json.loads, "secret"))
        assert "decoder.py" in failure.value.places[-1]
        assert await workers.run("o", partial(int, "7")) == 7
        workers.close()

    asyncio.run(main())


def test_a_rule_that_fails_is_an_internal_error_whose_log_has_the_id_of_the_call(
    judging: Callable[..., Judges], tmp_path: Path
) -> None:
    judges = judging()
    payload = pb.Payload(document=pb.Document(data=session(-1, LARGE)))  # time.sleep takes no negative number
    call = judges.stub.Check.future(pb.CheckRequest(payload=payload), metadata=(("x-request-id", "the-call"),))
    refusal = refusal_of(call)
    assert (refusal.code, refusal.reason) == (StatusCode.INTERNAL, "INTERNAL")
    lines = [json.loads(line) for line in judges.server.log.read_text().splitlines() if line.startswith("{")]
    (failed,) = [line for line in lines if line["event"] == "failed"]
    assert (failed["request"], failed["exception"]) == ("the-call", "ValueError")
    assert any(place.startswith("slow (acme_rules.py:") for place in failed["at"])
    assert "secret" not in judges.server.log.read_text()
