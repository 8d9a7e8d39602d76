"""The contents of a message: one class for each kind of any 1.x release, and one for kinds that nobody knows.

Members and kinds are those of ``Content.to_dict()`` in agent-framework-core 1.0.0b260212 to 1.23.0, declared in the
order in which it writes them. A member that a reader cannot do without has no default.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from pysession.model.annotations import AnyAnnotation, UsageDetails
from pysession.model.base import Value
from pysession.model.plain import JsonObject
from pysession.model.scalars import Integer, NotNull, TextOrObject
from pysession.model.unions import UNKNOWN, tag, tagger


class Content(Value):
    """A content of any kind."""

    @property
    def kind(self) -> str | None:
        """The discriminator (``type``), or None where the content has none."""
        kind: str | None = getattr(self, "type", None)
        return kind


class KnownContent(Content):
    """What all kinds have in common that the framework writes."""

    always: ClassVar = {"additional_properties": dict}

    additional_properties: JsonObject | None = Field(default_factory=dict)
    annotations: list[AnyAnnotation] | None = None


class TextContent(KnownContent):
    """Text of a message."""

    type: Literal["text"] = "text"
    text: str
    merge_mode: str | None = None


class TextReasoningContent(KnownContent):
    """The model's reasoning, as text or as ``protected_data`` that only its service can read."""

    type: Literal["text_reasoning"] = "text_reasoning"
    text: str | None = None
    protected_data: str | None = None
    status: str | None = None
    id: str | None = None
    merge_mode: str | None = None


class DataContent(KnownContent):
    """Bytes as a ``data:`` URI."""

    type: Literal["data"] = "data"
    uri: str
    media_type: str | None = None
    name: str | None = None
    file_id: str | None = None


class UriContent(KnownContent):
    """A reference to something elsewhere."""

    type: Literal["uri"] = "uri"
    uri: str
    media_type: str | None = None
    name: str | None = None
    file_id: str | None = None


class ErrorContent(KnownContent):
    """An error that a service reported."""

    type: Literal["error"] = "error"
    message: str | None = None
    error_code: str | None = None
    error_details: str | None = None


class UsageContent(KnownContent):
    """Token counts of a response."""

    type: Literal["usage"] = "usage"
    usage_details: UsageDetails
    merge_mode: str | None = None


class HostedFileContent(KnownContent):
    """A file that the service holds."""

    type: Literal["hosted_file"] = "hosted_file"
    media_type: str | None = None
    name: str | None = None
    file_id: str


class HostedVectorStoreContent(KnownContent):
    """A vector store that the service holds."""

    type: Literal["hosted_vector_store"] = "hosted_vector_store"
    vector_store_id: str


class FunctionCallContent(KnownContent):
    """A call of a tool: ``arguments`` as the model's JSON text or an object, ``hosted`` if the service runs it."""

    type: Literal["function_call"] = "function_call"
    call_id: str
    name: str
    arguments: TextOrObject | None = None
    exception: str | None = None
    informational_only: NotNull[bool | None] = None
    status: str | None = None
    server_name: str | None = None
    hosted: NotNull[bool | None] = None
    id: str | None = None
    merge_mode: str | None = None


class FunctionResultContent(KnownContent):
    """What a tool answered: ``result`` as text (any JSON up to rc3), ``items`` the same as contents."""

    type: Literal["function_result"] = "function_result"
    call_id: str
    exception: str | None = None
    result: Any = None
    items: list[AnyContent] | None = None
    status: str | None = None
    id: str | None = None


class CodeInterpreterToolCallContent(KnownContent):
    """Code that the service runs, as contents."""

    type: Literal["code_interpreter_tool_call"] = "code_interpreter_tool_call"
    call_id: str | None = None
    inputs: list[AnyContent] | None = None
    status: str | None = None
    merge_mode: str | None = None


class CodeInterpreterToolResultContent(KnownContent):
    """What the code that the service ran put out."""

    type: Literal["code_interpreter_tool_result"] = "code_interpreter_tool_result"
    call_id: str | None = None
    outputs: list[AnyContent] | None = None
    status: str | None = None
    merge_mode: str | None = None


class ImageGenerationToolCallContent(KnownContent):
    """An image that the service is to make."""

    type: Literal["image_generation_tool_call"] = "image_generation_tool_call"
    image_id: str | None = None


