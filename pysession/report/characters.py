"""Making any text of a document safe for the medium a report is written to.

Member names and file names come from outside. They may hold lone surrogates (no UTF-8 exists for them), terminal
escapes, line breaks, direction overrides, and characters that XML forbids. All are shown as a Python escape of the
character, for example ``\\ud800`` or ``\\x1b``.
"""

from __future__ import annotations


def encodable(text: str) -> str:
    """``text`` with its lone surrogates written out, so that it has a UTF-8 form.

    The escape is text, also in JSON: a JSON escape of a lone surrogate is refused by strict parsers (RFC 8259 §8.2
    calls it unpredictable), and a report must be readable by all of them.
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable(text: str) -> str:
    """``text`` on one line for a terminal: no control, format, private or unassigned character survives as itself."""
    return text if text.isprintable() else "".join(map(_escape_unprintable, text))


def xml_legal(text: str) -> str:
    """``text`` with what the Char production of XML 1.0 (§2.2) excludes written out."""
    return text if text.isprintable() else "".join(map(_escape_illegal, text))


def _escape_unprintable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def _escape_illegal(character: str) -> str:
    legal = (
        character in "\t\n\r"
        or "\x20" <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
    )
    return character if legal else character.encode("unicode_escape").decode("ascii")
