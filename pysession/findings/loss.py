"""What a conversion could not say in the target's words."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LossKind(StrEnum):
    """What became of a value of the source.

    ``DROPPED``: it is not in the output. ``CHANGED``: the output says something else instead. ``DEFAULTED``: the output
    has a value that the source does not have, because the target cannot do without. ``PARKED``: the target has no slot
    for it; it travels under the reserved member ``pysession`` and comes back when the output is converted back.
    """

    DROPPED = "dropped"
    CHANGED = "changed"
    DEFAULTED = "defaulted"
    PARKED = "parked"


class Loss(msgspec.Struct, frozen=True):
    """One difference between a source and what was made of it.

    ``pointer`` leads into the source, for ``DEFAULTED`` to the object that lacks the member. ``detail`` is a sentence
    for a person. ``recoverable``: converting the output back gives the value of the source again.
    """

    pointer: str
    kind: LossKind
    detail: str
    recoverable: bool
