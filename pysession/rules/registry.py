"""The rules that exist, and the checks that look for their violations.

A family's module defines its rules with :func:`rule` and hands its functions to the survey with the ``on_…`` decorators.
Organisations add rules of their own through the entry point group ``pysession.rules``: each entry names a module that
does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module

from pysession.dialects import DIALECTS
from pysession.findings import Severity
from pysession.findings.failures import UnknownRuleError, UsageError
from pysession.rules.extensions import load_extensions
from pysession.survey import Checks, Rule, Trigger
from pysession.survey.checks import DocumentCheck, HistoryCheck, MisfitCheck, ReadingCheck, ShapeCheck, ValueCheck

FAMILIES = ("json", "shape", "content", "history", "state", "reader")

_RULES: dict[str, Rule] = {}
_CHECKS = Checks()


def rule(id: str, family: str, severity: Severity, summary: str, *, fixable: bool = False) -> Rule:
    """Define a rule.

    Raises:
        UsageError: another rule has this id.
    """
    if id in _RULES:
        raise UsageError(f"two rules are called {id!r}; a rule id belongs to one rule for ever")
    defined = Rule(id, family, severity, summary, fixable)
    _RULES[id] = defined
    return defined


def on_shape(check: ShapeCheck) -> ShapeCheck:
    """Ask ``check`` once for every distinct shape of an object."""
    _CHECKS.shape.append(check)
    return check


def on_member(
    place: str, kinds: Iterable[str], member: str, *, dialects: Iterable[str] = DIALECTS
) -> Callable[[ValueCheck], ValueCheck]:
    """Ask the check for the value of ``member`` in every object of these canonical kinds at ``place``."""

    def register(check: ValueCheck) -> ValueCheck:
        for dialect in dialects:
            for kind in kinds:
                _CHECKS.value.setdefault((dialect, place, kind, member), []).append(check)
        return check

    return register


def on_misfit(check: MisfitCheck) -> MisfitCheck:
    """Ask ``check`` for every value that stands where an object of a place must stand and is none."""
    _CHECKS.misfit.append(check)
    return check


def on_history(check: HistoryCheck) -> HistoryCheck:
    """Ask ``check`` for every live history."""
    _CHECKS.history.append(check)
    return check


def on_document(check: DocumentCheck) -> DocumentCheck:
    """Ask ``check`` for every document."""
    _CHECKS.document.append(check)
    return check


def on_reading(check: ReadingCheck) -> ReadingCheck:
    """Ask ``check`` for what each release that was named makes of a document."""
    _CHECKS.reading.append(check)
    return check


def on_text(trigger: Trigger) -> Trigger:
    """Look into the values of every document in whose text the trigger occurs."""
    _CHECKS.triggers.append(trigger)
    return trigger


@cache
def _load() -> None:
    for family in FAMILIES:
        import_module(f"pysession.rules.{family}_family")
    load_extensions()


def checks() -> Checks:
    """Every check of every rule, the organisation's own included."""
    _load()
    return _CHECKS


def catalogue() -> tuple[Rule, ...]:
    """Every rule, by family and then in the order of the catalogue."""
    _load()
    order = {family: index for index, family in enumerate(FAMILIES)}
    return tuple(sorted(_RULES.values(), key=lambda known: order.get(known.family, len(order))))


def find(id: str) -> Rule:
    """The rule with this id.

    Raises:
        UnknownRuleError: no rule has it; the error names those that look like it.
    """
    _load()
    try:
        return _RULES[id]
    except KeyError:
        import difflib

        raise UnknownRuleError(id, tuple(difflib.get_close_matches(id, _RULES, n=2))) from None


def matching(names: Iterable[str]) -> frozenset[str]:
    """The ids that ``names`` select: each is a rule id or a family.

    Raises:
        UnknownRuleError: a name is neither.
    """
    _load()
    families = {known.family for known in _RULES.values()}
    chosen: set[str] = set()
    for name in names:
        if name in families:
            chosen.update(known.id for known in _RULES.values() if known.family == name)
        else:
            chosen.add(find(name).id)
    return frozenset(chosen)
