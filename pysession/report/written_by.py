"""Which releases wrote the documents, in words."""

from __future__ import annotations

from collections.abc import Iterator

from pysession.findings import Inference, SeenBy, Writer, WriterSummary
from pysession.readers.releases import table
from pysession.report.wording import counted

_SOURCES = {SeenBy.MESSAGES: "the times of messages", SeenBy.FILE: "the files' last change"}
_MOST_REASONS = 3


def written_by_lines(writers: tuple[WriterSummary, ...]) -> Iterator[str]:
    """One line for each set of releases: which, how many documents, and when they were written."""
    for writer in writers:
        who = ranges(writer.candidates) or "no release that is known"
        yield f"{who}: {counted(writer.documents, 'document')}{_when(writer)}"


def writer_lines(writer: Writer) -> Iterator[str]:
    """Who wrote one document, and what tells so."""
    if writer.remark is not None:
        yield f"written by no release that is known: {writer.remark}"
    else:
        yield f"written by {ranges(writer.candidates)}{_because(writer)}"
    if writer.likely is not None:
        who = ranges(writer.likely.candidates)
        yield (
            f"likely {who}{_because(writer.likely)}" if who else f"no release wrote all of it{_because(writer.likely)}"
        )


def ranges(releases: tuple[str, ...]) -> str:
    """Releases in words: ``python@1.15.0 … 1.16.0``; what does not follow on the one before begins anew."""
    runs: list[list[str]] = []
    for name in releases:
        if runs and _next_to(runs[-1][-1]) == name:
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} … {run[-1].partition('@')[2]}" for run in runs)


def _next_to(name: str) -> str | None:
    """The release that came after another in the tables."""
    family, _, version = name.partition("@")
    known = table().get(family)
    versions = [entry.release for entry in known.releases] if known is not None else []
    position = versions.index(version) + 1 if version in versions else len(versions)
    return f"{family}@{versions[position]}" if position < len(versions) else None


def _because(inference: Inference) -> str:
    told = [f"{one.says} ({one.pointer})" if one.pointer else one.says for one in inference.evidence[:_MOST_REASONS]]
    return f": {'; '.join(told)}" if told else ""


def _when(writer: WriterSummary) -> str:
    if writer.first_seen is None or writer.last_seen is None:
        return ""
    first, last = writer.first_seen[:10], writer.last_seen[:10]
    days = f"on {first}" if first == last else f"from {first} to {last}"
    return f", {days} by {' and '.join(_SOURCES[by] for by in SeenBy if by in writer.seen_by)}"
