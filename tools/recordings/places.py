"""Places as the recordings of .NET write them (``.stateBag.K.messages[].role``) in a document that they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Steps = tuple[str, ...]

ANY = "[]"
"""The step into any element of an array; a pointer has ``*`` for it."""


def values(place: str, document: Any) -> list[tuple[Steps, Any]]:
    """The steps that ``place`` means in ``document``, with the value there, once for each element that it fits.

    A name may hold dots and brackets itself, so it is the document that says where a name ends.
    """
    return [*_walk(place, document, ())]


def pointer(place: str, document: Any) -> str:
    """The pointer that ``place`` means in ``document``, or in what was saved in place of it, ``*`` for any index."""
    found = values(place, document)
    steps = found[0][0] if found else _longest(place, document)
    return "".join("/" + ("*" if step == ANY else step.replace("~", "~0").replace("/", "~1")) for step in steps)


def _walk(rest: str, value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    if not rest:
        yield steps, value
    if rest.startswith(ANY) and isinstance(value, list):
        for element in value:
            yield from _walk(rest[len(ANY) :], element, (*steps, ANY))
    if rest.startswith(".") and isinstance(value, dict):
        for name, member in value.items():
            if rest[1:].startswith(name) and _ends(rest[1 + len(name) :]):
                yield from _walk(rest[1 + len(name) :], member, (*steps, name))


def _ends(rest: str) -> bool:
    return not rest or rest.startswith((".", ANY))


def _longest(place: str, document: Any) -> Steps:
    """The steps to a member that the document does not have: as far as it leads, then by the marks alone."""
    for end in range(len(place), -1, -1):
        found = values(place[:end], document) if _ends(place[end:]) else []
        if found:
            return (*found[0][0], *_split(place[end:]))
    return _split(place)


def _split(rest: str) -> Steps:
    return tuple(rest.replace(ANY, "." + ANY).split(".")[1:])
