"""A session of .NET handed to Python, at several releases, and back: every one that a release of .NET wrote."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

import pysession
from pysession.exchange.client import SyncExchangeClient
from pysession.findings import Loss, LossKind
from tests.conversion.documents import has_place
from tests.documents import stored
from tests.exchange.serving import Served

SESSIONS = {entry.path: record.data for entry, record in stored("golden") if entry.dialect == "dotnet"}
RELEASES = ("python", "python@1.0.0", "python@1.12.1", "python@1.21.0", "python@1.23.0")


@pytest.fixture(scope="module")
def client(server: Served) -> Iterator[SyncExchangeClient]:
    with SyncExchangeClient(server.address) as exchange:
        yield exchange


def is_told_rightly(loss: Loss, document: object) -> bool:
    """What it is about (of what is defaulted the object that lacks it) is in the document, and comes back."""
    return loss.recoverable and has_place(document, loss.pointer)


def test_there_are_sessions_of_many_releases() -> None:
    assert len(SESSIONS) > 100
    assert len({path.split("/")[2] for path in SESSIONS}) > 15


@pytest.mark.parametrize("release", RELEASES)
def test_every_session_of_dotnet_is_pulled_as_pythons_and_comes_back_equal(
    client: SyncExchangeClient, release: str
) -> None:
    kinds: Counter[LossKind] = Counter()
    for path, data in SESSIONS.items():
        document = json.loads(data)
        client.put(path, data)
        given = client.get(path, to=release)
        assert given.source == "dotnet", path
        assert (given.target or "").startswith(release), path
        wrong = [loss for loss in given.losses if not is_told_rightly(loss, document)]
        assert not wrong, (path, wrong)
        kinds.update(loss.kind for loss in given.losses)
        # A program of that release reads it, and saves every value of it again.
        reading = pysession.predict(given.data, given.target)
        assert reading.verdict in ("identical", "equivalent", "normalised"), (path, reading)
        client.put(path, given.data)
        back = client.get(path, to="dotnet")
        assert (back.source, back.losses) == ("python", ()), path
        assert json.loads(back.data) == document, path
    assert kinds[LossKind.PARKED] > 0
    assert kinds[LossKind.DROPPED] == 0
