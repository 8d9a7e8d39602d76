"""Bytes that were written once mean the same document for ever.

``frozen.json`` holds documents with the bytes that pysession 0.1.0 wrote for them. Entries are added, never changed: what
stands there is stored somewhere.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from pysession import from_proto, to_proto
from pysession.v1.session_pb2 import Session

FROZEN = json.loads(Path(__file__).with_name("frozen.json").read_text("utf-8"))


@pytest.mark.parametrize("name", FROZEN)
def test_bytes_of_former_times_are_read_as_they_were_meant(name: str) -> None:
    assert from_proto(base64.b64decode(FROZEN[name]["bytes"])).decode() == FROZEN[name]["document"]


@pytest.mark.parametrize("name", FROZEN)
def test_a_document_is_still_written_so_that_former_readers_know_every_field(name: str) -> None:
    """Same fields in the same places; a later version may only say more."""
    then = Session.FromString(base64.b64decode(FROZEN[name]["bytes"]))
    assert Session.FromString(to_proto(FROZEN[name]["document"].encode())) == then


def test_every_dialect_and_every_trick_is_among_them() -> None:
    sessions = [Session.FromString(base64.b64decode(entry["bytes"])) for entry in FROZEN.values()]
    assert {session.dialect for session in sessions} == set(range(1, 10))
    text = " ".join(map(str, sessions))
    tricks = (
        "order",
        "spellings",
        'kind: "',
        "untagged",
        "words",
        "role_in_object",
        "number_text",
        "surrogate",
        "json_text",
    )
    assert [trick for trick in tricks if trick not in text] == []
