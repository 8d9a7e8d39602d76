"""What stops a conversion, inside this room."""

from __future__ import annotations


class Unfit(Exception):  # noqa: N818 (an answer, not an error: the member is kept in another way)
    """The field for a member cannot hold its value; the member goes to the others, under its name."""


class Malformed(Exception):  # noqa: N818 (told to people by ProtobufError)
    """Bytes are no session as this version writes it; the text says why, without any of their data."""
