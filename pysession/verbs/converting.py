"""Many documents: find them, read them, convert each, in a stable order and in bounded memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

import msgspec

from pysession.findings import DocumentReport, NotRead
from pysession.inputs import InputFormat, Record, Source, discover, records
from pysession.readers import DEFAULT_SETTINGS, Settings
from pysession.verbs.convert import Conversion, RefusedError, TargetRefusesError, convert
from pysession.verbs.outcomes import internal_error
from pysession.wire import DEFAULT_LIMITS, Limits


class Options(msgspec.Struct, frozen=True):
    """What to convert to, and how; those before ``format`` are those of :func:`pysession.verbs.convert.convert`."""

    to: str
    source: str | None = None
    at: str | None = None
    record_approvals: bool = False
    settings: Settings = DEFAULT_SETTINGS
    limits: Limits = DEFAULT_LIMITS
    format: InputFormat | None = None
    debug: bool = False


class Converted(msgspec.Struct, frozen=True):
    """A document that was converted; ``record`` is its 0-based number in a file of several."""

    record: int | None
    conversion: Conversion


class Refused(msgspec.Struct, frozen=True):
    """A document that was not: its own dialect does not accept it (``report``), or the target would not (``why``)."""

    record: int | None
    why: str
    report: DocumentReport | None = None


class Input(msgspec.Struct, frozen=True):
    """One input: its name, its place below the folder that was given, and what becomes of each of its documents.

    ``results`` are worked out as they are asked for. An input of several documents gives one a record.
    """

    name: str
    path: str | None
    relative: str
    results: Iterator[Converted | Refused | NotRead]


def converted_inputs(paths: Iterable[str], options: Options) -> Iterator[Input | NotRead]:
    """Every input that ``paths`` name, in order; what cannot be found or opened is a ``NotRead`` among them."""
    for path in paths:
        folder = path if path != "-" and os.path.isdir(path) else None
        for source in discover([path], options.format):
            if isinstance(source, NotRead):
                yield source
            else:
                yield _input(source, folder, options)


def _input(source: Source, folder: str | None, options: Options) -> Input:
    if source.path is None:
        relative = "stdin.json"
    elif folder is not None:
        relative = source.path[len(folder) :].lstrip(os.sep)
    else:
        relative = os.path.basename(source.path)
    return Input(source.name, source.path, relative, _results(source, options))


def _results(source: Source, options: Options) -> Iterator[Converted | Refused | NotRead]:
    for record in records(source, options.limits):
        yield record if isinstance(record, NotRead) else _result(record, options)


def _result(record: Record, options: Options) -> Converted | Refused | NotRead:
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
    return Converted(record.record, conversion)


def _placed(report: DocumentReport, record: Record) -> DocumentReport:
    """``report`` with the name and the lines of the file that the document came from."""
    findings = tuple(
        msgspec.structs.replace(finding, line=finding.line + record.first_line - 1, record=record.record)
        for finding in report.findings
    )
    return msgspec.structs.replace(report, source=record.source, record=record.record, findings=findings)
