"""Many documents: find them, read them, check each, in a stable order and in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from pysession.findings import DocumentReport, NotRead, Verdict
from pysession.findings.failures import PysessionError
from pysession.inputs import InputFormat, Record, discover, records
from pysession.readers import DEFAULT_SETTINGS, Settings
from pysession.verbs.check import check
from pysession.verbs.outcomes import Outcome, internal_error
from pysession.wire import DEFAULT_LIMITS, Limits


class Options(msgspec.Struct, frozen=True):
    """What to check with; those before ``format`` are those of :func:`pysession.verbs.check.check`.

    ``try_conversion``: for readings that ``accept`` does not include, say whether a conversion would mend that.
    ``format`` overrides what names and bytes say of the inputs. ``jobs`` is the number of processes; with more than one
    the calling program must be importable without side effects, as the standard library's ``spawn`` wants it. With
    ``debug``, the traceback of an internal error goes to standard error.
    """

    at: str | None = None
    readers: tuple[str, ...] = ()
    accept: Verdict = Verdict.NORMALISED
    settings: Settings = DEFAULT_SETTINGS
    try_conversion: bool = False
    writers: bool = False
    profiles: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    format: InputFormat | None = None
    jobs: int = 1
    debug: bool = False


Judge = Callable[[Record, Options], DocumentReport]
"""Judges one record; with several processes it must be a function of a module, so that it can be sent to them."""


def judge(record: Record, options: Options) -> DocumentReport:
    """Check one record. Of a document over ``limits.bytes`` the report gives the whole size, where that is known."""
    report = check(
        record.data,
        source=record.source,
        encoding=record.encoding,
        at=options.at,
        readers=options.readers,
        accept=options.accept,
        settings=options.settings,
        writers=options.writers,
        profiles=options.profiles,
        select=options.select,
        ignore=options.ignore,
        limits=options.limits,
        record=record.record,
        first_line=record.first_line,
        modified=record.modified,
    )
    if options.try_conversion and any(reading.outcome.worse_than(options.accept) for reading in report.readings):
        # Most documents are taken as they are, and need not pay for the import.
        from pysession.verbs.remedies import with_remedies

        report = msgspec.structs.replace(report, readings=with_remedies(report.readings, record, options))
    return report if report.bytes == record.size else msgspec.structs.replace(report, bytes=record.size)


def run(paths: Iterable[str], options: Options | None = None, *, judge: Judge = judge) -> Iterator[Outcome]:
    """Check every document that ``paths`` name (see :func:`pysession.inputs.discover`), in that order.

    A document that cannot be read, or on which the check itself fails, is a ``NotRead`` among the others and hides none
    of them. The order of the results does not depend on ``options.jobs``.

    Raises:
        PysessionError: the options cannot be followed, for example an unknown rule.
    """
    options = options or Options()
    found = _records(paths, options)
    if options.jobs > 1:
        # A run with one process does not pay for the import of the machinery for several.
        from pysession.verbs.workers import spread

        return spread(partial(judge_batch, judge=judge, options=options), found, options.jobs)
    return _one_by_one(found, judge, options)


def judge_batch(batch: Sequence[Record], *, judge: Judge, options: Options) -> list[Outcome]:
    """What becomes of each record of ``batch``; an exception becomes a value."""
    return [_judged(record, judge, options) for record in batch]


def _records(paths: Iterable[str], options: Options) -> Iterator[Record | NotRead]:
    for source in discover(paths, options.format, stores=True):
        if isinstance(source, NotRead):
            yield source
        else:
            yield from records(source, options.limits)


def _one_by_one(found: Iterable[Record | NotRead], judge: Judge, options: Options) -> Iterator[Outcome]:
    for item in found:
        yield item if isinstance(item, NotRead) else _judged(item, judge, options)


def _judged(record: Record, judge: Judge, options: Options) -> Outcome:
    try:
        return judge(record, options)
    except PysessionError:
        raise
    except Exception as failure:
        if options.debug:
            import traceback

            traceback.print_exc(file=sys.stderr)
        # The text of the exception may hold text of the document; its type does not.
        return internal_error(record, type(failure).__name__)
