"""One document as all versions find it, and the verdict on what one of them saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pysession.dialects import Document
from pysession.dialects.messages import DOTNET
from pysession.findings import Failure, NextTurn, Reading, Stage, Verdict
from pysession.readers.comparing import changes, compare
from pysession.readers.meai.history import Messages
from pysession.readers.meai.losses import Held, any_emptied, held
from pysession.readers.meai.opened import Opened, opened
from pysession.readers.meai.output import Encoder, is_canonical
from pysession.readers.meai.refusal import JSON, PARSING, WRONG_KIND, RefusedError, StageError
from pysession.readers.meai.shapes import Outline
from pysession.readers.meai.text import deeper, plain, unwritable

History = tuple[Any, Messages]
"""A list of messages as stored, and as it is saved."""


class Source:
    """What does not depend on the version: the parsed document, the shapes in it, how its bytes are written."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._opened: Opened | StageError | None = None
        self._outlines: dict[int, Outline] = {}
        self._canonical: dict[Encoder, bool | None] = {}
        self._held: tuple[Held, ...] | None = None

    def opened(self, depth: int) -> Opened:
        """The document through ``JsonDocument.Parse``; all versions allow the same ``depth``.

        Raises:
            StageError: it throws.
        """
        if self._opened is None:
            try:
                self._opened = opened(self.document, depth)
                if self._opened.is_plain and self._is_deeper(self._opened.root, depth):
                    message = f"arrays and objects are nested more than {depth} deep"
                    raise StageError(Stage.PARSE, Failure(PARSING, message=message))
            except StageError as error:
                self._opened = error
        if isinstance(self._opened, StageError):
            raise self._opened
        return self._opened

    def _is_deeper(self, root: Any, depth: int) -> bool:
        ours = [history for history in self.document.histories if history.segments and history.language == DOTNET]
        lists = [history.segments[0].messages for history in ours]
        shallow = [messages for messages in lists if (outline := self.outline(messages)) and outline.is_shallow]
        return deeper(root, depth, frozenset(map(id, shallow)))

    def outline(self, messages: Any) -> Outline | None:
        """The shapes of a list of messages of this document, None where its text says more than its value."""
        if not isinstance(self._opened, Opened) or not self._opened.is_plain or type(messages) is not list:
            return None
        if id(messages) not in self._outlines:
            self._outlines[id(messages)] = Outline(messages)
        return self._outlines[id(messages)]

    def check_writable(self, saved: Any) -> None:
        """Writing fails at an unpaired surrogate, which only values that are passed on unread can have.

        Raises:
            StageError: it does.
        """
        assert isinstance(self._opened, Opened)
        path = None if self._opened.is_plain else unwritable(saved)
        if path is not None:
            error = RefusedError(JSON, path, "a string with an unpaired surrogate cannot be written", cause=WRONG_KIND)
            raise StageError(Stage.SAVE, error.failure(self.document.base))

    def compared(
        self,
        saved: Any,
        histories: Sequence[History],
        *,
        kept: frozenset[str] = frozenset(),
        next_turn: NextTurn = NextTurn.UNKNOWN,
        encoder: Encoder = Encoder.RELAXED,
    ) -> Reading:
        """The reading of a version that saves ``saved`` after it has read ``histories``.

        ``kept``: entries of the state bag that it passes on unread; what they hold is not restored and not lost.
        """
        assert isinstance(self._opened, Opened)
        before, after = self._opened.root, saved
        if not self._opened.is_plain:
            before, after = plain(before), plain(after)
            histories = [(plain(stored), Messages(plain(each.saved))) for stored, each in histories]
        comparison = compare(before, after, numbers_by_value=True, fold_names=True)
        verdict = comparison.verdict
        if verdict is Verdict.IDENTICAL and any(messages.reordered for _, messages in histories):
            verdict = Verdict.EQUIVALENT
        restored = sum(len(messages.saved) for _, messages in histories)
        expected = sum(one.messages for one in self.held if len(one.path) < 2 or one.path[1] not in kept)
        if restored < expected or any(any_emptied(stored, each.saved) for stored, each in histories):
            verdict = Verdict.SILENT_LOSS
        return Reading(
            "",
            verdict,
            messages_restored=restored,
            next_turn=next_turn,
            same_bytes=self._is_canonical(encoder) if verdict is Verdict.IDENTICAL else False,
            changes=changes(difference.below(self.document.base) for difference in comparison.differences),
        )

    @property
    def held(self) -> tuple[Held, ...]:
        """The histories of the document."""
        if self._held is None:
            assert isinstance(self._opened, Opened)
            root, is_plain = self._opened.root, self._opened.is_plain
            self._held = held(self.document, root if is_plain else plain(root), is_plain=is_plain)
        return self._held

    def _is_canonical(self, encoder: Encoder) -> bool | None:
        assert isinstance(self._opened, Opened)
        if not self._opened.stands_alone:
            return None
        if encoder not in self._canonical:
            self._canonical[encoder] = is_canonical(self.document.data, self._opened.root, encoder)
        return self._canonical[encoder]
