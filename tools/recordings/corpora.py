"""Documents made to ask the .NET releases what they do with them: mutated goldens, and edge cases made by hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pysession.conform import Answer, Failure, Manner, judge
from pysession.readers.corpus import Corpus, Observed, gather
from pysession.readers.recorded import Recorded
from recordings.columns import column
from recordings.verdicts import STAGES, changed, emptied, rejected, short, unchanged

DOTNET = Manner(numbers_by_value=True, fold_names=True)

FUZZED = (
    "3,000 documents: goldens of .NET with one to three mutations each, chosen by a generator with the seed `open-1`; "
    "read by eight releases. Operations name the mutations, those of the text last. Imported by "
    "tools/import_recordings.py."
)
HOW_FUZZED = (
    "run: JsonDocument.Parse, DeserializeSessionAsync, the history read, SerializeSessionAsync. Recorded were the "
    "differences in value, not what was saved: `equivalent` says nothing of the order of members, and a verdict is "
    "missing where a place stands for members of which only some were null"
)
EDGES = (
    "Documents made by hand to try one thing each: discriminators, envelopes, dates, contents, numbers, strings, depth. "
    "The id is `group/case`. Imported by tools/import_recordings.py."
)
HOW_EDGES = (
    "run: as the fuzz corpus, with default options; judged by what was saved. Bytes that were saved are equal "
    "texts, not compared as bytes"
)


def fuzz(source: Iterable[Mapping[str, Any]], builds: Mapping[str, Any]) -> Corpus:
    """The mutated goldens with what each of the readers did."""
    documents = list(source)
    names = list(documents[0]["results"])
    return gather(
        "dotnet",
        FUZZED,
        [column(name, builds, HOW_FUZZED) for name in names],
        [
            Observed(
                f"open-1/{one['id']}",
                one["base"],
                tuple(one["ops"]),
                payload := base64.b64decode(one["payload"]),
                tuple(_fuzzed(one["results"][name], payload) for name in names),
            )
            for one in documents
        ],
    )


def _fuzzed(result: Mapping[str, Any], payload: bytes) -> Recorded:
    if result["v"] == "rejected":
        return rejected(result["stage"], result["exc"], result["msg"])
    # A reader that found no history at all restored no message.
    restored = result["messages"] or 0
    if result["v"] == "same-value":
        return msgspec.structs.replace(unchanged(same_bytes=None), messages_restored=restored)
    document = json.loads(payload.decode("utf-8", "surrogatepass"))
    return changed([(what, place) for what, place in result["diff"]], document, restored)


def edge(source: Mapping[str, Any], builds: Mapping[str, Any]) -> Corpus:
    """The documents made by hand that were read with default options."""
    names: Sequence[str] = source["readers"]
    cases = [case for case in source["cases"] if case["op"] == "read" and "options" not in case]
    return gather(
        "dotnet",
        EDGES,
        [column(name, builds, HOW_EDGES) for name in names],
        [
            Observed(
                f"{case['group']}/{case['case']}",
                "made by hand",
                (case["group"],),
                document := _bytes(case["input"]),
                tuple(_edge_readings(case["results"], names, document)),
            )
            for case in cases
        ],
    )


def _bytes(document: str | Mapping[str, str]) -> bytes:
    return document.encode("utf-8", "surrogatepass") if isinstance(document, str) else bytes.fromhex(document["hex"])


def _edge_readings(
    results: Sequence[Mapping[str, Any]], names: Sequence[str], document: bytes
) -> Iterator[Recorded | None]:
    for name in names:
        result = next((one for one in results if _includes(one["readers"], name, names)), None)
        yield None if result is None else _edge_reading(result, document)


def _includes(range_of_readers: str, name: str, names: Sequence[str]) -> bool:
    if range_of_readers == "all":
        return True
    newest, _, oldest = range_of_readers.partition(" .. ")
    return names.index(newest) <= names.index(name) <= names.index(oldest or newest)


def _edge_reading(result: Mapping[str, Any], document: bytes) -> Recorded:
    return judge(document, _answer(result, document), manner=DOTNET)


def _answer(result: Mapping[str, Any], document: bytes) -> Answer:
    """What a testee would have answered."""
    if result["outcome"] == "exception":
        error = result["exception"]
        inner = error.get("inner")
        cause = None if inner is None else short(inner["type"])
        stage = STAGES[result["stage"]]
        return Answer(0, False, stage, Failure(short(error["type"]), cause, error["message"]))
    saved = _saved(result, "touched", document)
    restored = (result.get("history") or {}).get("history") or 0
    empty = emptied(json.loads(document.decode("utf-8", "replace"))) if restored else None
    return Answer(0, True, saved=saved, messages_restored=restored, empty_contents=empty)


def _saved(result: Mapping[str, Any], which: str, document: bytes) -> bytes:
    text = result[which]
    if text == "= untouched":
        return _saved(result, "untouched", document)
    return document if text == "= input" else str(text).encode("utf-8", "surrogatepass")
