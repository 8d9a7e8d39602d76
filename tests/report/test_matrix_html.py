"""The page as text; what a browser makes of it is in ``tests/pages``."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pysession.report import matrix_html
from pysession.verbs.matrix import Selection, matrices
from tests import matrices as made_up


class Page(HTMLParser):
    """The elements of a page with their attributes, and the texts of styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if tag in {"style", "script"} and self.cdata_elem == tag:
            self.texts.append((tag, attributes, data))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = made_up.folder(tmp_path_factory.mktemp("fixtures"))
    return matrix_html.render(matrices((), Selection(writers=("*",)), root))


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


@pytest.fixture(scope="module")
def data(page: Page) -> Any:
    (found,) = (text for _, attributes, text in page.texts if attributes.get("type") == "application/json")
    return json.loads(found)


def policy(page: Page) -> dict[str, str]:
    (found,) = (
        attributes["content"] or ""
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    return dict(part.strip().split(" ", 1) for part in found.split(";"))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(page: Page) -> None:
    (style,) = (text for tag, _, text in page.texts if tag == "style")
    (script,) = (text for _, attributes, text in page.texts if attributes.get("type") == "module")
    assert policy(page) == {
        "default-src": "'none'",
        "style-src": digest(style),
        "script-src": digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_refers_to_nothing_outside_of_it(page: Page) -> None:
    attributes = [name for _, attributes in page.elements for name in attributes]
    assert not {"src", "href", "srcset", "action", "style"} & set(attributes)
    assert not any(name.startswith("on") for name in attributes)
    for _, attributes, text in page.texts:
        if attributes.get("type") != "application/json":
            assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|import\(|innerHTML", text)


def test_no_message_of_a_library_ends_the_script_or_reaches_a_terminal(text: str, data: Any) -> None:
    assert "</script><b>" not in text
    messages = [reading["error"]["message"] for reading in data["matrices"][0]["readings"] if "error" in reading]
    assert r"unexpected keyword argument 'hosted' </script><b>\x1b[2J" in messages


def test_no_place_of_the_template_is_left_open(text: str) -> None:
    assert not re.search(r"\{\{\w+\}\}", text)
    assert text.endswith("</html>\n")


def test_what_is_put_in_is_not_searched_for_places(tmp_path: Path) -> None:
    path = "golden/python/1.22.0/{{data}}.json"
    made_up.write_manifest(tmp_path, {path: ("{{script}}", ["python@1.22.0"])})
    made_up.write_recording(tmp_path, "python", ["1.22.0"], {path: [made_up.IDENTICAL]})
    text = matrix_html.render(matrices(root=tmp_path))
    assert text.count('"{{script}}"') == 2


def test_pointers_and_writers_are_told_once_and_meant_by_their_places(data: Any) -> None:
    (python, _) = data["matrices"]
    assert python["pointers"] == [
        "/state/in_memory/messages/*/contents/*/hosted",
        "/state/a~1b",
        "/state/in_memory/messages/*/author_name",
    ]
    (lossy,) = (reading for reading in python["readings"] if len(reading.get("changes", ())) == 2)
    assert lossy["changes"] == [[1, "changed"], [2, "vanished"]]
    (document,) = (each for each in python["documents"] if each["path"] == "golden/python/1.20.0/call.json")
    assert [python["writers"][writer] for writer in document["writers"]] == ["python@1.20.0", "python@1.21.0"]


def test_readings_that_say_the_same_share_their_kind(data: Any) -> None:
    readings = data["matrices"][0]["readings"]
    refused = [reading for reading in readings if "error" in reading]
    assert len(refused) == 2
    assert len({reading["kind"] for reading in refused}) == 1


def test_the_page_begins_as_the_command_asked(tmp_path: Path) -> None:
    found = matrices((), Selection(next_turn=True), made_up.folder(tmp_path))
    text = matrix_html.render(found, merged=False)
    assert '{"grouped":false,"nextTurn":true,' in text


def test_without_scripts_the_page_shows_the_text(text: str) -> None:
    shown = text[text.index("<noscript") : text.index("</noscript>")]
    assert "written by      documents" in shown
    assert "dotnet: what each release" in shown


def test_a_page_of_nothing_is_a_page() -> None:
    assert "Nothing of what was recorded is selected." in matrix_html.render(())
