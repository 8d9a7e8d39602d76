"""``pysession push`` and ``pysession pull`` as real processes, against a real server."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pysession
from pysession.cli.exit_code import ExitCode
from pysession.schema import shipped
from pysession.sessions import Retention, Session
from tests.cli.processes import COMMAND, environment, run
from tests.exchange.certificates import Authority
from tests.exchange.documents import session
from tests.exchange.serving import Served, serving

HIDDEN = b"\x1b[?25l"
"""How a terminal is told to hide its cursor."""
DOTNET = shipped("fixtures") / "golden/dotnet/1.17.0/streaming_tools.json"
TOKEN = "token-of-ada-0123456789"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("exchange")
    tokens = folder / "tokens.toml"
    tokens.write_text(f'[[token]]\nowner = "ada"\ntoken = "{TOKEN}"\n')
    with serving(folder, "--select", "json", "--tokens", tokens) as served:
        yield served


@pytest.fixture(scope="module")
def exchange_as_it_is(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One without a policy: what it is sent it stores."""
    with serving(tmp_path_factory.mktemp("as-it-is")) as served:
        yield served


@pytest.fixture
def call(exchange: Served, tmp_path: Path) -> Any:
    """Runs a command in a folder of its own, with the address and the token in its environment."""

    def called(*arguments: str | Path, code: int = ExitCode.CLEAN, input: bytes = b"", **more: str) -> Any:
        variables = {"PYSESSION_EXCHANGE": exchange.address, "PYSESSION_TOKEN": TOKEN, **more}
        done = run(*arguments, cwd=tmp_path, input=input, **variables)
        assert done.returncode == code, done.stderr.decode()
        return done

    return called


def test_a_dotnet_session_comes_out_as_python_and_back_without_a_loss(call: Any, tmp_path: Path) -> None:
    call("push", DOTNET, "--id", "hand-over")
    pulled = call("pull", "hand-over", "--to", "python", "-o", "python.json", "--losses", "losses.json")
    assert b"hand-over \xe2\x86\x92 python.json: " in pulled.stderr
    assert b"dotnet \xe2\x86\x92 python@" in pulled.stderr
    assert json.loads((tmp_path / "python.json").read_bytes())["type"] == "session"
    (document,) = json.loads((tmp_path / "losses.json").read_bytes())["documents"]
    assert (document["source"], document["from"]) == ("hand-over", "dotnet")
    assert all(loss["recoverable"] for loss in document["losses"] if loss["kind"] != "defaulted")
    call("push", "python.json", "--id", "hand-over")
    call("pull", "hand-over", "--to", "dotnet@1.17.0", "-o", "dotnet.json", "--losses", "back.json")
    assert json.loads((tmp_path / "dotnet.json").read_bytes()) == json.loads(DOTNET.read_bytes())
    assert json.loads((tmp_path / "back.json").read_bytes())["documents"][0]["losses"] == []


def test_a_folder_in_another_dialect_goes_back_under_its_ids(call: Any, tmp_path: Path) -> None:
    call("push", DOTNET, "--id", "there-and-back")
    call("pull", "--prefix", "there-", "--to", "python", "-o", "python")
    pushed = call("push", "python")
    assert "python/there-and-back.json → there-and-back: " in pushed.stderr.decode()
    back = call("pull", "there-and-back", "--to", "dotnet@1.17.0").stdout
    assert json.loads(back) == json.loads(DOTNET.read_bytes())


def test_a_session_goes_and_comes_typed(call: Any, tmp_path: Path) -> None:
    call("push", DOTNET, "--id", "typed", "--as-typed")
    assert json.loads(call("pull", "typed").stdout) == json.loads(DOTNET.read_bytes())
    call("pull", "typed", "--as-typed", "-o", "out/")
    blob = (tmp_path / "out/typed.binpb").read_bytes()
    assert json.loads(pysession.from_proto(blob)) == json.loads(DOTNET.read_bytes())
    (tmp_path / "broken.json").write_bytes(b'{"type":')
    refused = call("push", "broken.json", "--as-typed", code=ExitCode.FINDINGS)
    assert b"broken.json: not stored: " in refused.stderr