class ImageGenerationToolResultContent(KnownContent):
    """The image that the service made, one content or several."""

    type: Literal["image_generation_tool_result"] = "image_generation_tool_result"
    outputs: OutputOrOutputs = None
    image_id: str | None = None


class McpServerToolCallContent(KnownContent):
    """A call of a tool of an MCP server, which the service makes."""

    type: Literal["mcp_server_tool_call"] = "mcp_server_tool_call"
    call_id: str
    arguments: TextOrObject | None = None
    tool_name: str
    server_name: str | None = None


class McpServerToolResultContent(KnownContent):
    """What a tool of an MCP server answered."""

    type: Literal["mcp_server_tool_result"] = "mcp_server_tool_result"
    call_id: str
    output: Outputs = None


class SearchToolCallContent(KnownContent):
    """A search that the service makes."""

    type: Literal["search_tool_call"] = "search_tool_call"
    call_id: str
    arguments: TextOrObject | None = None
    status: str | None = None
    tool_name: str


class SearchToolResultContent(KnownContent):
    """What a search found."""

    type: Literal["search_tool_result"] = "search_tool_result"
    call_id: str
    result: Any = None
    items: list[AnyContent] | None = None
    status: str | None = None
    tool_name: str


class ShellToolCallContent(KnownContent):
    """Shell commands to run, for at most ``timeout_ms`` milliseconds."""

    type: Literal["shell_tool_call"] = "shell_tool_call"
    call_id: str | None = None
    commands: list[str] | None = None
    timeout_ms: Integer | None = None
    max_output_length: Integer | None = None
    status: str | None = None


class ShellToolResultContent(KnownContent):
    """What shell commands put out, usually ``shell_command_output`` contents."""

    type: Literal["shell_tool_result"] = "shell_tool_result"
    call_id: str | None = None
    outputs: list[AnyContent] | None = None
    max_output_length: Integer | None = None


class ShellCommandOutputContent(KnownContent):
    """The output of one shell command."""

    type: Literal["shell_command_output"] = "shell_command_output"
    stdout: str | None = None
    stderr: str | None = None
    exit_code: Integer | None = None
    timed_out: bool | None = None


class ComputerToolCallContent(KnownContent):
    """Actions on a computer's screen."""

    type: Literal["computer_tool_call"] = "computer_tool_call"
    call_id: str
    status: str | None = None
    actions: list[JsonObject]
    pending_safety_checks: list[JsonObject] | None = None
    user_input_request: bool | None = None
    id: str


class ComputerToolResultContent(KnownContent):
    """The screen after such actions."""

    type: Literal["computer_tool_result"] = "computer_tool_result"
    call_id: str
    status: str | None = None
    screenshot: AnyContent | None = None
    acknowledged_safety_checks: list[JsonObject] | None = None
    id: str | None = None


class FunctionApprovalRequestContent(KnownContent):
    """A tool call that waits for a person's approval."""

    type: Literal["function_approval_request"] = "function_approval_request"
    function_call: AnyContent
    user_input_request: bool | None = None
    id: str


class FunctionApprovalResponseContent(KnownContent):
    """A person's answer to an approval request."""

    type: Literal["function_approval_response"] = "function_approval_response"
    function_call: AnyContent
    approved: bool
    id: str


class OAuthConsentRequestContent(KnownContent):
    """A link that a person must open to consent."""

    type: Literal["oauth_consent_request"] = "oauth_consent_request"
    user_input_request: bool | None = None
    consent_link: str


class UnknownContent(Content):
    """A content of a kind that this release of pysession does not know, or of none, kept as it is."""

    type: NotNull[str | None] = None


