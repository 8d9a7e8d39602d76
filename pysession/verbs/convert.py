"""``convert``: a session in the words of another dialect or release, and what those words could not say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any

import msgspec
import re2

from pysession import wire
from pysession.dialects import (
    DIALECTS,
    SINGLE_MESSAGE,
    TARGETS,
    UNKNOWN,
    Document,
    detect,
    from_canonical,
    histories,
    to_canonical,
    vocabulary,
)
from pysession.dialects.conversion import (
    PARKED_TEXT,
    RESERVED,
    Exchange,
    Notes,
    Parcel,
    Target,
    UnsayableError,
    is_payload,
    is_plain_object,
    refused_place,
    source_paths,
    unpacked,
)
from pysession.findings import Loss, LossKind, Reading, Severity, Verdict, parse_pointer
from pysession.findings.failures import PysessionError, RefusedError, UsageError
from pysession.readers import (
    DEFAULT_SETTINGS,
    SESSION_STORE_VERSION,
    Release,
    Settings,
    latest,
    reader,
    readings,
    release,
    releases,
)
from pysession.readers.python.nesting import room
from pysession.readers.releases import positions
from pysession.verbs.opening import open_document
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits, Path, write

ACCEPTANCE = (
    "json-invalid",
    "json-not-utf8",
    "json-duplicate-key",
    "number-not-json",
    "limit-exceeded",
    "dialect-unknown",
    "dialect-mismatch",
    "envelope-type",
    "schema-violation",
    "version-unsupported",
    "discriminator-missing",
    "discriminator-not-first",
    "content-empty",
    "type-tag-collision",
)
"""The rules that say of a document that readers of its dialect do not take it for what it says."""

_PYTHON = frozenset({"python", "python-history", "python-thread"})
_TAKEN_ALL_THE_SAME = {
    **dict.fromkeys(_PYTHON, frozenset({"number-not-json", "json-duplicate-key"})),
    **dict.fromkeys(("dotnet", "dotnet-thread", "go"), frozenset({"discriminator-missing"})),
}
"""What readers of a dialect take without a word. Of contents that do not say what they are the others keep nothing or
all, but show none to a model; a conversion keeps them whole."""

_HUGE = re2.compile(rb"[0-9][eE]\+?[1-9][0-9][0-9]")
"""A number that may be too large for a double; reading makes it infinite."""

_REPAIRS = 100
"""Contents of one document that may have to be parked whole because the target's reader refuses them."""


class TargetRefusesError(PysessionError):
    """The target's reader would refuse what was made; ``reading`` says why. That is this program's fault to report."""

    def __init__(self, reading: Reading) -> None:
        error = reading.error
        place = f" at {error.pointer}" if error is not None and error.pointer else ""
        why = error.message if error is not None and error.message else "it would lose messages without a word"
        super().__init__(
            f"{reading.reader} would not read the converted document{place}: {why}. Mend the source ('pysession repair') "
            "where 'pysession check --reader' finds the same in it; else this is a fault of pysession, to be reported"
        )
        self.reading = reading


class Conversion(msgspec.Struct, frozen=True, dict=True):
    """A converted document.

    ``data`` are its bytes (compact JSON). ``source`` is the dialect it was in, ``target`` the release it is written for.
    ``losses``, worked out when they are asked for, are in the order in which they were met.
    """

    data: bytes
    source: str
    target: str
    _told: Callable[[], tuple[Loss, ...]]

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        with room():
            return self._told()

    @property
    def dropped(self) -> tuple[Loss, ...]:
        """The losses that nothing brings back."""
        return tuple(loss for loss in self.losses if loss.kind is LossKind.DROPPED)


def convert(
    data: bytes,
    to: str,
    source: str | None = None,
    *,
    encoding: Encoding | None = None,
    at: str | None = None,
    record_approvals: bool = False,
    settings: Settings = DEFAULT_SETTINGS,
    limits: Limits = DEFAULT_LIMITS,
) -> Conversion:
    """The session in ``data`` as ``to`` writes it: ``python``, ``dotnet`` or ``go``, or a release of one of them.

    Without a release the newest final one is meant, or for a document that comes back from another dialect the one
    that its words are of. ``source`` is the dialect that the document must be in (None: whatever it is). ``at`` is a
    JSON Pointer to the session inside the bytes. ``record_approvals``: Python from 1.15.0 on acts only on approvals that
    its state lists; list those that wait in the history, which asserts that they are genuine.

    >>> conversion = convert(b'{"stateBag": {}}', to="python")
    >>> conversion.source, conversion.target, [loss.kind.value for loss in conversion.losses]
    ('dotnet', 'python@1.23.0', ['defaulted'])

    Raises:
        UsageError: ``to`` is no dialect or release that can be written, or ``source`` no dialect.
        RefusedError: the document is not what its dialect accepts; its ``report`` holds the findings.
        TargetRefusesError: the target's reader would refuse the result.
    """
    if isinstance(data, str):
        raise UsageError("convert takes the bytes as stored; encode the text: convert(text.encode(), ...)")
    wanted = target_of(to)
    if source is not None and source not in DIALECTS:
        raise UsageError(f"there is no dialect {source!r}; the dialects are {', '.join(DIALECTS)}")
    document = open_document(data, encoding or Encoding.JSON, at, limits)

    def judge() -> None:
        _refuse(document, source, at, limits)

    if not document.reading.readable or document.dialect == UNKNOWN or source not in (None, document.dialect):
        judge()
    if document.reading.faults or not _is_envelope(document):
        judge()
    with room():
        return _Converter(document, wanted, judge, record_approvals, settings).conversion()


