"""What each Python release knows: ``tables/python.json``.

A record stands for the releases from the one it is named for to the next that has a record. It states only the members
in which it differs from the record before it, and so does each of the groups inside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from pysession.readers.releases import positions
from pysession.schema import belongs_to, read_table

_PATH = Path(__file__).parent.with_name("tables") / "python.json"


class Nesting(msgspec.Struct, frozen=True):
    """How much nesting a release bears (:mod:`pysession.readers.python.nesting`).

    ``levels`` of containers can be decoded. The others are frames, counted from the state: to ``load`` and to ``save``
    what is outside messages; to read contents inside contents (``nested``) and to write ``contents``; to write
    ``messages`` again as parts of the session or file, at ``each`` frames a container.
    """

    levels: int
    load: int = 0
    save: int = 0
    nested: int | None = None
    contents: int | None = None
    messages: int | None = None
    each: int = 2


class Nested(msgspec.Struct, frozen=True):
    """A member of a content that holds other contents.

    ``holds``: ``one`` content or ``many``, which must be right; ``likeness`` and ``likenesses`` may be anything, and are
    restored as contents when they are exactly what a content is saved as.
    """

    member: str
    holds: Literal["one", "many", "likeness", "likenesses"]


class Hosting(msgspec.Struct, frozen=True):
    """Calls that a service executes: ``kind`` has the member ``hosted``, which no other kind may have.

    Without it, it is inferred from the text under ``label`` of the additional properties, which also gives the
    ``server_name`` and must not contradict it.
    """

    kind: str
    member: str
    label: str
    name: str


class Merging(msgspec.Struct, frozen=True):
    """The member that says how an update continues a content, the values and the kinds that may have it."""

    member: str
    modes: tuple[str, ...]
    kinds: frozenset[str]


class Contents(msgspec.Struct, frozen=True):
    """The one class of all contents (since 1.0.0b260130).

    ``members`` is what is written, in this order; ``nested`` in the order in which they are read. ``flags`` are written
    only when they are set, and only on these kinds; ``constants`` are texts written in place of any value. ``empty_text``
    are kinds whose missing text becomes an empty one, ``decisions`` members that become false on a kind when they are
    no booleans. ``reads_empty_nested``: an empty object is read as a content too, and refused. ``dict_properties``:
    additional properties become an object, or are refused; before, anything was kept. ``kinds`` are those that a
    ``likeness`` may have, ``kept_with_data`` the members that a content keeps whose data are bytes.
    """

    members: tuple[str, ...]
    nested: tuple[Nested, ...]
    kinds: frozenset[str] = frozenset()
    flags: dict[str, frozenset[str]] = {}
    constants: dict[str, str] = {}
    empty_text: frozenset[str] = frozenset()
    decisions: dict[str, str] = {}
    reads_empty_nested: bool = False
    dict_properties: bool = True
    kept_with_data: tuple[str, ...] = ()
    hosting: Hosting | None = None
    merging: Merging | None = None


class Messages(msgspec.Struct, frozen=True):
    """The class of messages.

    ``type`` is what it is written as; ``checks_type``: another one is refused where nothing has chosen the class by it.
    ``members`` are the parameters that it takes. ``flattens_role``: an object with a ``value`` becomes that value.
    ``text_as_list``: contents that are a text are one content, not one a character. ``skips_null``: nulls among the
    contents are left out, and texts are contents. ``drops_foreign``: what has no counterpart in JSON is not written.
    """

    type: str
    members: frozenset[str]
    checks_type: bool = False
    flattens_role: bool = False
    text_as_list: bool = False
    skips_null: bool = True
    drops_foreign: bool = False


class Histories(msgspec.Struct, frozen=True):
    """FileHistoryProvider: ``codec`` reads and writes a record, ``messagepack`` is the other format it has."""

    codec: Literal["json", "msgspec"]
    nesting: Nesting
    messagepack: bool = False


class Class(msgspec.Struct, frozen=True):
    """A class of its own for one kind of content, or for annotations.

    ``members`` in the order in which they are written, ``required`` of them; ``aliases`` are taken too, and not written.
    ``list`` is the member that lists what belongs to it. ``holds``: members that hold an object of another class, a
    ``call`` or a ``usage``, a list of ``contents``, or a ``data-uri``. ``filled`` must not be empty; ``copies`` are
    members that are not taken, but written with the value of another.
    """

    members: tuple[str, ...]
    required: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    list: str = "annotations"
    holds: dict[str, Literal["call", "usage", "contents", "data-uri"]] = {}
    filled: tuple[str, ...] = ()
    copies: dict[str, str] = {}


class Classes(msgspec.Struct, frozen=True):
    """The classes of the first previews.

    ``contents`` by kind, none where all are of one class; a content of another kind is left out. ``counts`` are the
    members of a usage that need not be integers. ``data_as_text``: data may be base64 text instead of bytes.
    """

    contents: dict[str, Class] = {}
    citation: Class = Class(())
    counts: tuple[str, ...] = ()
    media_types: frozenset[str] = frozenset()
    data_as_text: bool = False


class Threads(msgspec.Struct, frozen=True):
    """AgentThread.

    ``validates``: its state objects are pydantic models, without a ``type``. ``empty_store``: a store may have no
    messages at all; before, only an empty list of them. ``answers_need``: what ends a run when the answer to an approval
    lacks it: a call that is a content where it was a ``refusal``, or has something as a call (``content``), or ``always``.
    """

    type: str = ""
    store_type: str = ""
    validates: bool = False
    empty_store: bool = False
    answers_need: frozenset[Literal["refusal", "content", "always"]] = frozenset()


class Turns(msgspec.Struct, frozen=True):
    """What a run asks of a session.

    ``history_key`` is the state key of the default history; an entry that is null is an empty one (``null_entry``).
    ``text_service_id``: another service's id than a text fails. ``hosted_label``: with this additional property a call
    is the service's, whatever the user says. ``looks_into_calls``: the call of every response must be a content; before,
    a rejection must have one. ``approvals_state``: when the state of approvals must be an object. ``drops_approvals``:
    those that are done with do not reach the model, so kinds and ids are looked up. ``authority``: an approval counts
    only if its request is pending in the state.
    """

    history_key: str = ""
    null_entry: bool = False
    text_service_id: bool = False
    hosted_label: str = ""
    looks_into_calls: bool = False
    approvals_state: Literal["never", "answered", "always"] = "never"
    drops_approvals: bool = False
    authority: bool = False


class FileNames(msgspec.Struct, frozen=True):
    """Which ids name their file themselves, and how the others are encoded.

    ``literal``: any ``letters`` and digits, those of ``ascii``, or of these no capitals (``lower``). ``reserved`` names
    are not literal, with ``reserves_stems`` also before a full stop. An encoded name that is longer than ``longest``
    becomes a digest.
    """

    literal: Literal["letters", "ascii", "lower"] = "letters"
    base: Literal["64", "32"] = "64"
    reserved: frozenset[str] = frozenset()
    reserves_stems: bool = False
    longest: int | None = None


class Record(msgspec.Struct, frozen=True, eq=False):
    """One class of releases.

    ``wraps``: an error in a registered type is raised as a
    ValueError; ``type_last``: its ``type`` is written behind its members. ``store``: what FileSessionStore bears, where there
    is one.
    ``threads`` and ``classes`` only in the previews that have them. ``bare_key_errors``: a map as a key in MessagePack
    is a TypeError that nobody catches (their msgspec is 0.21, the later one's says it is malformed).
    """

    contents: Contents
    messages: Messages
    nesting: Nesting
    wraps: bool = False
    type_last: bool = False
    bare_key_errors: bool = False
    store: Nesting | None = None
    histories: Histories | None = None
    file_names: FileNames = FileNames()
    turns: Turns = Turns()
    threads: Threads | None = None
    classes: Classes | None = None


@cache
def record(release: str) -> Record:
    """What is known of ``release``, a version in the table of releases."""
    order = positions("python")
    folded: dict[str, Any] = {}
    for name, stated in _stated().items():
        if order[name] > order[release]:
            break
        folded = _with(folded, stated)
    return _record(msgspec.json.encode(folded))


@cache
def records() -> tuple[Record, ...]:
    """All classes of releases, oldest first."""
    return tuple(map(record, _stated()))


@cache
def _record(folded: bytes) -> Record:
    """One object for all releases of a class, so that what was found out for one holds for the others."""
    with belongs_to(_PATH):
        return msgspec.json.decode(folded, type=Record)


def _with(before: dict[str, Any], stated: dict[str, Any]) -> dict[str, Any]:
    groups = {
        name: before[name] | value
        for name, value in stated.items()
        if name in _GROUPS and isinstance(before.get(name), dict) and isinstance(value, dict)
    }
    return before | stated | groups


_GROUPS = frozenset(
    {"contents", "messages", "histories", "turns", "threads", "classes", "nesting", "file_names", "store"}
)


@cache
def _stated() -> dict[str, dict[str, Any]]:
    return read_table(_PATH, dict[str, dict[str, Any]])
