"""Documents that are no fixtures, with what real releases were recorded doing with them: mutants, edge cases.

A compressed file of JSON Lines, ``fixtures/recorded/<name>.jsonl.gz``: first a :class:`Heading`, then one
:class:`Specimen` a line, whose cells are indices of the heading's readings, one a reader.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pysession.readers.recorded import NOTHING, Column, Recorded

FORMAT = "pysession-recorded-corpus"
VERSION = 1


class Heading(msgspec.Struct, frozen=True):
    """Who was asked and what was seen, for the whole corpus. ``about`` says where the documents come from."""

    format: str
    version: int
    family: str
    about: str
    readers: tuple[Column, ...]
    readings: tuple[Recorded, ...]


class Specimen(msgspec.Struct, frozen=True):
    """One document. ``base`` is what it was made from, ``operations`` how; ``document`` its bytes."""

    id: str
    base: str
    operations: tuple[str, ...]
    document: bytes
    cells: tuple[int, ...]


class Corpus(msgspec.Struct, frozen=True):
    """The whole file."""

    heading: Heading
    specimens: tuple[Specimen, ...]

    def of(self, specimen: Specimen, reader: str) -> Recorded | None:
        """What ``reader`` did with ``specimen``; None where that was not recorded."""
        position = next(index for index, column in enumerate(self.heading.readers) if column.reader == reader)
        cell = specimen.cells[position]
        return None if cell == NOTHING else self.heading.readings[cell]


class Observed(msgspec.Struct, frozen=True):
    """One document before it is numbered: what each reader did with it, None where nobody asked."""

    id: str
    base: str
    operations: tuple[str, ...]
    document: bytes
    readings: tuple[Recorded | None, ...]


def gather(family: str, about: str, readers: Sequence[Column], observed: Sequence[Observed]) -> Corpus:
    """The corpus of what was ``observed``."""
    indices: dict[Recorded, int] = {}
    specimens = tuple(
        Specimen(
            one.id,
            one.base,
            one.operations,
            one.document,
            tuple(NOTHING if each is None else indices.setdefault(each, len(indices)) for each in one.readings),
        )
        for one in observed
    )
    return Corpus(Heading(FORMAT, VERSION, family, about, tuple(readers), tuple(indices)), specimens)


def render_corpus(corpus: Corpus) -> bytes:
    """The file of a corpus; the same bytes for the same corpus."""
    lines = [msgspec.json.encode(corpus.heading), *map(msgspec.json.encode, corpus.specimens)]
    return gzip.compress(b"\n".join(lines) + b"\n", compresslevel=9, mtime=0)


def load_corpus(path: Path) -> Corpus:
    """The corpus in the file at ``path``."""
    heading, *specimens = gzip.decompress(path.read_bytes()).splitlines()
    read = msgspec.json.Decoder(Specimen).decode
    return Corpus(msgspec.json.decode(heading, type=Heading), tuple(map(read, specimens)))
