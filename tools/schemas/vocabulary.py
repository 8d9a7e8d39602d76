"""The vocabulary of a dialect, in the shape of ``pysession.dialects.vocabulary.Vocabulary``."""

from __future__ import annotations

from typing import Any

from schemas.source import JSON_TYPES, PLACE_TYPES, Kind, Member, Source

ENVELOPE = "envelope"


def vocabulary(source: Source) -> dict[str, Any]:
    """Everything that has a name in ``source``; members at their default are left out."""
    places = {ENVELOPE: source.envelopes} | source.places
    return {
        "dialect": source.dialect,
        "version": source.version,
        "discriminator": source.discriminator,
        "case_sensitive": source.case_sensitive,
        "places": {
            place: {name: _kind(kind) for name, kind in kinds.items()} for place, kinds in places.items() if kinds
        },
    }


def _kind(kind: Kind) -> dict[str, Any]:
    return {
        "canonical": kind.canonical,
        "members": {name: _member(member) for name, member in kind.members.items()},
    } | _set(renamed=kind.renamed, since=kind.since, until=kind.until, open_members=kind.open_members)


def _member(member: Member) -> dict[str, Any]:
    # A definition (state, state_bag) is an object whose inside the schema alone describes.
    named = JSON_TYPES | PLACE_TYPES
    types = [name if name in named or name.startswith("content.") else "object" for name in member.types]
    return {"types": types, "canonical": member.canonical} | _set(
        required=member.required, always=member.always, since=member.since, until=member.until
    )


def _set(**values: str | bool | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
