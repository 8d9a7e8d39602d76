"""One conversion on its way through two dialects."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from pysession.dialects.conversion.decoder import Decoder
from pysession.dialects.conversion.encoder import Encoder
from pysession.dialects.conversion.mapping import Correspondence, Known, Words
from pysession.dialects.conversion.notes import Notes
from pysession.dialects.conversion.plans import Plans
from pysession.dialects.detection import History
from pysession.wire import Path

CANONICAL = "python"


class Target(msgspec.Struct, frozen=True):
    """What to convert to: a dialect, and the release that is to read it.

    ``knows`` tells whether the release knows what lived from one release to another. ``explicit``: the release was asked
    for; else a document goes back to the words that it had before. ``position`` tells which release is older.
    """

    dialect: str
    release: str
    knows: Known
    explicit: bool = False


class Exchange(msgspec.Struct):
    """What both halves of a conversion share.

    ``digest`` gives the session id for documents that have none. ``source_knows`` tells what the newest release of the source's dialect
    knows. ``came_from_elsewhere``: the source is not in the target's dialect.
    ``careful``: the source holds values that not every reader takes.
    ``reserved``: it may hold parked members. ``forced`` are places of the canonical value that are parked whole. ``record_approvals``: pending approvals are to be
    recorded where the target wants a record. ``histories`` are those of the canonical value, where they are known. ``plain`` turns false when something in the source is not as its dialect
    writes it. ``lives`` are first and last releases of the names found in the source. ``to_source`` leads from places of the canonical value to where they
    come from, ``placed`` from places of the output back to the canonical value. ``foreign`` are
    canonical places of what was the target's before, and goes back as it was. ``originated``: the source
    was canonical before. ``sure``: no reader of the target refuses the output for a value in it.
    """

    target: Target
    notes: Notes
    source_dialect: str
    digest: Callable[[], str]
    source_knows: Known
    came_from_elsewhere: bool = True
    careful: bool = False
    reserved: bool = True
    record_approvals: bool = False
    histories: tuple[History, ...] | None = None
    plain: bool = True
    forced: frozenset[Path] = frozenset()
    lives: set[tuple[str | None, str | None]] = msgspec.field(default_factory=set)
    to_source: dict[Path, Path] = msgspec.field(default_factory=dict)
    placed: dict[Path, Path] = msgspec.field(default_factory=dict)
    foreign: set[Path] = msgspec.field(default_factory=set)
    sure: bool = False
    originated: bool = False

    @property
    def source_parks(self) -> bool:
        """Whether making the source canonical parks members."""
        return self.source_dialect != CANONICAL

    def decoder(self, words: Words, *, back: Words | None = None, one_way: bool = False) -> Decoder:
        """A translator from the dialect of ``words``.

        ``back`` are the words that a conversion back would use, if others; ``one_way``: nothing is ever converted back.
        """
        knows = self.source_knows
        correspondence = correspondence_of(words)
        decoder = Decoder(
            correspondence,
            _plans(words, "from", one_way),
            knows,
            self.notes,
            careful=self.careful,
            to_python=self.target.dialect == CANONICAL,
            one_way=one_way,
        )
        decoder.reserved = self.reserved
        returning = back or words

        def inverse() -> Encoder:
            made = Encoder(correspondence_of(returning), _plans(returning, "back"), knows, Notes())
            made.turn_round = lambda: Decoder(correspondence, decoder.plans, knows, Notes(), one_way=one_way)
            return made

        decoder.turn_round = inverse
        return decoder

    def encoder(self, words: Words) -> Encoder:
        """A translator to the dialect of ``words``, for the target's release."""
        correspondence = correspondence_of(words)
        target = self.target
        encoder = Encoder(
            correspondence,
            _plans(words, "to", target.release),
            target.knows,
            self.notes,
            careful=self.careful,
        )
        encoder.reserved = self.reserved or self.source_parks
        encoder.placed = self.placed
        encoder.foreign = self.foreign
        encoder.forced = self.forced

        def inverse() -> Decoder:
            made = Decoder(correspondence, _plans(words, "back", target.release), target.knows, Notes())
            made.turn_round = lambda: Encoder(correspondence, encoder.plans, target.knows, Notes())
            return made

        encoder.turn_round = inverse
        return encoder


def seen(exchange: Exchange, decoder: Decoder) -> None:
    """Take down what ``decoder`` met."""
    exchange.plain = exchange.plain and decoder.plain
    for plan in decoder.used:
        exchange.lives.update(plan.lives)


@cache
def correspondence_of(words: Words) -> Correspondence:
    """How the dialect of ``words`` corresponds to the canonical one; made once."""
    return Correspondence(words)


@cache
def _plans(words: Words, *direction: Any) -> Plans:
    return Plans()
