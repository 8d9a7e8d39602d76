"""Documents that a release saves again are that release's, whoever wrote them: held with the real libraries."""

from __future__ import annotations

import pytest

from pysession import writers_of
from pysession.conform import Form
from pysession.readers import release
from pysession.readers.releases import table
from pysession.verbs.fixtures import Entry
from pysession.wire import Encoding
from tests.documents import stored
from tests.dotnet import dotnet_testee
from tests.python_releases import python_release

FORMS = {"python": Form.SESSION, "python-thread": Form.THREAD}


def written(*dialects: str) -> list[tuple[Entry, bytes]]:
    return [
        (entry, record.data)
        for entry, record in stored("golden")
        if entry.dialect in dialects and record.encoding is Encoding.JSON
    ]


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("python@1.0.0b260210", 40),
        ("python@1.0.0", 90),
        ("python@1.12.1", 90),
        ("python@1.21.0", 90),
    ],
)
def test_what_a_python_release_saves_again_has_it_among_the_candidates(name: str, least: int) -> None:
    dialect = release(name).dialects[0]
    oracle = python_release(name)
    saved = 0
    with oracle.testee as testee:
        for entry, data in written(dialect):
            answer = testee.read(data, FORMS[dialect])
            if answer.saved is not None:
                assert name in writers_of(answer.saved).candidates, entry.path
                saved += 1
    assert saved >= least


@pytest.mark.parametrize("name", ["python@1.12.1", "python@1.21.0"])
def test_a_release_that_appends_to_a_history_file_is_among_the_candidates(name: str) -> None:
    histories = [
        (entry, record.data)
        for entry, record in stored("golden")
        if entry.dialect == "python-history" and record.encoding is Encoding.JSON_LINES
    ]
    saved = 0
    with python_release(name).testee as testee:
        for entry, data in histories:
            answer = testee.append(data, Form.HISTORY, "one more")
            if answer.saved is not None:
                writer = writers_of(answer.saved, encoding=Encoding.JSON_LINES)
                assert name in writer.candidates, entry.path
                saved += 1
    assert saved


@pytest.mark.parametrize("version", ["9.10.2", "10.3.0", "10.5.1", "10.11.0"])
def test_what_a_dotnet_serialiser_saves_again_has_it_among_the_candidates(version: str) -> None:
    frameworks = {f"dotnet@{one.release}" for one in table()["dotnet"].releases if one.meai == version}
    sessions = {name for name in frameworks if "dotnet" in release(name).dialects}
    saved = 0
    with dotnet_testee(version) as testee:
        for entry, data in written("dotnet"):
            alone = data.lstrip().startswith(b"[")
            # The testee runs an agent's history; a workflow's history would come back as the text that it was.
            if entry.scenario.startswith("workflow"):
                continue
            answer = testee.read(data, Form.MESSAGES if alone else Form.SESSION)
            if answer.saved is not None:
                expected = {f"meai@{version}"} if alone else sessions
                assert expected <= set(writers_of(answer.saved).candidates), entry.path
                saved += 1
    assert saved > 100
