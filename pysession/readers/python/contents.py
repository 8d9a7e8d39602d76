"""Contents: what ``Content.from_dict`` makes of an object, and what ``Content.to_dict`` writes of it.

Every member that the class does not know goes to its constructor, which refuses it; kinds are not checked.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from pysession.findings import Path, Stage
from pysession.readers.python.failing import RefusedError, unknown_member
from pysession.readers.python.table import Contents, Hosting, Merging

_HEADER = frozenset({"type", "annotations", "additional_properties", "raw_representation"})
_PROPERTIES = "additional_properties"


class Content:
    """A content in memory: values as stored, but for the members that hold contents."""

    __slots__ = ("_written", "annotations", "kind", "members", "path")

    def __init__(self, kind: Any, members: dict[str, Any], annotations: Any = None, path: Path = ()) -> None:
        self.kind = kind
        self.members = members
        self.annotations = annotations
        self.path = path
        self._written: dict[bool, dict[str, Any]] = {}

    def written(self, known: Contents, *, nulls: bool) -> dict[str, Any]:
        """:func:`write`, remembered: contents inside contents are asked for it once at every level."""
        if nulls not in self._written:
            self._written[nulls] = _members(known, self, nulls=nulls)
        return self._written[nulls]


def text_content(known: Contents, text: Any) -> Content:
    """The content that a bare text stands for."""
    return _constructed(known, "text", {"text": text}, None, ())


def load(known: Contents, data: Any, path: Path) -> Content:
    """The content that ``data`` at ``path`` is read as.

    Raises:
        RefusedError: the library raises.
    """
    if type(data) is not dict:
        raise RefusedError("AttributeError", "a content is no object", path)
    kind = data.get("type")
    if not kind:
        raise RefusedError("ValueError", "a content has no type", path, subject="type")
    members = {name: value for name, value in data.items() if name not in _HEADER}
    hosting = known.hosting
    if hosting is not None and kind == hosting.kind and members.get(hosting.member, ...) is None:
        raise RefusedError("ValueError", "hosted is neither true nor false", path, subject=hosting.member)
    if kind == "data" and "data" in members and "media_type" in members:
        return _data(known, data, path)
    for nested in known.nested:
        if nested.member in members:
            members[nested.member] = _LOAD[nested.holds](known, members[nested.member], (*path, nested.member))
    decision = known.decisions.get(kind) if type(kind) is str else None
    if decision is not None and type(members.get(decision)) is not bool:
        members[decision] = False
    properties = data.get(_PROPERTIES)
    return _constructed(known, kind, members | {_PROPERTIES: properties}, data.get("annotations"), path)


def _data(known: Contents, data: dict[str, Any], path: Path) -> Content:
    """A content with its data beside its media type, which JSON cannot hold."""
    if not isinstance(data["data"], bytes):
        raise RefusedError("TypeError", "the data of a content are no bytes", path, cause="TypeError", subject="data")
    uri = f"data:{data['media_type']};base64,{b64encode(data['data']).decode()}"
    kept = {name: data.get(name) for name in known.kept_with_data}
    annotations = kept.pop("annotations", None)
    return _constructed(known, "data", {"uri": uri, "media_type": data["media_type"], **kept}, annotations, path)


def _constructed(known: Contents, kind: Any, members: dict[str, Any], annotations: Any, path: Path) -> Content:
    for name in members:
        if name not in known.members:
            raise unknown_member("content", name, path)
    if known.merging is not None:
        _check_merging(known.merging, kind, members, path)
    members[_PROPERTIES] = _properties(known, members.get(_PROPERTIES), path)
    if known.hosting is not None:
        _infer_hosting(known.hosting, kind, members, path)
    if kind in known.empty_text if type(kind) is str else False:
        members["text"] = members.get("text") or ""
    return Content(kind, members, annotations, path)


def _check_merging(merging: Merging, kind: Any, members: dict[str, Any], path: Path) -> None:
    mode = members.get(merging.member)
    if mode is None:
        return
    if mode not in merging.modes:
        raise RefusedError("ValueError", "there is no such merge mode", path, subject=merging.member)
    if type(kind) in (dict, list):
        raise RefusedError("TypeError", "the kind cannot be looked up", path, subject="type")
    if kind not in merging.kinds:
        raise RefusedError("ValueError", "this kind is not merged", path, subject=merging.member)


def _properties(known: Contents, given: Any, path: Path) -> Any:
    if given is None:
        return {}
    return as_dict(given, path) or {} if known.dict_properties else given or {}


def as_dict(given: Any, path: Path, stage: Stage = Stage.LOAD) -> dict[Any, Any]:
    """``dict(given)``.

    Raises:
        RefusedError: what it raises.
    """
    if type(given) is dict:
        return given
    try:
        return dict(given)
    except (TypeError, ValueError) as error:
        message = "the value cannot become an object"
        raise RefusedError(type(error).__name__, message, path, subject=str(path[-1]), stage=stage) from None


def _infer_hosting(hosting: Hosting, kind: Any, members: dict[str, Any], path: Path) -> None:
    label = members[_PROPERTIES].get(hosting.label)
    if label is not None and not isinstance(label, str):
        raise RefusedError("ValueError", f"{hosting.label} is no text", path, subject=hosting.label)
    hosted = members.get(hosting.member)
    if kind != hosting.kind:
        if hosted is not None:
            raise RefusedError("ValueError", "this kind cannot be hosted", path, subject=hosting.member)
        return
    if hosted is not None and not isinstance(hosted, bool):
        raise RefusedError("ValueError", "hosted is neither true nor false", path, subject=hosting.member)
    members[hosting.member] = bool(label) if hosted is None else hosted
    name = members.get(hosting.name)
    if name is None and label:
        members[hosting.name] = label
    elif name is not None and label is not None and name != label:
        raise RefusedError("ValueError", f"{hosting.name} contradicts {hosting.label}", path, subject=hosting.name)


def _load_one(known: Contents, value: Any, path: Path) -> Any:
    is_content = type(value) is dict and (value or known.reads_empty_nested)
    return load(known, value, path) if is_content else value


def _load_many(known: Contents, value: Any, path: Path) -> Any:
    if type(value) is not list:
        return value
    return [load(known, item, (*path, index)) if type(item) is dict else item for index, item in enumerate(value)]


def _load_likeness(known: Contents, value: Any, path: Path) -> Any:
    """``value`` as a content if that is saved as the same, with or without its nulls."""
    if type(value) is not dict:
        return value
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in known.kinds:
        return value
    try:
        content = load(known, value, path)
        if value in (write(known, content), write(known, content, nulls=True)):
            return content
    except RefusedError:
        pass
    return value


def _load_likenesses(known: Contents, value: Any, path: Path) -> Any:
    if type(value) is not list:
        return value
    return [_load_likeness(known, item, (*path, index)) for index, item in enumerate(value)]


_LOAD = {"one": _load_one, "many": _load_many, "likeness": _load_likeness, "likenesses": _load_likenesses}


def write(known: Contents, content: Content, *, nulls: bool = False) -> dict[str, Any]:
    """What the content is saved as, without its nulls if not asked for.

    Raises:
        RefusedError: the library raises.
    """
    return content.written(known, nulls=nulls)


def _members(known: Contents, content: Content, *, nulls: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"type": content.kind}
    for name in known.members:
        value = content.members.get(name)
        kinds = known.flags.get(name)
        if kinds is not None and (not value or content.kind not in kinds):
            continue
        if value is not None:
            constant = known.constants.get(name)
            written[name] = _written(known, value, nulls=nulls) if constant is None else constant
        elif nulls:
            written[name] = None
    if content.annotations is not None:
        written["annotations"] = _annotations(content.annotations, (*content.path, "annotations"))
    return written


def _written(known: Contents, value: Any, *, nulls: bool) -> Any:
    if type(value) is Content:
        return write(known, value, nulls=nulls)
    if type(value) is list and any(type(item) is Content for item in value):
        return [write(known, item, nulls=nulls) if type(item) is Content else item for item in value]
    return value


def _annotations(annotations: Any, path: Path) -> list[Any]:
    if type(annotations) is list and all(type(one) is dict for one in annotations):
        return annotations
    if not isinstance(annotations, list | str | dict):
        raise RefusedError("TypeError", "annotations are no list", path, subject="annotations", stage=Stage.SAVE)
    return [as_dict(one, (*path, index), Stage.SAVE) for index, one in enumerate(annotations)]