def target_of(to: str) -> Release | str:
    """The release that ``to`` names, or the dialect when it names no release.

    Raises:
        UsageError: it is neither, cannot be written, or is a release that was never run.
    """
    dialect, at, _ = to.partition("@")
    if dialect not in TARGETS:
        near = get_close_matches(dialect, TARGETS, n=1)
        hint = "is a source only" if dialect in DIALECTS else "is no dialect"
        meant = f"; did you mean {near[0]}?" if near and dialect not in DIALECTS else ""
        raise UsageError(f"{dialect!r} {hint}{meant}; a session can be converted to {', '.join(sorted(TARGETS))}")
    if not at:
        return dialect
    named = release(reader(to))
    if named.dialects[0] != dialect:
        raise UsageError(f"{named} is of the time of threads, which can be converted from but not to")
    return named


def _refuse(document: Document, source: str | None, at: str | None, limits: Limits) -> None:
    """Raise when the document is not what its dialect accepts."""
    # A clean document in words that are all known never comes here, and need not wait for all the rules.
    from pysession.verbs.check import check

    taken = _TAKEN_ALL_THE_SAME.get(document.dialect, frozenset())
    rules = tuple(rule for rule in ACCEPTANCE if rule not in taken)
    report = check(document.data, encoding=document.encoding, at=at, select=rules, limits=limits)
    if any(finding.severity is Severity.ERROR for finding in report.findings):
        raise RefusedError(report)
    if source is not None and source != document.dialect:
        raise UsageError(f"the document is not {source} but {document.dialect}: {document.detection.reason}")
    if document.dialect == UNKNOWN:
        raise UsageError(f"the document is of no known dialect: {document.detection.reason}")


def _is_envelope(document: Document) -> bool:
    """Whether the envelope at least is beyond doubt: one that its vocabulary has, member by member."""
    value = document.value
    if type(value) is list:
        return document.dialect in TARGETS
    version = value.get("version", SESSION_STORE_VERSION)
    return version == SESSION_STORE_VERSION and _is_shape(
        document.dialect, tuple(value), tuple(map(type, value.values()))
    )


@lru_cache(maxsize=256)
def _is_shape(dialect: str, names: tuple[str, ...], types: tuple[type, ...]) -> bool:
    example = {name: None if of is type(None) else of() for name, of in zip(names, types, strict=True)}
    return any(is_plain_object(example, known, None) for known in vocabulary(dialect).places["envelope"].values())


