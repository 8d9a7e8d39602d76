"""Family ``content``: a single content, annotation or message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import jiter

from pysession.dialects import vocabulary
from pysession.dialects.names import key_of
from pysession.findings import Severity
from pysession.rules.data_uris import fault_of, media_type_of, payload_size, starts_data_uri
from pysession.rules.object_texts import TRIGGER as OBJECT_TEXT
from pysession.rules.object_texts import object_text
from pysession.rules.registry import on_document, on_history, on_member, on_misfit, on_shape, on_text, rule
from pysession.rules.words import is_json_container, json_type, quoted
from pysession.survey import Fault, ObjectShape, Survey, Timeline, Trigger
from pysession.survey.checks import Look
from pysession.wire import Path

DISCRIMINATOR_MISSING = rule(
    "discriminator-missing",
    "content",
    Severity.ERROR,
    "a content or annotation that does not say what it is",
    fixable=True,
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
    if shape.assumed:
        return
    if name not in shape.keys:
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
            (),
            f"No release of this dialect knows {_an(what)} of kind {quoted(shape.kind_name)}; "
            f"{_UNSEEN.get(shape.dialect, '.NET refuses the whole history over it')}.",
        )
    elif shape.kind.renamed is not None:
        yield DISCRIMINATOR_RENAMED.at(
            (),
            f"{quoted(shape.kind_name)} was renamed {quoted(shape.kind.renamed)}, and newer releases refuse the old name; "
            "rename it.",
        )


def _an(what: str) -> str:
    return f"an {what}" if what[0] == "a" else f"a {what}"


_REFUSED = "Python refuses the session"
_ERASED = {
    "dotnet": ".NET erases it on the next save without a word",
    "dotnet-thread": ".NET erases it on the next save without a word",
    "durable": "what it said is lost to every reader",
    "go": "Go keeps it, but no model sees it",
}
_UNSEEN = {
    "python": "Python keeps it, or refuses the session over its members, and .NET cannot take it",
    "python-history": "Python keeps it, or refuses the file over its members, and .NET cannot take it",
    "python-thread": "no reader takes it",
    "go": "Go keeps it, but no model sees it",
}


def _carries_parked(content: Any) -> bool:
    """Whether a content without kind is one of our own: a carrier of what was parked by a conversion."""
    extension = content.get("additionalProperties") or content.get("AdditionalProperties")
    return len(content) == 1 and isinstance(extension, dict) and "pysession" in extension


@on_document
def message_type(seen: Survey) -> Iterator[Fault]:
    """Python revives only what says "message" in a session; anything else stays a plain dict and fails at the next run."""
    if seen.document.dialect != "python":
        return
    for timeline in seen.timelines:
        if timeline.history.language != "python":
            continue
        for turn, message in enumerate(timeline.messages):
            if type(message) is not dict or message.get("type") == "message":
                continue
            if message.get("type") == "chat_message":
                yield DISCRIMINATOR_RENAMED.at(
                    timeline.turn_path(turn),
                    '"chat_message" was renamed "message"; no release with sessions revives the old name, and the next run '
                    "fails: rename it.",
                )
            elif "type" not in message:
                yield DISCRIMINATOR_MISSING.at(
                    timeline.turn_path(turn),
                    'This message has no "type", so Python keeps it as plain data and the next run fails; add "type": '
                    '"message".',
                    severity=Severity.WARNING,
                )


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
    if not text.strip():
        raise ValueError("the text is empty")
    try:
        return jiter.from_json(text.encode(), allow_inf_nan=False, catch_duplicate_keys=True)
    except UnicodeEncodeError:
        raise ValueError("it holds an unpaired surrogate") from None
    except ValueError as fault:
        if "recursion" in str(fault):
            return {}  # depth is not this rule's business
        repeated = "duplicate" in str(fault).lower()
        raise ValueError("a member is there twice" if repeated else "it is malformed or cut off") from None


# --- data URIs --------------------------------------------------------------------------------------------------------


@on_member("content", ("data",), "uri")
def data_uri_invalid(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterator[Fault]:
    if not isinstance(value, str):
        return
    fault = fault_of(value)
    if fault is not None:
        yield DATA_URI_INVALID.at((), f"{fault}; .NET refuses the whole history over it.")
        return
    stated = holder.get(shape.names.get("media_type", ""))
    inside = media_type_of(value)
    if isinstance(stated, str) and inside and stated.partition(";")[0].strip().lower() not in ("", inside):
        yield DATA_URI_INVALID.at(
            (),
            f"The URI says {quoted(inside)}, the content beside it {quoted(stated)}; .NET believes the URI, Python the rest.",
        )


@on_member("content", ("uri",), "uri")
def data_uri_elsewhere(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterable[Fault]:
    if not isinstance(value, str) or not starts_data_uri(value):
        return ()
    return data_uri_invalid(value, shape, holder)


# --- payloads ---------------------------------------------------------------------------------------------------------

INLINE_LIMIT = 32 * 1024
"""Bytes of a payload that a session may hold before it should live elsewhere."""


def _begin_inline_binary(seen: Survey) -> Look:
    first: dict[str, Path] = {}

    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str):
            return
        size = payload_size(value, INLINE_LIMIT)
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


on_text(Trigger(r"(?i:data:[a-z0-9]*[^\s,\x22]*,)|[A-Za-z0-9+/_-]{1000}", _begin_inline_binary))

# --- times ------------------------------------------------------------------------------------------------------------

_PORTABLE_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(?P<fraction>\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)\Z",
    re.A,
)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+)?\Z", re.A)
_POINT_AND_SIX_DIGITS = 7
_GRAIN = 1.0
"""Seconds. A service that counts whole seconds answers in the second in which it was asked."""


@on_member("content", ("hosted_file",), "created_at")
def timestamp_not_portable(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterable[Fault]:
    return _time_faults(value, ()) if isinstance(value, str) else ()


@on_member("message", ("",), "created_at")
def message_time_not_portable(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterable[Fault]:
    # .NET writes seven digits in every message: that is told once for the whole history.
    return _time_faults(value, ()) if isinstance(value, str) and not _is_too_fine(value) else ()


@on_document
def durable_time_not_portable(seen: Survey) -> Iterator[Fault]:
    """The entries of a durable history carry the time of their turn."""
    if seen.document.dialect != "durable":
        return
    data = seen.document.value.get("data")
    entries = data.get("conversationHistory") if isinstance(data, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        written = entry.get("createdAt") if isinstance(entry, dict) else None
        if isinstance(written, str):
            yield from _time_faults(written, ("data", "conversationHistory", index, "createdAt"))


def _time_faults(written: str, path: Path) -> Iterable[Fault]:
    why = time_fault(written)
    return () if why is None else (TIMESTAMP_NOT_PORTABLE.at(path, f"This time {why}."),)


def time_fault(written: str) -> str | None:
    """What is wrong with a time, as the end of a sentence; None when nothing is."""
    time = _PORTABLE_TIME.match(written)
    if time is None:
        if _WITHOUT_ZONE.match(written):
            return "has no offset, so its meaning depends on the time zone of the reader"
        return "is not in the form 2026-01-02T03:04:05+00:00, which every language reads"
    if (written[8:10] > "28" or written[:4] == "0000") and _seconds(written) is None:
        return "is no moment that exists"
    if time["fraction"] is not None and len(time["fraction"]) > _POINT_AND_SIX_DIGITS:
        return f"has {len(time['fraction']) - 1} fractional digits; Python keeps six, the rest is lost there"
    return None


def _is_too_fine(written: str) -> bool:
    """Whether a time that is portable otherwise has more digits than Python keeps."""
    # The shortest such time has 27 characters and a Z.
    time = _PORTABLE_TIME.match(written) if len(written) > 27 else None
    fraction = time["fraction"] if time is not None else None
    return fraction is not None and len(fraction) > _POINT_AND_SIX_DIGITS


def _seconds(written: Any) -> float | None:
    """A time as seconds since 1970, or None when it is no moment on one clock."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return written
    if not isinstance(written, str) or not _PORTABLE_TIME.match(written):
        return None
    try:
        return datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):  # a day that its month does not have, a year 0
        return None


