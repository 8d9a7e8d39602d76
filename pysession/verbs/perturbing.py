"""What a backend does to a document before it is read again: the rules run once more on the value it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from pysession.dialects import Document, detect, histories
from pysession.rules import profile
from pysession.survey import Fault, Memory, survey


def perturbed_faults(
    document: Document, known: Sequence[Fault], profiles: Sequence[str], memory: Memory
) -> Iterator[Fault]:
    """The faults that appear only after a profile's perturbations, each saying which profile brings it about."""
    told = {(fault.rule.id, fault.path) for fault in known}
    for name in profiles:
        for perturbation in profile(name).perturbations:
            value = _PERTURBATIONS[perturbation](document.value)
            detection = detect(value)
            changed = msgspec.structs.replace(
                document, value=value, detection=detection, histories=histories(value, detection), embedded=True
            )
            for fault in survey(changed, memory).faults:
                if (fault.rule.id, fault.path) not in told and fault.rule.id != "stringified-object":
                    told.add((fault.rule.id, fault.path))
                    yield msgspec.structs.replace(fault, message=f"After {name} has stored it: {fault.message}")


def _members_by_length(value: Any) -> Any:
    """Members ordered by the length of their names, then by their bytes, as jsonb and MySQL's json keep them."""
    return _rebuilt(value, lambda members: sorted(members, key=lambda one: (len(_bytes(one[0])), _bytes(one[0]))))


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _rebuilt(value: Any, order: Callable[[Sequence[tuple[str, Any]]], Sequence[tuple[str, Any]]]) -> Any:
    """A copy of ``value`` with the members of every object in another order; iterative, so that depth costs no stack."""
    root: list[Any] = [value]
    pending: list[tuple[Any, Any]] = [(root, 0)]
    while pending:
        holder, key = pending.pop()
        child = holder[key]
        if isinstance(child, dict):
            copy: Any = dict(order(list(child.items())))
            keys: Any = copy.keys()
        elif isinstance(child, list):
            copy = list(child)
            keys = range(len(copy))
        else:
            continue
        holder[key] = copy
        pending.extend((copy, inner) for inner in keys)
    return root[0]


_PERTURBATIONS: dict[str, Callable[[Any], Any]] = {"members-by-length": _members_by_length}
