"""What can be done to a document: to its value, one small damage at a time, and to its text.

Every mutation is a function of a value (or of bytes), a source of chance and the words of the dialect; it gives the new
one, or None where there is nothing it could be done to. They never change what they are given.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from pysession.dialects import vocabulary

Place = tuple[Any, Any, Any]
"""A container, the key in it, the value there."""

ValueMutation = Callable[[Any, random.Random, "Words"], Any]
TextMutation = Callable[[bytes, random.Random], bytes | None]


class Words(msgspec.Struct, frozen=True):
    """The names that a dialect uses, which are the ones that its readers look for, and values that may try them."""

    members: tuple[str, ...]
    kinds: tuple[str, ...]
    discriminators: tuple[str, ...]
    values: tuple[Any, ...] = ()


def words(dialect: str) -> Words:
    """The words of ``dialect``, with some that other dialects use and some that none does."""
    known = vocabulary(dialect)
    kinds = [kind for place in known.places.values() for kind in place if kind]
    members = {name for place in known.places.values() for kind in place.values() for name in kind.members}
    dotnet = dialect in _DOTNET
    return Words(
        members=(*sorted(members), *_FOREIGN_MEMBERS, *(_DOTNET_MEMBERS if dotnet else ())),
        kinds=(*sorted(set(kinds)), *_FOREIGN_KINDS),
        discriminators=("type", "$type", "Type"),
        values=(*_VALUES, *(_DOTNET_VALUES if dotnet else ())),
    )


_FOREIGN_MEMBERS = ("type", "$type", "Type", "unknown", "_private", "", "ROLE", "callId", "stateBag", "role ", "tèxt")
_FOREIGN_KINDS = (
    "session",
    "message",
    "chat_message",
    "hologram",
    "Text",
    "functionCall",
    "agent_thread_state",
    "role",
    "",
    "__proto__",
)

_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.0,
    -0.0,
    1.5,
    1e22,
    5e-324,
    2**53 + 1,
    2**63,
    2**64,
    -(2**70),
    "",
    " ",
    "x",
    "12",
    "true",
    "é😀",
    "\x00",
    "\ud83d",
    "2025-01-02T03:04:05Z",
    "data:text/plain;base64,aGk=",
    '{"a": 1}',
    [],
    {},
    [None],
    ["x"],
    [{}],
    {"k": None},
    {"type": None},
    {"type": "text", "text": "t"},
    {"type": "text"},
    {"type": "message", "role": "user", "contents": []},
    {"type": "message"},
    {"$type": "text", "text": "t"},
    {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"},
    [{"type": "text", "text": "t"}],
    [{"type": "message", "role": "user", "contents": ["hello", None]}],
    {"additional_properties": {"server_label": "s"}},
)
_DOTNET = frozenset({"dotnet", "dotnet-thread"})
_DOTNET_MEMBERS = ("$id", "$ref", "$values", "$schema", "$Type", "CONTENTS", "Messages", "InMemoryChatHistoryProvider")
_DOTNET_VALUES: tuple[Any, ...] = (
    "2025-01-02",
    "2025-01-02T03:04:05",
    "2025-01-02T03:04:05.123456789+02:00",
    "2025-02-30T00:00:00Z",
    "2025-01-02 03:04:05Z",
    "2025-01-02T24:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "data:,x",
    "data:;base64,aGk=",
    "data:text/plain;base64,%%%",
    "https://example.com/a b?c=é",
    "relative/path",
    "image/*",
    "12.0",
    2**31,
    2**63 - 1,
    -(2**63),
    1e300,
    {"a": 1, "A": 2},
    {"$ref": "1"},
    {"$type": "functionCall", "callId": "c", "name": "f", "arguments": {"a": 1.10}},
    {"additionalProperties": {"k": 1}},
)
"""What System.Text.Json converts, and the texts at the edges of that: dates, addresses, counts, references."""
_DEPTHS = (2, 5, 40, 58, 66, 130, 700)


def places(value: Any) -> list[Place]:
    """Every member and item in ``value``, the outermost first."""
    found: list[Place] = []
    pending = [value]
    for holder in pending:
        children: Iterator[tuple[Any, Any]]
        if isinstance(holder, dict):
            children = iter(holder.items())
        elif isinstance(holder, list):
            children = iter(enumerate(holder))
        else:
            continue
        for key, child in children:
            found.append((holder, key, child))
            pending.append(child)
    return found


def _objects(value: Any) -> list[dict[str, Any]]:
    found = [child for _, _, child in places(value) if isinstance(child, dict)]
    return [value, *found] if isinstance(value, dict) else found


def _lists(value: Any, least: int = 1) -> list[list[Any]]:
    found = [child for _, _, child in places(value) if isinstance(child, list)]
    return [one for one in ([value, *found] if isinstance(value, list) else found) if len(one) >= least]


def _one(chance: random.Random, among: list[Any]) -> Any:
    """One of them; the later half, which is the deeper one, twice as often."""
    return among[max(chance.randrange(len(among)), chance.randrange(len(among)))] if among else None


def _value(chance: random.Random, known: Words) -> Any:
    return copy.deepcopy(chance.choice(known.values))


def _at_a_place(
    change: Callable[[Any, Any, Any, random.Random, Words], None], *, members: bool = False
) -> ValueMutation:
    """A mutation that changes one place in a copy; only a member of an object where ``members``."""

    def mutate(value: Any, chance: random.Random, known: Words) -> Any:
        result = copy.deepcopy(value)
        among = [place for place in places(result) if not members or isinstance(place[0], dict)]
        if not among:
            return None
        holder, key, child = _one(chance, among)
        change(holder, key, child, chance, known)
        return result

    return mutate


def _drop(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    del holder[key]


def _retype(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    holder[key] = _value(chance, known)


def _null(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    holder[key] = None


def _empty(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    holder[key] = type(child)() if isinstance(child, dict | list | str) else ""


def _nest(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    for _ in range(chance.choice(_DEPTHS)):
        child = {"d": child} if chance.random() < 0.5 else [child]
    holder[key] = child


def _wrap(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    holder[key] = chance.choice(
        ([child], [child, copy.deepcopy(child)], {"value": child}, {"type": "role", "value": child})
    )


def _unwrap(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    inner = list(child.values()) if isinstance(child, dict) else child if isinstance(child, list) else []
    holder[key] = chance.choice(inner) if inner else child


def _stringify(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    holder[key] = child if isinstance(child, str) else msgspec.json.encode(_without_surrogates(child)).decode()


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(child) for child in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value if not isinstance(value, int) or abs(value) < 2**63 else 0


def _rename(holder: Any, key: Any, child: Any, chance: random.Random, known: Words) -> None:
    name = chance.choice((chance.choice(known.members), key.upper(), key.title(), key.replace("_", "")))
    renamed = {(name if one == key else one): old for one, old in holder.items()}
    holder.clear()
    holder.update(renamed)


def _add(value: Any, chance: random.Random, known: Words) -> Any:
    """A member with a name that readers look for and a value that may be anything."""
    result = copy.deepcopy(value)
    holder = _one(chance, _objects(result))
    if holder is None:
        return None
    name = chance.choice(known.members)
    items = list(holder.items())
    items.insert(chance.randrange(len(items) + 1), (name, _value(chance, known)))
    holder.clear()
    holder.update(items)
    return result


def _kind(value: Any, chance: random.Random, known: Words) -> Any:
    """Another kind for an object that says its kind."""
    result = copy.deepcopy(value)
    tagged = [(one, name) for one in _objects(result) for name in known.discriminators if name in one]
    if not tagged:
        return None
    holder, name = _one(chance, tagged)
    holder[name] = chance.choice(known.kinds)
    return result


def _borrow(value: Any, chance: random.Random, known: Words) -> Any:
    """A value of the document put at another place of it: members of one kind in another, contents in contents."""
    result = copy.deepcopy(value)
    found = places(result)
    if len(found) < 2:
        return None
    source = copy.deepcopy(_one(chance, found))
    holder = _one(chance, _objects(result) + _lists(result))
    if isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), source[2])
    else:
        holder[source[1] if isinstance(source[1], str) else chance.choice(known.members)] = source[2]
    return result


def _duplicate(value: Any, chance: random.Random, known: Words) -> Any:
    result = copy.deepcopy(value)
    items = _one(chance, _lists(result))
    if items is None:
        return None
    items.insert(chance.randrange(len(items) + 1), copy.deepcopy(chance.choice(items)))
    return result


def _insert(value: Any, chance: random.Random, known: Words) -> Any:
    result = copy.deepcopy(value)
    items = _one(chance, _lists(result, least=0))
    if items is None:
        return None
    items.insert(chance.randrange(len(items) + 1), _value(chance, known))
    return result


def _swap(value: Any, chance: random.Random, known: Words) -> Any:
    result = copy.deepcopy(value)
    items = _one(chance, _lists(result, least=2))
    if items is None:
        return None
    first, second = chance.sample(range(len(items)), 2)
    items[first], items[second] = items[second], items[first]
    return result


def _reorder(value: Any, chance: random.Random, known: Words) -> Any:
    result = copy.deepcopy(value)
    holder = _one(chance, [one for one in _objects(result) if len(one) > 1])
    if holder is None:
        return None
    items = list(holder.items())
    chance.shuffle(items)
    holder.clear()
    holder.update(items)
    return result


def _sort(value: Any, chance: random.Random, known: Words) -> Any:
    """The order in which Postgres gives back a ``jsonb`` value: shorter names first."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode("utf-8", "surrogatepass")), name))
        return {name: _sort(value[name], chance, known) for name in names}
    return [_sort(child, chance, known) for child in value] if isinstance(value, list) else value


