"""Mutants: documents that nobody has seen, made from real ones by named operations and a seed.

The same seed, bases and count give the same mutants everywhere, so an agreement that is published can be measured again.
Every mutant has one to three mutations of its value, then at most one of its text.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

Path = tuple[str | int, ...]
Base = tuple[str, bytes]
"""A name and the bytes of a document."""


class Mutant(msgspec.Struct, frozen=True):
    """``operations`` are those that made ``document`` from ``base``, in order; the last is that of the text."""

    id: str
    base: str
    operations: tuple[str, ...]
    document: bytes


def mutants(bases: Sequence[Base], seed: str, count: int) -> Iterator[Mutant]:
    """``count`` mutants of ``bases``, which must be JSON objects or arrays."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    for number in range(count):
        name, data = chance.choice(bases)
        value = json.loads(data)
        operations = []
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            operation = chance.choice(_WEIGHTED)
            value = OPERATIONS[operation](value, chance)
            operations.append(operation)
        text = json.dumps(
            value, ensure_ascii=chance.random() < 0.3, separators=chance.choice(((",", ":"), (", ", ": ")))
        )
        last = chance.choice(list(TEXT_OPERATIONS)) if chance.random() < 0.25 else "as-is"
        document = TEXT_OPERATIONS[last](text.encode("utf-8", "surrogatepass"), chance)
        yield Mutant(f"{seed}/{number}", name, (*operations, last), document)


VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.0, 1.5, -0.0, 1e22, 1e300, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**70,
    "", " ", "x", "12", "12.0", "-1", "true", "null", "é😀", "\u0000", "\ud800", "a\u2028b", "NaN",
    [], {}, [None], ["x"], [[]], {"k": None}, {"a": 1, "A": 2}, {"type": "text", "text": "t"},
    {"$type": "text", "text": "t"}, [{"type": "text", "text": "t"}], [{"$type": "text", "text": "t"}],
    {"$type": "functionCall", "callId": "c", "name": "f"}, {"additionalProperties": {"k": 1}}, {"$ref": "1"},
    "2025-01-02T03:04:05Z", "2025-01-02T03:04:05", "2025-01-02", "2025-01-02T03:04:05.1234567+02:00",
    "2025-01-02T03:04:05.123456789Z", "2025-02-30T00:00:00Z", "2025-01-02 03:04:05Z", "2025-01-02T24:00:00Z",
    "data:text/plain;base64,aGk=", "data:,x", "data:;base64,aGk=", "data:text/plain;base64,%%%", "https://x.invalid/a b",
    "://", "image/*", "application/json", "_agent_local_chat_history",
)  # fmt: skip
"""What takes another value's place."""

NAMES: tuple[str, ...] = (
    "type", "$type", "Type", "$Type", "$id", "$ref", "$values", "$schema", "role", "ROLE", "contents", "Contents", "text",
    "Text", "callId", "call_id", "CallId", "name", "arguments", "result", "exception", "informationalOnly",
    "informational_only", "hosted", "items", "messages", "Messages", "additionalProperties", "additional_properties",
    "annotations", "annotatedRegions", "createdAt", "created_at", "messageId", "message_id", "authorName", "author_name",
    "uri", "mediaType", "media_type", "details", "requestId", "toolCall", "requiresConfirmation", "approved", "reason",
    "stateBag", "StateBag", "conversationId", "state", "session_id", "service_session_id", "version", "in_memory",
    "InMemoryChatHistoryProvider", "rawRepresentation", "raw_representation", "unknown", "",
)  # fmt: skip
"""What a member is called or added as."""

KINDS: tuple[Any, ...] = (
    "text", "Text", "text_reasoning", "reasoning", "function_call", "functionCall", "function_result", "functionResult",
    "usage", "uri", "data", "error", "hosted_file", "hostedFile", "hosted_vector_store", "hostedVectorStore", "hologram",
    "function_approval_request", "functionApprovalRequest", "functionApprovalResponse", "toolApprovalRequest",
    "toolApprovalResponse", "mcp_server_tool_call", "mcpServerToolCall", "mcpServerToolResult",
    "mcpServerToolApprovalRequest", "codeInterpreterToolCall", "codeInterpreterToolResult", "imageGenerationToolCall",
    "imageGenerationToolResult", "webSearchToolCall", "webSearchToolResult", "toolCall", "toolResult", "inputRequest",
    "computer_tool_call", "shell_tool_call", "citation", "textSpan", "text_span", "session", "message", "chat_message",
    "", 5, 1.5, None, True, {}, [],
)  # fmt: skip
"""What a discriminator says."""

DISCRIMINATORS = ("$type", "type")


def _nodes(value: Any) -> list[tuple[Path, Any]]:
    """Every value with its place, the root first."""
    found: list[tuple[Path, Any]] = [((), value)]
    for path, one in found:
        children = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        found.extend(((*path, key), child) for key, child in children)
    return found


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _replace(value: Any, path: Path, other: Any) -> Any:
    if not path:
        return other
    _at(value, path[:-1])[path[-1]] = other
    return value


def _any_place(value: Any, chance: random.Random) -> Path:
    """A place below the root, or the root where there is none."""
    places = [path for path, _ in _nodes(value) if path]
    return chance.choice(places) if places else ()


def _any_holder(value: Any, chance: random.Random, kind: type, fits: Callable[[Any], bool] = bool) -> Any:
    """An object or array that fits; None where there is none."""
    holders = [one for _, one in _nodes(value) if isinstance(one, kind) and fits(one)]
    return chance.choice(holders) if holders else None


