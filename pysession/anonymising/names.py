"""Other names for members: of the same length, as different from each other as before, and where it shows in their order.

Go sorts the members of what it does not know, .NET gives the entries of a state bag back in the order of their hashes:
whether a document comes back as it was depends on its names. So the names of Go documents are put into one tree by their
characters, and at each fork the letters become other letters in the same order; below the last fork a name goes on by
itself. An entry of a state bag is drawn until it has the bucket of the old one, every other name as it comes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pysession.anonymising import drawing
from pysession.anonymising.alphabets import alphabet
from pysession.anonymising.words import is_public_name
from pysession.readers.dotnet.bag import bucket
from pysession.rules.object_texts import names_a_type
from pysession.rules.secrets import secret_under

_DEPTH = 256
"""Characters of a name that are in the tree; two names that differ only after that many are rare enough."""

_ATTEMPTS = 1500
_ATTEMPTS_FOR_ANY = 32
_SHORT = 2
"""Characters of an entry's name that are too few to find others of its hash."""

_TELLING = re.compile(
    r"type|class|exception|error|namespace|assembly|module"
    r"|passw(?:or)?d|passphrase|passcode|pwd|secrets?|tokens?|authorization|credentials?|keys?",
    re.I,
)
"""Parts of names by which rules tell what a value is."""

_BEFORE_SECRETS = re.compile(
    r"(?:api|secret|access|private|signing|encryption|account|subscription|master|shared|ssh|functions|refresh|auth|bearer"
    r"|session|id|sas|oauth|personal|bot|client|app|consumer|webhook|jwt)(?=[^a-z]?(?:key|token|secret))",
    re.I,
)
_BESIDE_SECRETS = frozenset(
    """
    has is no use requires forgot reset change next page prev previous continuation sync resume cursor skip stop eos bos pad
    unk sep cls mask special start end first last delta pagination cancellation cancel csrf xsrf input output value primary
    secondary prod production dev staging old new
    """.split()
)
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRETIVE = re.compile(r"passw|passph|passc|pwd|secret|token|authorization|credential|key", re.I)
_PROBES = ("hunter2hunter2", "Zx9kQ2mW8vT5rLp0aB3c", "qwerty", "Basic dXNlcjpwYXNz", "two words")