VALUE_MUTATIONS: dict[str, ValueMutation] = {
    "drop": _at_a_place(_drop),
    "drop-member": _at_a_place(_drop, members=True),
    "add": _add,
    "rename": _at_a_place(_rename, members=True),
    "retype": _at_a_place(_retype),
    "retype-member": _at_a_place(_retype, members=True),
    "null": _at_a_place(_null),
    "empty": _at_a_place(_empty),
    "kind": _kind,
    "borrow": _borrow,
    "duplicate": _duplicate,
    "insert": _insert,
    "swap": _swap,
    "reorder": _reorder,
    "sort": _sort,
    "nest": _at_a_place(_nest),
    "wrap": _at_a_place(_wrap),
    "unwrap": _at_a_place(_unwrap),
    "stringify": _at_a_place(_stringify),
}

_MEMBER = re.compile(rb'"(?:[^"\\]|\\.)*"\s*:')
_NUMBER_OR_WORD = re.compile(rb"(?<=[:\[,])\s*(?:-?\d[\d.eE+-]*|true|false|null)(?=\s*[,\]}])")
_STRING_VALUE = re.compile(rb'(?<=[:\[,])(\s*)"((?:[^"\\]|\\.)*)"(?=\s*[,\]}])')


def _instead_of(pattern: re.Pattern[bytes], *texts: bytes) -> TextMutation:
    """One of ``texts`` in place of one match of ``pattern``."""

    def mutate(data: bytes, chance: random.Random) -> bytes | None:
        matches = list(pattern.finditer(data))
        if not matches:
            return None
        match = chance.choice(matches)
        return data[: match.start()] + chance.choice(texts) + data[match.end() :]

    return mutate


