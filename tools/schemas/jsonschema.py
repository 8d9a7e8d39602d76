"""The JSON Schema (Draft 2020-12) of a dialect, in its open or its closed form.

Open is what a tolerant reader should accept: known members have the right JSON types, required ones are there, anything
else may be there too. It depends on member names, JSON types and discriminator values alone, never on what a string or
a number says, because a check remembers its verdict by those. Closed is what a correct writer may produce.

A kind is chosen by ``if``/``then``, never by ``oneOf``, so that an error is reported at the member that causes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.members import member_schema
from schemas.source import Kind, Member, Source

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FORMS = {
    "open": "Open form: what a tolerant reader should accept.",
    "closed": "Closed form: what a correct writer may produce, in any release.",
}


def schema(source: Source, form: str) -> Schema:
    """The schema of ``source`` in ``form``; ``$defs`` holds every place, kind and envelope under its own name."""
    definitions = dict(_definitions(source, form))
    root = _root(source)
    return {
        "$schema": DRAFT,
        "$id": f"urn:pysession:schema:{source.dialect}:{source.version}:{form}",
        "title": f"{source.title} ({form})",
        "description": FORMS[form],
        **root,
        "$defs": _reachable(root, definitions),
    }


def _root(source: Source) -> Schema:
    if source.bare_messages == "only":
        return _ref("messages")
    if source.bare_messages:
        return {"if": {"type": "array"}, "then": _ref("messages"), "else": _ref("envelope")}
    return _ref("envelope")


def _definitions(source: Source, form: str) -> Iterator[tuple[str, Schema]]:
    if source.envelopes:
        yield "envelope", {"type": "object", **_dispatch(source.envelopes)}
    for name, kind in source.envelopes.items():
        yield f"envelope.{name}", _object(source, form, kind, None, None)
    yield "messages", {"description": "Messages, oldest first.", "type": "array", "items": _ref("message")}
    for place, kinds in source.places.items():
        yield from _place(source, form, place, kinds)
    yield from source.definitions.items()


def _dispatch(envelopes: dict[str, Kind]) -> Schema:
    """The first envelope one of whose telling members is there; the last one is for all that remain."""
    *told, (last, _) = envelopes.items()
    chosen = _ref(f"envelope.{last}")
    for name, kind in reversed(told):
        present = [{"required": [member]} for member in kind.when]
        chosen = {"if": {"anyOf": present}, "then": _ref(f"envelope.{name}"), "else": chosen}
    return chosen


def _place(source: Source, form: str, place: str, kinds: dict[str, Kind]) -> Iterator[tuple[str, Schema]]:
    if not kinds:
        return
    if "" in kinds:
        yield place, _object(source, form, kinds[""], None, None)
        return
    discriminator = source.discriminator
    if discriminator is None:
        raise ValueError(f"{source.dialect} has kinds of {place} but no discriminator")
    chosen = [
        {
            "if": {"properties": {discriminator: {"const": name}}, "required": [discriminator]},
            "then": _ref(f"{place}.{name}"),
        }
        for name in kinds
    ]
    if form == "closed":
        yield (
            place,
            {
                "type": "object",
                "required": [discriminator],
                "properties": {discriminator: {"enum": list(kinds)}},
                "allOf": chosen,
            },
        )
    else:
        yield place, {"type": "object", "properties": {discriminator: {"type": "string"}}, "allOf": chosen}
    for name, kind in kinds.items():
        yield f"{place}.{name}", _object(source, form, kind, discriminator, name)


def _object(source: Source, form: str, kind: Kind, discriminator: str | None, name: str | None) -> Schema:
    found: Schema = {"description": _description(kind)} if _description(kind) else {}
    found["type"] = "object"
    properties: Schema = {} if discriminator is None else {discriminator: {"const": name}}
    for key, member in kind.members.items():
        properties[key] = member_schema(member, source, form)
    found["properties"] = properties
    needed, alternatives = _needed(source, form, kind)
    if needed:
        found["required"] = needed
    if alternatives:
        found["allOf"] = alternatives
    if form == "closed":
        found |= _no_more(source, kind)
    return found


def _needed(source: Source, form: str, kind: Kind) -> tuple[list[str], list[Schema]]:
    """The members that must be there, and the conditions for those that may stand under another name.

    Members of one canonical name replaced each other: one of them is enough. Readers that ignore case find a member
    under any spelling; the closed form is for writers, which have one.
    """
    groups: dict[str, list[tuple[str, Member]]] = {}
    for key, member in kind.members.items():
        groups.setdefault(member.canonical, []).append((key, member))
    needed: list[str] = []
    alternatives: list[Schema] = []
    for group in groups.values():
        if not any(member.required or (form == "closed" and member.always) for _, member in group):
            continue
        keys = [key for key, _ in sorted(group, key=lambda item: item[1].until is not None)]
        folds = form == "open" and not source.case_sensitive
        if folds:
            absent: Schema = {"propertyNames": {"not": {"pattern": f"^(?:{'|'.join(map(_any_case, keys))})$"}}}
            alternatives.append({"if": absent, "then": {"required": keys[:1]}})
        elif len(keys) > 1:
            present = [{"required": [key]} for key in keys]
            alternatives.append({"if": {"not": {"anyOf": present}}, "then": {"required": keys[:1]}})
        else:
            needed += keys
    return needed, alternatives


def _any_case(name: str) -> str:
    return "".join(f"[{char.lower()}{char.upper()}]" if char.isalpha() else char for char in name)


def _no_more(source: Source, kind: Kind) -> Schema:
    if not kind.open_members:
        return {"additionalProperties": False}
    if not kind.extra:
        return {}
    return {"additionalProperties": {"type": [*kind.extra, "null"] if source.nulls else list(kind.extra)}}


def _description(kind: Kind) -> str:
    lived = [f"{word} {release}" for word, release in (("since", kind.since), ("until", kind.until)) if release]
    replaced = [f"replaced by {kind.renamed}"] if kind.renamed else []
    history = ", ".join([*lived, *replaced])
    sentence = history[:1].upper() + history[1:] + "." if history else ""
    return " ".join(part for part in (kind.description, sentence) if part)


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _reachable(root: Schema, definitions: dict[str, Schema]) -> dict[str, Schema]:
    """The places, kinds and envelopes, and whatever else they or the root lead to."""
    wanted = {name for name in definitions if name in _ALWAYS or "." in name}
    queue: list[Any] = [root, *(definitions[name] for name in wanted)]
    while queue:
        value = queue.pop()
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in wanted:
                wanted.add(name)
                queue.append(definitions[name])
            queue.extend(value.values())
        elif isinstance(value, list):
            queue.extend(value)
    return {name: value for name, value in definitions.items() if name in wanted}


_ALWAYS = frozenset({"envelope", "messages", "message", "content", "annotation", "region", "usage", "entry", "history"})
