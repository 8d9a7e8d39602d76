"""A document that a reader does not take says whether a conversion would help."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pysession.findings import Verdict
from pysession.inputs import Record
from pysession.verbs.run import Options, judge
from pysession.wire import Encoding
from tests.rules.conversations import assistant, call, message, python, request, user


def mended(document: object, reader: str, **options: Any) -> bool | None:
    data = json.dumps(document).encode()
    record = Record("session.json", data, Encoding.JSON, None, 1, len(data))
    return (
        judge(record, Options(**{"readers": (reader,), "try_conversion": True} | options))
        .readings[0]
        .mended_by_conversion
    )


NEWER = python(user(), message("assistant", call("c1", hosted=False)))
WAITING = python(user(), message("assistant", call("c1"), request("r1", call("c1"))))


@pytest.mark.parametrize(
    ("document", "reader", "expected"),
    [
        (NEWER, "python@1.21.0", True),
        (NEWER, "python@1.23.0", None),
        (python(user(), assistant()), "dotnet@latest", True),
        (python(user(), assistant()), "go@latest", True),
        (WAITING, "python@1.15.0", False),
        (NEWER, "meai@10.11.0", None),
        (NEWER, "python@1.0.0b260210", None),
        ({"no": "session"}, "python@1.23.0", False),
    ],
)
def test_what_a_conversion_does_for_a_reader(document: object, reader: str, expected: bool | None) -> None:
    assert mended(document, reader) is expected


def test_nothing_is_converted_unasked() -> None:
    assert mended(NEWER, "python@1.21.0", try_conversion=False) is None


def test_what_is_accepted_is_not_converted() -> None:
    assert mended(NEWER, "python@1.21.0", accept=Verdict.REJECTED) is None