class _Converter:
    """One document on its way."""

    def __init__(
        self,
        document: Document,
        wanted: Release | str,
        judge: Callable[[], None],
        record_approvals: bool,
        settings: Settings,
    ) -> None:
        self.document = document
        self.judge = judge
        self.record_approvals = record_approvals
        self.settings = settings
        self.wanted = wanted
        dialect = wanted if isinstance(wanted, str) else wanted.family
        self.elsewhere = document.dialect != dialect
        self.explicit = not isinstance(wanted, str) or not self.elsewhere
        self.release = release(latest(dialect)) if isinstance(wanted, str) else wanted
        self.reserved = RESERVED.encode() in document.data
        parked_text = self.reserved and PARKED_TEXT in document.data
        self.careful = bool(document.reading.faults or parked_text or _HUGE.search(document.data))

    def conversion(self) -> Conversion:
        forced: frozenset[Path] = frozenset()
        judged = False
        while True:
            try:
                exchange, said = self._said(forced)
            except UnsayableError:
                self.judge()
                raise
            if not exchange.plain and not judged:
                self.judge()
                judged = True
            data = write(said, infinite=self.careful, python=exchange.target.dialect == "python")
            if exchange.plain and exchange.sure and not self.careful:
                # Whatever its values, no release refuses such a document: tests hold the readers to it.
                return self._done(exchange, data)
            reading = self._reading(exchange, said, data)
            if not reading.verdict.worse_than(Verdict.LOSSY) or self._only_foreign(exchange, forced):
                return self._done(exchange, data)
            place = self._refused_place(reading, exchange)
            if place is None or place in forced or len(forced) == _REPAIRS:
                raise TargetRefusesError(reading)
            forced |= {place}

    def _only_foreign(self, exchange: Exchange, forced: frozenset[Path]) -> bool:
        """Whether the reader minds only what came from its own dialect and goes back as it was: kinds of the application's
        own, or what the library writes and does not read."""
        if not exchange.foreign:
            return False
        without, said = self._said(forced | exchange.foreign)
        data = write(said, infinite=self.careful, python=without.target.dialect == "python")
        return not self._reading(without, said, data).verdict.worse_than(Verdict.LOSSY)

    def _said(self, forced: frozenset[Path]) -> tuple[Exchange, Any]:
        document = self.document
        family = _family(document.dialect)
        source_release = release(latest(family)) if family is not None else None
        exchange = Exchange(
            target=self._target(self.release),
            notes=Notes(),
            source_dialect=document.dialect,
            digest=lambda: f"pysession-{hashlib.sha256(document.data).hexdigest()[:32]}",
            source_knows=source_release.knows if source_release is not None else _knows_all,
            came_from_elsewhere=self.elsewhere,
            careful=self.careful,
            reserved=self.reserved,
            record_approvals=self.record_approvals,
            forced=forced,
        )
        canonical = to_canonical(document.value, document.detection, exchange)
        if canonical is document.value:
            exchange.histories = document.histories
        if isinstance(self.wanted, str) and self.elsewhere:
            home = _home_named(canonical, self.wanted)
            if home is not None:
                exchange.target = self._target(release(home))
        if family is not None and self.elsewhere and document.dialect in TARGETS and not exchange.originated:
            canonical = _with_home(canonical, family, exchange.lives)
        return exchange, from_canonical(canonical, exchange)

    def _target(self, chosen: Release) -> Target:
        return Target(chosen.family, str(chosen), chosen.knows, self.explicit)

    def _reading(self, exchange: Exchange, said: Any, data: bytes) -> Reading:
        """What the target's reader makes of the result, in an application that reads every history in it."""
        made = self._opened(said, data)
        name = _recorded(release(exchange.target.release))
        if made.detection.form == "messages":
            name = _serializer_of(release(name))
        keys = (*self.settings.history_keys, *(history.key for history in made.histories if history.live))
        return readings(made, [name], msgspec.structs.replace(self.settings, history_keys=keys))[0]

    def _opened(self, said: Any, data: bytes) -> Document:
        if self.careful:
            return open_document(data, Encoding.JSON, None, DEFAULT_LIMITS)
        detection = detect(said)
        if detection.form == SINGLE_MESSAGE:
            # A row of one message is read by the reader of lists.
            said, data = [said], write([said])
            detection = detect(said)
        read = wire.Reading(said, True, (), Encoding.JSON)
        return Document(data, Encoding.JSON, read, said, detection, histories(said, detection))

    def _refused_place(self, reading: Reading, exchange: Exchange) -> Path | None:
        """What the reader refuses the document for, by its place in the canonical value."""
        if reading.error is None or reading.error.pointer is None:
            return None
        return refused_place(parse_pointer(reading.error.pointer), exchange.placed)

    def _done(self, exchange: Exchange, data: bytes) -> Conversion:
        to_source = source_paths(self.document.value, self.document.dialect, exchange.to_source)
        return Conversion(
            data=data,
            source=self.document.dialect,
            target=exchange.target.release,
            _told=lambda: exchange.notes.losses(to_source, single=self.document.single),
        )


def _recorded(written: Release) -> str:
    """``written``, or where a document goes back to words of a release that was never run, the one run before it."""
    if written.recorded:
        return str(written)
    known = releases(written.family)
    return next((name for name in reversed(known) if release(name).position < written.position), known[0])


def _serializer_of(reader: Release) -> str:
    """The serializer that ``reader`` is built with, or the next newer one that was recorded."""
    known = releases("meai")
    exact = f"meai@{reader.meai}"
    newer = (name for name in known if release(name).position >= reader.position)
    return exact if exact in known else next(newer, known[-1])


def _family(dialect: str) -> str | None:
    """The library whose sessions are in ``dialect``."""
    family = dialect.partition("-")[0]
    return family if family in TARGETS else None


def _knows_all(since: str | None, until: str | None) -> bool:
    return until is None


def _home_named(canonical: dict[str, Any], dialect: str) -> str | None:
    """The release whose words a document had before it came here."""
    state = canonical.get("state")
    payload = state.get(RESERVED) if type(state) is dict else None
    mine = payload["own"].get(dialect, {}) if is_payload(payload) and "own" in payload else {}
    named = mine.get("release")
    return named if type(named) is str and named.startswith(f"{dialect}@") else None


def _with_home(canonical: dict[str, Any], family: str, lives: set[tuple[str | None, str | None]]) -> dict[str, Any]:
    """``canonical`` with a note of the release that its words are of, when that is not the newest."""
    order = positions(family)
    newest = release(latest(family))
    first = max((order[since] for since, _ in lives if since is not None), default=-1)
    last = min((order[until] for _, until in lives if until is not None), default=len(order))
    if first <= newest.position <= last:
        return canonical
    names = list(order)
    home = names[last] if last < newest.position else names[first]
    state = canonical.get("state")
    state = state if type(state) is dict else {}
    payload = state.get(RESERVED)
    parcel = unpacked(payload) if is_payload(payload) else Parcel()
    parcel.own[family] = {**parcel.own.get(family, {}), "release": f"{family}@{home}"}
    return {**canonical, "state": {**state, RESERVED: parcel.packed()}}


__all__ = [
    "ACCEPTANCE",
    "Conversion",
    "TargetRefusesError",
    "convert",
    "target_of",
]
