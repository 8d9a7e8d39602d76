from __future__ import annotations

import asyncio
import multiprocessing
import time
from pathlib import Path
from typing import Any

import agent_framework as maf
import pytest

from pysession.findings.failures import UsageError
from pysession.sessions import CorruptSessionError, FileHistoryProvider, StateValueError, message
from pysession.sessions.messages import function_call, text_of

pytestmark = pytest.mark.filterwarnings("default")

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden" / "python"
FORMS = ("json", "msgpack")


def save(provider: Any, session_id: str | None, *messages: Any) -> None:
    asyncio.run(provider.save_messages(session_id, list(messages)))


def load(provider: Any, session_id: str | None) -> list[Any]:
    return asyncio.run(provider.get_messages(session_id))


@pytest.mark.parametrize(
    ("golden", "release"),
    [
        ("1.1.0/fhp__run_tools.jsonl", "python@1.1.0"),
        ("1.13.0/fhp__run_tools.jsonl", "python@1.13.0"),
        ("1.17.0/fhp__run_tools.jsonl", "python@1.17.0"),
        ("1.17.0/fhp__run_tools.msgpack", "python@1.21.0"),
        ("1.22.0/fhp__run_tools.msgpack", "python@1.23.0"),
    ],
)
def test_a_file_of_a_release_is_written_again_byte_for_byte(tmp_path: Path, golden: str, release: str) -> None:
    data = (GOLDEN / golden).read_bytes()
    form = "json" if golden.endswith("jsonl") else "msgpack"
    provider = FileHistoryProvider(tmp_path, serialization_format=form, release=release)
    provider.path_of("a").write_bytes(data)
    messages = load(provider, "a")
    save(provider, "b", *messages)
    assert len(messages) == 6
    assert provider.path_of("b").read_bytes() == data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("session_id", ["simple", "Ümläut/../x", None, "CON", "Ü" * 300])
def test_the_real_framework_goes_on_with_the_file(tmp_path: Path, form: Any, session_id: str | None) -> None:
    ours = FileHistoryProvider(tmp_path, serialization_format=form)
    theirs = maf.FileHistoryProvider(tmp_path, serialization_format=form)
    save(ours, session_id, message("user", "é 😀"), message("assistant", [function_call("c", "t", "{}")]))
    save(theirs, session_id, maf.Message("user", ["and then"]))
    assert [one.role for one in load(theirs, session_id)] == ["user", "assistant", "user"]
    assert [text_of(one) for one in load(ours, session_id)] == ["é 😀", "", "and then"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_member_that_an_older_release_would_refuse_is_not_written_silently(tmp_path: Path) -> None:
    older = FileHistoryProvider(tmp_path, release="python@1.17.0")
    save(older, "s", message("assistant", [function_call("c", "t", "{}")]))
    assert b"hosted" not in older.path_of("s").read_bytes()
    with pytest.raises(StateValueError, match="hosted"):
        save(older, "s", message("assistant", [function_call("c", "t", "{}") | {"hosted": True}]))


@pytest.mark.parametrize(("release", "form"), [("python@1.0.0", "json"), ("python@1.12.0", "msgpack")])
def test_a_release_without_such_files_is_refused(tmp_path: Path, release: str, form: Any) -> None:
    with pytest.raises(UsageError, match="no FileHistoryProvider"):
        FileHistoryProvider(tmp_path, serialization_format=form, release=release)


@pytest.mark.parametrize("form", FORMS)
def test_a_last_record_cut_off_anywhere_loses_only_itself(tmp_path: Path, form: Any) -> None:
    provider = FileHistoryProvider(tmp_path, serialization_format=form)
    path = provider.path_of("s")
    save(provider, "s", message("user", "one"), message("user", "two"))
    whole = path.read_bytes()
    save(provider, "s", message("user", "three"))
    for end in range(len(whole) + 1, len(path.read_bytes()) - 1):
        torn = FileHistoryProvider(tmp_path / str(end), serialization_format=form)
        torn.path_of("s").write_bytes(path.read_bytes()[:end])
        assert [text_of(one) for one in load(torn, "s")] == ["one", "two"]
        save(torn, "s", message("user", "four"))
        assert [text_of(one) for one in load(torn, "s")] == ["one", "two", "four"]
        assert torn.path_of("s").with_name(torn.path_of("s").name + ".torn").exists()


def test_a_last_line_without_its_end_is_whole(tmp_path: Path) -> None:
    provider = FileHistoryProvider(tmp_path)
    save(provider, "s", message("user", "one"))
    provider.path_of("s").write_bytes(provider.path_of("s").read_bytes().rstrip())
    save(provider, "s", message("user", "two"))
    assert [text_of(one) for one in load(provider, "s")] == ["one", "two"]


@pytest.mark.parametrize("line", [b"{", b'"text"', b'{"role": 7}'])
def test_damage_in_the_middle_raises_with_the_file(tmp_path: Path, line: bytes) -> None:
    provider = FileHistoryProvider(tmp_path)
    save(provider, "s", message("user", "one"))
    whole = provider.path_of("s").read_bytes()
    provider.path_of("s").write_bytes(whole + line + b"\n" + whole)
    with pytest.raises(CorruptSessionError, match=r"s\.jsonl"):
        load(provider, "s")


def _write(folder: str, name: str, count: int) -> None:
    provider = FileHistoryProvider(folder)
    for number in range(count):
        save(provider, "s", message("user", f"{name}{number}"))


def test_processes_that_write_one_file_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(str(tmp_path), name, 25)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = [text_of(one) for one in load(FileHistoryProvider(tmp_path), "s")]
    assert len(found) == 75
    for name in "abc":
        assert [one for one in found if one[0] == name] == [f"{name}{number}" for number in range(25)]


def test_an_append_to_a_long_history_costs_what_is_appended(tmp_path: Path) -> None:
    provider = FileHistoryProvider(tmp_path)
    save(provider, "long", *(message("user", f"{number} " + "x" * 80) for number in range(10_000)))
    save(provider, "short", message("user", "x"))

    def cost(session_id: str) -> float:
        times = []
        for number in range(15):
            start = time.perf_counter()
            save(provider, session_id, message("user", f"one more {number}"))
            times.append(time.perf_counter() - start)
        return min(times)

    # Reading 10,000 messages takes some 100 times as long as this append.
    assert cost("long") < 5 * cost("short")
