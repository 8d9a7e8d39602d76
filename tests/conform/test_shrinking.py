"""From a document to the least of it that still shows what is to be shown."""

from __future__ import annotations

import json

from pysession.conform import shrink

DOCUMENT = {
    "state": {"in_memory": {"messages": [{"role": "user", "contents": [{"hosted": False, "x": list(range(9))}]}]}}
}


def test_a_value_loses_everything_that_does_not_matter() -> None:
    small = shrink(json.dumps(DOCUMENT).encode(), lambda data: b'"hosted"' in data)
    assert json.loads(small) == {"hosted": 0}


def test_what_only_the_text_has_is_kept_as_text() -> None:
    text = b'{"a": 1, "b": {"c": 2}, "a": 3}'
    small = shrink(text, lambda data: data.count(b'"a"') == 2)
    assert small.count(b'"a"') == 2
    assert len(small) <= 6


def test_no_more_is_tried_than_allowed() -> None:
    asked = []

    def differs(data: bytes) -> bool:
        asked.append(data)
        return b"hosted" in data

    shrink(json.dumps(DOCUMENT).encode(), differs, tries=7)
    assert len(asked) == 7


def test_nothing_is_tried_twice() -> None:
    asked = []

    def differs(data: bytes) -> bool:
        asked.append(data)
        return b"role" in data

    shrink(json.dumps(DOCUMENT).encode(), differs)
    assert len(asked) == len(set(asked))


def test_a_document_about_which_nothing_differs_stays_as_it_is() -> None:
    assert shrink(b"no json at all", lambda data: False) == b"no json at all"
