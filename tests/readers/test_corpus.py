"""The file of a corpus: what is written comes back."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pysession.findings import Verdict
from pysession.readers.corpus import Corpus, Observed, gather, load_corpus, render_corpus
from pysession.readers.recorded import Column, Recorded

IDENTICAL, LOSSY = Recorded(Verdict.IDENTICAL), Recorded(Verdict.LOSSY, changes=())
ODD = b'{"a":"\xff\n\\ud800"}\n'


@pytest.fixture
def corpus() -> Corpus:
    columns = [Column(f"dotnet@{number}", "2026-11-25", "run") for number in range(2)]
    observed = [
        Observed("s/0", "a.json", ("drop", "as-is"), ODD, (IDENTICAL, LOSSY)),
        Observed("s/1", "b.json", (), b"", (None, LOSSY)),
    ]
    return gather("dotnet", "made up", columns, observed)


def test_documents_come_back_as_their_bytes_with_what_was_seen(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl.gz"
    path.write_bytes(render_corpus(corpus))
    back = load_corpus(path)
    first, second = back.specimens
    assert (first.document, second.document) == (ODD, b"")
    assert [back.of(first, f"dotnet@{number}") for number in range(2)] == [IDENTICAL, LOSSY]
    assert back.of(second, "dotnet@0") is None


def test_the_same_corpus_gives_the_same_bytes_whenever_it_is_written(corpus: Corpus) -> None:
    data = render_corpus(corpus)
    assert data == render_corpus(corpus)
    assert int.from_bytes(data[4:8], "little") == 0  # the time in the head of a gzip file


def test_a_document_is_a_line(corpus: Corpus) -> None:
    assert len(gzip.decompress(render_corpus(corpus)).splitlines()) == 1 + len(corpus.specimens)
