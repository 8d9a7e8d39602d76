"""Fixes of the families ``shape`` and ``content``: envelopes and discriminators."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pysession.dialects import Document, vocabulary
from pysession.dialects.names import key_of
from pysession.dialects.names import member as member_of
from pysession.dialects.vocabulary import Kind, Member, Vocabulary
from pysession.fixes.fix import Mend, Patient
from pysession.wire import Add, Edit, MoveFirst, Path, Remove, Rename, Replace


def envelope_type(patient: Patient) -> Iterator[Mend]:
    """The ``type`` of a Python session."""
    for fault in patient.faults:
        edit: Edit = Replace(fault.path, "session") if fault.path else Add(("type",), "session", first=True)
        yield Mend(fault.path, 'the session says "type": "session"', (edit,))


def discriminator_first(patient: Patient) -> Iterator[Mend]:
    """``$type`` before all other members."""
    for fault in patient.faults:
        yield Mend(fault.path, '"$type" is the first member', (MoveFirst((*fault.path, "$type")),))


def discriminator_missing(patient: Patient) -> Iterator[Mend]:
    """The kind of a message, and of an object of which one kind alone has all the members that are there."""
    for fault in patient.faults:
        holder, role = _holder(patient.document, fault.path)
        language = _language(patient.document, fault.path)
        name = vocabulary(language).discriminator
        if name is None:
            continue
        if role is None and member_of(holder, "contents") is not None:
            first = _type_stands_first(patient.document, fault.path)
            yield Mend(fault.path, _SAYS.format(name, "message"), (Add((*fault.path, name), "message", first=first),))
            continue
        misspelled = key_of(holder, name) if name not in holder else None
        may_think = role == _THINKS and not patient.wishes.named
        said = frozenset(holder) - {name}
        kind = holder[misspelled] if misspelled else _only_kind(said, _place(fault.path), language, may_think=may_think)
        if not isinstance(kind, str):
            continue
        edits: list[Edit] = [Remove((*fault.path, misspelled))] if misspelled else []
        stated = Replace((*fault.path, name), kind) if name in holder else Add((*fault.path, name), kind, first=True)
        yield Mend(fault.path, _SAYS.format(name, kind), (*edits, stated))


def _holder(document: Document, path: Path) -> tuple[Any, Any]:
    """What stands at ``path``, and the role of the message that it is in; None where it is in none."""
    value, role = document.value, None
    for step in path:
        if isinstance(value, dict):
            role = member_of(value, "role") or role
        value = value[step]
    return value, role


def _type_stands_first(document: Document, path: Path) -> bool:
    """Whether the messages beside the one at ``path`` begin with their type."""
    beside = _at(document, path[:-1])
    typed = next((one for one in beside if isinstance(one, dict) and "type" in one), None)
    return typed is not None and next(iter(typed)) == "type"


def _place(path: Path) -> str:
    """What may stand at ``path``: an annotation or a region under the member of this name, else a content."""
    under = next((step.lower().replace("_", "") for step in reversed(path) if isinstance(step, str)), "")
    return _PLACES.get(under, "content")


@lru_cache(maxsize=1024)
def _only_kind(said: frozenset[str], place: str, language: str, *, may_think: bool) -> str | None:
    """The one kind that has all members of ``said`` and needs no other; None: there is none, or more than one."""
    words = vocabulary(language)
    kinds = words.places[place]
    keys = {key if words.case_sensitive else key.lower() for key in said if key not in _ANYWHERE}
    fitting = [
        name
        for name, kind in kinds.items()
        if kind.renamed is None and keys and _fits(keys, kind, case_sensitive=words.case_sensitive)
    ]
    if not may_think:
        fitting = [name for name in fitting if kinds[name].canonical != "text_reasoning"] or fitting
    return fitting[0] if len(fitting) == 1 else None


def _fits(said: set[str], kind: Kind, *, case_sensitive: bool) -> bool:
    names = {(name if case_sensitive else name.lower()): member for name, member in kind.members.items()}
    return said <= names.keys() and all(name in said for name, member in names.items() if member.required)


def discriminator_renamed(patient: Patient) -> Iterator[Mend]:
    """The new name of a kind, and of the members that were renamed with it."""
    for fault in patient.faults:
        holder = _at(patient.document, fault.path)
        if holder.get("type") == "chat_message":
            renaming = Replace((*fault.path, "type"), "message")
            yield Mend(fault.path, '"chat_message" is called "message" now', (renaming,))
            continue
        found = _kind(patient.document, fault.path, holder)
        if found is None:
            continue
        words, name, old, new = found
        missing = _missing_call(patient.document, fault.path, holder, old, new)
        if missing is not None:
            edits = (Replace((*fault.path, name), old.renamed), *_renamed_members(fault.path, holder, words, old, new))
            yield Mend(fault.path, f'"{holder[name]}" is called "{old.renamed}" now', (*edits, *missing))


def _kind(document: Document, path: Path, holder: dict[str, Any]) -> tuple[Vocabulary, str, Kind, Kind] | None:
    """The words of the history, the member that names the kind, the kind as it was called, and the kind as it is called now."""
    words = vocabulary(_language(document, path))
    kinds = words.places["content"]
    name = words.discriminator
    old = kinds.get(holder.get(name, "")) if name is not None else None
    new = kinds.get(old.renamed) if old is not None and old.renamed is not None else None
    return None if name is None or old is None or new is None else (words, name, old, new)


def _language(document: Document, path: Path) -> str:
    """The language of the history that ``path`` leads into."""
    return next(
        (history.language for history in document.histories if path[: len(history.path)] == history.path),
        document.dialect,
    )


def _renamed_members(path: Path, holder: dict[str, Any], words: Vocabulary, old: Kind, new: Kind) -> Iterator[Edit]:
    """Members of which the new kind has another name for the same thing, and contents in them that now say their kind."""
    for former, member in old.members.items():
        key = key_of(holder, former)
        if key is None:
            continue
        becomes = _now(member, new)
        if former not in new.members and becomes is not None:
            yield Rename((*path, key), becomes)
        kind = _stated(member)
        call = holder[key]
        if kind is None or not isinstance(call, dict) or words.discriminator is None or words.discriminator in call:
            continue
        yield Add((*path, key, words.discriminator), kind, first=True)
        for name, inner in words.places["content"][kind].members.items():
            renamed = _now(inner, words.places["content"][kind]) if inner.until is not None else None
            if renamed is not None and name in call and renamed not in call:
                yield Rename((*path, key, name), renamed)


def _now(member: Member, kind: Kind) -> str | None:
    """What ``kind`` calls today what ``member`` stands for."""
    return next(
        (name for name, other in kind.members.items() if other.canonical == member.canonical and other.until is None),
        None,
    )


def _stated(member: Member) -> str | None:
    """The kind of a content that is known by where it stands, and so was written without saying it."""
    return next((type_.partition(".")[2] for type_ in member.types if type_.startswith("content.")), None)


def _missing_call(
    document: Document, path: Path, holder: dict[str, Any], old: Kind, new: Kind
) -> tuple[Edit, ...] | None:
    """What an answer must say now and did not say then: the call, as its request says it. None: no request says it."""
    wanted = next((name for name, member in new.members.items() if member.canonical == _CALL and member.required), None)
    if wanted is None or any(
        member.canonical == _CALL and key_of(holder, name) for name, member in old.members.items()
    ):
        return ()
    ids = {holder[key] for name in _IDS if (key := key_of(holder, name)) is not None}
    for history in document.histories:
        for _, message in history.positioned():
            contents = member_of(message, "contents") if isinstance(message, dict) else None
            for content in contents if isinstance(contents, list) else ():
                if not isinstance(content, dict) or content is holder:
                    continue
                call = next((value for name, value in content.items() if name.lower() in _CALLS), None)
                if isinstance(call, dict) and any(content.get(name) in ids for name in _IDS):
                    return (Add((*path, wanted), {"$type": _call_kind(content), **call}),)
    return None


def _call_kind(request: dict[str, Any]) -> str:
    return "mcpServerToolCall" if "mcp" in str(request.get("$type", "")).lower() else "functionCall"


_SAYS = 'it says "{}": "{}"'
_ANYWHERE = frozenset(
    {"additional_properties", "additionalProperties", "AdditionalProperties", "annotations", "Annotations"}
)
"""Members that every kind has, and that tell nothing."""
_PLACES = {"annotations": "annotation", "annotatedregions": "region"}
_THINKS = "assistant"
"""The only role whose messages have reasoning in them, which is a text too."""
_CALL = "function_call"
_CALLS = frozenset({"toolcall", "functioncall"})
_IDS = ("id", "requestId")


def _at(document: Document, path: Path) -> Any:
    value = document.value
    for step in path:
        value = value[step]
    return value
