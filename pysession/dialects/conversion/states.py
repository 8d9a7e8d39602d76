"""The state of a session: histories are translated, the rest is carried as it is where its reader lets it be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pysession.dialects.conversion.decoder import Decoder
from pysession.dialects.conversion.encoder import Encoder
from pysession.dialects.conversion.exchange import Exchange
from pysession.dialects.conversion.notes import NO_SLOT, Notes
from pysession.dialects.conversion.parking import RESERVED, Parcel, as_text, from_text, is_payload, is_plain, unpacked
from pysession.dialects.conversion.state_words import StateWords
from pysession.dialects.detection import History
from pysession.dialects.names import key_of
from pysession.findings import LossKind
from pysession.wire import Path

HISTORY, PENDING = "in_memory", "message_injection.pending_messages"
"""Python's keys for the history by default (1.0.0rc1 on), and for messages that wait to be injected."""
OLD_HISTORY = "memory"
"""Python's key for the history in 1.0.0b260212."""

_REVIVED = frozenset({"message"})
"""Types of objects that Python makes its own objects of, wherever they stand in a state (all releases)."""

NULL = "a null in the state makes the target's reader fail at the next turn; it is parked"
PRIVATE = "the target has state of this name that means something else; it is parked"
TAKEN = "the target uses this key itself; it is parked"
REFUSED = "the target's reader refuses what is in it; it is parked as text"
REVIVED = "Python would take an object in it for a message of its own; it is parked as text"
SIBLING = "the target's history provider keeps nothing but messages; it is parked"


def encoded_state(
    state: dict[str, Any], histories: Iterable[History], encoder: Encoder, words: StateWords, notes: Notes
) -> tuple[dict[str, Any], dict[str, Any], Parcel]:
    """A canonical state in the dialect's words, what was parked of the dialect's envelope, and what is to be parked."""
    payload = state.get(RESERVED)
    given = unpacked(payload) if is_payload(payload) else Parcel()
    mine = given.own.pop(encoder.dialect, {})
    mine.pop("release", None)
    # Written for Python where the dialect that the document came from has a record of its own.
    gone = {key for keys in given.absent.values() for key in keys}
    given.absent.pop(encoder.dialect, None)
    parcel = Parcel()
    said: dict[str, Any] = {}
    live = {history.key: history for history in histories if history.live}
    default = next((key for key in (HISTORY, OLD_HISTORY) if key in live), None)
    if mine.pop("historyKey", None) in live:
        default = None
    history_key = words.history
    for key, entry in state.items():
        path: Path = ("state", key)
        if key == RESERVED and payload is not None and is_payload(payload):
            continue
        if key in gone:
            continue
        if key == default:
            encoder.placed[(words.envelope, history_key, "messages")] = (*path, "messages")
            said[history_key] = _encoded_history(entry, encoder, path, parcel, mine.pop("history", {}), notes)
            if key != HISTORY and encoder.exact:
                parcel.parked["history_key"] = key
        elif key == PENDING and words.pending is not None and _are_objects(entry):
            said[words.pending] = encoder.objects("message", entry, path)
        else:
            encoder.placed[(words.envelope, key, "messages") if key in live else (words.envelope, key)] = (
                (*path, "messages") if key in live else path
            )
            kept, why = _encoded_value(key, entry, live, encoder, words, path)
            if why is not None:
                parcel.parked.setdefault("state", {})[key] = encoder.held(entry)
                notes.note(path, LossKind.PARKED, why, canonical=True)
                continue
            if key in (words.history, words.pending):
                if default is not None or key == words.pending:
                    parcel.parked.setdefault("state", {})[key] = encoder.held(entry)
                    notes.note(path, LossKind.PARKED, TAKEN, canonical=True)
                    continue
                if key in live:
                    parcel.parked["history_key"] = key
            said[key] = kept
    restored = mine.pop("state", {})
    for key, kept in restored.items():
        encoder.foreign.add(("state", key))
        if key not in said and ("state", key) not in encoder.forced:
            said[key] = from_text(kept)
    if given:
        parcel.parked.setdefault("state", {})[RESERVED] = given.packed()
    if words.sorts_keys:
        said = dict(sorted(said.items(), key=lambda item: item[0].encode("utf-8", "surrogatepass")))
    return said, mine, parcel


def _encoded_history(
    entry: dict[str, Any], encoder: Encoder, path: Path, parcel: Parcel, restored: Any, notes: Notes
) -> dict[str, Any]:
    said = {"messages": encoder.objects("message", entry["messages"], (*path, "messages"))}
    for name, value in entry.items():
        if name == "messages":
            continue
        if type(restored) is dict and name in restored:
            said[name] = value
        else:
            parcel.parked.setdefault("history", {})[name] = encoder.held(value)
            notes.note((*path, name), LossKind.PARKED, SIBLING, canonical=True)
    return said


