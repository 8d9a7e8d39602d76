"""What real writers wrote satisfies the schemas."""

from __future__ import annotations

import json
from pathlib import Path

from pysession.schema import errors, validator
from schemas.fixtures import Fixture

EXCEPTIONS = Path(__file__).with_name("exceptions.json")
WRITTEN = frozenset({"golden", "constructed"})


def test_open_form_accepts_every_document_without_an_error(judged: tuple[Fixture, ...]) -> None:
    good = [fixture for fixture in judged if not fixture.faulty and fixture.kind != "hostile"]
    refused = {fixture.path: _first(fixture, "open") for fixture in good if _first(fixture, "open")}
    assert good
    assert refused == {}


def test_open_form_accepts_every_golden_but_the_one_whose_messages_were_saved_as_their_repr(
    judged: tuple[Fixture, ...],
) -> None:
    goldens = [fixture for fixture in judged if fixture.kind == "golden"]
    assert len(goldens) > 400
    refused = {fixture.path for fixture in goldens if _first(fixture, "open")}
    assert refused == {"golden/python/1.0.0b251001/thread_text_defaultstr.json"}


def test_closed_form_accepts_what_was_written_save_for_listed_exceptions(judged: tuple[Fixture, ...]) -> None:
    listed = _listed()
    written = [fixture for fixture in judged if fixture.kind in WRITTEN and not fixture.faulty]
    refused = {fixture.path: _first(fixture, "closed") for fixture in written if _first(fixture, "closed")}
    unexplained = {
        f.path: refused[f.path] for f in written if f.path in refused and (f.dialect, f.scenario) not in listed
    }
    assert unexplained == {}


def test_every_listed_exception_is_one(judged: tuple[Fixture, ...]) -> None:
    refused = {(fixture.dialect, fixture.scenario) for fixture in judged if _first(fixture, "closed")}
    assert sorted(_listed() - refused) == []


def _listed() -> set[tuple[str, str]]:
    return {(entry["dialect"], entry["scenario"]) for entry in json.loads(EXCEPTIONS.read_text("utf-8"))["closed"]}


def _first(fixture: Fixture, form: str) -> str:
    """The first thing wrong in a fixture, or nothing."""
    judge = validator(fixture.dialect, form)
    for value in fixture.values:
        if not judge.is_valid(value):
            path, keyword, sentence = errors(judge, value)[0]
            return f"{path} {keyword}: {sentence}"
    return ""
