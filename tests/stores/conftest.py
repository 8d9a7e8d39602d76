"""Servers, one of each kind for all tests of a process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.stores import servers

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with servers.postgres() as server:
        yield server.url


@pytest.fixture
def postgres_url(postgres_server: str) -> Callable[[], str]:
    """Gives the URL of a schema of its own, which is empty."""

    def make() -> str:
        name = f"schema_{next(_numbers)}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{postgres_server}&options=-csearch_path%3D{name}"

    return make


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with servers.redis() as server:
        yield server.url


@pytest.fixture
def redis_url(redis_server: str) -> Callable[[], str]:
    """Gives the URL of a part of the database of its own, which is empty."""
    return lambda: f"{redis_server}?prefix=store{next(_numbers)}"


@pytest.fixture(scope="session")
def cosmos_server() -> Iterator[str]:
    with servers.cosmos() as server:
        yield server.url


@pytest.fixture
def cosmos_url(cosmos_server: str) -> Callable[[], str]:
    """Gives the URL of a container of its own, which is not there yet."""
    return lambda: cosmos_server.replace("/sessions?", f"/sessions{next(_numbers)}?")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with servers.s3() as server:
        yield server.url


@pytest.fixture
def s3_url(s3_server: str) -> Callable[[], str]:
    """Gives the URL of a folder of its own in the bucket."""
    return lambda: s3_server.replace("?", f"/folder{next(_numbers)}?")


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[str]:
    with servers.gcs() as server:
        yield server.url


@pytest.fixture
def gcs_url(gcs_server: str) -> Callable[[], str]:
    """Gives the URL of a folder of its own in the bucket."""
    return lambda: gcs_server.replace("?", f"/folder{next(_numbers)}?")


@pytest.fixture(scope="session")
def sftp_server() -> Iterator[str]:
    with servers.sftp() as server:
        yield server.url


@pytest.fixture
def sftp_url(sftp_server: str, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a folder of its own."""
    return lambda: sftp_server.replace("?", f"{tmp_path}/folder{next(_numbers)}?")


@pytest.fixture
def fewer_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of them for puts and half for appends: the drivers take seconds to load in every process that is killed."""
    from pysession.testing import store_processes  # not before its assertions are rewritten

    monkeypatch.setattr(store_processes, "KILLS", store_processes.KILLS // 2)
