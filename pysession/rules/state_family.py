"""Family ``state``: what applications keep beside the conversation. Nothing found here is ever loaded or run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pysession.dialects.names import key_of
from pysession.findings import Severity
from pysession.rules.pickles import PICKLE_TRIGGER, is_pickle
from pysession.rules.registry import on_document, on_text, rule
from pysession.rules.secrets import SECRET_TRIGGER, secret_in, secret_under
from pysession.rules.words import quoted
from pysession.survey import Fault, Survey, Trigger, walk_values
from pysession.survey.checks import Look
from pysession.wire import Path, json_text

TYPE_TAG_COLLISION = rule(
    "type-tag-collision", "state", Severity.ERROR, "application data that a reader takes for an object of a framework"
)
EXECUTABLE_PAYLOAD = rule(
    "executable-payload",
    "state",
    Severity.ERROR,
    "data that runs code in a careless reader: a pickle, a type or module path",
)
STATE_NULL = rule("state-null", "state", Severity.ERROR, ".NET: a null entry in the state bag", fixable=True)
SECRET_SHAPED = rule(
    "secret-shaped", "state", Severity.WARNING, "a value shaped like a key, a token or a password", fixable=True
)
SESSION_ID_NOT_PORTABLE = rule(
    "session-id-not-portable", "state", Severity.WARNING, "a session id that is no safe file name or key"
)

# --- tags -------------------------------------------------------------------------------------------------------------

_REGISTERED = frozenset({"message"})
"""Type ids that every Python release has registered; an object with one of them is revived at any depth of the state."""

_RESERVED = frozenset({"__type__", "__pickled__", "__bytes_encoded__"})


@on_document
def registered_type(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect != "python" or not isinstance(document.value.get("state"), dict):
        return
    levels = seen.state_levels()
    tagged = [{id(one) for one in level if type(one) is dict and _is_tagged(one)} for level in levels]
    for path, value in levels.paths_to(tagged):
        if not _is_whole(value):
            yield TYPE_TAG_COLLISION.at(
                ("state", *path),
                f'Python takes every object in the state with "type": {quoted(value["type"])} for one of its own: it '
                "comes back as another object, or the session is refused; rename the member.",
            )


def _is_tagged(value: dict[str, Any]) -> bool:
    tag = value.get("type")
    return type(tag) is str and tag in _REGISTERED


def _is_whole(message: dict[str, Any]) -> bool:
    """Whether an object in the state is a message as the framework itself writes it."""
    contents = message.get("contents")
    return (
        isinstance(message.get("role"), str)
        and isinstance(contents, list)
        and all(isinstance(content, dict) and isinstance(content.get("type"), str) for content in contents)
        and isinstance(message.get("additional_properties"), dict)
    )


def _begin_tags(seen: Survey) -> Look:
    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if not isinstance(value, dict):
            return
        for key in value:
            if key in _RESERVED:
                yield TYPE_TAG_COLLISION.at(
                    (*path, key), f"{quoted(key)} is a marker by which readers rebuild objects; rename the member."
                )
        if "lc" in value and "id" in value and ("kwargs" in value or value.get("type") in ("constructor", "secret")):
            yield TYPE_TAG_COLLISION.at(
                path,
                'LangChain takes an object with "lc" and "id" for one of its own and builds what it names; wrap the value.',
            )

    return look


on_text(Trigger(r"__(?:type|pickled|bytes_encoded)__|\x22lc\\*\x22\s*:", _begin_tags))

# --- payloads that run ------------------------------------------------------------------------------------------------

_TAGS = frozenset({"$type", "__type", "@class"})
"""Members by which serializers name the type to build; nobody uses them for anything else."""

_OTHER_TAGS = frozenset({"type", "Type", "@type", "__type__"})
"""Members that name a type in one document, and a sort of thing in the next: \"bug, urgent\"."""

_ASSEMBLY_QUALIFIED = re.compile(
    r"(?P<type>[A-Za-z_][\w+`]*(?:\.[A-Za-z_][\w+`]*)*)(?P<arguments>\[.*\])?\s*,\s*(?P<assembly>[A-Za-z_][\w.-]*)"
    r"(?P<identity>(?:\s*,\s*(?:Version|Culture|PublicKeyToken|ProcessorArchitecture)=[^,]*)*)\s*\Z",
    re.S,
)
_LONGEST_NAME = 4096
_PLATFORM = frozenset({"mscorlib", "netstandard", "PresentationFramework", "PresentationCore", "WindowsBase"})
_CONSTRUCTORS = frozenset(
    {
        "py/object",
        "py/reduce",
        "py/function",
        "py/type",
        "__reduce__",
        "__class__",
        "__module__",
        "__constructor__",
        "_target_",
    }
)
_MODULE_PATH = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+\Z")


def is_module_path(text: str) -> bool:
    """Whether ``text`` can be the path of something in a Python module."""
    return _MODULE_PATH.match(text) is not None


def names_a_dotnet_type(tag: str | int | None, text: str) -> bool:
    """Whether ``text``, the value of a member ``tag``, is the assembly-qualified name of a type."""
    if (tag not in _TAGS and tag not in _OTHER_TAGS) or "," not in text or len(text) > _LONGEST_NAME:
        return False
    name = _ASSEMBLY_QUALIFIED.match(text)
    if name is None:
        return False
    if tag in _TAGS or name["identity"] or name["arguments"]:
        return True
    root, _, rest = name["type"].partition(".")
    assembly = name["assembly"]
    return bool(rest) and (root == "System" or assembly in _PLATFORM or assembly.partition(".")[0] == root)


