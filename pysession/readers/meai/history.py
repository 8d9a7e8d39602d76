"""The messages of one history, read by one version of the serializer."""

from __future__ import annotations

from typing import Any

import msgspec

from pysession.readers.meai.decoding import Decoder
from pysession.readers.meai.settled import Settled
from pysession.readers.meai.shapes import Outline
from pysession.readers.meai.table import Record
from pysession.wire import Path


class Messages(msgspec.Struct, frozen=True):
    """A history as it is saved: the very messages of the document where they stay as they are.

    ``reordered``: in some of those the members of an object are written in another order.
    """

    saved: list[Any]
    reordered: bool = False


def read_messages(record: Record, stored: Any, path: Path, outline: Outline | None) -> Messages:
    """The messages in ``stored``, a list at ``path``; ``outline`` is theirs where the document is plain JSON.

    Raises:
        RefusedError: the library throws.
    """
    decoder = Decoder(record)
    if outline is None:
        return Messages(decoder.value("list:message", stored, path))
    settled = Settled(record, outline)
    if not settled.open:
        return Messages(stored, settled.reordered)
    saved = list(stored)
    for index in sorted(settled.open):
        saved[index] = decoder.value("object:message", stored[index], (*path, index))
    return Messages(saved, settled.reordered)
