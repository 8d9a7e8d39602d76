"""What the table says of one version of the serializer: types, members, kinds (``tables/meai.json``)."""

from __future__ import annotations

from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from pysession.schema import read_table

_IOTA = {code: code + 8 for start in (0x1F80, 0x1F90, 0x1FA0) for code in range(start, start + 8)}
# Capitals that Python has only as two characters.
_CAPITALS = _IOTA | {0x1FB3: 0x1FBC, 0x1FC3: 0x1FCC, 0x1FF3: 0x1FFC}


class Member(msgspec.Struct, frozen=True):
    """A property of a CLR type.

    ``type``: its converter, as ``decoding`` names them. ``parameter``: its position in the constructor. ``refuses``:
    what the constructor throws for, ``null`` or also ``blank`` text. ``default``: what is written for an absent or null
    value (None: nothing; ``inferred``: see ``media``). ``blank``: blank text is read as null.
    """

    name: str
    type: str
    parameter: int | None = None
    refuses: str | None = None
    default: Any = None
    blank: str | None = None
    since: str | None = None
    until: str | None = None


class Kind(msgspec.Struct, frozen=True):
    """A value of ``$type``; ``constructor`` is false where the class has none that the serializer could call."""

    constructor: bool = True
    since: str | None = None
    until: str | None = None


class Union(msgspec.Struct, frozen=True):
    """A polymorphic type: the type of objects without ``$type``, and the kinds by their ``$type``."""

    untyped: str
    kinds: dict[str, Kind]


class Type(msgspec.Struct, frozen=True, dict=True):
    """The members of a CLR type in the order in which they are written."""

    members: tuple[Member, ...]

    @cached_property
    def by_name(self) -> dict[str, Member]:
        """The members by their folded names."""
        return {fold(member.name): member for member in self.members}

    @cached_property
    def parameters(self) -> tuple[Member, ...]:
        """The members that the constructor takes, in its order."""
        taken = [(member.parameter, member) for member in self.members if member.parameter is not None]
        return tuple(member for _, member in sorted(taken, key=lambda pair: pair[0]))


class Record(msgspec.Struct, frozen=True, dict=True):
    """One version."""

    depth: int
    types: dict[str, Type]
    unions: dict[str, Union]

    def without(self, kinds: frozenset[str]) -> Record:
        """The same where the contents ``kinds`` are not registered."""
        contents = self.unions["content"]
        left = {name: kind for name, kind in contents.kinds.items() if name not in kinds}
        return msgspec.structs.replace(self, unions=self.unions | {"content": Union(contents.untyped, left)})


class _Table(msgspec.Struct, frozen=True):
    about: str
    versions: tuple[str, ...]
    depth: int
    unions: dict[str, Union]
    types: dict[str, tuple[Member, ...]]
    media_types: dict[str, str]
    escaped: tuple[str, ...]


@cache
def record(version: str) -> Record:
    """What is known of ``version``; versions that do not differ share one record."""
    table = _table()
    order = {name: index for index, name in enumerate(table.versions)}
    at = order[version]

    def knows(one: Member | Kind) -> bool:
        return (one.since is None or order[one.since] <= at) and (one.until is None or at <= order[one.until])

    unions = {
        name: Union(union.untyped, {kind: facts for kind, facts in union.kinds.items() if knows(facts)})
        for name, union in table.unions.items()
    }
    gone = table.unions["content"].kinds.keys() - unions["content"].kinds.keys()
    types = {name: tuple(filter(knows, members)) for name, members in table.types.items() if name not in gone}
    found = Record(table.depth, {name: Type(members) for name, members in types.items()}, unions)
    before = record(table.versions[at - 1]) if at else None
    return before if before == found else found


@cache
def media_types() -> dict[str, str]:
    """The media type of each file extension that .NET knows, extensions in lower case without the dot."""
    return {extension: name for name, listed in _table().media_types.items() for extension in listed.split()}


@cache
def escaped_characters() -> str:
    """The characters that .NET writes as an escape where JSON does not ask for it, inside of a character class."""
    ranges = (part.partition("-") for line in _table().escaped for part in line.split())
    return "".join(rf"\u{int(first, 16):04x}-\u{int(last or first, 16):04x}" for first, _, last in ranges)


@cache
def _table() -> _Table:
    return read_table(Path(__file__).parent.with_name("tables") / "meai.json", _Table)


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """``name`` as .NET compares it where it ignores case: each UTF-16 unit, or pair, by its simple capital.

    No letter outside ASCII folds to one inside it: the dotless i and the long s stay as they are.
    """
    return name.upper() if name.isascii() else "".join(map(_capital, name))


def _capital(character: str) -> str:
    code = _CAPITALS.get(ord(character))
    if code is not None:
        return chr(code)
    upper = character.upper()
    return upper if len(upper) == 1 and (character.isascii() or not upper.isascii()) else character
