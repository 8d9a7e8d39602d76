"""A store in Azure Blob Storage keeps its promises, where ``PYSESSION_AZURITE`` names the server to try it with.

Azurite is Microsoft's own emulator, by npm, with 365 MB of packages: too much for every run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from pysession.stores import open_store
from pysession.testing.stores import StoreCase, store_cases
from tests.stores import servers

AZURITE = os.environ.get("PYSESSION_AZURITE")
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""What everybody's Azurite has."""

if AZURITE is not None:
    adlfs = pytest.importorskip("adlfs")
    _numbers = itertools.count()

    @contextlib.contextmanager
    def azurite() -> Iterator[str]:
        with servers.short_folder() as folder:
            port = servers.free_port()
            command = [str(AZURITE), "--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort", str(port)]
            with servers.running(servers.Server("", command, Path(folder), b"successfully listens")):
                place = f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
                yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{place}"

    @pytest.fixture(scope="module")
    def container() -> Iterator[str]:
        with azurite() as connection:
            adlfs.AzureBlobFileSystem(connection_string=connection).mkdir("sessions")
            yield f"az://sessions/FOLDER?connection_string={quote(connection, safe='')}&max_bytes=2000000"

    # aiohttp warns of the bodies that Azure's driver gives it.
    @pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
    @pytest.mark.parametrize("case", store_cases(open_store("az://container").capabilities), ids=str)
    def test_a_store_in_azure_blob_storage_keeps_its_promises(case: StoreCase, container: str) -> None:
        case.check(partial(open_store, container.replace("FOLDER", f"folder{next(_numbers)}")))