def _begin_executable(seen: Survey) -> Look:
    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if isinstance(value, str):
            if names_a_dotnet_type(name, value):
                yield EXECUTABLE_PAYLOAD.at(
                    path,
                    "This names a .NET type with its assembly; a reader that follows it builds whatever it names: remove it.",
                )
            elif is_pickle(value):
                yield EXECUTABLE_PAYLOAD.at(
                    path,
                    "This string is a Python pickle; whoever loads it runs what it says: remove it, never load it.",
                )
        elif isinstance(value, dict):
            for key in _CONSTRUCTORS & value.keys():
                # The value of py/reduce and its like is a list or an object; the name alone calls for a constructor.
                if not isinstance(value[key], str) or is_module_path(value[key]) or key.startswith("py/"):
                    yield EXECUTABLE_PAYLOAD.at(
                        (*path, key),
                        f"{quoted(key)} names Python code that a careless reader imports and calls; remove it.",
                    )

    return look


_EXECUTABLE_TRIGGER = "|".join(
    (
        PICKLE_TRIGGER,
        r"\x22(?:\$type|[tT]ype|__type|__type__|@type|@class)\x22\s*:\s*\x22[A-Za-z_][^\x22]*,",
        r"\x22(?:py/(?:object|reduce|function|type)|__(?:reduce|class|module|constructor)__|_target_)\x22",
    )
)
on_text(Trigger(_EXECUTABLE_TRIGGER, _begin_executable))

# --- the rest ---------------------------------------------------------------------------------------------------------

_BAGS = {"dotnet": "stateBag", "go": "State"}


@on_document
def state_null(seen: Survey) -> Iterator[Fault]:
    value, dialect = seen.document.value, seen.document.dialect
    bag_key = key_of(value, _BAGS[dialect]) if dialect in _BAGS and isinstance(value, dict) else None
    bag = value[bag_key] if bag_key is not None else None
    for key, entry in bag.items() if isinstance(bag, dict) else ():
        if entry is None and bag_key is not None:
            yield STATE_NULL.at((bag_key, key), f"The entry {quoted(key)} is null, and {_TRIPS[dialect]}; drop it.")


_TRIPS = {
    "dotnet": ".NET throws when it is next read or set",
    "go": "Go releases before September 2026 panic when they read it",
}


def _begin_secrets(seen: Survey) -> Look:
    def look(path: Path, name: str | int | None, value: Any) -> Iterator[Fault]:
        if isinstance(value, str):
            # An item of a list stands under the list's name.
            under = path[-2] if isinstance(name, int) and len(path) > 1 else name
            what = secret_in(value) or secret_under(under, value) or _secret_inside(value)
            if what is not None:
                yield SECRET_SHAPED.at(
                    path,
                    f"This looks like {what}; a session is stored in plain text: remove it, and change it if it is real.",
                )

    return look


def _secret_inside(text: str) -> str | None:
    """What sort of secret stands under a telling name in the JSON object or list whose text this is (a call's arguments)."""
    for path, _, value in walk_values(json_text(text)):
        if isinstance(value, str):
            name = next((step for step in reversed(path) if isinstance(step, str)), None)
            what = secret_under(name, value)
            if what is not None:
                return what
    return None


on_text(Trigger(SECRET_TRIGGER, _begin_secrets))

_PORTABLE_ID = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,127}\Z")
"""What every Python release keeps as a file name as it is (measured); anything else is encoded, each release its own way."""

_DEVICE_NAMES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?\Z")
_ID_MEMBERS = {
    ("python", "session"): "session_id",
    ("agnt5", "session"): "session_id",
    ("dotnet", "workflow"): "sessionId",
}
"""The member that holds the session's id, by dialect and form; .NET and Go else keep it outside, as the store's key."""


@on_document
def session_id_not_portable(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    name = _ID_MEMBERS.get((document.dialect, document.detection.form))
    key = key_of(document.value, name) if name is not None and isinstance(document.value, dict) else None
    if key is None or not isinstance(document.value[key], str):
        return
    why = why_not_portable(document.value[key])
    if why is not None:
        yield SESSION_ID_NOT_PORTABLE.at((key,), f"The session id {why}; use a lower-case UUID or the like.")


def why_not_portable(session_id: str) -> str | None:
    """Why a session id is no safe file name and key, as the end of a sentence; None when it is one."""
    if not session_id:
        return "is empty, which names nothing; Python makes up a new one at every load"
    if len(session_id) > 128:
        return f"has {len(session_id)} characters, more than the 128 that stores accept"
    if "/" in session_id or "\\" in session_id or session_id.startswith(".") or session_id.endswith("."):
        return "looks like a path, which stores encode or, worse, follow"
    if session_id != session_id.lower():
        return "has upper-case letters, so another id may differ from it by case only, which file systems do not tell apart"
    if not _PORTABLE_ID.match(session_id):
        return "has characters that are not safe in file names and keys, and releases encode them differently"
    if _DEVICE_NAMES.match(session_id):
        return "is the name of a device on Windows"
    return None