@on_history
def message_times(timeline: Timeline) -> Iterator[Fault]:
    """Times that go back; and that times are finer than Python keeps, once for all of them."""
    words = vocabulary(timeline.history.language).places["message"][""].members
    name = next((name for name, member in words.items() if member.canonical == "created_at"), None)
    if name is None:
        return
    fine: list[Path] = []
    before: tuple[Any, int] | None = None
    for turn, message in enumerate(timeline.messages):
        key = key_of(message, name) if isinstance(message, dict) else None
        if key is None:
            continue
        written = message[key]
        if type(written) is str and _is_too_fine(written):
            fine.append((*timeline.turn_path(turn), key))
        if before is not None and _plainly_later(before[0], written):
            before = written, turn
            continue
        moment = _seconds(written)
        if moment is None:
            continue
        earlier = None if before is None else _seconds(before[0])
        if before is not None and earlier is not None and moment <= earlier - _GRAIN:
            yield TIMESTAMP_NOT_PORTABLE.at(
                (*timeline.turn_path(turn), key),
                "This message says it is older than the one before it; stores that order by time will shuffle the turns.",
                related=(timeline.turn_path(before[1]),),
            )
        before = written, turn
    if fine:
        yield _too_fine(fine)


def _too_fine(places: list[Path]) -> Fault:
    others = f", as {len(places) - 1:,} more of this history have" if len(places) > 1 else ""
    return TIMESTAMP_NOT_PORTABLE.at(
        places[0], f"This time has more than six fractional digits{others}; Python keeps six, the rest is lost there."
    )


