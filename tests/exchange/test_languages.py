"""The clients in Go, Node and C# exchange sessions with the server: processes of their own, over TLS, with tokens."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pysession.schema.shipped import shipped
from pysession.v1 import exchange_pb2
from tests.cli.processes import COMMAND, environment
from tests.exchange.certificates import Authority
from tests.exchange.proxy import Cut, proxy
from tests.languages import BUILDERS, ROOT, Command, program

CLIENTS = ROOT / "examples" / "exchange"
PAGE = ROOT / "docs" / "exchange-clients.md"
TOKENS = {"ann": "a-token-for-the-tests-of-ann", "bob": "a-token-for-the-tests-of-bob"}
RULE = "tool-result-orphan"
START_SECONDS = 30
CALL_SECONDS = 60

GOLDENS = (
    "golden/dotnet/1.14.0/tool_approval_agent_pending.json",
    "golden/dotnet/1.0.0-rc1/tools_results.json",
    "golden/dotnet/1.0.0-rc5/compaction_sliding_window.json",
)
"""What .NET wrote: an approval that waits, results of tools of many types, a compacted history."""


def session(*contents: dict[str, Any], **state: Any) -> bytes:
    """One message of the user, in Python's words."""
    history = {"messages": [{"type": "message", "role": "user", "contents": list(contents)}]}
    value = {"type": "session", "session_id": "s", "service_session_id": None, "state": {"in_memory": history, **state}}
    return json.dumps(value).encode()


SMALL = session({"type": "text", "text": "Grüße, 你好 😀"})
ORPHANED = session({"type": "function_result", "call_id": "c", "result": "sunny"})
BIG = session({"type": "text", "text": "hi"}, notes=["x" * 1000] * 5_500)
"""More than a message may have: 4 MiB."""


@dataclass(frozen=True)
class Served:
    """A server that runs: where, and who signed its certificate."""

    port: int
    authority: Path


