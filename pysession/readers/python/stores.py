"""``FileSessionStore``: ``get`` of a session file, and ``set`` of what came out of it.

The store decodes with msgspec into a class of its own. The same declaration stands here, so what it accepts, and what is
raised for the rest, is not described but done.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from pysession.findings import Stage
from pysession.readers.python.failing import RefusedError
from pysession.readers.python.foreign import key_error
from pysession.readers.python.subject import Subject
from pysession.readers.python.table import Record
from pysession.readers.versions import SESSION_STORE_VERSION
from pysession.wire import Encoding

_HUGE = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{300}")
"""Where a number may be that is infinite for others and out of range for msgspec."""


class Snapshot(msgspec.Struct):
    """The file of a session (agent-framework-core 1.13.0 to 1.23.0)."""

    type: Literal["session"]
    session_id: str
    service_session_id: str | dict[str, Any] | None
    state: object
    version: str = SESSION_STORE_VERSION


def snapshot(known: Record, subject: Subject) -> Snapshot:
    """The file as the store of the releases of ``known`` has it after decoding.

    Raises:
        RefusedError: the store raises.
    """
    try:
        found = _decoded(subject)
    except msgspec.ValidationError:
        raise RefusedError("ValueError", "the file is not of the store's schema", cause="ValidationError") from None
    except (msgspec.DecodeError, TypeError) as error:
        other = RefusedError("ValueError", str(error), cause="DecodeError", stage=Stage.PARSE)
        raise key_error(error, bare=known.bare_key_errors) or other from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(type(error).__name__, str(error), stage=Stage.PARSE) from None
    if found.version != SESSION_STORE_VERSION:
        raise RefusedError("ValueError", "the version is not supported", ("version",), subject="version")
    if type(found.state) is not dict:
        raise RefusedError("ValueError", "the state is no object", ("state",), subject="state")
    return found


def _decoded(subject: Subject) -> Snapshot:
    document = subject.document
    if document.encoding is Encoding.MESSAGEPACK:
        return msgspec.msgpack.decode(document.data, type=Snapshot)
    plain = document.reading.readable and not document.reading.faults and not _HUGE.search(document.data)
    if plain and type(subject.value) is dict:
        # The state may be anything, so a large one need not be looked through again.
        state = subject.value.get("state", ...)
        around = {name: value for name, value in subject.value.items() if name != "state"}
        found = msgspec.convert(around if state is ... else around | {"state": None}, Snapshot)
        found.state = state
        return found
    return msgspec.json.decode(document.data, type=Snapshot)