def _encoded_value(
    key: str, entry: Any, live: dict[str, History], encoder: Encoder, words: StateWords, path: Path
) -> tuple[Any, str | None]:
    """What to write for a value of the state, or why nothing can be written."""
    if path in encoder.forced:
        return None, REFUSED
    if entry is None and words.refuses_null:
        return None, NULL
    if key in words.private:
        return None, PRIVATE
    if key in live:
        messages = encoder.objects("message", entry["messages"], (*path, "messages"))
        return {name: messages if name == "messages" else value for name, value in entry.items()}, None
    encoder.plain = encoder.plain and not is_revived(entry)
    if not is_plain(entry, words.budget) or (encoder.careful and not is_plain(key, 1)):
        return None, REFUSED
    return entry, None


def decoded_state(
    bag: dict[str, Any],
    histories: Iterable[History],
    decoder: Decoder,
    words: StateWords,
    exchange: Exchange,
    base: Path,
) -> tuple[dict[str, Any], Parcel, Parcel]:
    """A dialect's state in canonical words, what the dialect needs back, and what was parked in it."""
    payload = bag.get(RESERVED)
    given = unpacked(payload) if is_payload(payload) else Parcel()
    own = Parcel()
    mine: dict[str, Any] = {}
    live = {history.key: history for history in histories if history.live}
    default = words.history if words.history in live else None
    python_key = given.parked.pop("history_key", HISTORY)
    state: dict[str, Any] = {}
    for key, entry in bag.items():
        path = (*base, key)
        if key == RESERVED and is_payload(entry):
            continue
        if key == default:
            state[python_key] = _decoded_history(entry, decoder, path, given, mine, python_key, exchange)
        elif key in live:
            state[key] = _decoded_custom(entry, decoder, path, key, exchange)
            if key == HISTORY:
                mine["historyKey"] = key
        elif key == words.pending and _are_objects(entry):
            state[PENDING] = decoder.objects("message", entry, path)
            exchange.to_source[("state", PENDING)] = path
        else:
            why = _why_not(key, entry, words)
            if decoder.originated and (why == REVIVED or (why == TAKEN and key not in state and key != RESERVED)):
                why = None  # it was Python's own before
            if why is None and exchange.careful and not (is_plain(entry, words.budget) and is_plain(key, 1)):
                why = REFUSED
            if why is not None:
                mine.setdefault("state", {})[key] = as_text(entry) if why == REVIVED else decoder.held(entry)
                exchange.notes.note(path, LossKind.PARKED, why)
                continue
            state[key] = entry
            exchange.to_source[("state", key)] = path
    for key, kept in given.parked.pop("state", {}).items():
        if key == RESERVED and is_payload(kept):
            other = unpacked(kept)
            own.parked.update(other.parked)
            own.own.update(other.own)
            own.absent.update(other.absent)
        else:
            state[key] = from_text(kept)
    if mine:
        own.own[decoder.dialect] = {**own.own.get(decoder.dialect, {}), **mine}
    return state, own, given


def _decoded_history(
    entry: dict[str, Any],
    decoder: Decoder,
    path: Path,
    given: Parcel,
    mine: dict[str, Any],
    key: str,
    exchange: Exchange,
) -> dict[str, Any]:
    name = key_of(entry, "messages")
    assert name is not None
    exchange.to_source[("state", key, "messages")] = (*path, name)
    said: dict[str, Any] = {"messages": decoder.objects("message", entry[name], (*path, name))}
    siblings = {other: value for other, value in entry.items() if other != name}
    if siblings:
        said.update(siblings)
        mine["history"] = dict.fromkeys(siblings)
    said.update({other: from_text(value) for other, value in given.parked.pop("history", {}).items()})
    return said


def _decoded_custom(
    entry: dict[str, Any], decoder: Decoder, path: Path, key: str, exchange: Exchange
) -> dict[str, Any]:
    name = key_of(entry, "messages")
    assert name is not None
    exchange.to_source[("state", key, "messages")] = (*path, name)
    messages = decoder.objects("message", entry[name], (*path, name))
    return {("messages" if other == name else other): messages if other == name else entry[other] for other in entry}


def _why_not(key: str, entry: Any, words: StateWords) -> str | None:
    """Why a value of the state cannot stand in a Python state as it is."""
    if entry is None:
        return NO_SLOT
    if key in words.private:
        return PRIVATE
    if key in (HISTORY, PENDING, RESERVED):
        return TAKEN
    return REVIVED if is_revived(entry) else None


def is_revived(value: Any) -> bool:
    """Whether Python would make an object of its own of something in ``value``."""
    if type(value) is dict:
        tag = value.get("type")
        return (type(tag) is str and tag in _REVIVED) or any(map(is_revived, value.values()))
    return type(value) is list and any(map(is_revived, value))


def _are_objects(value: Any) -> bool:
    return type(value) is list and all(type(item) is dict for item in value)


__all__ = ["HISTORY", "OLD_HISTORY", "StateWords", "decoded_state", "encoded_state"]
