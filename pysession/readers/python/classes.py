"""Messages and contents of the first previews (1.0.0b251001 to 1.0.0b260130), which have a class for each thing.

What a class does not know is put among the additional properties, and those are written as members of the content. The
contents of 1.0.0b260130 are of one class already (:mod:`pysession.readers.python.contents`).
"""

from __future__ import annotations

import re
from typing import Any

from pysession.findings import Path
from pysession.readers.python import contents
from pysession.readers.python.failing import RefusedError, unknown_member
from pysession.readers.python.table import Class, Classes, Record

_PROPERTIES, _RAW, _ANNOTATIONS = "additional_properties", "raw_representation", "annotations"
_DATA_URI = re.compile(r"^data:(?P<media_type>[^;]+);base64,(?P<base64_data>[A-Za-z0-9+/=]+)$")


class Instance:
    """An object of a class: its members in the order in which they are written, None where they are not set."""

    __slots__ = ("flattened", "members", "type")

    def __init__(self, type_: str, members: dict[str, Any], flattened: dict[str, Any] | None = None) -> None:
        self.type = type_
        self.members = members
        self.flattened = flattened or {}


def load(known: Record, data: dict[str, Any], path: Path) -> Instance:
    """The message that ``data`` at ``path`` is read as.

    Raises:
        RefusedError: the library raises.
    """
    _check_type(data, path)
    if "role" not in data:
        raise RefusedError("TypeError", "a message has no role", path, subject="role")
    role = data["role"]
    if type(role) is dict:
        role = _role(role, (*path, "role"))
    elif isinstance(role, str):
        role = Instance("role", {"value": role})
    parsed = _contents(known, data.get("contents"), (*path, "contents"))
    if data.get("text") is not None:
        parsed.append(_text(known, data["text"]))
    extra = {name: value for name, value in data.items() if name not in known.messages.members and name != "type"}
    return Instance(
        known.messages.type,
        {
            "role": role,
            "contents": parsed,
            "author_name": data.get("author_name"),
            "message_id": data.get("message_id"),
            _PROPERTIES: _properties(data.get(_PROPERTIES), extra, path),
        },
    )


def _role(data: dict[str, Any], path: Path) -> Instance:
    _check_type(data, path)
    for name in data:
        if name not in ("type", "value"):
            raise unknown_member("role", name, path)
    if "value" not in data:
        raise RefusedError("TypeError", "a role has no value", path, subject="value")
    return Instance("role", {"value": data["value"]})


def _check_type(data: dict[str, Any], path: Path) -> None:
    """Any text will do as ``type``, and nothing else will."""
    given = data.get("type")
    if given and not isinstance(given, str):
        raise RefusedError("ValueError", "the type is no text", path, subject="type")


def _properties(given: Any, extra: dict[str, Any], path: Path) -> dict[str, Any]:
    if given and type(given) is not dict:
        raise RefusedError("AttributeError", "additional properties are no object", path, subject=_PROPERTIES)
    return (given or {}) | extra


def _contents(known: Record, given: Any, path: Path) -> list[Any]:
    classes = _classes(known)
    if given is None:
        return []
    if not isinstance(given, list | str | dict):
        raise RefusedError("TypeError", "contents are no list", path, subject="contents")
    parsed: list[Any] = []
    for index, item in enumerate(given):
        place = (*path, index)
        if not classes.contents:
            parsed.append(contents.load(known.contents, item, place))
        else:
            parsed.extend(_parsed(classes, item, place))
    return parsed


def _text(known: Record, text: Any) -> Any:
    classes = _classes(known)
    if not classes.contents:
        return contents.text_content(known.contents, text)
    return _instance(classes, classes.contents["text"], "text", {"text": text}, ())


def _classes(known: Record) -> Classes:
    if known.classes is None:
        raise TypeError("these releases have one class for all contents")
    return known.classes


def _instance(known: Classes, class_: Class, type_: str, data: dict[str, Any], path: Path) -> Instance:
    """An object of one of the classes that put what they do not know among their additional properties."""
    _check_type(data, path)
    for name in class_.required:
        if name not in data:
            raise RefusedError("TypeError", f"a content has no {name}", path, subject=name)
    for name in class_.filled:
        if not data[name]:
            raise RefusedError("ValueError", f"the {name} of a content is empty", path, subject=name)
    taken = {"type", _PROPERTIES, _RAW, class_.list, *class_.members, *class_.aliases} - class_.copies.keys()
    extra = {name: value for name, value in data.items() if name not in taken}
    members = {name: data.get(class_.copies.get(name, name)) for name in class_.members}
    early = [name for name in class_.members if class_.holds.get(name) == "data-uri"]
    for name in early:
        _data_uri(known, data, members, (*path, name))
    listed = _listed(known, class_, data.get(class_.list), (*path, class_.list))
    properties = _properties(data.get(_PROPERTIES), extra, path)
    for name, holds in class_.holds.items():
        if holds == "contents":
            members[name] = _held(known, members[name], (*path, name))
        elif name not in early and type(members[name]) is dict:
            held = _call if holds == "call" else _usage
            members[name] = held(known, data[name], (*path, name))
    return Instance(type_, {class_.list: listed} | members, properties)


