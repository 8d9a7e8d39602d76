from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from agent_framework import AgentSession, FileSessionStore
from hypothesis import given

from pysession import check, convert, predict
from pysession.outputs import NotWrittenError
from pysession.sessions import Agent, CorruptSessionError, Form, NotASessionError, Session, StateValueError, message
from pysession.testing import sessions

pytestmark = pytest.mark.filterwarnings("default")

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
PYTHON = sorted(path for path in (GOLDEN / "python").rglob("*") if path.suffix in (".json", ".msgpack"))
# What default=str left of a message is no message.
STRINGIFIED = {"thread_text_defaultstr.json"}


def is_session(path: Path) -> bool:
    return not path.name.startswith(("fhp__run", "thread"))


@pytest.mark.parametrize(
    "path", [path for path in PYTHON if is_session(path)], ids=lambda path: "/".join(path.parts[-2:])
)
def test_what_the_framework_wrote_is_saved_again_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    session = Session.from_bytes(data)
    if path.suffix == ".msgpack":
        assert session.to_bytes(Form.STORE_MESSAGEPACK) == data
    elif path.name.startswith("fss__"):
        assert session.to_bytes(Form.STORE) == data
    else:
        # The recorder of some goldens wrote ASCII, of others UTF-8, and all without spaces.
        said, compact = session.to_dict(), (",", ":")
        both = [json.dumps(said, ensure_ascii=ascii, separators=compact).encode() for ascii in (True, False)]
        assert data in both


def test_a_session_is_written_as_the_framework_writes_it(tmp_path: Path) -> None:
    ours, theirs = Session(session_id="s-1"), AgentSession(session_id="s-1")
    for session in (ours, theirs):
        session.state["x"] = {"a": [1, 1.0, 1e22, "é\u2028", None, True], 3: ("t",)}
        session.service_session_id = "conv"
    assert json.dumps(ours.to_dict()).encode() == ours.to_bytes() == json.dumps(theirs.to_dict()).encode()

    for form, name in ((Form.STORE, "json"), (Form.STORE_MESSAGEPACK, "msgpack")):
        store = FileSessionStore(tmp_path, serialization_format=name)  # type: ignore[arg-type]
        asyncio.run(store.set("s-1", theirs))
        assert ours.to_bytes(form) == (tmp_path / f"s-1.{name}").read_bytes()


def test_a_new_session_has_an_id_of_its_own_and_an_empty_state() -> None:
    assert Session().session_id != Session().session_id
    assert Session(session_id="given").to_dict() == {
        "type": "session",
        "session_id": "given",
        "service_session_id": None,
        "state": {},
    }


def test_the_document_and_the_session_share_nothing() -> None:
    session = Session(session_id="s")
    session.state["a"] = {"b": [1]}
    document = session.to_dict()
    document["state"]["a"]["b"].append(2)
    again = Session.from_dict(document)
    document["state"]["a"]["b"].append(3)
    assert (session.state, again.state) == ({"a": {"b": [1]}}, {"a": {"b": [1, 2]}})


def test_documents_saved_the_tutorials_way_load() -> None:
    theirs = AgentSession(session_id="s")
    theirs.state["when"] = "2026-01-01"
    saved = json.dumps(theirs.to_dict(), indent=2, default=str).encode()
    assert Session.from_bytes(saved).to_dict() == theirs.to_dict()
    assert Session.from_bytes(b"\xef\xbb\xbf" + saved).session_id == "s"


@given(sessions())
def test_any_session_comes_back_as_it_was(document: dict[str, Any]) -> None:
    document |= {"type": "session", "session_id": "s", "version": "1.0"}
    assert json.loads(Session.from_dict(document).to_bytes())["state"] == document.get("state", {})


HISTORY = {"in_memory": {"messages": [message("user", "hi")]}}
WHOLE = json.dumps({"type": "session", "session_id": "s", "service_session_id": None, "state": HISTORY}).encode()


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_a_document_that_was_cut_off_anywhere_raises(end: int) -> None:
    with pytest.raises(CorruptSessionError):
        Session.from_bytes(WHOLE[:end])


