"""The one walk over a document.

It visits every message and content of every history, and the free-form values below them, and does nothing else that
grows with the document. The loop over messages is written for speed: an object whose shape is known and asks for nothing
costs one look-up.
"""

from __future__ import annotations

from typing import Any

from pysession.dialects import Document, History, Segment
from pysession.survey.acts import Act
from pysession.survey.checks import Checks
from pysession.survey.shapes import Nested, Shape, Shapes
from pysession.survey.strings import triggered
from pysession.survey.survey import DEPTH_BUDGET, Survey
from pysession.survey.timeline import Event, Timeline
from pysession.survey.values import walk_values
from pysession.wire import Encoding, Path

_EXECUTED_CALLS_MARKED = frozenset({"dotnet", "dotnet-thread", "go"})
"""Where ``informationalOnly`` is set on every call that the application itself has executed (measured)."""

_FOLDED_ROLES = frozenset({"dotnet", "dotnet-thread"})
"""Where roles are compared without regard to case (measured)."""


class Memory:
    """The shapes seen so far, kept over all documents of a run."""

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self._shapes: dict[tuple[str, str], Shapes] = {}

    def shapes(self, language: str, place: str) -> Shapes:
        """The shapes of one place in one language."""
        found = self._shapes.get((language, place))
        if found is None:
            found = self._shapes[language, place] = Shapes(language, place, self.checks)
        return found


def survey(document: Document, memory: Memory, profiles: frozenset[str] = frozenset()) -> Survey:
    """Walk over ``document`` once and ask every check; the faults come in no particular order."""
    checks = memory.checks
    found = Survey(document, profiles)
    for history in document.histories:
        _HistoryWalk(found, history, memory).run()
    if isinstance(document.value, dict | list):
        found.nests_below(document.value, (), found.message_lists())
    for timeline in found.timelines:
        for history_check in checks.history:
            found.faults.extend(history_check(timeline))
    for document_check in checks.document:
        found.faults.extend(document_check(found))
    _look_into_strings(found, checks)
    return found


def _look_into_strings(found: Survey, checks: Checks) -> None:
    document = found.document
    # The bytes as found are the text of a document in JSON, also where it lies inside its record; not of one that is
    # embedded in a string, whose text is escaped once more.
    is_text = document.encoding in (Encoding.JSON, Encoding.JSON_LINES) and not document.embedded
    hits = triggered(document.data if is_text else None, document.value, checks.triggers)
    if not hits:
        return
    looks = [trigger.begin(found) for trigger in hits]
    for path, name, value in walk_values(document.value):
        for look in looks:
            found.faults.extend(look(path, name, value))


_Pending = tuple[Shape, dict[str, Any], Path, Path]
"""An object that waits to be visited: its shape, itself, the path of what holds it, and the step from there.

The path is put together when its turn comes: thousands may wait at a depth of hundreds.
"""


