"""A document as a Python program gets it: its value as ``json.loads`` gives it, and the messages in its state."""

from __future__ import annotations

import json
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import msgspec

from pysession.dialects import SINGLE_MESSAGE, Document, detect, histories
from pysession.findings import Stage
from pysession.readers.python.census import Census, census
from pysession.readers.python.conversation import Conversation
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.nesting import levels, room
from pysession.readers.settings import Settings
from pysession.wire import Encoding


class Subject:
    """One document and what all releases find in it; each thing is found out once, when it is asked for first."""

    def __init__(self, document: Document, settings: Settings) -> None:
        self.document = document
        self.settings = settings
        self._census: tuple[Any, Census] | None = None
        self._conversation: tuple[Any, Conversation] | None = None

    @property
    def inside(self) -> bool:
        """Whether the session stands inside a record, whose bytes its reader never sees."""
        return bool(self.document.base)

    @property
    def _found(self) -> Any:
        """The value as it was read for everybody; a text that holds a session is only a text for the library, unless
        the application was told to look for the session in there."""
        document = self.document
        if document.embedded and not document.base:
            return document.reading.value
        return document.value[0] if document.single else document.value

    @cached_property
    def is_store(self) -> bool:
        """Whether it is a file of FileSessionStore: that says its ``version``, and nothing else is MessagePack."""
        document = self.document
        if document.encoding is Encoding.MESSAGEPACK:
            return True
        value, dialect = self._found, document.dialect
        if not document.reading.readable and not isinstance(self._loaded, RefusedError):
            value, dialect = self._loaded, detect(self._loaded).dialect
        return dialect == "python" and type(value) is dict and "version" in value

    @property
    def value(self) -> Any:
        """The value that ``json.loads`` gives.

        Raises:
            RefusedError: it raises.
        """
        found = self._loaded
        if isinstance(found, RefusedError):
            raise found
        return found

    @cached_property
    def _loaded(self) -> Any:
        document = self.document
        plain = document.reading.readable and not document.reading.faults and document.encoding is Encoding.JSON
        if plain or (self.inside and document.reading.readable):
            return self._found
        try:
            # What could be read is not too deep for the library, however deep the stack is here.
            with room() if document.reading.readable else nullcontext():
                return json.loads(document.data)
        except (ValueError, RecursionError) as error:
            return RefusedError(type(error).__name__, str(error), stage=Stage.PARSE)

    @cached_property
    def stored(self) -> Any:
        """The value that a store's file holds. A store does not decode what it does not know; so it may read one whose
        value others cannot."""
        if self.document.encoding is Encoding.MESSAGEPACK:
            try:
                return msgspec.msgpack.decode(self.document.data)
            except (ValueError, TypeError, msgspec.MsgspecError):
                return self.document.value
        return self.value

    @cached_property
    def levels(self) -> int:
        """How deep the document is nested; 0 where it could not be read."""
        value = self._found
        if not self.document.reading.readable or type(value) is not dict:
            return levels(value)
        state = value.get("state")
        around = levels({name: member for name, member in value.items() if name != "state"})
        return max(around, self.census(state).levels if type(state) is dict else 0)

    @property
    def foreign(self) -> bool:
        """Whether there may be values that JSON does not have."""
        return self.document.encoding.is_messagepack and bool(self.document.reading.faults)

    def census(self, state: dict[str, Any]) -> Census:
        """The messages in ``state``; remembered for the state that was asked for last, which is mostly the only one."""
        if self._census is None or self._census[0] is not state:
            found = census(state, self.settings.registered_types, plain=not self.foreign)
            self._census = state, found
        return self._census[1]

    @cached_property
    def is_as_stored(self) -> bool:
        """Whether a store that saves the very value writes the very bytes."""
        encode = msgspec.msgpack.encode if self.document.encoding is Encoding.MESSAGEPACK else msgspec.json.encode
        return encode(self.stored) == self.document.data

    def conversation(self, state: dict[str, Any]) -> Conversation:
        """The histories in ``state``; remembered as the census is."""
        if self._conversation is None or self._conversation[0] is not state:
            found = Conversation(state, self.census(state).runs, self.settings.registered_types)
            self._conversation = state, found
        return self._conversation[1]

    @cached_property
    def held(self) -> int:
        """Messages that the document holds in its histories."""
        document = self.document
        found = document.histories
        if not document.reading.readable or (document.embedded and not document.base):
            value = self.stored
            detection = detect(value)
            found = tuple(histories([value] if detection.form == SINGLE_MESSAGE else value, detection))
        return sum(
            isinstance(message, dict)
            for history in found
            if history.live
            for segment in history.segments
            for message in segment.messages
        )
