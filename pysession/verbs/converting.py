"""Many documents: find them, read them, convert each, in a stable order and in bounded memory."""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from operator import itemgetter

import msgspec

from pysession.findings import DocumentReport, Loss, LossKind, NotRead
from pysession.findings.failures import RefusedError
from pysession.inputs import InputFormat, Record, Source, discover, records
from pysession.readers import DEFAULT_SETTINGS, Settings
from pysession.verbs.convert import TargetRefusesError, convert
from pysession.verbs.outcomes import internal_error
from pysession.wire import DEFAULT_LIMITS, Limits

_WORTH_IT = 1000
"""Inputs from which on starting more processes takes less time than it saves."""


class Options(msgspec.Struct, frozen=True):
    """What to convert to, and how; those before ``format`` are those of :func:`pysession.verbs.convert.convert`.

    ``counts``: the losses are to be counted, ``lists``: and listed; each takes a little time. ``jobs`` is the number of
    processes (None: as many as pay).
    """

    to: str
    source: str | None = None
    at: str | None = None
    record_approvals: bool = False
    settings: Settings = DEFAULT_SETTINGS
    limits: Limits = DEFAULT_LIMITS
    format: InputFormat | None = None
    counts: bool = True
    lists: bool = True
    jobs: int | None = None
    debug: bool = False


class Converted(msgspec.Struct, frozen=True):
    """A document that was converted; ``record`` is its 0-based number in a file of several.

    ``kinds`` counts its losses, ``losses`` are they, as far as the options asked for that.
    """

    record: int | None
    data: bytes
    source: str
    target: str
    kinds: dict[LossKind, int] = {}
    losses: tuple[Loss, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """A document that was not: its own dialect does not accept it (``report``), or the target would not (``why``)."""

    record: int | None
    why: str
    report: DocumentReport | None = None


Result = Converted | Refused | NotRead


class Place(msgspec.Struct, frozen=True, eq=False):
    """An input: its name, its path (None: standard input), and the path below the folder that was given."""

    name: str
    path: str | None
    relative: str


class Input(msgspec.Struct, frozen=True):
    """One input and what becomes of each of its documents, worked out as it is asked for: one, or one a record."""

    place: Place
    results: Iterator[Result]


def converted_inputs(paths: Sequence[str], options: Options) -> Iterator[Input | NotRead]:
    """Every input that ``paths`` name, in order; what cannot be found or opened is a ``NotRead`` among them.

    The results of an input have to be asked for before the next input is.
    """
    places: deque[Place | None] = deque()
    found = _records(paths, options, places)
    jobs = options.jobs or _jobs(paths, options.format)
    results: Iterator[Result]
    if jobs > 1:
        from pysession.verbs.workers import spread

        results = spread(partial(convert_batch, options=options), found, jobs)
    else:
        results = (item if isinstance(item, NotRead) else _result(item, options) for item in found)
    placed = ((places.popleft(), result) for result in results)
    for place, group in groupby(placed, key=itemgetter(0)):
        if place is None:
            yield from (result for _, result in group if isinstance(result, NotRead))
        else:
            yield Input(place, (result for _, result in group))


def convert_batch(batch: Sequence[Record], *, options: Options) -> list[Result]:
    """What becomes of each record of ``batch``."""
    return [_result(record, options) for record in batch]


def _jobs(paths: Sequence[str], format: InputFormat | None) -> int:
    """How many processes pay for these inputs."""
    if paths == ("-",) or sum(1 for _ in islice(discover(paths, format), _WORTH_IT)) < _WORTH_IT:
        return 1
    from pysession.verbs.workers import usual_jobs

    return usual_jobs()


def _records(paths: Iterable[str], options: Options, places: deque[Place | None]) -> Iterator[Record | NotRead]:
    """The records of all inputs; for each, where it comes from is put into ``places``."""
    for path in paths:
        folder = path if path != "-" and os.path.isdir(path) else None
        for source in discover([path], options.format):
            if isinstance(source, NotRead):
                places.append(None)
                yield source
                continue
            place = _place(source, folder)
            for record in records(source, options.limits):
                places.append(place)
                yield record


def _place(source: Source, folder: str | None) -> Place:
    if source.path is None:
        relative = "stdin.json"
    elif folder is not None:
        relative = source.path[len(folder) :].lstrip(os.sep)
    else:
        relative = os.path.basename(source.path)
    return Place(source.name, source.path, relative)


def _result(record: Record, options: Options) -> Result:
    try:
        conversion = convert(
            record.data,
            options.to,
            options.source,
            encoding=record.encoding,
            at=options.at,
            record_approvals=options.record_approvals,
            settings=options.settings,
            limits=options.limits,
        )
        kinds = Counter(loss.kind for loss in conversion.losses) if options.counts or options.lists else {}
        losses = conversion.losses if options.lists else conversion.dropped if kinds.get(LossKind.DROPPED) else ()
    except RefusedError as failure:
        return Refused(record.record, str(failure), _placed(failure.report, record))
    except TargetRefusesError as failure:
        return Refused(record.record, str(failure))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, AttributeError) as failure:
        if options.debug:
            import traceback

            traceback.print_exc(file=sys.stderr)
        # The text of the exception may hold text of the document; its type does not.
        return internal_error(record, type(failure).__name__)
    return Converted(record.record, conversion.data, conversion.source, conversion.target, dict(kinds), losses)


def _placed(report: DocumentReport, record: Record) -> DocumentReport:
    """``report`` with the name and the lines of the file that the document came from."""
    findings = tuple(
        msgspec.structs.replace(finding, line=finding.line + record.first_line - 1, record=record.record)
        for finding in report.findings
    )
    return msgspec.structs.replace(report, source=record.source, record=record.record, findings=findings)
