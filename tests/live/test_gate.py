"""A store that the newest release has really written, before a rollback to one that does not know what it writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from agent_framework import FileSessionStore

from pysession import predict
from pysession.cli import main
from tests.live.agents import SCENARIOS, run

pytestmark = pytest.mark.filterwarnings("default")

OLDER = "python@1.21.0"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    async def write() -> None:
        files = FileSessionStore(tmp_path)
        for replies, turns, _ in SCENARIOS.values():
            session = await run(replies, *turns)
            await files.set(session.session_id, session)

    asyncio.run(write())
    return tmp_path


def gate(store: Path, *options: str) -> int:
    return main(["check", str(store), "--reader", OLDER, *options])


def test_the_older_release_refuses_the_sessions_with_calls_and_the_gate_says_why(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(store) == 1
    out = capsys.readouterr().out
    with_calls = sum('"function_call"' in file.read_text() for file in store.glob("*.json"))
    assert with_calls == 4
    assert f"{OLDER}: {len(SCENARIOS)} documents, {with_calls} refused" in out
    assert 'all because of "hosted", written since python@1.22.0' in out


def test_after_the_conversion_that_the_gate_names_the_store_passes(
    store: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    gate(store)
    assert f"4 not accepted: 'pysession convert --to {OLDER}' mends all of them" in capsys.readouterr().out
    older = tmp_path_factory.mktemp("older")
    assert main(["convert", str(store), "--to", OLDER, "-o", str(older)]) == 0
    assert len(list(older.iterdir())) == len(SCENARIOS)
    assert gate(older) == 0


def test_the_release_that_wrote_the_store_keeps_every_byte(store: Path) -> None:
    for file in store.glob("*.json"):
        reading = predict(file.read_bytes(), "python@latest")
        assert (reading.verdict, reading.error) == ("identical", None)


def test_what_is_known_of_a_reader_does_not_fail_the_gate(store: Path, tmp_path: Path) -> None:
    baseline = str(tmp_path / "known.toml")
    assert gate(store, "--write-baseline", baseline) == 0
    assert gate(store, "--baseline", baseline) == 0
    assert gate(store) == 1
