"""What is different between a document and what a reader saves, and which verdict that makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pysession.findings import Change, ChangeKind, Verdict, format_pointer
from pysession.wire import Path


class Difference(msgspec.Struct, frozen=True):
    """One difference at ``path``; ``harmless`` when nothing of the document is gone by it."""

    path: Path
    kind: ChangeKind
    harmless: bool

    def below(self, base: Path) -> Difference:
        """The same difference of an object that stands at ``base``."""
        return Difference(base + self.path, self.kind, self.harmless)

    def change(self) -> Change:
        """The difference as a report tells it."""
        return Change(format_pointer(self.path), self.kind)


class Comparison(msgspec.Struct, frozen=True):
    """The differences between two values; ``reordered`` when members of an object that both have changed order."""

    differences: tuple[Difference, ...] = ()
    reordered: bool = False

    @property
    def verdict(self) -> Verdict:
        """Lossy when anything of the document is gone or changed, else the mildest verdict that is true."""
        if any(not difference.harmless for difference in self.differences):
            return Verdict.LOSSY
        if self.differences:
            return Verdict.NORMALISED
        return Verdict.EQUIVALENT if self.reordered else Verdict.IDENTICAL


def compare(before: Any, after: Any, *, numbers_by_value: bool = False, fold_names: bool = False) -> Comparison:
    """What saving made of ``before``.

    ``numbers_by_value``: 1 and 1.0 are the same number, as in .NET. ``fold_names``: a member whose name changed case
    only is renamed, not lost. What is the same object on both sides costs nothing.
    """
    reordered = False
    differences: list[Difference] = []
    pending: list[tuple[Path, Any, Any]] = [((), before, after)]
    while pending:
        path, old, new = pending.pop()
        if old is new:
            continue
        if type(old) is dict and type(new) is dict:
            names = _names(old, new, fold_names=fold_names)
            differences.extend(_members(path, old, new, names))
            pending.extend(((*path, name), old[name], new[other]) for name, other in names.items())
            reordered = reordered or list(names.values()) != [name for name in new if name in set(names.values())]
        elif type(old) is list and type(new) is list and len(old) == len(new):
            pending.extend(
                ((*path, index), one, other) for index, (one, other) in enumerate(zip(old, new, strict=True))
            )
        elif not _same(old, new, numbers_by_value=numbers_by_value):
            differences.append(Difference(path, ChangeKind.CHANGED, False))
    return Comparison(tuple(sorted(differences, key=_order)), reordered)


def _names(old: dict[str, Any], new: dict[str, Any], *, fold_names: bool) -> dict[str, str]:
    """Member name before → member name after, for the members that are still there.

    A member keeps its own name if it can; of several that differ only in case, the first has become the one in a new
    case. Nothing becomes a member that another one already is.
    """
    same = {name: name for name in old if name in new}
    if not fold_names or len(same) == len(old):
        return same
    left = {name.lower(): name for name in reversed(new) if name not in old}
    return {
        name: partner for name in old if (partner := name if name in new else left.pop(name.lower(), None)) is not None
    }


def _members(path: Path, old: dict[str, Any], new: dict[str, Any], names: dict[str, str]) -> Iterator[Difference]:
    for name, other in names.items():
        if name != other:
            yield Difference((*path, name), ChangeKind.RENAMED, True)
    for name, value in old.items():
        if name not in names:
            yield Difference((*path, name), ChangeKind.VANISHED, value is None)
    kept = set(names.values())
    for name in new:
        if name not in kept:
            yield Difference((*path, name), ChangeKind.APPEARED, True)


def _same(old: Any, new: Any, *, numbers_by_value: bool) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return old == new or (old != old and new != new)
    if numbers_by_value and type(old) in (int, float) and type(new) in (int, float):
        return bool(old == new)
    return type(old) is type(new) and old == new


def _order(difference: Difference) -> tuple[Any, ...]:
    """Document order as far as a path tells it: indices as numbers."""
    return tuple((isinstance(step, str), str(step) if isinstance(step, str) else step) for step in difference.path)


def changes(differences: Iterable[Difference]) -> tuple[Change, ...]:
    """The differences as a report tells them."""
    return tuple(difference.change() for difference in differences)