def _plainly_later(before: Any, written: Any) -> bool:
    """Whether two times in one form and zone are in order, to the second; told without reading them as times."""
    return (
        type(written) is str is type(before)
        and before[:19] <= written[:19]
        and (written[-6:] == before[-6:] or (written[-1:] == "Z" == before[-1:]))
        and len(written) >= 20
        and _PORTABLE_TIME.match(written) is not None
    )


# --- text instead of values -------------------------------------------------------------------------------------------


def _begin_stringified(seen: Survey) -> Look:
    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        what = object_text(name, value) if isinstance(value, str) else None
        if what is not None:
            yield STRINGIFIED_OBJECT.at(
                path,
                f"This string is {what}: the value itself was lost when the session was saved; save the value.",
            )

    return look


on_text(Trigger(OBJECT_TEXT, _begin_stringified))


@on_misfit
def escaped_object(place: str, value: Any) -> Iterable[Fault]:
    """A string where an object must stand, and it is the object's JSON text."""
    if place in _OBJECTS and isinstance(value, str) and is_json_container(value):
        return (STRINGIFIED_OBJECT.at((), f"This {place} is stored as its JSON text; something encoded it twice."),)
    return ()


_OBJECTS = frozenset({"message", "content", "annotation", "region", "usage"})


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
    for path, name, value in seen.state_values(deepest=_DEEPEST):
        if (
            isinstance(value, str)
            and isinstance(name, str)
            and len(path) in _CONTAINERS.get(name, ())
            and is_json_container(value)
        ):
            yield STRINGIFIED_OBJECT.at(
                path, f"{quoted(name)} holds the JSON text of a value instead of the value; something encoded it twice."
            )


_CONTAINERS: dict[str, tuple[int, ...]] = {
    # what holds a history, or holds it in the end: how many steps from the root it stands
    **dict.fromkeys(("state", "stateBag", "State", "data"), (1,)),
    **dict.fromkeys(("chat_message_store_state", "storeState", "chatHistoryProviderState"), (1,)),
    **dict.fromkeys(("in_memory", "memory", "in-memory", "InMemoryChatHistoryProvider", "conversationHistory"), (2,)),
    "messages": (1, 2, 3),
}
_DEEPEST = max(max(steps) for steps in _CONTAINERS.values())


@on_member("content", ("function_result",), "result", dialects=("dotnet", "dotnet-thread", "go"))
def result_encoded_twice(value: Any, shape: ObjectShape, holder: dict[str, Any]) -> Iterator[Fault]:
    """.NET and Go keep a tool's result as the value it is; there an object's JSON text is an object encoded twice."""
    if isinstance(value, str) and is_json_container(value):
        yield STRINGIFIED_OBJECT.at(
            (),
            "The result of this call is the JSON text of a value, not the value: the tool returned text, or a store encoded "
            "it twice.",
            severity=Severity.INFO,  # a tool may return JSON text, and many do
        )
