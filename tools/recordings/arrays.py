"""The message arrays inside the sessions and threads that .NET wrote, as bytes, and what its serializer does with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from pysession.conform import Oracle
from pysession.readers.corpus import Corpus, Observed, gather, load_corpus
from pysession.readers.recorded import Column, Recorded
from pysession.verbs.fixtures import MANIFEST, Kind, Manifest
from recordings.recorder import steady

NAME = "meai-messages.jsonl.gz"
ABOUT = (
    "The message arrays inside the sessions and threads that real .NET releases wrote, cut out as bytes, each distinct one "
    "once. The base is the golden. Recorded by tools/record.py as meai.json is."
)

_MESSAGES = re.compile(
    rb'"(?:InMemoryChatHistoryProvider|my_history|storeState|chatHistoryProviderState)":\{"messages":(?=\[)'
)

Array = tuple[str, bytes]
"""The golden and the number of the array in it (``golden/….json#0``), the bytes of the array."""
Found = tuple[Column, dict[str, Recorded | None]]


def arrays(fixtures: Path) -> Iterator[Array]:
    """The distinct message arrays of the goldens of .NET."""
    seen = set()
    manifest = msgspec.json.decode((fixtures / MANIFEST).read_bytes(), type=Manifest)
    for entry in manifest.fixtures:
        if entry.kind is Kind.GOLDEN and entry.path.startswith("golden/dotnet/"):
            data = (fixtures / entry.path).read_bytes()
            for number, match in enumerate(_MESSAGES.finditer(data)):
                text = data[match.end() :].decode()
                _, end = json.JSONDecoder().raw_decode(text)
                array = text[:end].encode()
                if array not in seen:
                    seen.add(array)
                    yield f"{entry.path}#{number}", array


def observed(asked: Oracle, those: Sequence[Array]) -> dict[str, Recorded | None]:
    """What a release does with each array."""
    found = {name: asked.observe(array) for name, array in those}
    return {name: None if seen is None else steady(seen) for name, seen in found.items()}


def merged_arrays(target: Path, those: Sequence[Array], columns: Mapping[str, Found], order: Sequence[str]) -> Corpus:
    """The corpus in ``target``, if there is one, with ``columns`` put in or in place of those it has."""
    known: dict[str, Found] = {}
    if target.exists():
        before = load_corpus(target)
        for column in before.heading.readers:
            known[column.reader] = column, {one.id: before.of(one, column.reader) for one in before.specimens}
    known.update(columns)
    readers = sorted(known, key=order.index)
    rows = [
        Observed(
            array_name,
            array_name.partition("#")[0],
            ("messages",),
            array,
            tuple(known[name][1].get(array_name) for name in readers),
        )
        for array_name, array in those
    ]
    return gather("meai", ABOUT, [known[name][0] for name in readers], rows)