CONTENTS: dict[str, type[KnownContent]] = {
    "text": TextContent,
    "text_reasoning": TextReasoningContent,
    "data": DataContent,
    "uri": UriContent,
    "error": ErrorContent,
    "usage": UsageContent,
    "hosted_file": HostedFileContent,
    "hosted_vector_store": HostedVectorStoreContent,
    "function_call": FunctionCallContent,
    "function_result": FunctionResultContent,
    "function_approval_request": FunctionApprovalRequestContent,
    "function_approval_response": FunctionApprovalResponseContent,
    "code_interpreter_tool_call": CodeInterpreterToolCallContent,
    "code_interpreter_tool_result": CodeInterpreterToolResultContent,
    "image_generation_tool_call": ImageGenerationToolCallContent,
    "image_generation_tool_result": ImageGenerationToolResultContent,
    "mcp_server_tool_call": McpServerToolCallContent,
    "mcp_server_tool_result": McpServerToolResultContent,
    "search_tool_call": SearchToolCallContent,
    "search_tool_result": SearchToolResultContent,
    "shell_tool_call": ShellToolCallContent,
    "shell_tool_result": ShellToolResultContent,
    "shell_command_output": ShellCommandOutputContent,
    "computer_tool_call": ComputerToolCallContent,
    "computer_tool_result": ComputerToolResultContent,
    "oauth_consent_request": OAuthConsentRequestContent,
}
"""The class of each known kind."""

AnyContent: TypeAlias = Annotated[
    Annotated[TextContent, Tag(tag("text"))]
    | Annotated[TextReasoningContent, Tag(tag("text_reasoning"))]
    | Annotated[DataContent, Tag(tag("data"))]
    | Annotated[UriContent, Tag(tag("uri"))]
    | Annotated[ErrorContent, Tag(tag("error"))]
    | Annotated[UsageContent, Tag(tag("usage"))]
    | Annotated[HostedFileContent, Tag(tag("hosted_file"))]
    | Annotated[HostedVectorStoreContent, Tag(tag("hosted_vector_store"))]
    | Annotated[FunctionCallContent, Tag(tag("function_call"))]
    | Annotated[FunctionResultContent, Tag(tag("function_result"))]
    | Annotated[FunctionApprovalRequestContent, Tag(tag("function_approval_request"))]
    | Annotated[FunctionApprovalResponseContent, Tag(tag("function_approval_response"))]
    | Annotated[CodeInterpreterToolCallContent, Tag(tag("code_interpreter_tool_call"))]
    | Annotated[CodeInterpreterToolResultContent, Tag(tag("code_interpreter_tool_result"))]
    | Annotated[ImageGenerationToolCallContent, Tag(tag("image_generation_tool_call"))]
    | Annotated[ImageGenerationToolResultContent, Tag(tag("image_generation_tool_result"))]
    | Annotated[McpServerToolCallContent, Tag(tag("mcp_server_tool_call"))]
    | Annotated[McpServerToolResultContent, Tag(tag("mcp_server_tool_result"))]
    | Annotated[SearchToolCallContent, Tag(tag("search_tool_call"))]
    | Annotated[SearchToolResultContent, Tag(tag("search_tool_result"))]
    | Annotated[ShellToolCallContent, Tag(tag("shell_tool_call"))]
    | Annotated[ShellToolResultContent, Tag(tag("shell_tool_result"))]
    | Annotated[ShellCommandOutputContent, Tag(tag("shell_command_output"))]
    | Annotated[ComputerToolCallContent, Tag(tag("computer_tool_call"))]
    | Annotated[ComputerToolResultContent, Tag(tag("computer_tool_result"))]
    | Annotated[OAuthConsentRequestContent, Tag(tag("oauth_consent_request"))]
    | Annotated[UnknownContent, Tag(UNKNOWN)],
    Discriminator(tagger(CONTENTS)),
]


def _is_known(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return isinstance(kind, str) and kind in CONTENTS


def _outputs(value: Any) -> str:
    return _SEVERAL if isinstance(value, list) and all(map(_is_known, value)) else UNKNOWN


def _output_or_outputs(value: Any) -> str:
    return _ONE if _is_known(value) else _outputs(value)


_ONE, _SEVERAL = tag("content"), tag("content[]")

Outputs: TypeAlias = Annotated[
    Annotated[list[AnyContent], Tag(_SEVERAL)] | Annotated[Any, Tag(UNKNOWN)],
    Discriminator(_outputs),
]
"""What a tool put out: contents when all in a list are of known kinds, else any JSON."""

OutputOrOutputs: TypeAlias = Annotated[
    Annotated[AnyContent, Tag(_ONE)] | Annotated[list[AnyContent], Tag(_SEVERAL)] | Annotated[Any, Tag(UNKNOWN)],
    Discriminator(_output_or_outputs),
]
"""The same, where one content may stand without a list."""
