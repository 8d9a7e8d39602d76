"""Payloads are taken out to files and put back to the byte."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysession
from pysession.findings.failures import UsageError
from pysession.fixes import BlobStore, MissingBlobError
from pysession.verbs.predict import predict
from pysession.verbs.repair import repair, restore

PICTURE = base64.b64encode(bytes(range(256)) * 200).decode()


def python(uri: str) -> bytes:
    content = {"type": "data", "uri": uri, "media_type": "image/png", "additional_properties": {}}
    message = {"role": "user", "contents": [content], "additional_properties": {}, "type": "message"}
    state = {"in_memory": {"messages": [message]}}
    return json.dumps({"type": "session", "session_id": "s", "service_session_id": None, "state": state}).encode()


def dotnet(uri: str) -> bytes:
    message = {"role": "user", "contents": [{"$type": "data", "uri": uri}]}
    return json.dumps({"stateBag": {"InMemoryChatHistoryProvider": {"messages": [message]}}}).encode()


@pytest.mark.parametrize(
    ("document", "reader"), [(python, "python@latest"), (dotnet, "dotnet@latest"), (dotnet, "dotnet@1.0.0")]
)
def test_a_session_without_its_payload_is_small_and_still_read(document, reader: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    whole = document(f"data:image/png;base64,{PICTURE}")
    small = repair(whole, ["inline-binary"], blobs=tmp_path).data
    assert len(small) < 1000
    assert not predict(small, reader).verdict.worse_than(predict(whole, reader).verdict)
    assert "inline-binary" not in {finding.rule for finding in pysession.check(small).findings}
    assert restore(small, tmp_path).data == whole


@pytest.mark.parametrize(
    "text",
    [
        f"data:image/png;base64,{PICTURE}",
        f"DATA:Image/PNG;charset=x;BASE64,{PICTURE}",
        "data:text/plain,a%20b",
        "data:,",
        PICTURE,
        PICTURE.rstrip("=") + "=",
        PICTURE.replace("+", "-").replace("/", "_"),
        "data:image/png;base64,not base64 at all",
    ],
)
def test_what_is_put_back_is_the_text_that_was_taken_out(text: str, tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs")
    reference = blobs.take_out(text)
    assert reference != text
    assert len(reference) < 200
    assert blobs.put_back(reference) == text


@given(st.text(), st.binary(max_size=200))
def test_any_payload_comes_back(tmp_path_factory: pytest.TempPathFactory, head: str, octets: bytes) -> None:
    blobs = BlobStore(tmp_path_factory.getbasetemp() / "any")
    encoded = base64.b64encode(octets).decode()
    for text in (encoded, f"data:{head.replace(',', '')};base64,{encoded}", f"data:{head}"):
        assert blobs.put_back(blobs.take_out(text)) == text


def test_a_payload_stored_twice_is_one_file(tmp_path: Path) -> None:
    content = {"type": "data", "uri": f"data:image/png;base64,{PICTURE}", "additional_properties": {}}
    message = {"role": "user", "contents": [content, content], "additional_properties": {}, "type": "message"}
    state = {"in_memory": {"messages": [message]}}
    whole = json.dumps({"type": "session", "session_id": "s", "service_session_id": None, "state": state}).encode()
    done = repair(whole, ["inline-binary"], blobs=tmp_path)
    assert len(done.changes) == 2
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [base64.b64decode(PICTURE)]
    assert restore(done.data, tmp_path).data == whole


def test_a_payload_that_is_missing_or_was_changed_is_told(tmp_path: Path) -> None:
    small = repair(python(f"data:image/png;base64,{PICTURE}"), ["inline-binary"], blobs=tmp_path).data
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"other")
    with pytest.raises(MissingBlobError, match="has been changed"):
        restore(small, tmp_path)
    file.unlink()
    with pytest.raises(MissingBlobError, match="is not in"):
        restore(small, tmp_path)


def test_without_a_folder_payloads_are_not_taken_out() -> None:
    with pytest.raises(UsageError, match="--blobs DIR"):
        repair(python(f"data:image/png;base64,{PICTURE}"), ["inline-binary"])