def _listed(known: Classes, class_: Class, given: Any, path: Path) -> list[Any] | None:
    """The annotations of a content or the regions of an annotation; those of other kinds are left out."""
    if given is None:
        return None
    if not isinstance(given, list | str | dict):
        raise RefusedError("TypeError", "the value is no list", path, subject=class_.list)
    kept: list[Any] = []
    for index, item in enumerate(given):
        if type(item) is not dict:
            if class_.list == _ANNOTATIONS:
                raise RefusedError("AttributeError", "an annotation is no object", (*path, index))
            kept.append(item)
        elif item.get("type", "") == "citation" and class_.list == _ANNOTATIONS:
            kept.append(_instance(known, known.citation, "citation", item, (*path, index)))
        elif item.get("type", "") == "text_span" and class_.list != _ANNOTATIONS:
            kept.append(_region(item))
    return kept


def _region(data: dict[str, Any]) -> Instance:
    extra = {name: value for name, value in data.items() if name not in ("type", "start_index", "end_index")}
    own = {name: data.get(name) for name in ("start_index", "end_index")}
    return Instance("text_span", own | {name: value for name, value in extra.items() if not name.startswith("_")})


def _held(known: Classes, given: Any, path: Path) -> list[Any] | None:
    """The contents that a content holds; what is no list of them is the only one."""
    if not given:
        return None
    items = given if type(given) is list else [given]
    return [item for index, one in enumerate(items) for item in _parsed(known, one, (*path, index))]


def _parsed(known: Classes, item: Any, path: Path) -> list[Any]:
    """The content that ``item`` is, none where its kind is not known; what is no object stays as it is."""
    if type(item) is not dict:
        return [item]
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in known.contents:
        return []
    return [_instance(known, known.contents[kind], kind, item, path)]


def _call(known: Classes, data: dict[str, Any], path: Path) -> Instance:
    return _instance(known, known.contents["function_call"], "function_call", data, path)


def _usage(known: Classes, data: dict[str, Any], path: Path) -> Instance:
    _check_type(data, path)
    extra = {name: value for name, value in data.items() if name not in (*known.counts, "type")}
    for name, value in extra.items():
        if not isinstance(value, int):
            raise RefusedError("ValueError", "a count is no integer", (*path, name), subject=name)
    return Instance("usage_details", {name: data.get(name) for name in known.counts}, extra)


def _data_uri(known: Classes, data: dict[str, Any], members: dict[str, Any], path: Path) -> None:
    """A data URI must be base64 and of a known media type, which is taken from it when it is not given."""
    uri = members["uri"]
    if uri is None:
        given, media_type = data.get("data"), members["media_type"]
        if given is None or media_type is None:
            raise RefusedError("ValueError", "a content has neither data nor a URI", path, subject="uri")
        if not known.data_as_text:
            raise RefusedError("TypeError", "the data of a content are no bytes", path, subject="data")
        uri = members["uri"] = f"data:{media_type};base64,{given}"
    if not isinstance(uri, str):
        raise RefusedError("TypeError", "the URI is no text", path, subject="uri")
    match = _DATA_URI.match(uri)
    if match is None or match["media_type"] not in known.media_types:
        raise RefusedError("ValueError", "the URI is no data URI of a known media type", path, subject="uri")
    if members["media_type"] is None:
        members["media_type"] = match["media_type"]


def write(known: Record, message: Instance, *, type_last: bool, nulls: bool = False) -> dict[str, Any]:
    """What the message is saved as, with its nulls if asked for.

    Raises:
        RefusedError: the library raises.
    """
    return _written(known, message, nulls=nulls)


def _written(known: Record, instance: Instance, *, nulls: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"type": instance.type}
    for name, value in instance.members.items():
        if value is not None or nulls:
            written[name] = _value(known, value, nulls=nulls)
    return written | instance.flattened


def _value(known: Record, value: Any, *, nulls: bool) -> Any:
    if type(value) is Instance:
        return _written(known, value, nulls=nulls)
    if type(value) is contents.Content:
        return contents.write(known.contents, value, nulls=nulls)
    if type(value) is list:
        return [_value(known, item, nulls=nulls) for item in value]
    return value
