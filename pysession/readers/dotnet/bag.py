"""The order in which .NET gives back the entries of a state bag, a ``ConcurrentDictionary``.

It is that of the buckets, by a hash that is the same in every process. Run on .NET 10: neither the order of the
document nor that of insertion is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

_MASK = 0xFFFFFFFF
_SEED = (5381 << 16) + 5381
_BUCKETS = 37
"""To begin with. With more entries than a processor's share of them the dictionary grows, how soon depends on the
number of processors; where so many entries are stored the order is given as that of the document."""

_MOST = 16


def ordered(keys: Iterable[str]) -> list[str]:
    """``keys``, in the order in which they are added, as they are written."""
    added = list(keys)
    if len(added) > _MOST:
        return added
    buckets: dict[int, list[str]] = {}
    for key in added:
        buckets.setdefault(bucket(key), []).insert(0, key)
    return [key for index in sorted(buckets) for key in buckets[index]]


def bucket(key: str) -> int:
    """The bucket of a key, by which its place is decided."""
    return _hash(key) % _BUCKETS


def _hash(key: str) -> int:
    """``string.GetNonRandomizedHashCode``: two UTF-16 units at a time, by turns into two sums."""
    data = key.encode("utf-16-le", "surrogatepass")
    first = second = _SEED
    length, at = len(data) // 2, 0
    # The text is followed by a zero, which counts where a pair of units would reach beyond it.
    data += b"\0\0\0\0"
    while length > 2:
        length -= 4
        first = _mixed(first, data, at)
        second = _mixed(second, data, at + 4)
        at += 8
    if length > 0:
        second = _mixed(second, data, at)
    return (first + second * 1566083941) & _MASK


def _mixed(total: int, data: bytes, at: int) -> int:
    turned = ((total << 5) | (total >> 27)) & _MASK
    return ((turned + total) & _MASK) ^ int.from_bytes(data[at : at + 4], "little")
