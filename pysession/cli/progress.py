"""Progress, shown on standard error when a person looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click

from pysession.cli.output import is_terminal

_Result = TypeVar("_Result")


class Bar:
    """A bar on standard error, when a person looks: over the bytes of one transfer, or over many documents.

    To draw it costs about as much as to check a small document, so it is not drawn for each.
    """

    _MOST_DRAWINGS = 100

    def __init__(self, label: str, *, quiet: bool) -> None:
        self._label = label
        self.shown = not quiet and is_terminal(sys.stderr)
        self._bar: Any = None
        self._counts = False
        self._step = 1

    def moves(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are through."""
        if not self.shown or not total:
            return
        if self._bar is None or self._bar.length != total:
            self.ends()
            self._bar = click.progressbar(length=total, label=self._label, file=sys.stderr, show_pos=self._counts)
            self._step = -(-total // self._MOST_DRAWINGS)
        if done - self._bar.pos >= self._step or done == total:
            self._bar.update(done - self._bar.pos)

    def for_one(self, several: bool) -> Callable[[int, int], None]:
        """What is told how much of a transfer is through. Of ``several`` it is shown how many are, not how much of each."""
        return (lambda done, total: None) if several else self.moves

    def before(self, results: Iterable[_Result]) -> Iterator[_Result]:
        """``results``, before each of which it ends: what is told of them goes to lines of their own."""
        try:
            for result in results:
                self.ends()
                yield result
        finally:
            # Also when it is interrupted: the bar hides the cursor. A transfer that is given up may still tell of itself.
            self.shown = False
            self.ends()

    def across(
        self,
        results: Iterable[_Result],
        total: int,
        *,
        source: Callable[[_Result], object] | None = None,
        is_told: Callable[[_Result], bool] | None = None,
    ) -> Iterator[_Result]:
        """``results``, while it counts the ``total`` inputs that they come from.

        Those with the same ``source`` come one after the other (None: each is an input). What ``is_told`` is of is given a line
        of its own.
        """
        self._counts = True
        done, last = -1, None
        try:
            for result in results:
                here = None if source is None else source(result)
                if here is None or here != last:
                    done, last = done + 1, here
                    self.moves(min(done, total), total)
                if is_told is not None and is_told(result):
                    self.ends()
                yield result
            self.moves(total, total)
        finally:
            self.ends()

    def ends(self) -> None:
        """Leave the line that it is on."""
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
