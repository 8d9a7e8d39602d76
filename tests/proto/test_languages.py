"""Go, Node and C# parse what Python wrote, look into it and serialise it again, and nothing is lost or changed."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
from collections.abc import Iterable
from typing import Any

import pytest
from google.protobuf.message import Message

import pysession
from pysession.dialects import detect, histories, vocabulary
from pysession.schema.shipped import shipped
from pysession.v1.session_pb2 import Session
from pysession.wire import Encoding, read
from tests.languages import BUILDERS, ROOT, Command, program

TESTEES = ROOT / "testees" / "proto"
ANSWER_SECONDS = 60

UNKNOWN = (
    b"\xb0\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"  # 150, a varint of 64 bits
    + b"\xb9\x09"  # 151, eight bytes
    + struct.pack("<d", -0.0)
    + b"\xc2\x09\x03\x00\xff\x80"  # 152, three bytes that are no UTF-8
    + b"\xcd\x09\x01\x02\x03\x04"  # 153, four bytes
    + b"\xf8\xff\xff\xff\x0f\x01"  # 536870911, the highest number there is
)
"""Fields of every wire type, under numbers that the definitions never give a meaning."""


@pytest.fixture(scope="module", params=BUILDERS)
def testee(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Command:
    return program(request.param, TESTEES / request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def goldens() -> dict[str, bytes]:
    """Everything that a real library wrote, by its path."""
    folder = shipped("fixtures")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    paths = [entry["path"] for entry in manifest["fixtures"] if entry["kind"] == "golden"]
    assert len(paths) > 500
    return {path: (folder / path).read_bytes() for path in paths}


def ask(testee: Command, blobs: Iterable[bytes]) -> list[dict[str, Any]]:
    """One answer for each; ``saved`` as bytes."""
    lines = [json.dumps({"id": i, "document": base64.b64encode(blob).decode()}) for i, blob in enumerate(blobs)]
    sent = "".join(f"{line}\n" for line in lines).encode()
    done = subprocess.run(testee, input=sent, capture_output=True, timeout=ANSWER_SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    answers = [json.loads(line) for line in done.stdout.removesuffix(b"\n").split(b"\n")]
    assert [answer["id"] for answer in answers] == list(range(len(lines)))
    return [answer | {"saved": base64.b64decode(answer.get("saved") or "")} for answer in answers]


def settled(blob: bytes) -> bytes:
    """The bytes as Python writes them, unknown fields included, so that two of the same meaning are equal."""
    return Session.FromString(blob).SerializeToString(deterministic=True)


def test_every_golden_comes_back_unchanged(testee: Command, goldens: dict[str, bytes]) -> None:
    blobs = {path: pysession.to_proto(data) for path, data in goldens.items()}
    answers = dict(zip(blobs, ask(testee, blobs.values()), strict=True))
    assert [path for path, answer in answers.items() if not answer["ok"]] == []
    assert [path for path, blob in blobs.items() if settled(blob) != settled(answers[path]["saved"])] == []
    assert [
        path for path in blobs if pysession.from_proto(answers[path]["saved"]) != pysession.from_proto(blobs[path])
    ] == []


def test_the_typed_fields_say_what_the_document_says(testee: Command, goldens: dict[str, bytes]) -> None:
    answers = ask(testee, map(pysession.to_proto, goldens.values()))
    told = {
        path: (answer["session_id"], answer["messages"], answer["texts"])
        for path, answer in zip(goldens, answers, strict=True)
    }
    assert {path: (one, said(goldens[path])) for path, one in told.items() if one != said(goldens[path])} == {}
    assert sum(len(texts) for _, _, texts in told.values()) > 500


NUMBERS = b"0,-0,1.0,1.10,1e400,-9223372036854775808,18446744073709551615,36893488147419103232,5e-324,0.1"
EDGES = (
    b'{"type":"session","session_id":"","service_session_id":null,"state":{"numbers":[' + NUMBERS + b"],"
    b'"half":"\\ud800","\\udc00 half":1,"nul":"\\u0000","deep":' + b"[" * 300 + b"]" * 300 + b"}}"
)
"""What is easily lost on the way: kinds and spellings of numbers, half surrogate pairs, an empty id, nesting beyond what
parsers of protobuf allow."""


def test_what_is_easily_lost_comes_back(testee: Command) -> None:
    blob = pysession.to_proto(EDGES)
    [answer] = ask(testee, [blob])
    assert (answer["ok"], answer["session_id"], answer["messages"]) == (True, "", 0)
    assert settled(answer["saved"]) == settled(blob)
    assert pysession.from_proto(answer["saved"]) == EDGES


WORDS = {"$type": ("contents", "text"), "type": ("contents", "text"), "Type": ("Contents", "Text")}
"""Discriminator of a dialect → what it calls the contents of a message, and the text of a content."""


def said(data: bytes) -> tuple[str | None, int, list[str]]:
    """The session id, how many messages the histories have, and the texts of their text contents."""
    value = next(found.value for found in (read(data, encoding) for encoding in Encoding) if found.readable)
    messages, texts = 0, []
    for history in histories(value, detect(value)):
        discriminator = vocabulary(history.language).discriminator
        contents, text = WORDS[discriminator]
        found = [message for _, message in history.positioned() if isinstance(message, dict)] if history.live else []
        messages += len(found)
        said_in = [one for message in found for one in message.get(contents) or () if one.get(discriminator) == "text"]
        texts += [one[text] for one in said_in]
    ids = [value[name] for name in ("session_id", "sessionId") if name in value]
    return ids[0] if ids else None, messages, texts


def with_unknown_fields(message: Message) -> None:
    """Put fields that nobody knows into a message and into all that it holds."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if field.is_repeated else (value,):
                with_unknown_fields(one)
    message.MergeFromString(UNKNOWN)


def test_unknown_fields_at_every_level_come_back(testee: Command, goldens: dict[str, bytes]) -> None:
    blobs = []
    for data in goldens.values():
        session = Session.FromString(pysession.to_proto(data))
        with_unknown_fields(session)
        blobs.append(session.SerializeToString())
    assert sum(blob.count(UNKNOWN) for blob in blobs) > 20_000
    for blob, answer in zip(blobs, ask(testee, blobs), strict=True):
        assert answer["ok"]
        assert settled(answer["saved"]) == settled(blob)
        assert settled(answer["saved"]).count(UNKNOWN) == blob.count(UNKNOWN)


def test_kinds_that_are_not_known_yet_come_back(testee: Command) -> None:
    session = Session(session_id="s", dialect=99)  # type: ignore[arg-type]
    contents = session.state.entries.add(name="in_memory").history.messages.items.add(role="user").contents.items
    contents.add().text.text = "seen"
    contents.add().MergeFromString(b"\xea\x03\x07\x0a\x05later")  # field 61: a message with a text
    blob = session.SerializeToString()
    [answer] = ask(testee, [blob])
    assert (answer["session_id"], answer["messages"], answer["texts"]) == ("s", 1, ["seen"])
    assert settled(answer["saved"]) == settled(blob)


def test_bytes_that_are_no_message_are_refused_and_the_next_are_read(testee: Command) -> None:
    answers = ask(testee, [b"\xff", b"", b"\x32\x05cut", b""])
    assert [answer["ok"] for answer in answers] == [False, True, False, True]