def _inside_a_string(*texts: bytes) -> TextMutation:
    def mutate(data: bytes, chance: random.Random) -> bytes | None:
        matches = list(_STRING_VALUE.finditer(data))
        if not matches:
            return None
        end = chance.choice(matches).end(2)
        return data[:end] + chance.choice(texts) + data[end:]

    return mutate


def _repeated_member(data: bytes, chance: random.Random) -> bytes | None:
    matches = list(_MEMBER.finditer(data))
    if not matches:
        return None
    match = chance.choice(matches)
    other = chance.choice((b"null", b"1", b'"x"', b"{}", b"[]"))
    return data[: match.start()] + match.group() + other + b"," + data[match.start() :]


def _bom(data: bytes, chance: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + data


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))] if data else data


def _trailing(data: bytes, chance: random.Random) -> bytes:
    return data + chance.choice((b" x", b"{}", b",", b"\n\n", b"\x00", b"\n[]\n", b"]"))


def _spaces(data: bytes, chance: random.Random) -> bytes:
    return b"\n\t " + data.replace(b",", b" ,\r\n\t") + b" \n"


def _odd_space(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b",", chance.choice((b",\x0c", b",\xc2\xa0", b",\x0b")), 1)


def _trailing_comma(data: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"([}\]])\s*$", rb",\1", data)


def _other_encoding(data: bytes, chance: random.Random) -> bytes | None:
    try:
        return data.decode().encode(chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le")))
    except UnicodeError:
        return None


TEXT_MUTATIONS: dict[str, TextMutation] = {
    "byte-order-mark": _bom,
    "truncate": _truncate,
    "trailing": _trailing,
    "trailing-comma": _trailing_comma,
    "repeated-member": _repeated_member,
    "not-a-number": _instead_of(_NUMBER_OR_WORD, b"NaN", b"Infinity", b"-Infinity", b"nan"),
    "number-text": _instead_of(
        _NUMBER_OR_WORD, b"1e400", b"1E5", b"01", b"1.", b"-0", b"0.10", b"1.0", b"+1", b".5", b"1" * 400, b"9" * 4400
    ),
    "surrogate": _inside_a_string(b"\\ud83d", b"\\ude00", b"\\ud83d\\ude00", b"\xed\xa0\xbd"),
    "not-utf8": _inside_a_string(b"\xff", b"\xc3", b"\xf4\x90\x80\x80"),
    "control": _inside_a_string(b"\x01", b"\n", b"\x7f", b"\\u0000", b"\\q", b"\xe2\x80\xa8"),
    "spaces": _spaces,
    "odd-space": _odd_space,
    "encoding": _other_encoding,
}

BARE: tuple[bytes, ...] = (
    b"",
    b" ",
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"0",
    b'"text"',
    b"NaN",
    b"{",
    b'{"":null}',
    b"[null]",
    b"[{}]",
    b"[" * 300 + b"]" * 300,
    b"[" * 2000 + b"]" * 2000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
)
"""Documents that are hardly any: the edge of what can be stored."""
