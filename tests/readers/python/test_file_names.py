"""Names of files, held against those that real releases computed (``file_names.json``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pysession.findings.failures import UsageError
from pysession.readers.python.file_names import history_file, store_file
from pysession.wire import Encoding

MEASURED: dict[str, Any] = json.loads(Path(__file__).with_name("file_names.json").read_bytes())
FORMS = {
    "store-json": (store_file, Encoding.JSON),
    "store-msgpack": (store_file, Encoding.MESSAGEPACK),
    "history-json": (history_file, Encoding.JSON_LINES),
    "history-msgpack": (history_file, Encoding.MESSAGEPACK_RECORDS),
}


@pytest.mark.parametrize("release", MEASURED["names"])
@pytest.mark.parametrize("form", FORMS)
def test_a_release_names_its_files_as_it_was_seen_to(release: str, form: str) -> None:
    name, encoding = FORMS[form]
    expected = MEASURED["names"][release].get(form)
    if expected is None:
        with pytest.raises(UsageError):
            name(f"python@{release}", "session", encoding)
        return
    for session_id, file in zip(MEASURED["ids"], expected, strict=True):
        if file is None:
            with pytest.raises(UsageError):
                name(f"python@{release}", session_id or "", encoding)
        else:
            assert name(f"python@{release}", session_id, encoding) == file, session_id


def test_releases_without_a_store_have_no_file_names() -> None:
    with pytest.raises(UsageError, match=r"python@1\.12\.1 has no FileSessionStore"):
        store_file("python@1.12.1", "s")
    with pytest.raises(UsageError, match="no FileHistoryProvider"):
        history_file("python@1.0.1", "s")
