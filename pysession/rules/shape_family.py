"""Family ``shape``: which format is this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pysession.dialects import NOWHERE, UNKNOWN, nested_sessions, vocabulary
from pysession.dialects.messages import language
from pysession.dialects.names import key_of
from pysession.findings import Severity
from pysession.readers import SESSION_STORE_VERSION
from pysession.rules.registry import on_document, on_misfit, on_shape, rule
from pysession.rules.words import json_type, printed, quoted
from pysession.survey import Fault, ObjectShape, Survey, outline_errors, shape_errors

DIALECT_UNKNOWN = rule("dialect-unknown", "shape", Severity.ERROR, "no known dialect fits the document")
ENVELOPE_TYPE = rule(
    "envelope-type", "shape", Severity.ERROR, 'a Python session whose "type" is missing or not "session"', fixable=True
)
HISTORY_MISSING = rule(
    "history-missing", "shape", Severity.INFO, "no history and no service session id: the next turn knows nothing"
)
DIALECT_MISMATCH = rule(
    "dialect-mismatch",
    "shape",
    Severity.ERROR,
    "a history of one dialect in the envelope of another: its reader sees an empty conversation",
    fixable=True,
)
LEGACY_THREAD = rule(
    "legacy-thread", "shape", Severity.WARNING, "a thread of the time before AgentSession", fixable=True
)
SCHEMA_VIOLATION = rule(
    "schema-violation", "shape", Severity.ERROR, "the document does not satisfy the open JSON Schema of its dialect"
)
FIELD_UNKNOWN = rule(
    "field-unknown", "shape", Severity.WARNING, "a member that no release of this dialect writes there"
)
VERSION_UNSUPPORTED = rule(
    "version-unsupported", "shape", Severity.ERROR, "a version that every known reader of this envelope refuses"
)

_LANGUAGES = {
    "python": "Python",
    "python-history": "Python",
    "python-thread": "Python",
    "dotnet": ".NET",
    "dotnet-thread": ".NET",
    "go": "Go",
    "durable": "a durable agent",
    "agnt5": "AGNT5",
}
_LANGUAGE_FAMILY = {"python-history": "python", "python-thread": "python", "dotnet-thread": "dotnet"}
_FOREIGN_KEYS = {
    # envelope's dialect: history keys that belong to another one's default provider
    "python": {"InMemoryChatHistoryProvider": ".NET", "in-memory": "Go"},
    "dotnet": {"in_memory": "Python", "in-memory": "Go"},
    "go": {"in_memory": "Python", "InMemoryChatHistoryProvider": ".NET"},
}
_STATE_MEMBER = {"python": "state", "dotnet": "stateBag", "go": "State"}


@on_document
def dialect_unknown(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect != UNKNOWN:
        return
    inside = next(nested_sessions(document.value), None)
    if inside is not None:
        path, found = inside
        remedy = f"a {found.dialect} session is inside: check it with --at {printed(path)}"
    elif document.detection.form == NOWHERE:
        remedy = "give --at a place that the record has"
    else:
        remedy = "check that this file is a stored session and that it is whole"
    yield DIALECT_UNKNOWN.at((), f"This is no session of a known dialect ({document.detection.reason}); {remedy}.")


@on_document
def envelope_type(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect != "python":
        return
    if "type" not in document.value:
        yield ENVELOPE_TYPE.at((), 'The session has no "type"; stores refuse it: add "type": "session".')
    elif document.value["type"] != "session":
        yield ENVELOPE_TYPE.at(("type",), 'The "type" of the session is not "session"; stores refuse it: set it.')


@on_document
def history_missing(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect == UNKNOWN or document.histories or _service_id(document.value):
        return
    value = document.value
    if isinstance(value, dict) and isinstance(state := value.get("state"), dict) and _SHARED in state:
        return  # what the sessions of a user share is no conversation
    yield HISTORY_MISSING.at(
        (),
        "The session holds no history and no service session id, so the next turn knows nothing of this conversation; "
        "was a history provider configured?",
    )


_SHARED = "pysession.shared"
"""The state entry of a document that the sessions of a user, or of an application, share; see docs/sessions.md."""

_SERVICE_IDS = (
    "service_session_id",
    "service_thread_id",
    "conversationId",
    "ServiceID",
    "contextId",
    "serviceSessionId",
    "serviceThreadId",
    "sessionId",
    "taskId",
)


def _service_id(value: Any) -> bool:
    return isinstance(value, dict) and any(
        value[key] for name in _SERVICE_IDS if (key := key_of(value, name)) is not None
    )


@on_document
def dialect_mismatch(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    spoken_here = _LANGUAGE_FAMILY.get(document.dialect, document.dialect)
    envelope = _LANGUAGES.get(document.dialect)
    if envelope is None:
        return
    blamed: set[str | int] = set()
    for history in document.histories:
        spoken = _LANGUAGE_FAMILY.get(history.language, history.language)
        if spoken != spoken_here and len(history):
            blamed.add(history.key)
            yield DIALECT_MISMATCH.at(
                history.path,
                f"The messages here are written in {_LANGUAGES.get(spoken, spoken)}'s words, the session around them is "
                f"{envelope}'s, which will read them as empty or not at all; convert the history.",
            )
    yield from _foreign_messages(seen)
    foreign = _FOREIGN_KEYS.get(spoken_here, {})
    for history in document.histories:
        if history.key in foreign and history.key not in blamed and len(history):
            yield DIALECT_MISMATCH.at(
                history.path[:-1],
                f"{quoted(history.key)} is where {foreign[history.key]} keeps its history; a {envelope} reader looks "
                "elsewhere and sees an empty conversation: convert the session, or rename the key.",
            )
    yield from _foreign_envelope(document.value, spoken_here)


def _foreign_messages(seen: Survey) -> Iterator[Fault]:
    """The first message of a history that is in another language than the messages before it."""
    if not any(fault.rule.id == "discriminator-missing" for fault in seen.faults):
        return  # contents of another language have no discriminator by the name of this one
    for history in seen.document.histories:
        if history.language in ("durable", "agnt5"):
            continue  # their contents tell themselves by other signs
        for path, message in history.positioned():
            spoken = language([message], history.language)
            if _LANGUAGE_FAMILY.get(spoken, spoken) != _LANGUAGE_FAMILY.get(history.language, history.language):
                yield DIALECT_MISMATCH.at(
                    path,
                    f"From here on there are messages in {_LANGUAGES.get(spoken, spoken)}'s words among those in "
                    f"{_LANGUAGES.get(history.language, history.language)}'s; a reader sees only its own: convert them.",
                )
                break


_ENVELOPE_MARKS = {
    # dialect: what only its envelope has, if there is something in it. Go takes "state" for its own where it has no other.
    "python": ("state", "chat_message_store_state"),
    "dotnet": ("stateBag", "storeState", "chatHistoryProviderState"),
    "go": ("State",),
}


def _foreign_envelope(value: Any, dialect: str) -> Iterator[Fault]:
    """Members of two languages' envelopes in one document: each reader sees its own half."""
    if not isinstance(value, dict) or dialect not in _ENVELOPE_MARKS:
        return
    own = {key_of(value, "State")} if dialect == "go" else set(_ENVELOPE_MARKS[dialect])
    for other, marks in _ENVELOPE_MARKS.items():
        if other == dialect:
            continue
        for mark in marks:
            if isinstance(value.get(mark), dict) and value[mark] and mark not in own:
                yield DIALECT_MISMATCH.at(
                    (mark,),
                    f"{quoted(mark)} belongs to {_LANGUAGES[other]}'s envelope, the document is {_LANGUAGES[dialect]}'s; "
                    "its reader will not see what is in there: keep one envelope and convert the other.",
                )


