"""How the values of single members are said on the other side.

A rule has ``encode`` (canonical → dialect) and ``decode`` (dialect → canonical); either answers :data:`UNFIT` where the
other side has no way to say the value. Whether a value comes back as it was is not a rule's business: the translator
tries.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jiter
import msgspec

from pysession.dialects.conversion.absence import UNFIT, UnsayableError
from pysession.dialects.conversion.data_uris import as_base64
from pysession.dialects.conversion.parking import is_plain, same
from pysession.dialects.conversion.times import dotnet_time, go_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysession.dialects.conversion.translator import Translator
    from pysession.dialects.vocabulary import Member
    from pysession.wire import Path

DOTNET_DEPTH = 64
"""Containers from the root that System.Text.Json reads and writes; no option of the framework raises it (run)."""

LEFT_OUT = "+"
"""Before the index of a content that is with the message's own parked members only."""

_INT64 = 2**63
_DEEP_TEXT = 40
"""A text with no more brackets than that is not too deep anywhere in a message."""


class Rule:
    """Values that are the same on both sides.

    ``kinds`` are the JSON types that the canonical member may have, ``dialect_kinds`` those on the other side (none: any).
    Values of the types ``as_is`` are said as they are, in both directions.
    """

    nested = False

    def __init__(self, *kinds: type, dialect: tuple[type, ...] | None = None, as_is: tuple[type, ...] = ()) -> None:
        self.kinds = kinds
        self.dialect_kinds = kinds if dialect is None else dialect
        self.as_is = kinds if type(self) is Rule else as_is

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        return value if type(value) in self.kinds else UNFIT

    decode = encode

    def says_less(self, now: Any, said: Any) -> bool:
        """Whether ``now`` is ``said`` as a release has it that does not know all of it."""
        return False


class Spoken(Rule):
    """Text that is not blank."""

    def __init__(self) -> None:
        super().__init__(str)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        return value if type(value) is str and value.strip() else UNFIT

    decode = Rule.encode


class Integer(Rule):
    """Integers of a number of bits, as typed members of .NET and Go are."""

    def __init__(self, limit: int = _INT64) -> None:
        super().__init__(int)
        self.limit = limit

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        return value if type(value) is int and -self.limit <= value < self.limit else UNFIT

    decode = Rule.encode


class Free(Rule):
    """Any JSON, as deep as the target reads."""

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if self.kinds and type(value) not in self.kinds:
            return UNFIT
        shallow = type(value) not in (dict, list) or is_plain(value, translator.depth - len(path))
        return value if shallow else UNFIT

    decode = Rule.encode


class Anything(Free):
    """Any JSON of any type."""

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        return value


class Strings(Rule):
    """Lists of strings."""

    def __init__(self) -> None:
        super().__init__(list)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        return value if type(value) is list and all(type(item) is str for item in value) else UNFIT

    decode = encode


class Nested(Rule):
    """An object that has a translation of its own."""

    nested = True

    def __init__(self, place: str) -> None:
        super().__init__(dict)
        self.place = place

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is not dict:
            return UNFIT
        try:
            said = translator.object(self.place, value, path)
        except UnsayableError:
            return UNFIT
        translator.inexact = translator.take_loose() is not None or translator.inexact
        # Where a single object is wanted, readers want one of a kind that they know.
        return UNFIT if translator.encodes and translator.discriminator not in said else said

    decode = encode


class Typed(Nested):
    """A content of one kind only, which therefore does not say its kind in the dialect."""

    def __init__(self, kind: str) -> None:
        super().__init__("content")
        self.kind = kind

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        said = super().encode(value, translator, path)
        tag = translator.discriminator
        if said is UNFIT or tag is None or said.get(tag) != self.kind:
            return UNFIT
        return {name: item for name, item in said.items() if name != tag}

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        tag = translator.discriminator
        if type(value) is not dict or tag is None or tag in value:
            return UNFIT
        return super().encode({tag: self.kind, **value}, translator, path)


class NestedList(Nested):
    """A list of such objects."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.kinds = self.dialect_kinds = (list,)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is not list or not all(type(item) is dict for item in value):
            return UNFIT
        said = []
        try:
            for index, item in enumerate(value):
                said.append(translator.object(self.place, item, (*path, index)))
                translator.inexact = translator.take_loose() is not None or translator.inexact
        except UnsayableError:
            return UNFIT
        return said

    decode = encode


class MessageContents(Rule):
    """The contents of a message; what they cannot carry themselves is gathered for the message."""

    nested = True

    def __init__(self) -> None:
        super().__init__(list)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is not list:
            return UNFIT
        said = []
        for index, content in enumerate(value):
            try:
                said.append(translator.object("content", content, (*path, index)))
            except UnsayableError:
                # A reader that loses the history over a content of unknown kind must not see one.
                translator.gathered[f"{LEFT_OUT}{index}"] = translator.left_out(content, (*path, index))
                continue
            if (loose := translator.take_loose()) is not None:
                translator.gathered[str(index)] = loose.packed()
        return said

    decode = encode


class Unwrapped(NestedList):
    """Contents where Python may write a single one: it does for one image, and a list for more."""

    nested = False

    def __init__(self) -> None:
        super().__init__("content")
        self.kinds = ()

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is dict and type(value.get("type")) is str:
            return super().encode([value], translator, path)
        if type(value) is list and any("type" not in item for item in value if type(item) is dict):
            return UNFIT
        return super().encode(value, translator, path)

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        said = super().encode(value, translator, path)
        return said[0] if said is not UNFIT and len(said) == 1 else said


class ContentList(NestedList):
    """A list of contents where Python may have any JSON instead."""

    def __init__(self) -> None:
        super().__init__("content")
        self.kinds = ()

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is list and any(type(item) is dict and type(item.get("type")) is not str for item in value):
            return UNFIT
        return super().encode(value, translator, path)

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        return super().encode(value, translator, path)


class ArgumentsObject(Rule):
    """Arguments of a call: Python has the model's JSON text or an object, .NET an object."""

    def __init__(self) -> None:
        super().__init__(str, dict, dialect=(dict,))

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is str:
            deep = value.count("{") + value.count("[") > _DEEP_TEXT
            try:
                value = jiter.from_json(value.encode(), allow_inf_nan=False)
            except ValueError:
                return UNFIT
            if type(value) is not dict:
                return UNFIT
            if not deep and not translator.careful:
                return value
        if type(value) is not dict:
            return UNFIT
        return value if is_plain(value, translator.depth - len(path)) else UNFIT

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        return msgspec.json.encode(value).decode() if type(value) is dict else UNFIT


