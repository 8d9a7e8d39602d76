"""Every store of this package keeps what it promises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pysession.stores import open_store
from pysession.testing.stores import StoreCase, store_cases

_OPTIONS = "?max_bytes=2000000"


def _cases(url: str) -> list[StoreCase]:
    return store_cases(open_store(url).capabilities)


@pytest.mark.parametrize("case", _cases("memory:"), ids=str)
def test_the_memory_store_keeps_its_promises(case: StoreCase) -> None:
    store = open_store(f"memory:{_OPTIONS}")
    case.check(lambda: store)


@pytest.mark.parametrize("case", _cases("file:x"), ids=str)
def test_the_file_store_keeps_its_promises(case: StoreCase, tmp_path: Path) -> None:
    case.check(partial(open_store, f"file:{tmp_path}/sessions{_OPTIONS}"))


@pytest.mark.parametrize("case", _cases("sqlite:///x"), ids=str)
def test_the_sqlite_store_keeps_its_promises(case: StoreCase, tmp_path: Path) -> None:
    case.check(partial(open_store, f"sqlite:///{tmp_path}/sessions.db{_OPTIONS}"))


@pytest.mark.parametrize("case", _cases("postgresql://x"), ids=str)
def test_the_postgres_store_keeps_its_promises(case: StoreCase, postgres_url: Callable[[], str]) -> None:
    case.check(partial(open_store, f"{postgres_url()}&max_bytes=2000000"))


@pytest.mark.parametrize("case", _cases("redis://x"), ids=str)
def test_the_redis_store_keeps_its_promises(case: StoreCase, redis_url: Callable[[], str]) -> None:
    case.check(partial(open_store, f"{redis_url()}&max_bytes=2000000"))


@pytest.mark.parametrize("case", _cases("cosmos://account/database/container"), ids=str)
def test_the_cosmos_store_keeps_its_promises(case: StoreCase, cosmos_url: Callable[[], str]) -> None:
    case.check(partial(open_store, f"{cosmos_url()}&max_bytes=4000000"))


@pytest.mark.usefixtures("fewer_kills")
@pytest.mark.parametrize("case", _cases("fsspec+file:///x"), ids=str)
def test_a_store_in_files_of_fsspec_keeps_its_promises(case: StoreCase, tmp_path: Path) -> None:
    case.check(partial(open_store, f"fsspec+file://{tmp_path}/sessions{_OPTIONS}"))


@pytest.mark.parametrize("case", _cases("fsspec+memory://x"), ids=str)
def test_a_store_in_the_memory_of_fsspec_keeps_its_promises(case: StoreCase, tmp_path: Path) -> None:
    case.check(partial(open_store, f"fsspec+memory://{tmp_path.name}{_OPTIONS}"))


@pytest.mark.usefixtures("fewer_kills")
@pytest.mark.parametrize("case", _cases("s3://bucket"), ids=str)
def test_a_store_in_s3_keeps_its_promises(case: StoreCase, s3_url: Callable[[], str]) -> None:
    case.check(partial(open_store, f"{s3_url()}&max_bytes=2000000"))


@pytest.mark.usefixtures("fewer_kills")
@pytest.mark.parametrize("case", _cases("gs://bucket"), ids=str)
def test_a_store_in_google_cloud_storage_keeps_its_promises(case: StoreCase, gcs_url: Callable[[], str]) -> None:
    case.check(partial(open_store, f"{gcs_url()}&max_bytes=2000000"))


@pytest.mark.usefixtures("fewer_kills")
@pytest.mark.parametrize("case", _cases("sftp://host"), ids=str)
def test_a_store_over_sftp_keeps_its_promises(case: StoreCase, sftp_url: Callable[[], str]) -> None:
    case.check(partial(open_store, f"{sftp_url()}&max_bytes=2000000"))
