"""What contents do in a conversation, as far as their order matters."""

from __future__ import annotations

from enum import IntEnum


class Act(IntEnum):
    """What a content does in the conversation, as far as the order of contents matters."""

    NOTHING = 0
    CALL = 1
    RESULT = 2
    REQUEST = 3
    RESPONSE = 4
    REASONING = 5


ACTS: dict[str, Act] = {
    "function_call": Act.CALL,
    "mcp_server_tool_call": Act.CALL,
    "code_interpreter_tool_call": Act.CALL,
    "image_generation_tool_call": Act.CALL,
    "search_tool_call": Act.CALL,
    "shell_tool_call": Act.CALL,
    "computer_tool_call": Act.CALL,
    "tool_call": Act.CALL,
    "function_result": Act.RESULT,
    "mcp_server_tool_result": Act.RESULT,
    "code_interpreter_tool_result": Act.RESULT,
    "image_generation_tool_result": Act.RESULT,
    "search_tool_result": Act.RESULT,
    "shell_tool_result": Act.RESULT,
    "computer_tool_result": Act.RESULT,
    "tool_result": Act.RESULT,
    "function_approval_request": Act.REQUEST,
    "function_approval_response": Act.RESPONSE,
    "text_reasoning": Act.REASONING,
}
"""What the kinds (canonical names) do in a conversation."""

ID_MEMBERS: dict[Act, tuple[str, ...]] = {
    Act.CALL: ("call_id", "image_id"),
    Act.RESULT: ("call_id", "image_id"),
    Act.REQUEST: ("id",),
    Act.RESPONSE: ("id",),
    Act.REASONING: ("id",),
}