def test_a_file_of_a_typed_session_goes_as_one(call: Any, tmp_path: Path) -> None:
    python = session(session_id="typed-file")
    (tmp_path / "s.json").write_bytes(python)
    call("push", "s.json", DOTNET)
    call("pull", "typed-file", "streaming_tools", "--as-typed", "-o", "typed")
    for name, document in (("typed-file", python), ("streaming_tools", DOTNET.read_bytes())):
        told = json.loads(call("push", f"typed/{name}.binpb", "--format", "json").stdout)["documents"][0]
        assert (told["session_id"], told["stored"]) == (name, True)
        assert json.loads(call("pull", name).stdout) == json.loads(document)
    call("push", "typed/typed-file.binpb", "--id", "another-name")
    assert json.loads(call("pull", "another-name").stdout) == json.loads(python)
    (tmp_path / "cut.binpb").write_bytes((tmp_path / "typed/typed-file.binpb").read_bytes()[:-3])
    refused = call("push", "cut.binpb", code=ExitCode.FINDINGS)
    assert b"cut.binpb: not stored: this is not a session as pysession.v1 has it" in refused.stderr


def test_what_is_pulled_is_what_was_pushed(call: Any, tmp_path: Path) -> None:
    data = b" " + session(size=400_000)
    (tmp_path / "large.json").write_bytes(data)
    call("push", "large.json", "--id", "large")
    assert call("pull", "large").stdout == data
    call("pull", "large", "-o", "again.json")
    assert (tmp_path / "again.json").read_bytes() == data


def test_a_folder_goes_and_comes_back_as_a_store(call: Any, tmp_path: Path) -> None:
    store = f"file:{tmp_path / 'store'}"
    ids = ["folder-a", "folder-B/ü", "folder-c"]
    for session_id in ids:
        file = tmp_path / "one.json"
        file.write_bytes(session(session_id, session_id=session_id))
        run("store", "put", store, session_id, file, cwd=tmp_path)
    pushed = call("push", store)
    assert b"3 sessions stored" in pushed.stderr
    call("pull", "--prefix", "folder-", "-o", "out")
    listed = run("store", "ls", f"file:{tmp_path / 'out'}", "--format", "ndjson", cwd=tmp_path)
    assert sorted(json.loads(line)["id"] for line in listed.stdout.splitlines()) == sorted(ids)
    # And a folder of files, whose names stand for ids that they do not say.
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/folder-d.json").write_bytes(DOTNET.read_bytes())
    pushed = call("push", "bare", "--format", "json")
    (document,) = json.loads(pushed.stdout)["documents"]
    assert (document["session_id"], document["stored"]) == ("folder-d", True)


