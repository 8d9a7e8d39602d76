"""What is structure: the words of the formats, their writers and the rules, which say nothing about a conversation.

A member name of these stays wherever it stands; a text of these stays under the names that such words are written under.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pysession.dialects import DIALECTS, vocabulary
from pysession.readers.go.decoding import fold as go_fold
from pysession.readers.meai.table import media_types
from pysession.readers.releases import table

# Names that frameworks write around and below messages (seen in goldens), and to which rules give a meaning.
_FRAMEWORK_NAMES = """
    type $type id lc kwargs @type @class __type __type__ __pickled__ __bytes_encoded__ __reduce__ __class__ __module__
    __constructor__ _target_ py/object py/reduce py/function py/type $id $ref $values
    messages messagegroups Kind MessageCount ByteCount TokenCount IsExcluded TurnIndex ExcludeReason
    session_id service_session_id state version stateBag State ServiceID ConversationID MessageStore OutputMessages
    in_memory memory in-memory InMemoryHistoryProvider InMemoryChatHistoryProvider WorkflowChatHistoryProvider
    message_injection.pending_messages MessageInjectingChatClient.PendingInjectedMessages
    tool_approval pending_approval_requests rules queuedApprovalRequests collectedApprovalResponses toolApprovalState
    already_approved_approval_request_groups approval_requests approval_request_ids
    _attribution _group _excluded _exclude_reason source_id source_type sourceId sourceType has_reasoning token_count
    pysession parked threadState typeId typeName assemblyName workflow executors edges requestPorts startExecutorId
    outputExecutorIds runnerData instantiatedExecutors queuedMessages outstandingRequests stateData edgeStateData
    checkpointId stepNumber isComplete executorId executorType hasCondition connection sourceIds sinkIds messageType
    conversationHistory _pendingApprovalRequests server_label raw_representation data text exception
    content metadata value timestamp runId serviceThreadId serviceSessionId SourceID
    pysession.session pysession.shared v app_name user_id retention unshared values deleted events created_at
    sequence time actor detail key scope agent from to owner user app
    ttl_days auto_prune prune_strategy max_messages immutable strategy window_size threshold
""".split()

_ROLES = ("system", "developer", "user", "assistant", "tool")
_STATUSES = "completed in_progress incomplete failed searching generating calling interpreting queued cancelled".split()
_EVENTS = "created claimed message_added state_set state_deleted handoff cleared pruned retention_set saved save_failed exported expired removed kept".split()
_SCOPES = ("session", "user", "app")
_STRATEGIES = ("sliding_window", "keep_important", "summarize_old")
_KEEP_LAST = re.compile(r"keep_last_[0-9]{1,5}\Z")
_COUNT = re.compile(r"[0-9]{1,5}\Z")
_NATIVES = ("datetime", "date", "uuid", "decimal", "bytes", "set")
_OTHER_KINDS = (
    "session message chat_message chat_message_store_state agent_thread_state role usage_details citation text_span "
    "textSpan constructor secret not_implemented context-provider history-provider middleware"
).split()

CONSTANTS = frozenset(
    {
        "_agent_local_chat_history",  # what .NET and Go store as a conversation id when the history is local after all
        "[redacted]",
        "FunctionInvocationError",  # what Python writes in place of any exception of a tool (1.19.0 on)
        "true",
        "false",
        "null",
    }
)
"""Texts that are the same in everybody's documents."""

MEDIA_TYPES = frozenset(media_types().values()) | frozenset(
    """
    text/plain text/html text/csv text/markdown text/xml application/json application/pdf application/xml application/zip
    application/octet-stream image/png image/jpeg image/jpg image/gif image/webp image/svg+xml image/bmp image/tiff audio/mpeg
    audio/mp3 audio/wav audio/x-wav audio/ogg audio/webm video/mp4 video/webm application/x-ndjson
    """.split()
)
"""Media types that everybody uses, in lower case."""

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z", re.I)
_VERSION = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}\Z")
_VERSIONS = frozenset({"version", "schemaversion"})