class _HistoryWalk:
    """The walk over one history."""

    def __init__(self, found: Survey, history: History, memory: Memory) -> None:
        self.found = found
        self.history = history
        self.memory = memory
        self.message_shapes = memory.shapes(history.language, "message")
        self.content_shapes = memory.shapes(history.language, "content")
        self.nested_shapes: dict[str, Shapes] = {}
        self.pending: list[_Pending] = []
        self.timeline = Timeline(history)

    def run(self) -> None:
        for segment in self.history.segments:
            self._segment(segment)
        if self.history.live:
            self.found.messages += len(self.timeline)
            self.found.timelines.append(self.timeline)

    def _segment(self, segment: Segment) -> None:
        """Visit a run of messages and their contents.

        The one loop in this package that is written for speed before all: half of the time of a check is spent here.
        """
        found, timeline, folded = self.found, self.timeline, self.history.language in _FOLDED_ROLES
        message_of, content_of = self.message_shapes.of, self.content_shapes.of
        known_messages = self.message_shapes.latest.setdefault(None, {})
        known_contents, discriminator = self.content_shapes.latest, self.content_shapes.discriminator
        add_role, add_id, add_first = timeline.roles.append, timeline.ids.append, timeline.firsts.append
        base = segment.path
        turn = len(timeline)
        timeline.messages.extend(segment.messages)
        for index, message in enumerate(segment.messages):
            role = id_ = first = None
            contents: Any = ()
            contents_key = ""
            if type(message) is dict:
                shape = known_messages.get(tuple(message))
                if shape is None or shape.types != [*map(type, message.values())]:
                    shape = message_of(message)
                if not shape.plain:
                    self._visit(shape, message, (*base, index))
                for key in shape.free:
                    if message[key]:
                        self._free(message[key], (*base, index, key))
                if shape.contents_key is not None and type(message[shape.contents_key]) is list:
                    contents_key = shape.contents_key
                    contents = message[contents_key]
                if shape.role_key is not None:
                    role = message[shape.role_key]
                    if folded or type(role) is not str:
                        role = _role(role, folded)
                if shape.message_id_key is not None:
                    id_ = message[shape.message_id_key]
            else:
                self._misfit((*base, index), "message", message)
            for place, content in enumerate(contents):
                if type(content) is not dict:
                    self._misfit((*base, index, contents_key, place), "content", content)
                    continue
                kind = content.get(discriminator)
                of_kind = known_contents.get(kind) if type(kind) is str else None
                shape = of_kind.get(tuple(content)) if of_kind is not None else None
                if shape is None or shape.types != [*map(type, content.values())]:
                    shape = content_of(content)
                if not place and shape.primary is not None:
                    first = content[shape.primary]
                for key in shape.free:
                    if content[key]:
                        self._free(content[key], (*base, index, contents_key, place, key))
                if shape.plain:
                    continue
                if shape.branching:
                    self._visit(shape, content, (*base, index, contents_key, place))
                elif shape.checks:
                    for key, check in shape.checks:
                        for fault in check(content[key], shape.view, content):
                            found.faults.append(fault.below((*base, index, contents_key, place, key)))
                if shape.act:
                    self._event(shape, content, turn + index, place, contents_key)
            add_role(role)
            add_id(id_)
            add_first(first)

    def _event(self, shape: Shape, content: dict[str, Any], turn: int, place: int, contents_key: str) -> None:
        """Enter what a content does into the timeline."""
        id_ = content[shape.id_key] if shape.id_key is not None else None
        local = shape.act is Act.CALL and self._is_local(shape, content)
        self.timeline.events.append(
            Event(shape.act, id_, turn, place, contents_key, content, shape.kind, shape.view.names, local)
        )

    def _is_local(self, shape: Shape, content: dict[str, Any]) -> bool:
        """Whether the application itself must answer this call, not the service that made it.

        Python marks calls that a service has executed with ``hosted`` (1.22.0 on) or ``informational_only``.
        """
        if shape.kind != "function_call":
            return False
        if self.history.language in _EXECUTED_CALLS_MARKED:
            return True
        return content.get("hosted") is not True and content.get("informational_only") is not True

    def _visit(self, shape: Shape, value: dict[str, Any], path: Path) -> None:
        """Ask every check that an object's shape calls for, and visit the typed objects below it.

        Iterative, so that contents nested thousands deep cost no stack. The free-form members of the object itself, and
        the contents of a message, are the business of the caller.
        """
        self._ask(shape, value, path)
        pending = self.pending
        while pending:
            shape, value, above, step = pending.pop()
            path = (*above, *step)
            if len(path) >= DEPTH_BUDGET:
                self.found.nests(path)
            for key in shape.free:
                if value[key]:
                    self._free(value[key], (*path, key))
            self._ask(shape, value, path)

    def _ask(self, shape: Shape, value: dict[str, Any], path: Path) -> None:
        """Ask the checks for one object; what lies below it and asks for more than its existence becomes pending."""
        faults = self.found.faults
        for fault in shape.faults:
            if fault.unless is None or not fault.unless(value):
                faults.append(fault.below(path))
        for key, check in shape.checks:
            for fault in check(value[key], shape.view, value):
                faults.append(fault.below((*path, key)))
        for key, place, allowed in shape.lists:
            for index, item in enumerate(value[key]):
                if type(item) not in allowed:
                    self._misfit((*path, key, index), place, item)
        for nested in shape.nested:
            self._below(nested, value[nested.key], path)

    def _below(self, nested: Nested, member: Any, path: Path) -> None:
        """The typed objects under one member."""
        shapes = self.nested_shapes.get(nested.place)
        if shapes is None:
            shapes = self.nested_shapes[nested.place] = self.memory.shapes(self.history.language, nested.place)
        discriminator, deep = shapes.discriminator, len(path) >= DEPTH_BUDGET - 2
        for index, child in enumerate(member if nested.many else (member,)):
            if type(child) is dict and not (nested.loose and type(child.get(discriminator)) is not str):
                kind = child.get(discriminator)
                of_kind = shapes.latest.get(kind) if kind is None or type(kind) is str else None
                shape = of_kind.get(tuple(child)) if of_kind is not None else None
                if shape is None or shape.types != [*map(type, child.values())]:
                    shape = shapes.of(child)
                if shape.plain and not deep:
                    for key in shape.free:
                        if child[key]:
                            break
                    else:
                        continue
                self.pending.append((shape, child, path, self._step(nested, index)))
            elif nested.loose:
                self._free(child, (*path, *self._step(nested, index)))
            else:
                self._misfit((*path, *self._step(nested, index)), nested.place, child)

    @staticmethod
    def _step(nested: Nested, index: int) -> Path:
        return (nested.key, index) if nested.many else (nested.key,)

    def _free(self, value: Any, path: Path) -> None:
        """A free-form value: only its depth matters here."""
        if type(value) is dict or type(value) is list:
            self.found.nests_below(value, path)

    def _misfit(self, path: Path, place: str, value: Any) -> None:
        for check in self.memory.checks.misfit:
            self.found.faults.extend(fault.below(path) for fault in check(place, value))


def _role(role: Any, folded: bool) -> str | None:
    """A role as a text in the spelling that its readers compare by; None when it is none.

    Up to 1.0.0b260130 Python wrote an object with the role as its ``value``.
    """
    if isinstance(role, dict):
        role = role.get("value")
    if not isinstance(role, str):
        return None
    return role.lower() if folded else role
