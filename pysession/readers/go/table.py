"""What each Go release knows: ``tables/go.json``.

A record states only the members in which it differs from the record before it, down to lists, which it states whole.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from pysession.schema import belongs_to, read_table

_PATH = Path(__file__).parent.with_name("tables") / "go.json"


class Field(msgspec.Struct, frozen=True):
    """A member of a Go struct, in the order in which it is written.

    ``type`` is a Go type in short: ``string`` ``bool`` ``int64`` ``any`` ``any-map`` ``int-map`` ``time`` ``data-uri``,
    or with a name of the record behind a colon: ``struct:`` a struct, ``union:`` a list of kinds, ``kind:`` one kind,
    whatever its ``Type`` says, ``one-of:`` one of some kinds. ``omit``: left out when it is nil (``absent``) or has the
    zero value (``empty``).
    """

    name: str
    type: str
    omit: Literal["never", "absent", "empty"] = "never"


class Union(msgspec.Struct, frozen=True):
    """A list of objects that ``Type`` tells apart; ``header`` are the members that all kinds begin with.

    ``keeps_unknown``: an object of another kind, or of none, is kept as the text it is. ``empties_null``: a null becomes
    an empty list.
    """

    kinds: dict[str, tuple[Field, ...]]
    header: tuple[Field, ...] = ()
    keeps_unknown: bool = False
    empties_null: bool = False


class DataUri(msgspec.Struct, frozen=True):
    """How a data URI is read. ``media_type``: what one without a media type gets, None when it is refused."""

    media_type: str | None
    lowers_media_type: bool
    decodes_percent: bool


class Record(msgspec.Struct, frozen=True):
    """One class of releases.

    ``creates_entry``: the history provider saves its entry where there was none that it could read. ``depth``: levels
    of nesting beyond which Go's JSON package reads nothing.
    """

    history_key: str
    creates_entry: bool
    depth: int
    data_uri: DataUri
    structs: dict[str, tuple[Field, ...]]
    unions: dict[str, Union]
    one_of: dict[str, tuple[str, ...]]


def record(release: str) -> Record:
    """What is known of ``release``, a version in the table of releases.

    Raises:
        KeyError: it was never run.
    """
    return _records()[release]


@cache
def records() -> tuple[Record, ...]:
    """All records, each once."""
    return tuple({id(known): known for known in _records().values()}.values())


@cache
def _records() -> dict[str, Record]:
    found: dict[str, Record] = {}
    stated: dict[str, Any] = {}
    for release, change in _stated().items():
        if change or not found:
            stated = _merged(stated, change)
            with belongs_to(_PATH):
                known = msgspec.convert(stated, Record)
        found[release] = known
    return found


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """``base`` with the members of ``change``, objects member by member."""
    members = dict(base)
    for name, value in change.items():
        old = members.get(name)
        members[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return members


def _stated() -> dict[str, dict[str, Any]]:
    return read_table(_PATH, dict[str, dict[str, Any]])
