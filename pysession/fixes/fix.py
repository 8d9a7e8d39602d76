"""What a fix is: which rule's findings it mends, what it changes, what it takes for granted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from pysession.dialects import Document
from pysession.fixes.blobs import BlobStore
from pysession.survey import Fault, Survey
from pysession.wire import Edit, Path


class Mend(msgspec.Struct, frozen=True):
    """One thing that is mended: ``path`` is the place in the document as it was, ``what`` a sentence for a person.

    ``beside`` are places of other findings that are mended with it.
    """

    path: Path
    what: str
    edits: tuple[Edit, ...]
    beside: tuple[Path, ...] = ()


class Wishes(msgspec.Struct, frozen=True):
    """What the person decides.

    ``named``: rules were named, so that all of their findings are meant. ``orphans_as_text``: a result without its call
    becomes a text, not dropped. ``blobs``: where payloads go that are taken out of the document; None: they stay.
    """

    named: bool = False
    orphans_as_text: bool = False
    blobs: BlobStore | None = None


class Patient(msgspec.Struct, frozen=True):
    """A document that is to be mended, and what was found in it.

    ``faults`` are those of the rule that is being mended, the reader's own among them.
    """

    document: Document
    survey: Survey
    faults: Sequence[Fault]
    wishes: Wishes


class Fix(msgspec.Struct, frozen=True):
    """The mending of one rule's findings.

    ``changes`` and ``assumes`` are sentences for a person. ``on_request``: done only when the rule is named, because it
    asserts something that only a person can know, or takes something away that somebody may want.
    """

    rule: str
    changes: str
    assumes: str
    mends: Callable[[Patient], Iterator[Mend]]
    on_request: bool = False