def test_a_conflict_is_a_refusal(call: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(session(session_id="conflict"))
    first = call("push", "s.json", "--create-only", "--format", "json")
    etag = json.loads(first.stdout)["documents"][0]["etag"]
    refused = call("push", "s.json", "--create-only", code=ExitCode.FINDINGS)
    assert b"s.json: not stored: the session 'conflict' is there already" in refused.stderr
    call("push", "s.json", "--if-match", etag)
    refused = call("push", "s.json", "--if-match", etag, "--format", "json", code=ExitCode.FINDINGS)
    (document,) = json.loads(refused.stdout)["documents"]
    assert (document["stored"], document["findings"]) == (False, [])
    assert "has been changed since it was read" in document["reason"]


def test_the_policy_of_the_server_tells_what_is_wrong_and_where(call: Any, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(session(session_id="good"))
    (tmp_path / "bad.json").write_bytes(session(session_id="bad").replace(b'"hi"', b'"hi","text":"twice"'))
    refused = call("push", "bad.json", "good.json", code=ExitCode.FINDINGS)
    told = refused.stderr.decode()
    assert "bad.json: not stored: " in told
    assert "  json-duplicate-key  /state/in_memory/messages/0/contents/0/text: " in told
    assert "1 session stored" in told
    call("pull", "bad", code=ExitCode.NOT_READ)


def test_two_documents_of_one_id_are_told_and_the_first_stays(call: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(session("first", session_id="twice"))
    (tmp_path / "b.json").write_bytes(session("second", session_id="twice"))
    refused = call("push", "a.json", "b.json", code=ExitCode.FINDINGS)
    assert b"b.json: not stored: a.json has gone as the session 'twice' already; give --id" in refused.stderr
    assert call("pull", "twice").stdout == session("first", session_id="twice")


def test_a_document_a_line_and_standard_input_are_documents(call: Any, tmp_path: Path) -> None:
    lines = b"\n".join(session(session_id=f"line-{number}") for number in range(3))
    (tmp_path / "lines.jsonl").write_bytes(lines)
    assert b"3 sessions stored" in call("push", "lines.jsonl").stderr
    call("push", "-", "--id", "stdin", input=DOTNET.read_bytes())
    assert call("pull", "stdin").stdout == DOTNET.read_bytes()
    unnamed = call("push", "-", input=DOTNET.read_bytes(), code=ExitCode.FINDINGS)
    assert b"it does not say its session id; give --id" in unnamed.stderr


BROKEN = {
    "cut off": (b'{"type": "session", "session_id": "a", "sta', "line 1, column 44"),
    "other bytes": (b"\xff\xfe\x00\x01", "line 1, column 1"),
    "nothing": (b"", "line 1, column 1"),
    "Latin-1": ('{"type":"session","session_id":"é"}'.encode("latin-1"), "line 1, column 33"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_stored_only_where_that_is_said(
    call: Any, exchange_as_it_is: Served, tmp_path: Path, name: str
) -> None:
    data, where = BROKEN[name]
    to = {"PYSESSION_EXCHANGE": exchange_as_it_is.address}
    (tmp_path / f"{name}.json").write_bytes(data)
    refused = call("push", f"{name}.json", code=ExitCode.FINDINGS, **to)
    assert f"{name}.json: not stored: {where}: " in refused.stderr.decode()
    assert b"--opaque" in refused.stderr
    call("pull", name, code=ExitCode.NOT_READ, **to)
    if data:
        call("push", f"{name}.json", "--opaque", **to)
        assert call("pull", name, **to).stdout == data


def test_a_line_that_cannot_be_read_is_told_by_its_line(call: Any, tmp_path: Path) -> None:
    good = session(session_id="before-the-broken-line")
    (tmp_path / "lines.jsonl").write_bytes(good + b"\n\n{broken\n")
    refused = call("push", "lines.jsonl", code=ExitCode.FINDINGS)
    assert b"lines.jsonl (record 1): not stored: line 3, column 2: " in refused.stderr
    assert call("pull", "before-the-broken-line").stdout == good


def test_json_in_no_known_dialect_is_stored_and_said_to_be_none(
    call: Any, exchange_as_it_is: Served, tmp_path: Path
) -> None:
    (tmp_path / "list.json").write_bytes(b"[1, 2, 3]")
    pushed = call("push", "list.json", PYSESSION_EXCHANGE=exchange_as_it_is.address)
    assert b", of no known dialect" in pushed.stderr
    told = call("push", DOTNET, "--id", "d", "--format", "json").stdout
    assert json.loads(told)["documents"][0]["dialect"] == "dotnet"


def test_an_immutable_session_may_be_pushed_again_as_it_is(call: Any, tmp_path: Path) -> None:
    kept = Session("kept", retention=Retention(immutable=True))
    (tmp_path / "kept.json").write_bytes(kept.to_bytes())
    first, again = (json.loads(call("push", "kept.json", "--format", "json").stdout)["documents"][0] for _ in range(2))
    assert first["etag"] == again["etag"]
    (tmp_path / "kept.json").write_bytes(Session("kept", retention=Retention(immutable=True)).to_bytes())
    refused = call("push", "kept.json", code=ExitCode.FINDINGS)
    assert b"the session 'kept' is immutable" in refused.stderr


def test_a_large_session_that_is_there_already_is_not_sent_again(
    call: Any, exchange_as_it_is: Served, tmp_path: Path
) -> None:
    to = {"PYSESSION_EXCHANGE": exchange_as_it_is.address}
    (tmp_path / "large.json").write_bytes(session(size=300_000, session_id="large"))
    first = json.loads(call("push", "large.json", "--format", "json", **to).stdout)["documents"][0]
    again = json.loads(call("push", "large.json", "--format", "json", **to).stdout)["documents"][0]
    assert (again["etag"], again["stored"], again["unchanged"]) == (first["etag"], True, True)
    assert b", there already" in call("push", "large.json", **to).stderr
    uploads = [line for line in exchange_as_it_is.log.read_text().splitlines() if '"method":"Upload"' in line]
    assert len(uploads) == 1
    # Where a condition is to hold it is asked for, and what is damaged is put again.
    call("push", "large.json", "--create-only", code=ExitCode.FINDINGS, **to)
    with sqlite3.connect(exchange_as_it_is.folder / "sessions.db") as database:
        database.execute("UPDATE session SET data = substr(data, 2) WHERE id = CAST('large' AS BLOB)")
        assert database.total_changes == 1
    call("pull", "large", code=ExitCode.NOT_READ, **to)
    call("push", "large.json", **to)
    assert call("pull", "large", **to).stdout == session(size=300_000, session_id="large")


def test_a_push_that_is_broken_off_is_done_again_from_where_it_was(exchange_as_it_is: Served, tmp_path: Path) -> None:
    to = ("--to", exchange_as_it_is.address)
    files = [tmp_path / f"s{number}.json" for number in range(9)]
    for number, file in enumerate(files):
        file.write_bytes(session(size=300_000, session_id=f"off-{number}"))
    # The first is told when the ninth begins, and standard input keeps the command waiting then.
    command = [*COMMAND, "push", *files, "-", *to]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), text=True, **pipes) as process:
        assert process.stderr is not None
        first = process.stderr.readline().strip()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read().splitlines() == ["interrupted"]
    again = run("push", *files, *to, cwd=tmp_path)
    assert again.returncode == ExitCode.CLEAN
    assert f"{first}, there already" in again.stderr.decode()
    assert b"9 sessions stored" in again.stderr


def test_a_client_that_proves_nothing_is_told_so_where_a_host_has_two_addresses(tmp_path: Path) -> None:
    """``localhost`` is ::1 too, where nobody listens: that is not what is wrong."""
    authority = Authority(tmp_path)
    server, stranger = authority.server(), Authority(tmp_path, "stranger").client()
    (tmp_path / "s.json").write_bytes(session())
    options = ("--tls-cert", server.certificate, "--tls-key", server.key, "--tls-client-ca", authority.certificate)
    with serving(tmp_path, *options) as served:
        shown = ("--certificate", stranger.certificate, "--key", stranger.key)
        to = ("--to", f"https://localhost:{served.port}", "--ca", authority.certificate)
        for credentials in ((), shown):
            refused = run("push", "s.json", *to, *credentials, cwd=tmp_path)
            assert refused.returncode == ExitCode.NOT_READ
            assert b"may want a client's certificate that it knows" in refused.stderr, refused.stderr
        swapped = run("push", "s.json", *to, "--certificate", stranger.certificate, "--key", server.key, cwd=tmp_path)
        assert swapped.returncode == ExitCode.USAGE
        assert b"is not that of the certificate" in swapped.stderr


def test_a_host_that_is_not_known_is_told(call: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(session())
    to = "https://no-such-host.invalid:50051"
    refused = call("push", "s.json", "--to", to, "--timeout", "20", code=ExitCode.NOT_READ)
    assert refused.stderr.decode().strip() == f"Error: {to} does not answer: there is no host of that name"


def test_what_is_not_there_is_told_and_the_others_come(call: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(session(session_id="there"))
    call("push", "s.json")
    missing = call("pull", "nowhere", "there", "-o", "out", code=ExitCode.NOT_READ)
    assert b"nowhere: there is no session 'nowhere'" in missing.stderr
    assert (tmp_path / "out/there.json").read_bytes() == session(session_id="there")
    assert (
        b"there is no session to pull" in call("pull", "--prefix", "none-", "-o", "out", code=ExitCode.NOT_READ).stderr
    )


def test_nobody_gets_in_without_the_token_and_it_is_told_how(call: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(session())
    for command in (("push", "s.json"), ("pull", "s1")):
        refused = call(*command, code=ExitCode.NOT_READ, PYSESSION_TOKEN="token-of-mallory-0123456789")
        assert b"does not know who calls" in refused.stderr
        assert b"PYSESSION_TOKEN" in refused.stderr
        assert b"mallory" not in refused.stderr
    (tmp_path / "token").write_text(TOKEN)
    call("push", "s.json", "--token-file", "token", PYSESSION_TOKEN="")


def test_an_exchange_that_is_not_there_is_told_in_one_line(call: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(session())
    refused = call("push", "s.json", "--to", "localhost:1", code=ExitCode.NOT_READ)
    assert refused.stderr.decode().splitlines() == [
        "Error: http://localhost:1 does not answer: nothing listens there; start 'pysession serve', or look at the host "
        "and port"
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("push", "s.json", "--to", "ftp://x"), "is not the address of an exchange"),
        (("push", "a", "b", "--id", "x"), "give one file"),
        (("push", "s.json", "--create-only", "--if-match", "e"), "either --create-only or --if-match"),
        (("push", "s.json", "--as-typed", "--dialect", "go"), "leave --dialect out"),
        (("pull",), "say which sessions"),
        (("pull", "a", "--all"), "say which sessions"),
        (("pull", "a", "b"), "give --output FOLDER"),
        (("pull", "a", "--losses", "l.json"), "give --to"),
        (("pull", "a", "--to", "fortran"), "fortran"),
        (("pull", "a", "--ca", "none.pem"), "certificates prove nothing"),
    ],
)
def test_options_that_do_not_go_together_are_refused(call: Any, arguments: tuple[str, ...], told: str) -> None:
    assert told in call(*arguments, code=ExitCode.USAGE).stderr.decode()


def test_an_output_that_cannot_be_written_is_told(call: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(session(session_id="unwritten"))
    call("push", "s.json")
    (tmp_path / "file").write_bytes(b"")
    refused = call("pull", "unwritten", "-o", "file/s.json", code=ExitCode.NOT_READ)
    assert b"cannot be written" in refused.stderr


def test_on_a_terminal_a_bar_shows_how_far_it_is(exchange: Served, tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(session(size=5_000_000, session_id="bar"))
    shown = on_terminal(exchange, tmp_path, "push", "large.json")
    assert b"pushing" in shown
    assert b"100%" in shown
    assert b"\nlarge.json \xe2\x86\x92 bar: 5,000,000 bytes" in shown
    assert b"\nbar \xe2\x86\x92 out.json: 5,000,000 bytes" in on_terminal(
        exchange, tmp_path, "pull", "bar", "-o", "out.json"
    )
    for number in range(3):
        (tmp_path / f"bar-{number}.json").write_bytes(session(session_id=f"bar-{number}"))
    for command in (("push", "bar-0.json", "bar-1.json", "bar-2.json"), ("pull", "--prefix", "bar-", "-o", "out")):
        shown = on_terminal(exchange, tmp_path, *command)
        assert b"3/3" in shown
        assert b"etag" not in shown


def test_a_terminal_has_its_cursor_again_after_an_interruption(exchange_as_it_is: Served, tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(session(size=60_000_000, session_id="cursor"))
    ours, theirs = pty.openpty()
    command = [*COMMAND, "push", "large.json", "--to", exchange_as_it_is.address]
    with subprocess.Popen(command, cwd=tmp_path, stderr=theirs, env=environment()) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other side is closed
            while more := os.read(ours, 65536):
                if HIDDEN in more and HIDDEN not in shown:
                    process.send_signal(signal.SIGINT)
                shown += more
        os.close(ours)
        assert process.wait(60) == 130
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(HIDDEN)


def on_terminal(exchange: Served, folder: Path, *arguments: str) -> bytes:
    """What a command shows on standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    variables = environment(PYSESSION_EXCHANGE=exchange.address, PYSESSION_TOKEN=TOKEN)
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=theirs, env=variables
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # The other side is closed, as Linux tells it.
            break
        if not more:
            break
        shown += more
    os.close(ours)
    assert process.wait(60) == ExitCode.CLEAN
    return shown
