"""Family ``content``: a single content, annotation or message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import jiter

from pysession.dialects import vocabulary
from pysession.dialects.names import member as member_of
from pysession.findings import Severity
from pysession.rules.registry import on_document, on_history, on_member, on_shape, on_text, rule
from pysession.rules.words import is_json_container, json_type, quoted
from pysession.survey import Fault, ObjectShape, Survey, Timeline, Trigger
from pysession.survey.strings import Look
from pysession.wire import Path

DISCRIMINATOR_MISSING = rule(
    "discriminator-missing", "content", Severity.ERROR, "a content or annotation that does not say what it is"
)
DISCRIMINATOR_NOT_FIRST = rule(
    "discriminator-not-first", "content", Severity.ERROR, '.NET: "$type" is not the first member', fixable=True
)
DISCRIMINATOR_UNKNOWN = rule("discriminator-unknown", "content", Severity.ERROR, "a kind that no release knows")
DISCRIMINATOR_RENAMED = rule(
    "discriminator-renamed", "content", Severity.ERROR, "the old name of a kind that was renamed", fixable=True
)
CONTENT_EMPTY = rule(
    "content-empty", "content", Severity.ERROR, "a content that has none of the members its kind requires"
)
ARGUMENTS_NOT_OBJECT = rule(
    "arguments-not-object", "content", Severity.WARNING, "a tool call whose arguments text is not a JSON object"
)
DATA_URI_INVALID = rule(
    "data-uri-invalid", "content", Severity.ERROR, "a data: URI that does not parse or contradicts its media type"
)
INLINE_BINARY = rule(
    "inline-binary",
    "content",
    Severity.WARNING,
    "a large payload inside the document, or one stored twice",
    fixable=True,
)
TIMESTAMP_NOT_PORTABLE = rule(
    "timestamp-not-portable", "content", Severity.WARNING, "a time that not every language reads, or that goes back"
)
STRINGIFIED_OBJECT = rule(
    "stringified-object", "content", Severity.WARNING, "a string that is an object's text instead of the object"
)

_DISCRIMINATED = {"content": "content", "annotation": "annotation", "region": "annotated region"}

# --- discriminators ---------------------------------------------------------------------------------------------------


@on_shape
def discriminator(shape: ObjectShape) -> Iterator[Fault]:
    what = _DISCRIMINATED.get(shape.place)
    name = shape.discriminator
    if what is None or name is None:
        return
    if name not in shape.keys:
        if shape.assumed:
            return
        yield DISCRIMINATOR_MISSING.at(
            (),
            f'This {what} has no "{name}", so no reader knows what it is; {_ERASED.get(shape.dialect, _REFUSED)}.',
            unless=_carries_parked,
        )
        return
    if shape.kind_name is None:
        if shape.types[name] is type(None):
            yield DISCRIMINATOR_MISSING.at((), f'The "{name}" of this {what} is null; it must name its kind.')
        return
    if name == "$type" and shape.keys[0] != name:
        yield DISCRIMINATOR_NOT_FIRST.at(
            (),
            f'"$type" must be the first member of the {what}, or .NET refuses the whole history; a database that '
            "reorders members (jsonb) does this.",
        )
    if shape.kind is None:
        yield DISCRIMINATOR_UNKNOWN.at(
            (), f"No release knows a {what} of kind {quoted(shape.kind_name)}; .NET refuses it, Python keeps it unseen."
        )
    elif shape.kind.renamed is not None:
        yield DISCRIMINATOR_RENAMED.at(
            (),
            f"{quoted(shape.kind_name)} was renamed {quoted(shape.kind.renamed)}, and newer releases refuse the old name; "
            "rename it.",
        )


_REFUSED = "Python refuses the session"
_ERASED = {
    "dotnet": ".NET erases it on the next save without a word",
    "dotnet-thread": ".NET erases it on the next save without a word",
    "go": "Go keeps it, but no model sees it",
}


def _carries_parked(content: Any) -> bool:
    """Whether a bare .NET content is one of our own: a carrier of what was parked by a conversion."""
    extension = content.get("additionalProperties")
    return len(content) == 1 and isinstance(extension, dict) and "pysession" in extension


@on_shape
def content_empty(shape: ObjectShape) -> Iterator[Fault]:
    if shape.place != "content" or shape.kind is None:
        return
    required = [name for name, member in shape.kind.members.items() if member.required]
    present = {shape.members[key] for key in shape.members if shape.types[key] is not type(None)}
    if required and not any(shape.kind.members[name] in present for name in required):
        yield CONTENT_EMPTY.at(
            (),
            f"A {shape.kind_name} content needs {' and '.join(quoted(name) for name in required)}; this one has none of "
            "it: drop it, or restore what was lost.",
        )


# --- arguments --------------------------------------------------------------------------------------------------------

_CALL_KINDS = ("function_call", "mcp_server_tool_call", "search_tool_call")


@on_member("content", _CALL_KINDS, "arguments")
def arguments_not_object(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterable[Fault]:
    if type(value) is not str:
        return ()
    try:
        parsed = _strict_object(value)
    except ValueError as fault:
        why = f"are not a JSON object ({fault}); .NET cannot hold them, tools will fail"
    else:
        if type(parsed) is dict:
            return ()
        why = f"are {json_type(parsed)}, not an object; .NET cannot hold them"
    return (ARGUMENTS_NOT_OBJECT.at((), f"The arguments of this call {why}."),)


def _strict_object(text: str) -> Any:
    if not text:
        raise ValueError("the text is empty")
    try:
        return jiter.from_json(text.encode(), allow_inf_nan=False, catch_duplicate_keys=True)
    except UnicodeEncodeError:
        raise ValueError("it holds an unpaired surrogate") from None
    except ValueError as fault:
        repeated = "duplicate" in str(fault)
        raise ValueError("a member is there twice" if repeated else "it is malformed or cut off") from None


# --- data URIs --------------------------------------------------------------------------------------------------------

_DATA_URI = re.compile(r"data:(?P<type>[^,;]*)(?P<parameters>(?:;[^,;]*)*?)(?P<base64>;base64)?,", re.I)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")


@on_member("content", ("data",), "uri")
def data_uri_invalid(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterator[Fault]:
    if not isinstance(value, str):
        return
    fault = _data_uri_fault(value)
    if fault is not None:
        yield DATA_URI_INVALID.at((), f"{fault}; .NET refuses the whole history over it.")
        return
    stated = holder.get(shape.names.get("media_type", ""))
    inside = value[5:].partition(",")[0].partition(";")[0]
    if isinstance(stated, str) and inside and stated.partition(";")[0].strip().lower() != inside.lower():
        yield DATA_URI_INVALID.at(
            (),
            f"The URI says {quoted(inside)}, the content beside it {quoted(stated)}; .NET believes the URI, Python the rest.",
        )


def _data_uri_fault(uri: str) -> str | None:
    if uri[:5].lower() != "data:":
        return 'A data content must hold a "data:" URI'
    head = _DATA_URI.match(uri)
    if head is None:
        return 'This "data:" URI has no comma before its payload'
    if head["type"] and not _MEDIA_TYPE.match(head["type"]):
        return 'The media type of this "data:" URI is not one'
    payload = uri[head.end() :]
    if head["base64"] is not None and (len(payload) % 4 or not _BASE64.match(payload)):
        return 'The base64 payload of this "data:" URI is broken or cut off'
    return None


# --- payloads ---------------------------------------------------------------------------------------------------------

INLINE_LIMIT = 32 * 1024
"""Bytes of a payload that a session may hold before it should live elsewhere."""


def _begin_inline_binary(seen: Survey) -> Look:
    first: dict[str, Path] = {}

    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str):
            return
        size = _payload_size(value)
        if size is None:
            return
        if size > INLINE_LIMIT:
            yield INLINE_BINARY.at(
                path,
                f"A payload of {size // 1024:,} KiB is stored inside the session; keep it elsewhere and refer to it.",
            )
        elif size and value in first:
            yield INLINE_BINARY.at(
                path,
                "The same payload is stored twice; keep it once, elsewhere, and refer to it.",
                related=(first[value],),
            )
        first.setdefault(value, path)

    return look


def _payload_size(text: str) -> int | None:
    """Bytes of an inline payload, or None when ``text`` is none."""
    if text[:5].lower() == "data:":
        comma = text.find(",")
        encoded = len(text) - comma - 1
        return encoded * 3 // 4 if text[max(0, comma - 7) : comma].lower() == ";base64" else encoded
    if len(text) > INLINE_LIMIT * 4 // 3 and _BASE64.match(text):
        return len(text) * 3 // 4
    return None


on_text(Trigger(r"(?i:data:[a-z0-9]*[^\s,\x22]*,)|[A-Za-z0-9+/]{1000}", _begin_inline_binary))

# --- times ------------------------------------------------------------------------------------------------------------

_PORTABLE_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(?P<fraction>\.\d+)?(?P<zone>Z|[+-](?:0\d|1[0-4]):[0-5]\d)\Z"
)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+)?\Z")


@on_member("message", ("",), "created_at")
@on_member("content", ("hosted_file",), "created_at")
def timestamp_not_portable(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterator[Fault]:
    if not isinstance(value, str):
        return
    time = _PORTABLE_TIME.match(value)
    if time is None:
        why = (
            "has no offset, so its meaning depends on the time zone of the reader"
            if _WITHOUT_ZONE.match(value)
            else "is not in the form 2026-01-02T03:04:05+00:00, which every language reads"
        )
        yield TIMESTAMP_NOT_PORTABLE.at((), f"This time {why}.")
    elif time["fraction"] is not None and len(time["fraction"]) > 7:
        yield TIMESTAMP_NOT_PORTABLE.at(
            (),
            f"This time has {len(time['fraction']) - 1} fractional digits; Python keeps six, the rest is lost there.",
        )


@on_history
def time_goes_back(timeline: Timeline) -> Iterator[Fault]:
    words = vocabulary(timeline.history.language).places["message"][""].members
    key = next((name for name, member in words.items() if member.canonical == "created_at"), None)
    if key is None:
        return
    latest: tuple[datetime, int] | None = None
    for index, message in enumerate(timeline.messages):
        written = member_of(message, key) if isinstance(message, dict) else None
        if not isinstance(written, str) or not _PORTABLE_TIME.match(written):
            continue
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:  # a day that its month does not have
            yield TIMESTAMP_NOT_PORTABLE.at((*timeline.turn_path(index), key), "This time is no moment that exists.")
            continue
        if latest is not None and moment < latest[0]:
            yield TIMESTAMP_NOT_PORTABLE.at(
                (*timeline.turn_path(index), key),
                "This message says it is older than one before it; stores that order by time will shuffle the turns.",
                related=((*timeline.turn_path(latest[1]), key),),
            )
        else:
            latest = moment, index


# --- text instead of values -------------------------------------------------------------------------------------------

_OBJECT_TEXTS = (
    # what it is, the pattern of the whole string, whether it may be said in a conversation
    ("a Python object's repr", re.compile(r"<[^<>]{1,200} object at 0x[0-9a-fA-F]+>\Z"), False),
    ("a Python class's repr", re.compile(r"<(?:class|function|module) [^<>]{1,200}>\Z"), True),
    ("a .NET type's name", re.compile(r"System(?:\.[A-Z]\w*){1,12}(?:`\d+(?:\[.{0,400}\])?)?(?:\[\])?\Z"), True),
    ("a JavaScript object's text", re.compile(r"\[object [A-Z]\w*\]\Z"), True),
    ("a Python dict's repr", re.compile(r"\{'[^']*': .*\}\Z", re.S), True),
    ("a Python bytes' repr", re.compile(r"b'(?:[^']|\\')*\\x[0-9a-f]{2}.*'\Z", re.S), True),
)
_CONVERSATION = frozenset({"text", "Text"})


def _begin_stringified(seen: Survey) -> Look:
    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str):
            return
        for what, pattern, may_be_said in _OBJECT_TEXTS:
            if not (may_be_said and name in _CONVERSATION) and pattern.match(value):
                yield STRINGIFIED_OBJECT.at(
                    path,
                    f"This string is {what}: the value itself was lost when the session was saved; save the value.",
                )

    return look


on_text(Trigger(r"object at 0x|<(?:class|function|module) |\x22System\.|\[object |\x22\{'|\x22b'", _begin_stringified))


@on_shape
def escaped_where_typed(shape: ObjectShape) -> Iterator[Fault]:
    """A member that must be an object or a list, and is a string."""
    for key, member in shape.members.items():
        if shape.types[key] is str and not _TEXTUAL.intersection(member.types):
            yield STRINGIFIED_OBJECT.at(
                (key,),
                f"{quoted(key)} holds the JSON text of a value instead of the value; some store or adapter encoded it twice.",
                unless=partial(_is_plain_text, key),
            )


def _is_plain_text(key: str, holder: dict[str, Any]) -> bool:
    return not is_json_container(holder[key])


_TEXTUAL = frozenset({"string", "any", "integer", "number", "boolean"})


@on_document
def escaped_in_envelope(seen: Survey) -> Iterator[Fault]:
    if seen.document.embedded:
        yield STRINGIFIED_OBJECT.at(
            (), "The whole session is stored as a JSON string; store the object, or read it with a decode in between."
        )
    for path, name, value in seen.state_values():
        if name in _CONTAINERS and isinstance(value, str) and is_json_container(value):
            yield STRINGIFIED_OBJECT.at(
                path, f"{quoted(name)} holds the JSON text of a value instead of the value; something encoded it twice."
            )


_CONTAINERS = frozenset(
    {"state", "stateBag", "State", "messages", "in_memory", "in-memory", "InMemoryChatHistoryProvider"}
    | {"chat_message_store_state", "storeState", "chatHistoryProviderState", "conversationHistory"}
)


@on_member("content", ("function_result",), "result", dialects=("dotnet", "dotnet-thread", "go"))
def result_encoded_twice(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterator[Fault]:
    """.NET and Go keep a tool's result as the value it is; there an object's JSON text is an object encoded twice."""
    if isinstance(value, str) and is_json_container(value):
        yield STRINGIFIED_OBJECT.at(
            (),
            "The result of this call is the JSON text of a value, not the value; the tool or a store encoded it twice.",
        )
