"""What cannot be said, or is not there."""

from __future__ import annotations

from enum import Enum


class Mark(Enum):
    """``ABSENT``: there is no such member. ``UNFIT``: the other side has no way to say this value."""

    ABSENT = "absent"
    UNFIT = "unfit"


ABSENT = Mark.ABSENT
UNFIT = Mark.UNFIT


class UnsayableError(Exception):
    """An object, or a member that its kind cannot do without, has no form on the other side."""
