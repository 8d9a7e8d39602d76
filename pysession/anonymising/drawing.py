"""Drawing what is invented: the same for the same key, and to nobody without the key any sign of what it stands for."""

from __future__ import annotations

import hashlib
import random

_KEY_BYTES = 32


def key_of(seed: bytes) -> bytes:
    """The key that everything of a run is drawn with."""
    return hashlib.blake2b(seed, digest_size=_KEY_BYTES, person=b"pysession-anon").digest()


def octets(key: bytes, label: str, text: str, attempt: int, count: int) -> bytes:
    """``count`` bytes for ``text``."""
    stream = hashlib.shake_256(key)
    stream.update(f"{label}:{attempt}:".encode("utf-8", "surrogatepass"))
    stream.update(text.encode("utf-8", "surrogatepass"))
    return stream.digest(count)


def dice(key: bytes, label: str, text: str) -> random.Random:
    """A generator for one decision about ``text``."""
    return random.Random(octets(key, label, text, 0, 16))  # noqa: S311 (seeded from a keyed hash)