def stored(**changes: Any) -> bytes:
    document = json.loads(WHOLE) | changes
    return json.dumps({name: value for name, value in document.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "data",
    [
        stored(session_id=...),
        stored(session_id=""),
        stored(session_id=7),
        stored(service_session_id=7),
        stored(state=None),
        stored(state=[]),
        stored(state={"in_memory": {"messages": ["<Message object at 0x1>"]}}),
        stored(state={"in_memory": {"messages": [message("user", "a"), {"contents": []}]}}),
        stored(state={"in_memory": {"messages": [{"role": "user", "contents": "hi"}]}}),
        WHOLE.replace(b'"session_id"', b'"state": {}, "session_id"'),
        WHOLE.replace(b'"hi"', b"NaN"),
        WHOLE.replace(b'"hi"', b'"h\xff"'),
        WHOLE.replace(b'"hi"', b"1e400"),
        stored(state={}).replace(b"{}", b'{"n": -1e400}'),
    ],
)
def test_what_is_less_than_a_session_raises(data: bytes) -> None:
    with pytest.raises(CorruptSessionError):
        Session.from_bytes(data, source="a.json")


@pytest.mark.parametrize(
    ("data", "dialect"),
    [
        (b"[]", "unknown"),
        (b'"text"', "unknown"),
        (b"{}", "dotnet-thread"),
        (stored(type="thread"), "python"),
        (stored(version="2.0"), "python"),
        (b'{"conversationId":"c","stateBag":{}}', "dotnet"),
        (b'{"State":{},"ServiceID":""}', "go"),
        (b'{"session_id":"s","messages":[],"created_at":1}', "agnt5"),
    ],
)
def test_what_is_no_session_is_refused_with_what_it_is(data: bytes, dialect: str) -> None:
    with pytest.raises(NotASessionError) as raised:
        Session.from_bytes(data)
    assert raised.value.dialect == dialect


def test_what_is_wrong_is_told_with_its_place_and_without_what_the_document_says() -> None:
    broken = message("user", [{"type": "text", "text": {"secret": "hunter2"}}])
    data = stored(state={"in_memory": {"messages": [message("user", "a"), broken]}})
    with pytest.raises(CorruptSessionError) as raised:
        Session.from_bytes(data, source="a.json")
    told = str(raised.value)
    assert told.startswith("a.json: ")
    assert "/state/in_memory/messages/1 is no whole message: at /contents/0/text, this must be a string" in told
    assert "hunter2" not in told


def test_only_the_id_is_needed() -> None:
    assert Session.from_dict({"session_id": "s"}).state == {}


def test_members_of_others_in_the_envelope_are_kept() -> None:
    assert json.loads(Session.from_bytes(stored(durable_session_id="d")).to_bytes())["durable_session_id"] == "d"


@pytest.mark.parametrize(
    "path",
    sorted((GOLDEN / "python" / "1.0.0b251105").glob("thread*.json"))[:3]
    + sorted((GOLDEN / "dotnet" / "1.0.0-preview.251104.1").glob("*.json")),
    ids=lambda path: path.name,
)
def test_threads_of_former_times_load_as_they_are_converted(path: Path) -> None:
    data = path.read_bytes()
    session = Session.from_bytes(data)
    assert session.to_dict() == json.loads(convert(data, to="python").data)
    assert predict(session.to_bytes(), "python@1.23.0").verdict.value in ("identical", "equivalent")


class TestFiles:
    def test_a_file_that_is_absent_gives_a_fresh_session(self, tmp_path: Path) -> None:
        session = Session.load_or_new(tmp_path / "none.json", session_id="mine")
        assert (session.session_id, session.state) == ("mine", {})

    @pytest.mark.parametrize("name", ["s.json", "s.msgpack"])
    def test_a_file_that_was_saved_is_loaded(self, tmp_path: Path, name: str) -> None:
        session = Session()
        session.state["n"] = 1
        session.save(tmp_path / name)
        assert (
            Session.load_or_new(tmp_path / name).to_dict()
            == session.to_dict()
            == Session.load(tmp_path / name).to_dict()
        )

    @pytest.mark.parametrize("data", [b"", WHOLE[:50], b"[]"])
    def test_a_file_that_is_damaged_raises_with_its_name_and_is_left_alone(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "s.json"
        path.write_bytes(data)
        with pytest.raises((CorruptSessionError, NotASessionError), match=r"s\.json"):
            Session.load_or_new(path)
        assert path.read_bytes() == data

    def test_a_file_of_another_session_raises(self, tmp_path: Path) -> None:
        Session(session_id="a").save(tmp_path / "s.json")
        with pytest.raises(CorruptSessionError, match="'a' and not 'b'"):
            Session.load_or_new(tmp_path / "s.json", session_id="b")

    def test_what_cannot_be_saved_leaves_the_file_as_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        session = Session()
        session.save(path)
        before = path.read_bytes()
        session.state["x"] = object()
        with pytest.raises(StateValueError, match="/state/x"):
            session.save(path)
        assert (path.read_bytes(), os.listdir(tmp_path)) == (before, ["s.json"])

    def test_a_folder_that_is_not_there_raises(self, tmp_path: Path) -> None:
        with pytest.raises(NotWrittenError):
            Session().save(tmp_path / "none" / "s.json")


def test_clear_forgets_everything_but_the_id() -> None:
    session = Session.from_bytes(stored(durable_session_id="d"))
    session.service_session_id = "c"
    state = session.state
    session.clear()
    assert session.to_dict() == Session(session_id="s").to_dict()
    assert session.state is state


def test_what_is_saved_is_judged_clean() -> None:
    session = Session()
    session.state["in_memory"] = {"messages": [message("user", "hi"), message("assistant", "hello")]}
    assert check(session.to_bytes()).findings == ()


def test_importing_a_session_loads_neither_the_tables_of_releases_nor_pydantic() -> None:
    program = (
        "import sys\nfrom pysession.sessions import Session\nSession.from_bytes(Session().to_bytes())\n"
        "print([name for name in sys.modules if name.startswith(('pydantic', 'pysession.readers', 'pysession.verbs'))])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "name", ["number-not-portable/python-thread-overflow", "number-not-portable/dotnet-thread-overflow"]
)
def test_a_thread_with_a_number_that_no_double_holds_raises(name: str) -> None:
    with pytest.raises(CorruptSessionError, match="double"):
        Session.from_bytes((GOLDEN.parent / "hostile" / f"{name}.json").read_bytes())


def test_half_an_emoji_in_a_thread_is_kept() -> None:
    path = GOLDEN.parent / "hostile" / "string-not-portable" / "python-thread-half-an-emoji.json"
    session = Session.from_bytes(path.read_bytes())
    assert b"\\ud83d" in session.to_bytes()
    assert Session.from_bytes(session.to_bytes()).state == session.state


def test_a_thread_goes_on_for_a_turn() -> None:
    async def model(messages: list[dict[str, Any]]) -> str:
        return f"shown {len(messages)}"

    for path in (
        GOLDEN / "python" / "1.0.0b251001" / "thread_run_multiturn.json",
        GOLDEN / "dotnet" / "1.0.0-preview.251001.3" / "multi_turn.json",
    ):
        session = Session.from_bytes(path.read_bytes())
        (key,) = session.state
        before = len(session.state[key]["messages"])
        asyncio.run(_run(Agent("helper", model), "and now?", session))
        assert session.state[key]["messages"][-1]["contents"][0]["text"] == f"shown {before + 1}"
        assert check(session.to_bytes()).findings == ()


async def _run(agent: Agent, told: str, session: Session) -> None:
    await agent.run(told, session=session)
