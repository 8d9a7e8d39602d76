"""From the words in which the .NET releases were recorded to those of this repository.

What was saved was not kept, only its differences from the document: members ``lost``, ``added`` and ``changed``, by
places without indices. A verdict follows from them and from the document, save where a place stands for members of
which some were null and some were not; it is left open then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pysession.conform import held
from pysession.findings import ChangeKind, NextTurn, Stage, Verdict
from pysession.readers.recorded import Recorded, RecordedFailure
from recordings.places import pointer, values

STAGES = {"parse": Stage.PARSE, "deserialize": Stage.LOAD, "touch": Stage.TOUCH, "serialize": Stage.SAVE}

HISTORY_KEY = "InMemoryChatHistoryProvider"
ENVELOPES = (("stateBag", HISTORY_KEY), ("chatHistoryProviderState",), ("storeState",))
"""Where the generations keep their messages, below the root."""
ENVELOPE_PLACES = frozenset(f".{path[0]}" for path in ENVELOPES)

CARRIED = frozenset({"additionalproperties", "annotations"})
"""The members of a content without a discriminator that are read and saved; names are compared without case."""

Difference = tuple[str, str]
"""What happened (``lost``, ``added``, ``changed``) and the place."""


def short(name: str) -> str:
    """The class name without its namespace."""
    return name.rpartition(".")[2]


def rejected(stage: str, kind: str, message: str) -> Recorded:
    """An exception at one of the stages; of its causes nothing was recorded."""
    return Recorded(verdict=Verdict.REJECTED, stage=STAGES[stage], error=RecordedFailure(short(kind), None, message))


def unchanged(*, same_bytes: bool | None) -> Recorded:
    """The same value. Only the same bytes show that members kept their order, too."""
    verdict = Verdict.IDENTICAL if same_bytes else Verdict.EQUIVALENT
    return Recorded(verdict=verdict, same_bytes=same_bytes, changes=())


def changed(differences: Sequence[Difference], document: Any, restored: int | None = None) -> Recorded:
    """A reader that saved something else. ``restored``: the messages it saw, None where nobody counted."""
    lost = [place for what, place in differences if what == "lost"]
    added = [place for what, place in differences if what == "added"]
    folded = {place.lower() for place in added}
    renamed = [place for place in lost if place.lower() in folded]
    gone = [place for place in lost if place not in renamed]
    before = {place.lower() for place in renamed}
    new = [place for place in added if place.lower() not in before]
    altered = [place for what, place in differences if what == "changed"]
    changes = [
        *((pointer(place, document), ChangeKind.VANISHED) for place in gone),
        *((pointer(place, document), ChangeKind.APPEARED) for place in new),
        *((pointer(place, document), ChangeKind.CHANGED) for place in altered),
    ]
    # What stays in the state bag under a key that nobody reads is not lost.
    expected = held(document) if ENVELOPE_PLACES & {*lost, *added} else messages_in(document)
    missed = restored is not None and restored < expected
    verdict = Verdict.SILENT_LOSS if missed else _verdict(gone, altered, document, restored)
    if any(isinstance(value, dict | list) for place in renamed for _, value in values(place, document)):
        # Nobody compared what is below a member whose name changed case.
        verdict = None if verdict is Verdict.NORMALISED else verdict
    return Recorded(
        verdict=verdict,
        messages_restored=restored,
        same_bytes=False,
        # A place stands for members of which some were renamed and some, being null, vanished.
        changes=None if renamed else tuple(sorted(set(changes))),
    )


def _verdict(gone: Iterable[str], altered: Sequence[str], document: Any, restored: int | None) -> Verdict | None:
    if restored and emptied(document):
        return Verdict.SILENT_LOSS
    nulls = [value is None for place in gone for _, value in values(place, document)]
    if altered or (nulls and not any(nulls)):
        return Verdict.LOSSY
    # A place without indices stands for every member there: some of them null, some not, and only some lost.
    return Verdict.NORMALISED if all(nulls) else None


def messages_in(document: Any) -> int:
    """The messages that a document of any generation holds."""
    return sum(isinstance(message, dict) for path in ENVELOPES for message in _messages(document, path))


def _messages(document: Any, path: tuple[str, ...]) -> list[Any]:
    value = document
    for name in (*path, "messages"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def emptied(document: Any) -> int:
    """How many messages have a content that comes back as ``{}`` though it was not: without ``$type`` and with nothing
    that such a content carries."""
    messages = (message for path in ENVELOPES for message in _messages(document, path))
    return sum(any(map(_is_emptied, _contents(message))) for message in messages)


def _contents(message: Any) -> list[Any]:
    contents = message.get("contents") if isinstance(message, dict) else None
    return contents if isinstance(contents, list) else []


def _is_emptied(content: Any) -> bool:
    if not isinstance(content, dict) or "$type" in content:
        return False
    carried = {name for name, value in content.items() if value is not None and name.lower() in CARRIED}
    return not carried and any(value is not None for value in content.values())


def next_turn(recorded: dict[str, Any]) -> NextTurn:
    """What one more turn on the restored session did."""
    match recorded["verdict"]:
        case "sees-all":
            return NextTurn.SEES_ALL
        case "sees-other":
            return NextTurn.SEES_FEWER
        case "service-managed":
            return NextTurn.SERVICE_MANAGED
    # An unanswered approval stops the run with this exception of its own; every other failure is one.
    blocked = recorded["type"] == "System.InvalidOperationException" and "ApprovalRequestContent" in recorded["message"]
    return NextTurn.APPROVAL_BLOCKS if blocked else NextTurn.FAILS