@dataclass(frozen=True)
class Client:
    """The program of one language; ``run`` gives what it says, or what it says of its failure."""

    command: Command
    served: Served

    def run(self, *arguments: str | Path, token: str = TOKENS["ann"], **more: str) -> Any:
        done = self._call(arguments, token, more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def fail(self, *arguments: str | Path, token: str = TOKENS["ann"], **more: str) -> Any:
        done = self._call(arguments, token, more)
        assert done.returncode == 1, done.stdout
        return json.loads(done.stderr)

    def _call(
        self, arguments: tuple[str | Path, ...], token: str, more: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        where = {
            "PYSESSION_SERVER": f"localhost:{self.served.port}",
            "PYSESSION_CA": str(self.served.authority),
            "PYSESSION_TOKEN": token,
        }
        command, *rest = arguments
        # Options first: the flags of Go end where the arguments begin.
        options = [one for one in rest if str(one).startswith("--")]
        given = [one for one in rest if one not in options]
        line = [*self.command, command, *(part for one in options for part in str(one).split("=", 1)), *given]
        return subprocess.run(
            list(map(str, line)),
            env=environment(**where | more),
            capture_output=True,
            text=True,
            timeout=CALL_SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``pysession serve`` with TLS, two owners, and one rule that it holds sessions to."""
    folder = tmp_path_factory.mktemp("served")
    authority = Authority(folder)
    identity = authority.server()
    tokens = "".join(f'[[token]]\nowner = "{owner}"\ntoken = "{token}"\n' for owner, token in TOKENS.items())
    (folder / "tokens.toml").write_text(tokens)
    options = ["--address", "127.0.0.1:0", "--store", f"sqlite:///{folder / 'sessions.db'}", "--select", RULE]
    options += ["--tls-cert", str(identity.certificate), "--tls-key", str(identity.key)]
    options += ["--tokens", str(folder / "tokens.toml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", *options], cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield Served(_port(folder / "log", process), authority.certificate)
    finally:
        process.terminate()
        assert process.wait(START_SECONDS) == 0


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that the server took, which it says in its first line."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"serving on https://127\.0\.0\.1:(\d+) \(TLS, 2 tokens of 2 owners\)", log.read_text())
        if found is not None:
            return int(found[1])
        time.sleep(0.05)
    pytest.fail(f"the server did not start: {log.read_text()}")


@pytest.fixture(scope="module")
def client_in(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Client]:
    return lambda language: Client(program(language, CLIENTS / language, tmp_path_factory), served)


@pytest.fixture(params=BUILDERS)
def client(request: pytest.FixtureRequest, client_in: Callable[[str], Client]) -> Client:
    return client_in(request.param)


@pytest.fixture
def id_(request: pytest.FixtureRequest) -> str:
    """A session id that no other test has."""
    return request.node.name


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return written(tmp_path / "small.json", SMALL)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_session_is_put_listed_fetched_and_deleted(client: Client, id_: str, small: Path, tmp_path: Path) -> None:
    stored = client.run("put", "--dialect=python", id_, small)
    assert (stored["session_id"], stored["size"]) == (id_, len(SMALL))
    assert [one["etag"] for one in client.run("list", f"--prefix={id_}")] == [stored["etag"]]
    assert client.run("get", id_, tmp_path / "got.json")["etag"] == stored["etag"]
    assert (tmp_path / "got.json").read_bytes() == SMALL
    assert client.run("delete", f"--if-match={stored['etag']}", id_) == {"deleted": True}
    assert client.run("list", f"--prefix={id_}") == []
    failure = client.fail("get", id_, tmp_path / "gone.json")
    assert (failure["code"], failure["reason"]) == ("NOT_FOUND", "SESSION_NOT_FOUND")


def test_a_wrong_etag_is_told_and_changes_nothing(client: Client, id_: str, small: Path, tmp_path: Path) -> None:
    stored = client.run("put", "--create-only", id_, small)
    other = written(tmp_path / "other.json", session({"type": "text", "text": "other"}))
    assert client.fail("put", "--create-only", id_, other)["code"] == "ALREADY_EXISTS"
    for refused in (("put", "--if-match=wrong", id_, other), ("delete", "--if-match=wrong", id_)):
        failure = client.fail(*refused)
        assert (failure["code"], failure["reason"]) == ("ABORTED", "ETAG_MISMATCH")
    client.run("get", id_, tmp_path / "got.json")
    assert (tmp_path / "got.json").read_bytes() == SMALL
    assert client.run("put", f"--if-match={stored['etag']}", id_, other)["etag"] != stored["etag"]


def test_what_the_server_refuses_is_told_with_place_and_rule(client: Client, id_: str, tmp_path: Path) -> None:
    failure = client.fail("put", id_, written(tmp_path / "orphaned.json", ORPHANED))
    assert failure["code"] == "FAILED_PRECONDITION"
    [violation] = failure["violations"]
    assert violation["field"] == "/state/in_memory/messages/0/contents/0"
    assert violation["reason"] == RULE
    assert violation["description"]


def test_what_is_no_session_is_an_invalid_argument(client: Client, id_: str, tmp_path: Path) -> None:
    failure = client.fail("put", id_, written(tmp_path / "text", b"no session"))
    assert (failure["code"], failure["reason"]) == ("INVALID_ARGUMENT", "NOT_A_SESSION")


def test_a_big_session_goes_in_chunks(client: Client, id_: str, tmp_path: Path) -> None:
    big = written(tmp_path / "big.json", BIG)
    assert client.run("upload", id_, big)["size"] == len(BIG)
    assert client.fail("get", id_, tmp_path / "none.json")["reason"] == "MESSAGE_TOO_LARGE"
    assert client.run("download", id_, tmp_path / "got.json")["size"] == len(BIG)
    assert (tmp_path / "got.json").read_bytes() == BIG
    assert sorted(file.name for file in tmp_path.iterdir()) == ["big.json", "got.json"]


@pytest.mark.parametrize("upwards", [True, False], ids=["upload", "download"])
def test_a_transfer_that_is_cut_goes_on_where_it_stopped(
    client: Client, id_: str, tmp_path: Path, upwards: bool
) -> None:
    big = written(tmp_path / "big.json", BIG)
    with proxy(client.served.port) as between:
        through = {"PYSESSION_SERVER": between.address}
        # Slow enough for the other side to keep up: what it has not looked at when the connection ends is lost.
        between.bytes_per_second = 10e6
        between.cut = Cut(len(BIG) // 2, upwards=True) if upwards else None
        client.run("upload", id_, big, **through)
        between.cut = Cut(len(BIG) // 2, upwards=False) if not upwards else None
        client.run("download", id_, tmp_path / "got.json", **through)
        assert between.cuts == 1
        passed = between.upwards if upwards else between.downwards
    assert (tmp_path / "got.json").read_bytes() == BIG
    # What was there already did not go again: that would have made it one and a half times.
    assert passed < 1.35 * len(BIG)


def test_the_conversation_is_read_from_the_typed_session(client: Client, id_: str, small: Path) -> None:
    client.run("put", id_, small)
    assert client.run("show", id_) == [{"role": "user", "texts": ["Grüße, 你好 😀"]}]


def test_a_typed_session_is_put_back_as_the_document_that_it_was(client: Client, id_: str, tmp_path: Path) -> None:
    source = shipped("fixtures") / GOLDENS[1]
    client.run("put", "--dialect=dotnet", id_, source)
    client.run("copy", id_, f"{id_}-copy")
    client.run("get", f"{id_}-copy", tmp_path / "copy.json")
    assert in_order(tmp_path / "copy.json") == in_order(source)


def in_order(file: Path) -> Any:
    """The value with the order of members and the spelling of numbers."""
    return json.loads(file.read_bytes(), object_pairs_hook=list, parse_float=str)


def test_what_belongs_to_another_owner_is_not_there(client: Client, id_: str, small: Path, tmp_path: Path) -> None:
    client.run("put", id_, small)
    for foreign in (("get", id_, tmp_path / "got.json"), ("delete", id_), ("download", id_, tmp_path / "got.json")):
        assert client.fail(*foreign, token=TOKENS["bob"])["code"] == "NOT_FOUND"
    assert client.run("list", token=TOKENS["bob"]) == []
    assert client.run("put", "--create-only", id_, small, token=TOKENS["bob"])["session_id"] == id_
    client.run("delete", id_, token=TOKENS["bob"])


def test_without_the_right_token_or_authority_nothing_is_answered(client: Client, tmp_path: Path) -> None:
    assert client.fail("list", token="no-token-that-the-server-knows")["code"] == "UNAUTHENTICATED"
    stranger = str(Authority(tmp_path, "stranger").certificate)
    assert client.fail("list", PYSESSION_CA=stranger)["code"] == "UNAVAILABLE"


@pytest.mark.parametrize("golden", GOLDENS)
def test_a_session_of_net_goes_by_python_and_comes_back(
    client_in: Callable[[str], Client], id_: str, tmp_path: Path, golden: str
) -> None:
    dotnet, go, node = map(client_in, ("csharp", "go", "node"))
    source = shipped("fixtures") / golden
    stored = dotnet.run("put", "--dialect=dotnet", id_, source)

    pulled = go.run("get", "--target=python", id_, tmp_path / "python.json")
    assert pulled["dialect"] == "python"
    assert all(loss["recoverable"] for loss in pulled.get("losses", []))
    python = json.loads((tmp_path / "python.json").read_bytes())
    assert python["type"] == "session"
    go.run("put", "--dialect=python", f"--if-match={stored['etag']}", id_, tmp_path / "python.json")

    back = node.run("get", "--target=dotnet", id_, tmp_path / "by-node.json")
    assert (back["dialect"], back["losses"]) == ("dotnet", [])
    assert dotnet.run("download", "--target=dotnet", id_, tmp_path / "by-dotnet.json")["losses"] == []
    expected = json.loads(source.read_bytes())
    assert json.loads((tmp_path / "by-node.json").read_bytes()) == expected
    assert json.loads((tmp_path / "by-dotnet.json").read_bytes()) == expected


def test_go_asks_for_the_health_of_the_service(client_in: Callable[[str], Client]) -> None:
    assert client_in("go").run("health") == {"status": "SERVING"}


def test_every_call_is_on_the_page() -> None:
    told = re.findall(r"^\| `([A-Z][A-Za-z]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert sorted(told) == sorted(exchange_pb2.DESCRIPTOR.services_by_name["SessionExchange"].methods_by_name)


def test_the_first_client_of_the_page_runs_as_it_stands(
    client_in: Callable[[str], Client], small: Path, tmp_path: Path
) -> None:
    client = client_in("node")
    folder = shown(client)
    told = run(("node", "first.mjs", str(small)), client.served, folder).splitlines()
    assert len(told[0]) > 16
    assert json.loads(told[1])["stateBag"]["InMemoryChatHistoryProvider"]["messages"][0]["role"] == "user"
    assert "LOSS_KIND_PARKED /session_id" in told[2]
    assert told[-2:] == ["WATCH_EVENT_READY ", "WATCH_EVENT_DELETED first"]


def test_what_is_refused_is_read_as_the_page_shows(client_in: Callable[[str], Client], tmp_path: Path) -> None:
    client = client_in("node")
    folder = shown(client)
    first = (folder / "first.mjs").read_text(encoding="utf-8").partition("const data =")[0]
    ask = """
    import { detailsOf } from "./refusal.mjs";
    const data = Buffer.from(process.argv[2]);
    const request = { sessionId: "refused", payload: { document: { data } } };
    const told = await call("Put", request).catch(detailsOf);
    console.log(JSON.stringify(told));
    client.close();
    """
    (folder / "asking.mjs").write_text(first + ask, encoding="utf-8")
    told = json.loads(run(("node", "asking.mjs", ORPHANED.decode()), client.served, folder))
    details = {detail["type"]: detail for detail in told}
    assert (details["ErrorInfo"]["reason"], details["ErrorInfo"]["domain"]) == ("POLICY_REFUSED", "pysession")
    (violation,) = details["BadRequest"]["fieldViolations"]
    assert violation["reason"] == RULE
    assert violation["field"].startswith("/state/in_memory/messages/0")


def shown(client: Client) -> Path:
    """A folder with the programs of the page, beside the packages of the example, which are those that they need."""
    folder = Path(client.command[-1]).parent
    for source in re.findall(r"```js\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        name = re.match(r"// (\w+\.mjs): ", source)
        assert name is not None
        (folder / name[1]).write_text(source, encoding="utf-8")
    for link, target in (("PROTO", ROOT / "proto"), ("third_party", CLIENTS / "third_party")):
        with contextlib.suppress(FileExistsError):
            (folder / link).symlink_to(target)
    return folder


def run(command: tuple[str, ...], served: Served, folder: Path) -> str:
    """What ``command`` says, with the address, the authority and a token in its environment."""
    where = environment(
        PYSESSION_SERVER=f"localhost:{served.port}",
        PYSESSION_CA=str(served.authority),
        PYSESSION_TOKEN=TOKENS["ann"],
    )
    done = subprocess.run(
        command, cwd=folder, env=where, capture_output=True, text=True, timeout=CALL_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