class ArgumentsText(Rule):
    """Arguments of a call where the dialect has text, as Go does."""

    def __init__(self) -> None:
        super().__init__(str, dict, dialect=(str,), as_is=(str,))

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is dict:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if is_plain(value, 400) else UNFIT
        return value if type(value) is str else UNFIT

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        return value if type(value) is str else UNFIT


class ResultText(Free):
    """The result of a tool: Python has text, the others any JSON. Python makes text of a value by ``json.dumps``.

    ``null``: whether the dialect writes null for a result that is none; where it does not, the member is left out.
    """

    def __init__(self, *, null: bool = True) -> None:
        super().__init__(as_is=(str,))
        self.null = null

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        return UNFIT if value is None and not self.null else super().encode(value, translator, path)

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is str or value is None:
            return UNFIT if value is None else value
        try:
            return json.dumps(value)
        except (ValueError, RecursionError):
            return UNFIT


class Counts(Rule):
    """Token counts: Python has them in one object with a provider's own, the others those apart."""

    def __init__(
        self, names: dict[str, str], additional: str, zeros: bool, members: Mapping[str, Member] | None = None
    ) -> None:
        """``names``: canonical → dialect. ``zeros``: the dialect always writes all counts, and zero is unknown.
        ``members``: those of the dialect, where not every release knows all counts; one that it does not is not said.
        """
        super().__init__(dict)
        self.lives = {name: (member.since, member.until) for name, member in (members or {}).items()}
        self.names = names
        self.canonical = {name: canonical for canonical, name in names.items()}
        self.additional = additional
        self.zeros = zeros

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is not dict:
            return UNFIT
        fitting = {name: count for name, count in value.items() if type(count) is int and -_INT64 <= count < _INT64}
        counts: dict[str, Any] = {}
        others = {name: count for name, count in fitting.items() if name not in self.names}
        if self.zeros:
            counts[self.additional] = dict(sorted(others.items())) if others else None
        for canonical, name in self.names.items():
            if not translator.knows(*self.lives.get(name, (None, None))):
                continue
            if canonical in fitting or self.zeros:
                counts[name] = fitting.get(canonical, 0)
        if others and not self.zeros:
            counts[self.additional] = others
        return counts

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        if type(value) is not dict:
            return UNFIT
        folded = {name.lower(): name for name in self.canonical}
        counts: dict[str, Any] = {}
        for name, count in value.items():
            known = name if name in self.canonical else folded.get(name.lower())
            if known is not None and type(count) is int and not (self.zeros and count == 0):
                counts[self.canonical[known]] = count
        others = value.get(self.additional)
        if type(others) is dict:
            counts.update({name: count for name, count in others.items() if type(count) is int and name not in counts})
        return counts

    def says_less(self, now: Any, said: Any) -> bool:
        if type(now) is not dict or type(said) is not dict:
            return False
        unknown = {name for name in said.keys() - now.keys() if self.lives.get(name, (None, None)) != (None, None)}
        return bool(unknown) and same({name: said[name] for name in said if name not in unknown}, now)


class DataUri(Rule):
    """Inline data: .NET and Go read a ``data:`` URI in base64 and write it so."""

    def __init__(self) -> None:
        super().__init__(str)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        said = as_base64(value) if type(value) is str else None
        return UNFIT if said is None else said

    decode = Rule.encode


class DotnetTime(Rule):
    """A time as .NET writes it."""

    def __init__(self) -> None:
        super().__init__(str)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        said = dotnet_time(value) if type(value) is str else None
        return UNFIT if said is None else said

    decode = Rule.encode


class GoTime(Rule):
    """A time as Go writes it; canonical is .NET's way."""

    def __init__(self) -> None:
        super().__init__(str)

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        said = go_time(value) if type(value) is str else None
        return UNFIT if said is None else said

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        return f"{value[:-1]}+00:00" if type(value) is str and value.endswith("Z") else value


class Queries(Rule):
    """What was searched for: Python has it in the arguments of the call, .NET in a list of its own."""

    def __init__(self) -> None:
        super().__init__(dict, dialect=(list,))

    def encode(self, value: Any, translator: Translator, path: Path) -> Any:
        queries = value.get("queries") if type(value) is dict and len(value) == 1 else None
        return queries if type(queries) is list and all(type(query) is str for query in queries) else UNFIT

    def decode(self, value: Any, translator: Translator, path: Path) -> Any:
        return {"queries": value} if type(value) is list else UNFIT


__all__ = [
    "DOTNET_DEPTH",
    "LEFT_OUT",
    "Anything",
    "ArgumentsObject",
    "ArgumentsText",
    "ContentList",
    "Counts",
    "DataUri",
    "DotnetTime",
    "Free",
    "GoTime",
    "Integer",
    "MessageContents",
    "Nested",
    "NestedList",
    "Queries",
    "ResultText",
    "Rule",
    "Spoken",
    "Strings",
    "Typed",
    "Unwrapped",
]