def _drop(value: Any, chance: random.Random) -> Any:
    path = _any_place(value, chance)
    if path:
        del _at(value, path[:-1])[path[-1]]
    return value


def _null(value: Any, chance: random.Random) -> Any:
    return _replace(value, _any_place(value, chance), None)


def _retype(value: Any, chance: random.Random) -> Any:
    return _replace(value, _any_place(value, chance), copy.deepcopy(chance.choice(VALUES)))


def _add(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, dict, lambda one: True)
    if holder is not None:
        holder[chance.choice(NAMES)] = copy.deepcopy(chance.choice(VALUES))
    return value


def _renamed(holder: dict[str, Any], old: str, new: str) -> None:
    members = [(new if name == old else name, one) for name, one in holder.items()]
    holder.clear()
    holder.update(members)


def _rename(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, dict)
    if holder is not None:
        _renamed(holder, chance.choice(list(holder)), chance.choice(NAMES))
    return value


def _recase(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, dict)
    if holder is not None:
        name = chance.choice(list(holder))
        _renamed(holder, name, chance.choice((name.upper(), name.lower(), name[:1].swapcase() + name[1:])))
    return value


def _kind(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, dict, lambda one: any(name in one for name in DISCRIMINATORS))
    if holder is not None:
        name = next(name for name in DISCRIMINATORS if name in holder)
        holder[name] = copy.deepcopy(chance.choice(KINDS))
    return value


def _duplicate(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, list)
    if holder is not None:
        holder.insert(chance.randrange(len(holder) + 1), copy.deepcopy(chance.choice(holder)))
    return value


def _swap(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, list)
    if holder is not None:
        one, other = chance.randrange(len(holder)), chance.randrange(len(holder))
        holder[one], holder[other] = holder[other], holder[one]
    return value


def _reorder(value: Any, chance: random.Random) -> Any:
    holder = _any_holder(value, chance, dict)
    if holder is not None:
        members = list(holder.items())
        chance.shuffle(members)
        holder.clear()
        holder.update(members)
    return value


def _nest(value: Any, chance: random.Random) -> Any:
    path = _any_place(value, chance)
    inner = _at(value, path)
    for _ in range(chance.choice((3, 40, 52, 54, 56, 58, 60, 62, 66))):
        inner = {"d": inner} if chance.random() < 0.5 else [inner]
    return _replace(value, path, inner)


def _wrap(value: Any, chance: random.Random) -> Any:
    path = _any_place(value, chance)
    return _replace(value, path, [_at(value, path)])


def _move(value: Any, chance: random.Random) -> Any:
    """What stands at one place also stands at another."""
    source, target = _any_place(value, chance), _any_place(value, chance)
    return _replace(value, target, copy.deepcopy(_at(value, source)))


def _jsonb(value: Any, chance: random.Random) -> Any:
    """Members in the order in which Postgres gives them back: by length of the name, then by its bytes."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode("utf-8", "surrogatepass")), name))
        return {name: _jsonb(value[name], chance) for name in names}
    return [_jsonb(one, chance) for one in value] if isinstance(value, list) else value


Operation = Callable[[Any, random.Random], Any]
OPERATIONS: dict[str, Operation] = {
    "drop": _drop,
    "null": _null,
    "retype": _retype,
    "add": _add,
    "rename": _rename,
    "recase": _recase,
    "kind": _kind,
    "duplicate": _duplicate,
    "swap": _swap,
    "reorder": _reorder,
    "nest": _nest,
    "wrap": _wrap,
    "move": _move,
    "jsonb": _jsonb,
}
_WEIGHTED = (*OPERATIONS, "drop", "retype", "retype", "add", "kind", "rename")


def _insert(data: bytes, position: int, more: bytes) -> bytes:
    return data[:position] + more + data[position:]


def _repeat_member(data: bytes, chance: random.Random) -> bytes:
    """The first member of an object once more before it, as null."""
    starts = [index for index, byte in enumerate(data) if data[index : index + 2] == b'{"']
    if not starts:
        return data
    start = chance.choice(starts) + 1
    end = data.find(b'":', start)
    return data if end < 0 else _insert(data, start, data[start : end + 1] + b": null, ")


def _lone_surrogate(data: bytes, chance: random.Random) -> bytes:
    quotes = [index for index, byte in enumerate(data) if byte == ord('"')]
    return _insert(data, chance.choice(quotes) + 1, b"\\ud83d") if quotes else data


def _invalid_byte(data: bytes, chance: random.Random) -> bytes:
    quotes = [index for index, byte in enumerate(data) if byte == ord('"')]
    return (
        _insert(data, chance.choice(quotes) + 1, chance.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80")))
        if quotes
        else data
    )


TEXT_OPERATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "as-is": lambda data, chance: data,
    "byte-order-mark": lambda data, chance: b"\xef\xbb\xbf" + data,
    "trailing": lambda data, chance: data + chance.choice((b" x", b"{}", b",", b"\n\n", b"\x00")),
    "truncated": lambda data, chance: data[: chance.randrange(len(data) or 1)],
    "not-a-number": lambda data, chance: data.replace(b":", b': NaN, "n":', 1),
    "repeated-member": _repeat_member,
    "lone-surrogate": _lone_surrogate,
    "invalid-byte": _invalid_byte,
    "spaced": lambda data, chance: data.replace(b",", b" ,\n\t"),
}
