"""What each release makes of all the documents, in sentences that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from pysession.dialects import UNKNOWN
from pysession.findings import NextTurn, ReaderSummary, Reason, Verdict
from pysession.readers import first_release_with
from pysession.report.characters import printable
from pysession.report.wording import counted, most_frequent

_REASONS_SHOWN = 3
_KEPT = (Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.NORMALISED)
_BAD = {
    Verdict.REJECTED: "refused",
    Verdict.SILENT_LOSS: "read without an error and not seen in full",
    Verdict.LOSSY: "changed or cut when saved",
}
_STAGES = {"parse": "parsing", "load": "loading", "touch": "looking at the history", "save": "saving"}
_NEXT = {
    NextTurn.FAILS: ("loads, and the next run on it fails", "load, and the next run on them fails"),
    NextTurn.SEES_FEWER: (
        "loads, and the next run does not see all of its history",
        "load, and the next run does not see all of their history",
    ),
    NextTurn.APPROVAL_IGNORED: (
        "has a pending approval, and the next run ignores its answer",
        "have a pending approval, and the next run ignores its answer",
    ),
    NextTurn.APPROVAL_BLOCKS: (
        "has a pending approval that must be answered before anything else",
        "have a pending approval that must be answered before anything else",
    ),
    NextTurn.SERVICE_MANAGED: ("has its history at the service", "have their history at the service"),
}
"""What is said of one document and of several."""


def gate_lines(readers: tuple[ReaderSummary, ...]) -> Iterator[str]:
    """For each release one sentence with the counts, then one for each reason and each next run worth telling, and what
    to do."""
    for reader in readers:
        yield f"{reader.reader}: {_counts(reader)}"
        yield from (f"  {line}" for line in (*_foreign(reader), *_reasons(reader)))
        for turn, sentences in _NEXT.items():
            count = reader.next_turns.get(turn, 0)
            if count:
                yield f"  {count:,} {sentences[count > 1]}"
        if reader.unaccepted:
            yield f"  {_remedy(reader)}"


def _remedy(reader: ReaderSummary) -> str:
    """What is not accepted, and what a conversion would do about it: each document was tried."""
    mended, total = reader.mended_by_conversion, reader.unaccepted
    command = f"'pysession convert --to {reader.reader}'"
    if not mended:
        return f"{total:,} not accepted, and {command} mends none of them"
    return f"{total:,} not accepted: {command} mends {'all of them' if mended == total else f'{mended:,} of them'}"


def _counts(reader: ReaderSummary) -> str:
    kept = {verdict: reader.verdicts[verdict] for verdict in _KEPT if verdict in reader.verdicts}
    parts = [counted(reader.documents, "document")]
    parts += [f"{reader.verdicts[verdict]:,} {what}" for verdict, what in _BAD.items() if verdict in reader.verdicts]
    if kept:
        detail = ", ".join(f"{count:,} {verdict}" for verdict, count in kept.items())
        parts.append(f"{sum(kept.values()):,} kept ({detail})")
    return ", ".join(parts)


def _foreign(reader: ReaderSummary) -> Iterator[str]:
    """Documents of other libraries, which every release of this one treats alike."""
    known = {dialect: count for dialect, count in reader.foreign.items() if dialect != UNKNOWN}
    total, strange = sum(known.values()), reader.foreign.get(UNKNOWN, 0)
    which = ", ".join(f"{count:,} {printable(dialect)}" for dialect, count in most_frequent(known))
    if total:
        yield f"{total:,} of them {'is' if total == 1 else 'are'} in a dialect that this release does not read ({which})"
    if strange:
        yield f"{strange:,} of them {'is no session' if strange == 1 else 'are no sessions'} of a known dialect"


def _reasons(reader: ReaderSummary) -> Iterator[str]:
    refused = sum(reader.reasons.values())
    reasons = most_frequent(_by_subject(reader.reasons))
    for (reason, ways), count in reasons[:_REASONS_SHOWN]:
        share = "all" if count == refused and not reader.foreign else f"{count:,} refused"
        yield f"{share} {_because(reader.reader, reason, ways)}"
    if len(reasons) > _REASONS_SHOWN:
        rest = sum(count for _, count in reasons[_REASONS_SHOWN:])
        yield f"{rest:,} refused for {counted(len(reasons) - _REASONS_SHOWN, 'more reason')}"


def _by_subject(reasons: Mapping[Reason, int]) -> dict[tuple[Reason, int], int]:
    """Counts by what documents are refused over: one member is one reason, whatever exception it ends in."""
    alike: dict[Reason, list[tuple[Reason, int]]] = {}
    for reason, count in reasons.items():
        key = reason if reason.subject is None else msgspec.structs.replace(reason, stage=None, error="", cause=None)
        alike.setdefault(key, []).append((reason, count))
    return {
        (max(theirs, key=lambda each: each[1])[0], len(theirs)): sum(count for _, count in theirs)
        for theirs in alike.values()
    }


def _because(reader: str, reason: Reason, ways: int) -> str:
    error = reason.error if reason.cause in (None, reason.error) else f"{reason.error} caused by {reason.cause}"
    stage = f" when {_STAGES[reason.stage]}" if reason.stage is not None else ""
    others = f", and {counted(ways - 1, 'other way')}" if ways > 1 else ""
    if reason.subject is None:
        return f"because of {error}{stage}{others}"
    since = first_release_with(reader, reason.subject)
    written = f", written since {since}" if since is not None else ""
    return f'because of "{printable(reason.subject)}"{written} ({error}{stage}{others})'
