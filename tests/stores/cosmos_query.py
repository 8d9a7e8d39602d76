"""The part of Cosmos DB's query language that a store sends, evaluated on items.

A comparison of values of different types, or with a member that is not there, is undefined, and an item for which the
filter is not true is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Item = dict[str, Any]
_Value = Callable[[Mapping[str, Any]], Any]

_QUERY = re.compile(
    r"SELECT (?P<columns>\*|c\.\w+(?:, c\.\w+)*) FROM c(?: WHERE (?P<filter>.+?))?(?: ORDER BY c\.(?P<order>\w+))?",
    re.S,
)
_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),]|@\w+|c\.\w+|\d+|[A-Z_]+)")
_UNDEFINED = object()
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "IS_NULL": lambda value: value is None,
    "STARTSWITH": lambda text, start: text.startswith(start) if isinstance(text, str) else _UNDEFINED,
}


class QueryError(ValueError):
    """The query is not one that this evaluates."""


class Query:
    """``text`` with its parameters. ``order`` is the member that it sorts by."""

    def __init__(self, text: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        found = _QUERY.fullmatch(text.strip())
        if found is None:
            raise QueryError(text)
        self.order: str | None = found["order"]
        self.filter: str = found["filter"] or "true"
        self.columns = [] if found["columns"] == "*" else [name[2:] for name in found["columns"].split(", ")]
        self._is_met = _Parser(found["filter"], {one["name"]: one["value"] for one in parameters}).condition()

    def run(self, items: Sequence[Item]) -> list[Item]:
        """The items that it finds, whole and in order."""
        found = [item for item in items if self._is_met(item) is True]
        if self.order is not None:
            order = self.order
            found.sort(key=lambda item: item[order])
        return found

    def shown(self, item: Item) -> Item:
        """What it selects of an item."""
        return {name: item[name] for name in self.columns if name in item} if self.columns else item


class _Parser:
    """A recursive descent over a filter."""

    def __init__(self, text: str | None, values: Mapping[str, Any]) -> None:
        self._tokens = list(_tokens(text)) if text is not None else []
        self._values = values
        self._at = 0

    def condition(self) -> _Value:
        if not self._tokens:
            return lambda item: True
        found = self._or()
        if self._at != len(self._tokens):
            raise QueryError(f"unexpected {self._tokens[self._at]}")
        return found

    def _or(self) -> _Value:
        parts = [self._and()]
        while self._take("OR"):
            parts.append(self._and())
        return lambda item: any(part(item) is True for part in parts)

    def _and(self) -> _Value:
        parts = [self._comparison()]
        while self._take("AND"):
            parts.append(self._comparison())
        return lambda item: all(part(item) is True for part in parts)

    def _comparison(self) -> _Value:
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        left = self._operand()
        if self._at == len(self._tokens) or self._tokens[self._at] not in _COMPARISONS:
            return left
        compare, right = _COMPARISONS[self._next()], self._operand()

        def compared(item: Mapping[str, Any]) -> Any:
            a, b = left(item), right(item)
            return compare(a, b) if _kind(a) is _kind(b) and a is not _UNDEFINED else _UNDEFINED

        return compared

    def _operand(self) -> _Value:
        token = self._next()
        if token.startswith("c."):
            return lambda item: item.get(token[2:], _UNDEFINED)
        if token.startswith("@"):
            if token not in self._values:
                raise QueryError(f"{token} has no value")
            return lambda item: self._values[token]
        if token.isdecimal():
            return lambda item: int(token)
        if token not in _FUNCTIONS:
            raise QueryError(f"unexpected {token}")
        self._expect("(")
        arguments = [self._operand()]
        while self._take(","):
            arguments.append(self._operand())
        self._expect(")")
        return lambda item: _FUNCTIONS[token](*(argument(item) for argument in arguments))

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise QueryError("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += taken
        return taken

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise QueryError(f"{token} is missing")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise QueryError(f"unexpected {text[at : at + 10]!r}")
        yield found[1]
        at = found.end()


def _kind(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