_LEGACY = {
    "python-thread": "Python before 1.0.0b260212 (AgentThread); no release with AgentSession reads it",
    "dotnet-thread": ".NET before 1.0.0-rc1 (AgentThread); later releases read it as an empty session without an error",
}


_LEGACY_MEMBERS = {"dotnet": ("storeState", "chatHistoryProviderState")}


@on_document
def legacy_thread(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    era = _LEGACY.get(document.dialect)
    if era is not None:
        yield LEGACY_THREAD.at((), f"This is a thread of {era}; convert it before you load it.")
    for name in _LEGACY_MEMBERS.get(document.dialect, ()):
        key = key_of(document.value, name) if isinstance(document.value, dict) else None
        if key is not None and document.value[key]:
            yield LEGACY_THREAD.at(
                (key,), f"{quoted(key)} is where threads of the .NET previews kept their messages; no session reads it."
            )


_DURABLE_VERSION = re.compile(r"1(?:\.[0-9]{1,9}){1,3}\Z")


@on_document
def version_unsupported(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    value = document.value
    if document.dialect == "python" and "version" in value and value["version"] != SESSION_STORE_VERSION:
        yield VERSION_UNSUPPORTED.at(
            ("version",),
            'Every FileSessionStore reads version "1.0" only, compared exactly; was this written by a newer release?',
        )
    if document.dialect == "durable":
        version = value.get("schemaVersion")
        if not isinstance(version, str) or not _DURABLE_VERSION.match(version):
            place = ("schemaVersion",) if "schemaVersion" in value else ()
            yield VERSION_UNSUPPORTED.at(
                place, "Durable agents read schema version 1.x only; this document says another, or none."
            )


# --- against the open schema ------------------------------------------------------------------------------------------


@on_misfit
def misfit(place: str, value: Any) -> Iterator[Fault]:
    wanted = "an object" if place in {"message", "content", "annotation", "region", "usage"} else f"of type {place}"
    what = f"Each {place}" if wanted == "an object" else "Each item"
    yield SCHEMA_VIOLATION.at((), f"{what} must be {wanted}, this is {json_type(value)}.")


@on_shape
def schema_violation(shape: ObjectShape) -> Iterator[Fault]:
    for path, _, sentence in shape_errors(shape):
        yield SCHEMA_VIOLATION.at(path, sentence)


@on_document
def envelope_schema(seen: Survey) -> Iterator[Fault]:
    """The envelope and the state around the histories; the messages themselves are judged by their shapes."""
    document = seen.document
    if document.dialect == UNKNOWN:
        return
    for path, _, sentence in outline_errors(document):
        yield SCHEMA_VIOLATION.at(path, sentence)


# --- against what releases write --------------------------------------------------------------------------------------


@on_shape
def field_unknown(shape: ObjectShape) -> Iterator[Fault]:
    if shape.kind is None or shape.kind.open_members:
        return
    what = f"a {shape.kind_name} content" if shape.place == "content" else f"a {shape.place}"
    for key in shape.unknown:
        refused = shape.discriminator == "$type" and key.startswith("$")
        consequence = _REFUSED_NAME if refused else _CONSEQUENCE.get(shape.dialect, "readers drop it")
        yield FIELD_UNKNOWN.at(
            (key,),
            f"No known release writes {quoted(key)} into {what}; {consequence}.",
            severity=Severity.ERROR if refused else None,
        )


_REFUSED_NAME = '.NET takes a name with "$" for its own and refuses the whole history'
"""Measured: any member of a content, annotation or region that begins with ``$``, wherever it stands."""


_CONSEQUENCE = {
    "python": "Python refuses the whole session for one unknown member",
    "python-history": "Python refuses the whole file for one unknown member",
    "dotnet": ".NET drops it on the next save",
    "go": "Go drops it on the next save",
}


def _is_told(value: dict[str, Any], mark: str) -> bool:
    """Whether a member of another envelope is ``dialect-mismatch`` or ``legacy-thread`` already."""
    return isinstance(value.get(mark), dict) and bool(value[mark])


_DEFAULT_HISTORIES = {"dotnet": "InMemoryChatHistoryProvider", "go": "in-memory"}


@on_document
def history_field_unknown(seen: Survey) -> Iterator[Fault]:
    """What stands beside the messages of the default provider, where its reader knows nothing but messages (measured)."""
    document = seen.document
    provider = _DEFAULT_HISTORIES.get(document.dialect)
    for history in document.histories:
        if history.key != provider or len(history.path) != 3 or not isinstance(history.path[0], str):
            continue
        for key in document.value[history.path[0]][provider]:
            if key.lower() != "messages":
                yield FIELD_UNKNOWN.at(
                    (history.path[0], provider, key),
                    f"No known release writes {quoted(key)} beside the messages of its history; readers drop it on the next "
                    "save.",
                )


@on_document
def envelope_field_unknown(seen: Survey) -> Iterator[Fault]:
    document = seen.document
    if document.dialect == UNKNOWN or not isinstance(document.value, dict):
        return
    words = vocabulary(document.dialect)
    envelope = words.places.get("envelope", {}).get(document.detection.form)
    if envelope is None or envelope.open_members:
        return
    known = set(envelope.members) if words.case_sensitive else {name.lower() for name in envelope.members}
    foreign = {mark for marks in _ENVELOPE_MARKS.values() for mark in marks if _is_told(document.value, mark)}
    for key in document.value:
        if (key if words.case_sensitive else key.lower()) not in known and key not in foreign:
            yield FIELD_UNKNOWN.at(
                (key,), f"No known release writes {quoted(key)} into this envelope; readers drop it on the next save."
            )
