"""What the vocabulary of Go does not say. Read from the source of the Go SDK, not run."""

from __future__ import annotations

from pysession.dialects.conversion.absences import EMPTY, FALSE, IMPLIED, NOTHING_THERE
from pysession.dialects.conversion.mapping import Absence, Words
from pysession.dialects.conversion.rules import (
    ArgumentsText,
    ContentList,
    Counts,
    DataUri,
    GoTime,
    Integer,
    MessageContents,
    ResultText,
)
from pysession.dialects.conversion.state_words import StateWords

_COUNTS = {
    "input_token_count": "InputTokenCount",
    "output_token_count": "OutputTokenCount",
    "total_token_count": "TotalTokenCount",
    "cache_read_input_token_count": "CachedInputTokenCount",
    "reasoning_output_token_count": "ReasoningTokenCount",
}
STATES = StateWords(
    envelope="State",
    history="in-memory",
    pending=None,
    private=frozenset({"toolApprovalState"}),
    refuses_null=True,
    sorts_keys=True,
    budget=400,
)
LATER = "after-5b27c979abb4"
NO_ARGUMENTS = Absence("{}", both=False)
"""The text of a call without arguments; an empty one is no JSON, and tools fail on it."""

_ZERO = Absence(0, both=False)

GO = Words(
    dialect="go",
    namespace="go",
    extension={"message": "AdditionalProperties"},
    carrier="AdditionalProperties",
    fills={
        ("message", "message_id"): EMPTY,
        ("text", "text"): NOTHING_THERE,
        ("text_reasoning", "text"): EMPTY,
        ("uri", "media_type"): EMPTY,
        ("error", "message"): EMPTY,
        ("function_call", "arguments"): NO_ARGUMENTS,
        ("function_call", "informational_only"): FALSE,
        ("mcp_server_tool_call", "arguments"): NO_ARGUMENTS,
        ("code_interpreter_tool_call", "call_id"): EMPTY,
        ("code_interpreter_tool_result", "call_id"): EMPTY,
        ("code_interpreter_tool_call", "inputs"): Absence(None),
        ("code_interpreter_tool_result", "outputs"): Absence(None),
        ("function_approval_request", "function_call"): Absence(None),
        ("function_approval_response", "function_call"): Absence(None),
        ("text_span", "start_index"): _ZERO,
        ("text_span", "end_index"): _ZERO,
    },
    implied={**IMPLIED, ("message", "role"): NOTHING_THERE},
    rules={
        ("function_call", "arguments"): ArgumentsText,
        ("mcp_server_tool_call", "arguments"): ArgumentsText,
        ("function_result", "result"): ResultText,
        ("usage", "usage_details"): lambda: Counts(_COUNTS, "AdditionalCounts", zeros=True),
        ("mcp_server_tool_result", "output"): ContentList,
        ("data", "uri"): DataUri,
        ("*", "created_at"): GoTime,
        ("message", "contents"): MessageContents,
        ("text_span", "start_index"): Integer,
        ("text_span", "end_index"): Integer,
    },
    discriminator_last=True,
    extension_first=True,
    in_order=("AdditionalProperties", "Result"),
    doubles=True,
    depth=400,
)

LATER_GO = Words(
    **{name: getattr(GO, name) for name in GO.__struct_fields__ if name != "extension"},
    extension=dict.fromkeys(("message", "content", "annotation"), "AdditionalProperties"),
)
"""After the snapshot contents and annotations carry what applications add, too."""

_WRITTEN_ONLY = frozenset({"codeInterpreterToolCall", "codeInterpreterToolResult"})
"""Written with their kind, and not registered for reading."""

EARLY_GO = Words(
    **{name: getattr(GO, name) for name in GO.__struct_fields__ if name not in ("carrier", "kind_fits")},
    carrier=None,
    kind_fits=lambda kind, variant: kind not in _WRITTEN_ONLY,
)
"""Up to 2026-06-24 a content of unknown kind costs the messages after it (run): there is no content that only carries."""

RAW_CONTENTS = "7ca910552d5e"
"""The first commit that keeps contents of unknown kinds."""
