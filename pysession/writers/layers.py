"""The typed objects of a document, layer by layer: messages, their contents, what those hold.

What the facts ask of an object is mostly answered by its kind and the names of its members, and a long history has few
such shapes. They are gathered by loops that run in C: looking at each object in Python would cost as much as parsing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, KeysView
from functools import cache
from itertools import chain, repeat
from operator import itemgetter
from types import NoneType
from typing import Any, TypeVar

from pysession.dialects import History, vocabulary
from pysession.wire import Path

Shape = tuple[str | None, tuple[str, ...]]
"""The kind of an object (None: it says none) and its member names, in order."""

_What = TypeVar("_What")
_Found = KeysView[tuple[str | None, _What]]

_FOLLOWED = ("content", "usage")
_ENDS = 100
"""Objects at each end of a long layer whose member names are looked at: what is peculiar to a writer, it does everywhere."""

_DEEPEST = 8
"""Layers that are looked at; the contents of real sessions hold contents two or three layers deep."""


class Layer(ABC):
    """Objects that stand at one place of the vocabulary, all with the same way to them from the layer above.

    ``shapes`` are those of the objects; in a long layer those at its ends, and of every kind and number of members that
    there is between them (with ``ends_only``: not of those). ``loose``: other JSON is as good there, and a release may
    save the objects as it found them (Python's ``output`` and ``outputs``, measured).
    """

    loose = False

    def __init__(
        self, place: str, objects: list[dict[str, Any]], discriminator: str | None, *, ends_only: bool = False
    ) -> None:
        self.place, _, self._assumed = place.partition(".")
        self.objects = objects
        self._discriminator = None if self._assumed else discriminator
        if len(objects) <= 2 * _ENDS:
            self.shapes = self._shapes(objects)
            return
        self.shapes = self._shapes(objects[:_ENDS] + objects[-_ENDS:])
        if not ends_only:
            seen = {(kind, len(names)) for kind, names in self.shapes}
            unseen = self._kinds_and(len, objects) - seen
            if unseen:
                between = [one for one in objects if (self.kind_of(one), len(one)) in unseen]
                self.shapes = tuple(dict.fromkeys(self.shapes + self._shapes(between)))

    def _shapes(self, objects: list[dict[str, Any]]) -> tuple[Shape, ...]:
        return tuple(self._kinds_and(tuple, objects))

    def _kinds_and(self, what: Callable[[dict[str, Any]], _What], objects: list[dict[str, Any]]) -> _Found[_What]:
        """The kind of each object with something else about it, every pair once, in order."""
        kinds: Iterable[Any] = repeat(self._assumed)
        if self._discriminator is not None:
            kinds = map(dict.get, objects, repeat(self._discriminator))
        try:
            found = dict.fromkeys(zip(kinds, map(what, objects)))  # noqa: B905 (a repeat has no end)
            if all(type(kind) in (str, NoneType) for kind, _ in found):
                return found.keys()
        except TypeError:  # a kind that is an object or a list
            pass
        return dict.fromkeys((self.kind_of(one), what(one)) for one in objects).keys()

    def kind_of(self, one: dict[str, Any]) -> str | None:
        """What an object says that it is, or is taken for; None when it says nothing."""
        said = self._assumed if self._discriminator is None else one.get(self._discriminator)
        return said if isinstance(said, str) else None

    def of(self, shape: Shape) -> Iterator[int]:
        """The numbers of the objects of one shape, in order."""
        return (number for number, one in enumerate(self.objects) if (self.kind_of(one), tuple(one)) == shape)

    @abstractmethod
    def path(self, number: int) -> Path:
        """Where the object with this number stands."""

    def path_to(self, which: int | Shape, member: str | None) -> Path:
        """Where an object, or a member of it, stands: the one with this number, or the first of this shape."""
        path = self.path(which if isinstance(which, int) else next(self.of(which)))
        return path if member is None else (*path, member)


class Messages(Layer):
    """The messages of histories; only those that say one of ``kinds``, when there are kinds to say."""

    def __init__(self, histories: tuple[History, ...], discriminator: str | None, kinds: tuple[str, ...]) -> None:
        self._histories = histories
        self._kinds = kinds
        self._kind_member = discriminator
        segments = [segment.messages for history in histories for segment in history.segments]
        found = segments[0] if len(segments) == 1 else list(chain.from_iterable(segments))
        if set(map(type, found)) - {dict} or not self._all_say_kinds(found):
            found = [message for message in found if self._takes(message)]
        super().__init__("message", found, discriminator, ends_only=True)

    def _all_say_kinds(self, messages: list[dict[str, Any]]) -> bool:
        member = self._kind_member
        if member is None or not self._kinds:
            return True
        try:
            return set(map(itemgetter(member), messages)) <= {*self._kinds}
        except (KeyError, TypeError):  # none, or one that is an object or a list
            return False

    def _takes(self, message: Any) -> bool:
        return type(message) is dict and (not self._kinds or message.get(self._kind_member) in self._kinds)

    def path(self, number: int) -> Path:
        for history in self._histories:
            for path, message in history.positioned():
                if self._takes(message):
                    if not number:
                        return path
                    number -= 1
        raise IndexError(number)


class Nested(Layer):
    """The objects in one member of the objects of the layer above."""

    def __init__(
        self, above: Layer, kinds: frozenset[str | None], nesting: _Nesting, discriminator: str | None
    ) -> None:
        self._above = above
        self._key, place, self._many, loose = nesting
        self.loose = above.loose or loose
        holders = [shape for shape in above.shapes if self._key in shape[1]]
        self._kinds = kinds if any(kind not in kinds for kind, _ in holders) else None
        if self._kinds is not None:
            values = [above.objects[number][self._key] for number in self._holders()]
        else:
            values = list(map(dict.get, above.objects, repeat(self._key)))
        if self._many:
            values = list(filter(None, values))
            if set(map(type, values)) - {list}:
                values = [value for value in values if type(value) is list]
            values = list(chain.from_iterable(values))
        self._name_of_kind = discriminator if loose else None
        if loose or set(map(type, values)) - {dict}:
            values = list(filter(self._takes, values))
        super().__init__(place, values, discriminator)

    def _takes(self, one: Any) -> bool:
        """Whether a value is an object of the place: where other JSON is as good, one that says what it is."""
        return type(one) is dict and (self._name_of_kind is None or type(one.get(self._name_of_kind)) is str)

    def _holders(self) -> Iterator[int]:
        """The numbers of the objects above that hold such a member."""
        key, kinds, above = self._key, self._kinds, self._above
        for number, one in enumerate(above.objects):
            if key in one and (kinds is None or above.kind_of(one) in kinds):
                yield number

    def path(self, number: int) -> Path:
        for holder in self._holders():
            value = self._above.objects[holder][self._key]
            many = self._many and type(value) is list
            for index, one in enumerate(value if many else () if self._many else (value,)):
                if self._takes(one):
                    if not number:
                        step = (self._key, index) if self._many else (self._key,)
                        return (*self._above.path(holder), *step)
                    number -= 1
        raise IndexError(number)


_Nesting = tuple[str, str, bool, bool]
"""A member, the place of the objects that it holds, whether it holds a list of them, and whether other JSON is as good."""


def layers_of(
    histories: tuple[History, ...], dialect: str, message_kind: str | None, kinds: tuple[str, ...]
) -> list[Layer]:
    """The typed objects of ``histories``, from the messages downward.

    ``message_kind`` is the member in which a message says what it is; ``kinds`` are those to be looked at (none: all).
    """
    discriminator = vocabulary(dialect).discriminator
    found: list[Layer] = [Messages(histories, message_kind, kinds)]
    newest = found
    for _ in range(_DEEPEST):
        below: list[Layer] = []
        for layer in newest:
            nestings: dict[_Nesting, set[str | None]] = {}
            for kind, names in layer.shapes:
                for nesting in _nestings(dialect, layer.place, kind, names):
                    nestings.setdefault(nesting, set()).add(kind)
            below += [
                Nested(layer, frozenset(holders), nesting, None if nesting[1] == "usage" else discriminator)
                for nesting, holders in nestings.items()
            ]
        newest = [layer for layer in below if layer.objects]
        found += newest
        if not newest:
            break
    return found


@cache
def _known_nestings(dialect: str, place: str, kind: str) -> tuple[_Nesting, ...]:
    known = vocabulary(dialect).places.get(place, {}).get("" if place == "message" else kind)
    return tuple(
        (name, declared.removesuffix("[]"), declared.endswith("[]"), "any" in member.types)
        for name, member in (known.members.items() if known is not None else ())
        for declared in member.types
        if declared.removesuffix("[]").partition(".")[0] in _FOLLOWED
    )


def _nestings(dialect: str, place: str, kind: str | None, names: tuple[str, ...]) -> Iterator[_Nesting]:
    if kind is not None or place == "message":
        yield from (one for one in _known_nestings(dialect, place, kind or "") if one[0] in names)
