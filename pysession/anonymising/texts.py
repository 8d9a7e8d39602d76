"""Other texts: each sort in its own way, the same for the same text wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from pysession.anonymising import drawing, payloads
from pysession.anonymising.alphabets import alphabet, hexadecimal
from pysession.anonymising.likeness import Likeness, likeness
from pysession.anonymising.marks import MARKS
from pysession.anonymising.times import Clock, is_time
from pysession.anonymising.words import ID_PREFIX, MEDIA_TYPES, SCHEME, is_any_public_text, is_public_text
from pysession.readers.meai.media import is_media_type
from pysession.readers.meai.table import media_types
from pysession.rules.data_uris import starts_data_uri
from pysession.rules.pickles import is_pickle

_REMEMBERED = 4096
"""Characters of a text that is remembered with what stands for it, so that no other becomes the same."""

_ATTEMPTS = 24
_ATTEMPTS_FOR_SHORT = 600
_SHORT = 6
"""Characters of a text of which there are so few others that finding one takes longer."""

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_HEXADECIMAL = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?=[a-f]*[0-9])[0-9a-f]{8,}|(?=[A-F]*[0-9])[0-9A-F]{8,}|0x[0-9a-fA-F]+)(?![0-9A-Za-z])"
)
_WORD = re.compile(r"[A-Za-z0-9_]{3,}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}(?=[?#]|\Z)")
_MEDIA_WORD = re.compile(r"[A-Za-z0-9_-]+")
_MEDIA_WORDS = frozenset(
    "text image audio video application multipart font model message charset utf-8 utf8 us-ascii base64".split()
)
_MASKS = "x-"
_TELLS_NOTHING = 3
"""Characters of a text that may stay when no other looks like it: the device "nul", "//x"."""

Rewrite = Callable[[str], str]
Way = Callable[[str, payloads.Draws], str | None]
"""How to invent a text in place of another; None where it cannot be done this way."""


class Texts:
    """The texts of a run. ``rewrite_json`` is for those that are JSON themselves."""

    def __init__(self, key: bytes, clock: Clock, rewrite_json: Rewrite) -> None:
        self._key = key
        self._clock = clock
        self._rewrite_json = rewrite_json
        self._new: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, text: str, name: str | None) -> str:
        """What stands for ``text``, which stands under ``name``."""
        if is_public_text(name, text):
            return text
        found = self._new.get(text)
        if found is None:
            found = self._invented(text)
            if len(text) <= _REMEMBERED:
                self._new[text] = found
                self._taken.add(found)
        return found

    def _invented(self, text: str) -> str:
        if looks_like_json(text):
            return self._rewrite_json(text)
        seen = likeness(text)
        for invent in self._ways(text):
            for attempt in range(_ATTEMPTS if len(text) > _SHORT else _ATTEMPTS_FOR_SHORT):
                new = invent(text, partial(self._draws, text, attempt))
                if new is None:
                    break
                if self._serves(text, new, seen):
                    return new
        return self._otherwise(text, seen)

    def plain(self, text: str) -> str:
        """What stands for ``text`` when nobody needs to take it for anything but letters and digits."""
        return self._scrambled(text, partial(self._draws, text, 0))

    def _ways(self, text: str) -> list[Way]:
        """The ways to invent a text of this sort, the best first."""
        if is_time(text):
            return [self._earlier]
        programs: list[Way] = [payloads.other_program] if is_pickle(text) else []
        if starts_data_uri(text) and "," in text:
            return [*programs, self._data_uri]
        if is_media_type(text) and "/" in text:
            return [*programs, self._media_type, self._marked]
        return [*programs, payloads.other_base64 if payloads.is_bare(text) else self._scrambled, self._marked]

    def _earlier(self, text: str, draws: payloads.Draws) -> str:
        return self._clock.text(text)

    def _serves(self, text: str, new: str, seen: Likeness) -> bool:
        if len(new) != len(text) or new in self._taken or is_any_public_text(new):
            return False
        kept = (
            not any(map(alphabet, text))
            or is_time(text)
            or is_media_type(text)
            or is_pickle(text)
            or starts_data_uri(text)
        )
        return (new != text or kept) and likeness(new) == seen

    def _otherwise(self, text: str, seen: Likeness) -> str:
        """What stands for a text that nothing invented is quite like."""
        if is_time(text) or (len(text) <= _TELLS_NOTHING and text not in self._taken):
            return text  # at the edge of what is a moment
        masks = (self._mask(text, attempt) for attempt in range(_ATTEMPTS))
        others = (self._scrambled(text, partial(self._draws, text, attempt)) for attempt in range(_ATTEMPTS))
        mask = next((one for one in masks if self._serves(text, one, seen)), None)
        return mask or next((one for one in others if one not in self._taken), text)

    def _mask(self, text: str, attempt: int) -> str:
        """A placeholder, where a secret could be and is none."""
        signs = _MASKS if text == text.lower() else _MASKS.upper()
        draws = self._draws(text, attempt, len(text))
        kinds = (signs if one.isascii() and alphabet(one) else alphabet(one) or one for one in text)
        return "".join(kind[draw % len(kind)] for kind, draw in zip(kinds, draws, strict=True))

    def _draws(self, text: str, attempt: int, count: int) -> bytes:
        return drawing.octets(self._key, "text", text, attempt, count)

    def _scrambled(self, text: str, draws: payloads.Draws) -> str:
        """Other letters and digits; public beginnings of ids and addresses stay, and the endings of file names."""
        kept: list[tuple[int, int]] = []
        for beginning in (ID_PREFIX, SCHEME):
            match = beginning.match(text)
            if match is not None:
                kept.append(match.span())
        if not re.search(r"\s", text):
            ending = _EXTENSION.search(text)
            if ending is not None and ending[0][1:].lower() in media_types():
                kept.append(ending.span())
        return self._replaced(text, draws, kept)

    def _marked(self, text: str, draws: payloads.Draws) -> str:
        """What is known by its form: only what stands between the marks of that form is replaced."""
        kept = [match.span() for match in MARKS.finditer(text)]
        return self._replaced(text, draws, kept, marked=True)

    def _replaced(
        self,
        text: str,
        draws: payloads.Draws,
        kept: list[tuple[int, int]],
        *,
        marked: bool = False,
    ) -> str:
        """``text`` with another character for each, but in the spans that are ``kept``; when it is ``marked``, all of it
        stays hexadecimal where it was, as keys and addresses in memory are."""
        staying = bytearray(len(text))
        for start, end in kept:
            staying[start:end] = b"\1" * (end - start)
        alphabets: list[Callable[[str], str]] = [hexadecimal if marked else alphabet] * len(text)
        for match in _HEXADECIMAL.finditer(text):
            alphabets[match.start() : match.end()] = [hexadecimal] * (match.end() - match.start())
            if match[0][:2] == "0x":
                staying[match.start() : match.start() + 2] = b"\1\1"
        numbers = draws(2 * len(text))
        new = [
            character
            if stays or not (kind := of(character))
            else kind[(numbers[at] << 8 | numbers[at + 1]) % len(kind)]
            for character, stays, of, at in zip(text, staying, alphabets, range(0, 2 * len(text), 2), strict=True)
        ]
        if marked or not re.search(r"\s", text):
            _same_again(text, new)
        for match in _PERCENT.finditer(text):
            new[match.start() : match.end()] = self._percent(match[0], draws)
        return "".join(new)

    def _percent(self, escaped: str, draws: payloads.Draws) -> str:
        """Escaped bytes, and other ones of the same sort."""
        inner = bytes.fromhex(escaped.replace("%", "")).decode("utf-8", "surrogateescape")
        new = self._replaced(inner, draws, []).replace("%", "_")
        form = "%{:02X}" if escaped == escaped.upper() else "%{:02x}"
        return "".join(map(form.format, new.encode("utf-8", "surrogateescape")))

    def _media_type(self, text: str, draws: payloads.Draws) -> str:
        """Another media type; the same for the same one with other parameters, in other letters, or in a data URI."""
        base, mark, parameters = text.partition(";")
        if base.strip().lower() not in MEDIA_TYPES:
            base = self._known_words(base, partial(self._draws, _lower(base), 0))
        return base + mark + self._known_words(parameters, draws)

    def _known_words(self, text: str, draws: payloads.Draws) -> str:
        """``text`` with all words replaced but those of which media types are made."""
        kept = [match.span() for match in _MEDIA_WORD.finditer(text) if match[0].lower() in _MEDIA_WORDS]
        new = self._replaced(_lower(text), draws, kept)
        return "".join(one.upper() if "A" <= like <= "Z" else one for one, like in zip(new, text, strict=True))

    def _data_uri(self, text: str, draws: payloads.Draws) -> str:
        head, _, payload = text.partition(",")
        new_head = text[:5] + self._media_type(head[5:], draws)
        if head[-7:].lower() == ";base64":
            return f"{new_head},{payloads.other_base64(payload, draws)}"
        return f"{new_head},{self._replaced(payload, draws, [])}"


def _lower(text: str) -> str:
    """``text`` in lower case as far as it is ASCII, which does not change its length."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def looks_like_json(text: str) -> bool:
    """Whether ``text`` is to be taken as JSON, sound or not: a call's arguments, a session kept in a string."""
    bare = text.lstrip()
    return bare[:1] in ("{", "[") and '"' in bare


def _same_again(text: str, new: list[str]) -> None:
    """A word that is there twice becomes one word twice: the name of a type and of what it is in."""
    first: dict[str, int] = {}
    for match in _WORD.finditer(text):
        at = first.setdefault(match[0], match.start())
        if at != match.start():
            new[match.start() : match.end()] = new[at : at + len(match[0])]