@cache
def _names() -> frozenset[str]:
    found = {*_FRAMEWORK_NAMES}
    for dialect in DIALECTS:
        words = vocabulary(dialect)
        found |= {name for kinds in words.places.values() for kind in kinds.values() for name in kind.members}
    found |= {extra.name for family in table().values() for one in family.read_only_members.values() for extra in one}
    return frozenset(map(_folded, found))


@cache
def _kinds() -> frozenset[str]:
    kinds = (kind for dialect in DIALECTS for place in vocabulary(dialect).places.values() for kind in place)
    return _folds([kind for kind in kinds if kind] + _OTHER_KINDS + [f"pysession.{name}" for name in _NATIVES])


@cache
def _words_under(name: str) -> frozenset[str]:
    if name in ("type", "$type"):
        return _kinds()
    return _SMALL_SETS.get(name, frozenset())


def _folds(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_folded, words))


_SMALL_SETS: dict[str, frozenset[str]] = {
    "role": frozenset(_ROLES),
    "value": frozenset(_ROLES),  # of a role that is an object
    "status": frozenset(_STATUSES),
    "taskstate": frozenset(_STATUSES) | frozenset({"submitted", "working", "input-required", "rejected", "unknown"}),
    "merge_mode": frozenset({"append", "replace"}),
    "purpose": frozenset({"assistants", "user_data", "vision", "batch", "fine-tune"}),
    "kind": frozenset(
        {"system", "user", "assistanttext", "assistant_text", "toolcall", "tool_call", "summary", *_EVENTS}
    ),
    "scope": frozenset(_SCOPES),
    "strategy": frozenset(_STRATEGIES),
    "prune_strategy": frozenset(_STRATEGIES),
}


def _folded(name: str) -> str:
    return name.lower()


def is_public_name(name: str) -> bool:
    """Whether a member name is one of the formats', however it is written: .NET and Go ignore case."""
    return not name or _folded(name) in _names() or _folded(go_fold(name)) in _names()


def is_public_text(name: str | None, text: str) -> bool:
    """Whether ``text``, which stands under ``name``, is a word of the formats and not of anybody."""
    if not text or text in CONSTANTS or text.lower() in MEDIA_TYPES or _DEVICES.match(text):
        return True
    under = _folded(name) if name is not None else ""
    if under in _VERSIONS and _VERSION.match(text):
        return True
    if under in ("strategy", "prune_strategy") and _KEEP_LAST.match(text):
        return True
    return _folded(text) in _words_under(under)


def is_public_number(name: str | None, digits: str) -> bool:
    """Whether a number that stands under ``name`` only counts: the place of an event in its trail."""
    return name is not None and _folded(name) == "sequence" and _COUNT.match(digits) is not None


def is_any_public_text(text: str) -> bool:
    """Whether ``text`` is a word of the formats under some name, so that nothing else may become it."""
    folded = _folded(text)
    return (
        text in CONSTANTS
        or folded in MEDIA_TYPES
        or folded in _kinds()
        or any(folded in words for words in _SMALL_SETS.values())
    )


ID_PREFIX = re.compile(
    r"(?:af-call-|ficc_|call_|chatcmpl-|toolu_|msg_|resp_|fc_|rs_|run_|thread_|asst_|conv_|step_|file-|file_|vs_|ws_|"
    r"ctc_|mcp_|mcpr_|mcpl_|ci_|ig_|cntr_|urn:uuid:|urn:pysession:blob(?:-text)?:)(?=\S*\d\S*\Z|\S{8,}\Z)"
)
"""With what ids begin that libraries and services make."""

SCHEME = re.compile(
    r"(?:https?|ftp|file|wss?|mailto|urn|data|blob|s3|gs|abfss?|sqlite|postgres(?:ql)?|redis|mongodb(?:\+srv)?|net\.pipe|"
    r"net\.tcp|nntp|gopher|telnet):(?=\S)",
    re.I,
)
"""Schemes of addresses that everybody uses."""