class Names:
    """The names of a run; all of them are learned before the first is replaced."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sorted: set[str] = set()
        self._pins: set[str] = set()
        self._entries: set[str] = set()
        self._others: set[str] = set()
        self._new: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._tree: _Tree | None = None

    def learn(self, members: Sequence[str], *, entries: bool = False, in_order: bool = False) -> None:
        """Take note of the names of one object; ``entries``: it is a .NET state bag, ``in_order``: Go may sort it."""
        free = {name for name in members if not is_public_name(name)}
        if not free:
            return
        if in_order:
            self._sorted |= free
            self._pins.update(name for name in members if name not in free)
        (self._entries if entries else self._others).update(free)

    def of(self, name: str) -> str:
        """What stands for ``name``."""
        if is_public_name(name):
            return name
        if self._tree is None:
            self._tree = _Tree(self._key, self._sorted, self._pins)
            # Those with the least choice come first.
            for group in (self._sorted, self._entries - self._sorted, self._others - self._sorted - self._entries):
                for known in sorted(group, key=lambda one: (len(one), one)):
                    self._replace(self._tree, known)
        if name not in self._new:
            self._replace(self._tree, name)
        return self._new[name]

    def _replace(self, tree: _Tree, name: str) -> None:
        new = self._chosen(tree, name)
        self._taken[_fold(new)] = _fold(name)
        self._new[name] = new

    def _chosen(self, tree: _Tree, name: str) -> str:
        alone, entry = name not in self._sorted, name in self._entries
        likeness = _likeness(name)
        best: str | None = None
        images: set[str] = set()
        for attempt in range(_ATTEMPTS):
            new = tree.image(name, attempt, alone=alone)
            images.add(new)
            if len(images) == 1 and attempt == _ATTEMPTS_FOR_ANY:
                break  # nothing in it is free
            if not self._is_free(name, new) or is_public_name(new) or _likeness(new) != likeness:
                continue
            best = best or new
            if new != name and (not entry or bucket(new) == bucket(name)):
                return new
        # Of one or two letters there may be no other in the same bucket, and they tell nothing.
        if best is None or (entry and len(name) <= _SHORT and self._is_free(name, name)):
            return self._unlike(name)
        return best

    def _is_free(self, name: str, new: str) -> bool:
        """Whether ``new`` differs by more than case from what stands for any other name that does."""
        return self._taken.get(_fold(new), _fold(name)) == _fold(name)

    def _unlike(self, name: str) -> str:
        """What stands for a name for which there is no other: itself, or longer where another has become that."""
        new = name
        while not self._is_free(name, new):
            new += "x"
        return new


def _likeness(name: str) -> tuple[object, ...]:
    return names_a_type(name), *(secret_under(name, probe) is not None for probe in _PROBES)


class _Tree:
    """The names by their characters, without regard to case."""

    def __init__(self, key: bytes, free: Iterable[str], pins: Iterable[str]) -> None:
        self._key = key
        self._letters: dict[str, dict[str, bool]] = {}
        self._new: dict[tuple[str, str], dict[str, str]] = {}
        words = {_fold(name): _pinned(name) for name in free}
        words |= {_fold(name): frozenset(range(len(name))) for name in pins}
        self._below = Counter(word[:length] for word in words for length in range(min(len(word), _DEPTH) + 1))
        for word, pinned in words.items():
            for index, letter in enumerate(word[:_DEPTH]):
                letters = self._letters.setdefault(word[:index], {})
                letters[letter] = letters.get(letter, False) or index in pinned

    def image(self, name: str, attempt: int, *, alone: bool) -> str:
        """What ``name`` becomes; attempts differ in what is its own, which is all of it when it is ``alone``."""
        word, pinned = _fold(name), _pinned(name)
        draws = drawing.octets(self._key, "name", word, attempt, 2 * len(word))
        new: list[str] = []
        for index, (letter, given) in enumerate(zip(word, name, strict=True)):
            kind = alphabet(letter)
            if not kind or index in pinned:
                new.append(given)
                continue
            if alone or index >= _DEPTH or self._below[word[:index]] == 1:
                chosen = kind[int.from_bytes(draws[2 * index : 2 * index + 2], "big") % len(kind)]
            else:
                chosen = self._at_fork(word[:index], kind)[letter]
            new.append(_cased(chosen, given))
        return "".join(new)

    def _at_fork(self, prefix: str, kind: str) -> dict[str, str]:
        """What the letters of one alphabet become behind ``prefix``: others in the same order."""
        found = self._new.get((prefix, kind))
        if found is None:
            known = self._letters[prefix]
            letters = sorted(letter for letter in known if alphabet(letter) == kind)
            found = self._new[prefix, kind] = self._in_order(prefix, kind, letters, known)
        return found

    def _in_order(self, prefix: str, kind: str, letters: list[str], known: dict[str, bool]) -> dict[str, str]:
        if any(letter not in kind for letter in letters):
            return dict(zip(letters, self._sample(prefix, kind, len(letters), letters), strict=True))
        new: dict[str, str] = {}
        run: list[str] = []
        low = -1
        for letter in (*letters, None):
            if letter is not None and not known[letter]:
                run.append(letter)
                continue
            high = len(kind) if letter is None else kind.index(letter)
            new |= zip(run, self._sample(prefix, kind[low + 1 : high], len(run), run), strict=True)
            if letter is not None:
                new[letter] = letter
                low = high
            run = []
        return new

    def _sample(self, prefix: str, kind: str, count: int, otherwise: list[str]) -> list[str]:
        if count > len(kind):
            return otherwise
        return sorted(drawing.dice(self._key, "fork", f"{prefix}\0{kind[:1]}").sample(kind, count))


def _fold(name: str) -> str:
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in name)


def _cased(letter: str, like: str) -> str:
    upper = letter.upper()
    return upper if like != like.lower() and len(upper) == 1 else letter


def _pinned(name: str) -> frozenset[int]:
    """The places of ``name`` at which rules look."""
    spans = [match.span() for match in _TELLING.finditer(name)] if len(name) <= _DEPTH else []
    if spans and _SECRETIVE.search(name):
        spans += (match.span() for match in _BEFORE_SECRETS.finditer(name))
        spans += (match.span() for match in _HUMP.finditer(name) if match[0].lower() in _BESIDE_SECRETS)
    return frozenset(index for start, end in spans for index in range(start, end))
