"""The page on protobuf shows what is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from google.protobuf import text_format

import pysession
from pysession.v1.session_pb2 import Session

PAGE = (Path(__file__).parents[2] / "docs" / "protobuf.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The first block of code in that language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found is not None
    return found[1]


def test_the_session_that_is_shown_is_the_message_that_is_shown() -> None:
    document = block("json").encode()
    shown = text_format.Parse(block("textproto"), Session())
    assert Session.FromString(pysession.to_proto(document)) == shown
    back = pysession.from_proto(shown.SerializeToString())
    assert json.loads(back) == json.loads(document)
    assert b'"seen":1.50' in back
