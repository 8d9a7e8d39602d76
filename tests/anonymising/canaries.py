"""Canaries: marks that are nowhere else, planted in every place of a document, and looked for in all the ways to write them."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from pysession.anonymising.words import is_public_name, is_public_text
from pysession.wire import json_text

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_DATA = re.compile(r"(data:[^,]*;base64,)(?:[A-Za-z0-9+/]{4})*\Z")


class Planter:
    """Plants a canary of its own in each place; ``planted`` are those to look for, ``numbers`` those that are numbers."""

    def __init__(self) -> None:
        self.planted: list[str] = []
        self.numbers: list[str] = []

    def canary(self) -> str:
        mark = f"Qzx{len(self.planted):04d}kanariEnvogel{len(self.planted):04d}"
        self.planted.append(mark)
        return mark

    def value(self, value: Any, name: str | None = None) -> Any:
        """``value`` with canaries in it: at the end of texts and of names that are nobody's word, in place of numbers."""
        if isinstance(value, dict):
            return {self._name(key): self.value(child, key) for key, child in value.items()}
        if isinstance(value, list):
            return [self.value(child, name) for child in value]
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 1:
            return self._number(value)
        if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
            return float(self._number(int(value)) + 0.123457)
        return value

    def _name(self, name: str) -> str:
        return name if is_public_name(name) else name + self.canary()

    def _number(self, value: int) -> int:
        number = 48_151_623_000 + len(self.numbers) * 7_919 + 11
        self.numbers.append(str(number))
        return -number if value < 0 else number

    def _text(self, text: str, name: str | None) -> str:
        if is_public_text(name, text) and not text.startswith("data:"):
            return text
        inner = json_text(text)
        if inner is not None:
            return json.dumps(self.value(inner), ensure_ascii=False)
        if _TIME.match(text):
            if not text.startswith("0001"):  # a time that was never set
                self.planted.append(text[:19])
            return text
        match = _DATA.match(text)
        if match is not None:
            return match[1] + base64.b64encode(self.canary().encode()).decode()
        if ":" in text:
            return f"{text}/{self.canary()}/{_percent(self.canary())}"
        return text + self.canary()


def kinds_replaced(value: Any) -> Iterator[tuple[Any, str]]:
    """The document once for each word of the formats in it, a canary in the place of that word."""
    places = list(_public_texts(value))
    for index, path in enumerate(places[:40]):
        mark = f"Wort{index:03d}kanariEnvogel"
        yield _with(value, path, mark), mark


def _public_texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        if isinstance(child, str) and child and isinstance(step, str) and is_public_text(step, child):
            yield (*path, step)
        yield from _public_texts(child, (*path, step))


def _with(value: Any, path: tuple[Any, ...], text: str) -> Any:
    if not path:
        return text
    if isinstance(value, dict):
        return value | {path[0]: _with(value[path[0]], path[1:], text)}
    return [_with(child, path[1:], text) if index == path[0] else child for index, child in enumerate(value)]


def found_in(data: bytes, canaries: list[str]) -> list[str]:
    """The canaries that ``data`` holds in any spelling: as they are, in base64, percent-encoded, escaped, hexadecimal."""
    lowered = data.lower()
    return [canary for canary in canaries if any(spelling in lowered for spelling in _spellings(canary))]


def _spellings(canary: str) -> Iterator[bytes]:
    raw = canary.encode()
    yield raw.lower()
    yield _percent(canary).encode().lower()
    yield "".join(f"\\u{ord(one):04x}" for one in canary).encode()
    yield raw.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        # The first and last digits depend on the neighbours.
        yield encoded[4 if shift else 0 : -4].lower().encode()


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def escaped(data: bytes, canaries: list[str]) -> bytes:
    """``data`` with every canary written in escapes."""
    for canary in canaries:
        data = data.replace(canary.encode(), "".join(f"\\u{ord(one):04x}" for one in canary).encode())
    return data
