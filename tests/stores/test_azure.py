"""A store in Azure Blob Storage keeps its promises, on Azurite, which is Microsoft's own server for tests."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from adlfs import AzureBlobFileSystem

from pysession.stores import open_store
from pysession.testing.stores import StoreCase, store_cases
from tests.node_packages import node_packages
from tests.prerequisites import needed
from tests.stores import servers

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""What everybody's Azurite has."""
_numbers = itertools.count()


@contextlib.contextmanager
def azurite() -> Iterator[str]:
    needed("azurite")
    program = str(node_packages(Path(__file__).parent / "azurite") / ".bin" / "azurite-blob")
    with servers.short_folder() as folder:
        port = servers.free_port()
        command = [program, "--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort", str(port)]
        with servers.running(servers.Server("", command, Path(folder), b"successfully listens")):
            place = f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
            yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{place}"


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    with azurite() as connection:
        AzureBlobFileSystem(connection_string=connection).mkdir("sessions")
        yield f"az://sessions/FOLDER?connection_string={quote(connection, safe='')}&max_bytes=2000000"


# aiohttp warns of the bodies that Azure's driver gives it.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.usefixtures("fewer_kills")
@pytest.mark.parametrize("case", store_cases(open_store("az://container").capabilities), ids=str)
def test_a_store_in_azure_blob_storage_keeps_its_promises(case: StoreCase, container: str) -> None:
    case.check(partial(open_store, container.replace("FOLDER", f"folder{next(_numbers)}")))
