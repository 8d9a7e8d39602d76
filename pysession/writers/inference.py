"""The writer of a document: the releases that could have saved it last, and those that could have written all of it.

What is told of a release is what its own code does, measured or read (``tables/``, the vocabularies). A release is left
out only for what it would not have left so: an older message that a newer release has loaded and saved again counts for
the newer one. In .NET that holds for what a run looked into; the history of a session that was loaded and saved without
one is still the text that an earlier release wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pysession.dialects import UNKNOWN, Document, History, Segment
from pysession.findings import Evidence, Inference, Writer, format_pointer
from pysession.wire import Encoding
from pysession.writers.evidence import Sighting, narrowed
from pysession.writers.facts import sighted_facts, sighted_words
from pysession.writers.layers import Layer, layers_of
from pysession.writers.orders import sighted_order
from pysession.writers.pool import SERIALISER, Pool, pool_of
from pysession.writers.seen import seen
from pysession.writers.table import Dialect, table_of

_OF_RECORDS = frozenset({Encoding.JSON_LINES, Encoding.MESSAGEPACK_RECORDS})


def writer_of(document: Document, *, modified: float | None = None) -> Writer:
    """The releases that could have written ``document``; ``modified`` is when its file was changed last (Unix time)."""
    when = seen(document, modified)
    table = table_of(document.dialect)
    if table is None:
        unknown = document.dialect == UNKNOWN
        why = (
            "its dialect is not known" if unknown else f"no release is known that writes the {document.dialect} dialect"
        )
        return Writer((), (), remark=why, seen=when)
    rules = table.dialects[document.dialect]
    strangers = {history.language for history in document.histories} - set(rules.languages)
    if strangers:
        words = " and ".join(sorted(strangers))
        return Writer((), (), remark=f"it is mixed: its messages are in the words of {words}", seen=when)
    messages_only = isinstance(document.value, list) and SERIALISER in table.families
    pool = pool_of(SERIALISER if messages_only else table.families[0], ("dotnet",) if messages_only else rules.releases)
    everything = [*_sightings(document, pool, _layers(document, rules, document.histories))]
    own = _own(document, rules)
    saved = everything
    if own != document.histories:
        saved = [*_sightings(document, pool, _layers(document, rules, own))]
    names, told = narrowed(pool.names, (sighting for sighting in saved if sighting.certain))
    if not names:
        why = "no release leaves all of this: the document was edited, or put together from several"
        return Writer((), _evidence(document, told), remark=why, seen=when)
    likely, more = narrowed(names, everything)
    return Writer(
        pool.ordered(names),
        _evidence(document, told),
        likely=Inference(pool.ordered(likely), _evidence(document, more)) if likely != names else None,
        seen=when,
    )


def _own(document: Document, rules: Dialect) -> tuple[History, ...]:
    """What the last writer itself wrote: the histories that the library saves each time, or all where none has its key;
    of a file to which messages are appended, the last one."""
    if rules.appended and document.encoding in _OF_RECORDS:
        return tuple(map(_last, document.histories))
    found = tuple(history for history in document.histories if history.key in rules.history_keys)
    return found if found and len(found) < len(document.histories) else document.histories


def _last(history: History) -> History:
    """``history`` with its last message only."""
    segment = next((one for one in reversed(history.segments) if one.messages), None)
    if segment is None:
        return history
    number = segment.first + len(segment.messages) - 1
    return msgspec.structs.replace(history, segments=(Segment(segment.path, segment.messages[-1:], number),))


def _layers(document: Document, rules: Dialect, histories: tuple[History, ...]) -> list[Layer]:
    return layers_of(histories, document.dialect, rules.message_kind, rules.message_kinds)


def _sightings(document: Document, pool: Pool, layers: Sequence[Layer]) -> Iterator[Sighting]:
    keys = frozenset(history.key for history in document.histories)
    yield from sighted_facts(document, pool, layers, keys)
    yield from sighted_words(document.dialect, pool, layers)
    yield from sighted_order(document, pool, layers)


def _evidence(document: Document, told: Sequence[Sighting]) -> tuple[Evidence, ...]:
    """What is told, with its places as the record has them."""
    return tuple(
        Evidence(format_pointer(document.base + (path[1:] if document.single else path)), sighting.says)
        for sighting in told
        for path in (sighting.place(),)
    )
