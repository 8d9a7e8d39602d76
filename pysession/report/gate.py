"""What each release makes of all the documents, in sentences that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator

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
    NextTurn.SEES_FEWER: "do not show the next run all of their history",
    NextTurn.APPROVAL_IGNORED: "have a pending approval whose answer will be ignored",
    NextTurn.APPROVAL_BLOCKS: "have a pending approval that must be answered before anything else",
    NextTurn.SERVICE_MANAGED: "have their history at the service",
    NextTurn.FAILS: "load, and then fail in the next run",
}


def gate_lines(readers: tuple[ReaderSummary, ...]) -> Iterator[str]:
    """For each release one sentence with the counts, then one for each reason and each next run worth telling."""
    for reader in readers:
        yield f"{reader.reader}: {_counts(reader)}"
        refused = reader.verdicts.get(Verdict.REJECTED, 0)
        reasons = most_frequent(reader.reasons)
        for reason, count in reasons[:_REASONS_SHOWN]:
            yield f"  {_share(count, refused)} {_because(reader.reader, reason)}"
        if len(reasons) > _REASONS_SHOWN:
            yield f"  {counted(len(reasons) - _REASONS_SHOWN, 'more reason')}"
        for turn, sentence in _NEXT.items():
            if turn in reader.next_turns:
                yield f"  {reader.next_turns[turn]:,} {sentence}"


def _counts(reader: ReaderSummary) -> str:
    kept = {verdict: reader.verdicts[verdict] for verdict in _KEPT if verdict in reader.verdicts}
    parts = [counted(reader.documents, "document")]
    parts += [f"{reader.verdicts[verdict]:,} {what}" for verdict, what in _BAD.items() if verdict in reader.verdicts]
    if kept:
        detail = ", ".join(f"{count:,} {verdict}" for verdict, count in kept.items())
        parts.append(f"{sum(kept.values()):,} kept ({detail})")
    return ", ".join(parts)


def _share(count: int, refused: int) -> str:
    return "all" if count == refused else f"{count:,}"


def _because(reader: str, reason: Reason) -> str:
    error = reason.error if reason.cause in (None, reason.error) else f"{reason.error} caused by {reason.cause}"
    stage = f" when {_STAGES[reason.stage]}" if reason.stage is not None else ""
    if reason.subject is None:
        return f"because of {error}{stage}"
    since = first_release_with(reader, reason.subject)
    written = f", written since {since}: read these with that release or a newer one" if since is not None else ""
    return f'because of "{printable(reason.subject)}"{written} ({error}{stage})'
