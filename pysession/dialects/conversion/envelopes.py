"""The envelope of a session: whose it is, and the ids that it goes by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pysession.dialects import python
from pysession.dialects.conversion.exchange import Exchange, seen
from pysession.dialects.conversion.mapping import Words
from pysession.dialects.conversion.notes import DEFAULT, INEXACT, NO_SLOT
from pysession.dialects.conversion.parking import RESERVED, Parcel, from_text
from pysession.dialects.conversion.states import StateWords, decoded_state, encoded_state
from pysession.dialects.detection import SINGLE_MESSAGE, Detection, History
from pysession.dialects.names import key_of
from pysession.dialects.vocabulary import vocabulary
from pysession.findings import LossKind

LOCAL_HISTORY = "_agent_local_chat_history"
"""The conversation id that .NET and Go save when the application keeps the history itself: it stands for none."""

MADE_UP = re.compile(r"pysession-[0-9a-f]{32}\Z")
"""The session id of a document that came without one; it is not taken along when the document goes back."""

_FORM, _LACKING = "form", "lacking"
_TYPE_FIRST = "type_first"
"""Parked of a session of Python up to 1.12.1, whose messages say ``type`` first."""
_CANONICAL = "python"
_SESSION = Detection(_CANONICAL, "session", "")


def session_from(
    value: Any,
    detection: Detection,
    histories: Iterable[History],
    exchange: Exchange,
    *,
    words: Words,
    states: StateWords,
    service_id: str,
    back: Words | None = None,
) -> dict[str, Any]:
    """The canonical session that ``value`` means, an envelope or a bare list of messages of a dialect with states."""
    decoder = exchange.decoder(words, back=back)
    bare = type(value) is list
    envelope: dict[str, Any] = {} if bare else value
    holder = key_of(envelope, states.envelope)
    held = envelope[holder] if holder is not None else None
    bag = held if type(held) is dict else {}
    histories = tuple(histories)
    if bare:
        bag = {states.history: {"messages": value}}
        histories = (History(states.history, words.dialect, histories[0].segments if histories else ()),)
    payload = bag.get(RESERVED)
    decoder.originated = exchange.originated = type(payload) is dict and "session_id" in payload.get("parked", {})
    state, own, given = decoded_state(bag, histories, decoder, states, exchange, () if holder is None else (holder,))
    if bare:
        exchange.to_source[("state", "in_memory", "messages")] = ()
        exchange.notes.unwrap((states.history, "messages"))
    mine: dict[str, Any] = {_FORM: detection.form} if bare else {}
    service: Any = None
    for name, item in envelope.items():
        if name == holder:
            if type(item) is not dict:
                mine[name] = item
        elif name.lower() == service_id.lower() and type(item) is str and item.strip() and item != LOCAL_HISTORY:
            service = item
        elif not (name.lower() == service_id.lower() and item == "" and states.sorts_keys):
            mine[name] = item
            exchange.notes.note((name,), LossKind.PARKED, NO_SLOT)
    if not bare:
        always = (states.envelope, service_id) if states.sorts_keys else (states.envelope,)
        lacking = [name for name in always if key_of(envelope, name) is None]
        if lacking:
            mine[_LACKING] = lacking
    if mine:
        own.own[decoder.dialect] = {**own.own.get(decoder.dialect, {}), "envelope": mine}
    type_first = given.parked.pop(_TYPE_FIRST, False)
    canonical = canonical_session(given, service, state, exchange)
    if type_first:
        canonical["state"] = {key: _type_first(entry) for key, entry in canonical["state"].items()}
    if own:
        canonical["state"] = {**canonical["state"], RESERVED: own.packed()}
    seen(exchange, decoder)
    return canonical


def _says_type_first(history: History) -> bool:
    messages = history.segments[0].messages if history.segments else []
    return bool(messages) and type(messages[0]) is dict and next(iter(messages[0]), None) == "type"


def _type_first(entry: Any) -> Any:
    """A history whose messages say ``type`` first; any other value as it is."""
    messages = entry.get("messages") if type(entry) is dict else None
    if type(messages) is not list:
        return entry
    said = [{"type": one["type"], **one} if type(one) is dict and "type" in one else one for one in messages]
    return {**entry, "messages": said}


def canonical_session(given: Parcel, service: str | None, state: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """The canonical envelope, with what was parked of it."""
    parked = {name: from_text(value) for name, value in given.parked.items()}
    if "session_id" not in parked and "session_id" not in given.absent.get(_CANONICAL, ()):
        exchange.notes.note((), LossKind.DEFAULTED, DEFAULT)
        parked["session_id"] = exchange.digest()
    if service is not None:
        parked.pop("service_session_id", None)
    canonical = {"type": "session", "session_id": None, "service_session_id": service, "state": state, **parked}
    for name in given.absent.get(_CANONICAL, ()):
        canonical.pop(name, None)
    return canonical


def session_to(
    canonical: dict[str, Any],
    exchange: Exchange,
    *,
    words: Words,
    states: StateWords,
    service_id: str,
    always_service_id: bool,
) -> Any:
    """``canonical`` in the envelope of a dialect with states."""
    encoder = exchange.encoder(words)
    encoder.exact = MADE_UP.match(str(canonical.get("session_id"))) is None
    given_state = canonical.get("state")
    state = given_state if type(given_state) is dict else {}
    known = exchange.histories
    histories = tuple(python.histories(canonical, _SESSION)) if known is None else known
    bag, mine, parcel = encoded_state(state, histories, encoder, states, exchange.notes)
    if encoder.exact and any(history.live and _says_type_first(history) for history in histories):
        parcel.parked[_TYPE_FIRST] = True
    restored: dict[str, Any] = mine.get("envelope", {}) if type(mine.get("envelope")) is dict else {}
    said: dict[str, Any] = {}
    for name in _order(_CANONICAL, tuple(canonical)):
        value = canonical[name]
        if name == "service_session_id" and type(value) is str and value.strip() and value != LOCAL_HISTORY:
            said[service_id] = value
        elif (
            (name, value) in (("type", "session"), ("service_session_id", None))
            or (name == "state" and state is value)
            or (name == "session_id" and type(value) is str and MADE_UP.match(value))
        ):
            continue
        else:
            parcel.parked[name] = encoder.held(value)
            exchange.notes.note(
                (name,), LossKind.PARKED, NO_SLOT if name != "service_session_id" else INEXACT, canonical=True
            )
    absent = [name for name in ("type", "service_session_id", "session_id", "state") if name not in canonical]
    if absent:
        parcel.absent[_CANONICAL] = absent
    form = restored.get(_FORM)
    exchange.plain = exchange.plain and encoder.plain
    exchange.sure = encoder.sure
    if form is not None and not parcel and not said and set(bag) <= {states.history}:
        messages = bag.get(states.history, {}).get("messages", [])
        return messages[0] if form == SINGLE_MESSAGE and len(messages) == 1 else messages
    notes = (_FORM, _LACKING)
    said.update({name: from_text(value) for name, value in restored.items() if name not in notes and name not in said})
    if parcel:
        bag = {RESERVED: parcel.packed(), **bag}
        if states.sorts_keys:
            bag = dict(sorted(bag.items(), key=lambda item: item[0].encode("utf-8", "surrogatepass")))
    lacking = restored.get(_LACKING, ())
    if states.envelope not in said and (bag or states.envelope not in lacking):
        said[states.envelope] = bag
    if always_service_id and service_id not in lacking:
        said.setdefault(service_id, "")
    return _ordered(said, words.dialect)


def _ordered(said: dict[str, Any], dialect: str) -> dict[str, Any]:
    """``said`` in the order of the envelope that has these members."""
    order = _order(dialect, tuple(said))
    return {name: said[name] for name in order}


@lru_cache(maxsize=256)
def _order(dialect: str, names: tuple[str, ...]) -> tuple[str, ...]:
    envelopes = [list(kind.members) for kind in vocabulary(dialect).places["envelope"].values()]
    order = max(envelopes, key=lambda members: len({*names} & {*members}))
    return tuple(sorted(names, key=lambda name: order.index(name) if name in order else len(order)))
