"""The JSON Schema of one member."""

from __future__ import annotations

from typing import Any

from schemas.source import JSON_TYPES, Member, Source

Schema = dict[str, Any]


def member_schema(member: Member, source: Source, form: str) -> Schema:
    """What ``member`` may hold in ``form``."""
    null = _null(member, source, form)
    if "any" in member.types:
        return {"allOf": _look(member, source)} if len(member.types) > 1 else {}
    found = _typed(member, null)
    if form == "closed" and member.values:
        found["enum"] = [*member.values, None] if null else list(member.values)
    return found


def _null(member: Member, source: Source, form: str) -> bool:
    """Open: null stands for absent wherever a reader can do without. Closed: only where a writer writes it."""
    if "null" in member.types:
        return True
    return not member.required and member.nullable and (form == "open" or source.nulls)


def _typed(member: Member, null: bool) -> Schema:
    types = [name for name in member.types if name in JSON_TYPES and name != "null"]
    lists = [name.removesuffix("[]") for name in member.types if name.endswith("[]")]
    objects = [name for name in member.types if name not in JSON_TYPES and not name.endswith("[]")]
    if objects and not (types or lists or null):
        return {"$ref": f"#/$defs/{objects[0]}"}
    types += ["array"] * bool(lists) + ["object"] * bool(objects) + ["null"] * null
    found: Schema = {"type": types[0] if len(types) == 1 else types}
    if lists:
        found["items"] = _item(lists[0])
    if objects:
        found |= {"if": {"type": "object"}, "then": {"$ref": f"#/$defs/{objects[0]}"}}
    return found


def _item(name: str) -> Schema:
    return {"type": name} if name in JSON_TYPES else {"$ref": f"#/$defs/{name}"}


def _look(member: Member, source: Source) -> list[Schema]:
    """Any JSON; but what looks like contents must be contents."""
    discriminator = source.discriminator or ""
    known = {"enum": list(source.places["content"])}
    content = {"type": "object", "required": [discriminator], "properties": {discriminator: known}}
    then = {"$ref": "#/$defs/content"}
    looks = {
        "content": {"if": content, "then": then},
        "content[]": {"if": {"type": "array", "items": content}, "then": {"items": then}},
    }
    return [look for name, look in looks.items() if name in member.types]
