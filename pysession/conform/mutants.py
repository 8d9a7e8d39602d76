"""Documents that nobody has seen: real ones with one to three small damages, the same for the same seed everywhere."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pysession.conform.judging import Unreadable, deep_values, value
from pysession.conform.mutations import BARE, TEXT_MUTATIONS, VALUE_MUTATIONS, Words, words
from pysession.wire import Encoding

_TEXT_SHARE = 0.15
"""How many of the mutants are damaged as text too, or only so."""
_BARE_SHARE = 0.01
_DAMAGES = (1, 1, 1, 1, 2, 2, 3)


class Base(msgspec.Struct, frozen=True):
    """What mutants are made from: a document with its name, how its bytes are stored and whose words it uses."""

    name: str
    document: bytes
    dialect: str
    encoding: Encoding = Encoding.JSON


class Mutant(msgspec.Struct, frozen=True):
    """``kinds`` are the mutations in the order in which they were done; number and seed make it again."""

    number: int
    document: bytes
    encoding: Encoding
    base: str
    kinds: tuple[str, ...]


def mutants(bases: Sequence[Base], *, count: int, seed: str, start: int = 0) -> Iterator[Mutant]:
    """``count`` mutants of ``bases``, beginning with that numbered ``start``. Each depends on its number, ``seed`` and
    the bases, not on the others."""
    if not bases:
        raise ValueError("there is nothing to make mutants of")
    values = [value(base.document, base.encoding) for base in bases]
    spoken = {base.dialect: words(base.dialect) for base in bases}
    for number in range(start, start + count):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - chance that can be repeated
        if chance.random() < _BARE_SHARE:
            yield Mutant(number, chance.choice(BARE), Encoding.JSON, "", ("bare",))
            continue
        chosen = chance.randrange(len(bases))
        with deep_values():
            mutant = _mutant(number, bases[chosen], values[chosen], chance, spoken[bases[chosen].dialect])
        yield mutant


def _mutant(number: int, base: Base, value: Any, chance: random.Random, known: Words) -> Mutant:
    if isinstance(value, Unreadable):
        name, damaged = _as_text(base.document, base.encoding, chance)
        return Mutant(number, damaged, base.encoding, base.name, (name,))
    textual = chance.random() < _TEXT_SHARE
    damages = chance.choice(_DAMAGES) - (1 if textual else 0)
    kinds: list[str] = []
    names = list(VALUE_MUTATIONS)
    while len(kinds) < damages:
        name = chance.choice(names)
        changed = VALUE_MUTATIONS[name](value, chance, known)
        if changed is None and not isinstance(value, dict | list):
            break  # what is left is a scalar, to which nothing more can be done
        if changed is not None:
            value = changed
            kinds.append(name)
    data = encode(value, base.encoding, chance)
    if data is None:
        # What MessagePack cannot say: huge integers, surrogates.
        return Mutant(number, base.document, base.encoding, base.name, ())
    if textual:
        name, data = _as_text(data, base.encoding, chance)
        kinds.append(name)
    return Mutant(number, data, base.encoding, base.name, tuple(kinds))


def _as_text(data: bytes, encoding: Encoding, chance: random.Random) -> tuple[str, bytes]:
    names = ["truncate", "trailing", "flip"] if encoding.is_messagepack else list(TEXT_MUTATIONS)
    while True:
        name = chance.choice(names)
        changed = _flip(data, chance) if name == "flip" else TEXT_MUTATIONS[name](data, chance)
        if changed is not None:
            return name, changed


def _flip(data: bytes, chance: random.Random) -> bytes:
    """One byte another."""
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def encode(value: Any, encoding: Encoding, chance: random.Random | None = None) -> bytes | None:
    """The bytes of ``value``, in one of the ways in which programs write them; None where they cannot hold it."""
    try:
        match encoding:
            case Encoding.MESSAGEPACK:
                return msgspec.msgpack.encode(value)
            case Encoding.MESSAGEPACK_RECORDS:
                records = [msgspec.msgpack.encode(one) for one in value] if isinstance(value, list) else []
                return b"".join(len(one).to_bytes(4) + one for one in records)
            case Encoding.JSON_LINES:
                lines = value if isinstance(value, list) else [value]
                return b"".join(_text(line, chance) + b"\n" for line in lines)
            case Encoding.JSON:
                return _text(value, chance)
    except (OverflowError, UnicodeEncodeError):
        return None


def _text(value: Any, chance: random.Random | None) -> bytes:
    ascii, compact = (chance.random() < 0.5, chance.random() < 0.5) if chance is not None else (True, True)
    text = json.dumps(value, ensure_ascii=ascii, separators=(",", ":") if compact else None)
    return text.encode("utf-8", "surrogatepass")
