"""The words of each language for what a repair writes into a history: results, answers to approvals, messages.

What is written new looks like its neighbours: the place of ``type``, whether a role is an object, which empty members
are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pysession.dialects.names import key_of
from pysession.survey import Event, Timeline

Json = dict[str, Any]


class _Words(msgspec.Struct, frozen=True):
    """The names of one language. ``extension`` is the member that every object of it carries, where there is one."""

    discriminator: str
    role: str
    contents: str
    result: Mapping[str, str]
    response: Mapping[str, str]
    text: Mapping[str, str]
    informational: str | None = None
    extension: str | None = None


_PYTHON = _Words(
    "type",
    "role",
    "contents",
    result={"kind": "function_result", "call_id": "call_id", "result": "result"},
    response={"kind": "function_approval_response", "id": "id", "approved": "approved", "call": "function_call"},
    text={"kind": "text", "text": "text"},
    extension="additional_properties",
)
_DOTNET = _Words(
    "$type",
    "role",
    "contents",
    result={"kind": "functionResult", "result": "result", "call_id": "callId"},
    response={"kind": "toolApprovalResponse", "approved": "approved", "call": "toolCall", "id": "requestId"},
    text={"kind": "text", "text": "text"},
    informational="informationalOnly",
)
_GO = _Words(
    "Type",
    "Role",
    "Contents",
    result={"call_id": "CallID", "result": "Result", "kind": "functionResult"},
    response={"id": "RequestID", "approved": "Approved", "call": "ToolCall", "kind": "toolApprovalResponse"},
    text={"text": "Text", "kind": "text"},
    informational="InformationalOnly",
)
_WORDS = {"python": _PYTHON, "python-history": _PYTHON, "python-thread": _PYTHON, "go": _GO}
_FUNCTION_CALL = "functionCall"
_OLD_RESPONSE = {"kind": "functionApprovalResponse", "approved": "approved", "call": "functionCall", "id": "id"}
"""How .NET wrote it before 1.0.0-rc5, for requests that are written so."""


class Speaker:
    """Writes in the words of one history."""

    def __init__(self, timeline: Timeline) -> None:
        self._words = _WORDS.get(timeline.history.language, _DOTNET)
        self._like = next((message for message in timeline.messages if isinstance(message, dict)), {})

    def result(self, call_id: str, text: str) -> Json:
        """The result of a call, a text."""
        return self._content(self._words.result, call_id=call_id, result=text)

    def text(self, text: str) -> Json:
        """A text content."""
        return self._content(self._words.text, text=text)

    def rejection(self, request: Event) -> Json:
        """The answer no to an approval request."""
        return self._content(self._answer(request), id=request.id, approved=False, call=self.call(request))

    def _answer(self, request: Event) -> Mapping[str, str]:
        old = self._words is _DOTNET and request.names.get("function_call") == "functionCall"
        return _OLD_RESPONSE if old else self._words.response

    def call(self, request: Event) -> Any:
        """The call that a request is about, marked as one that is dealt with where the language has a mark for it."""
        call = request.member("function_call")
        mark = self.informational(call) if isinstance(call, dict) else None
        return call if mark is None else {**call, mark: True}

    def call_content(self, request: Event) -> Any:
        """The call that a request is about as a content of its own; in .NET's old approvals it does not say its kind."""
        call = self.call(request)
        name = self._words.discriminator
        return {name: _FUNCTION_CALL, **call} if name == "$type" and name not in call else call

    def informational(self, call: Json) -> str | None:
        """The member by which a call is marked as dealt with; None where the language has none, or has it for other calls:
        those of functions only, not of servers."""
        mark = self._words.informational
        if mark is None or call.get(self._words.discriminator, _FUNCTION_CALL) != _FUNCTION_CALL:
            return None
        return key_of(call, mark) or mark

    def message(self, role: str, contents: list[Any]) -> Json:
        """A message like those of this history."""
        message: Json = {
            self._spelled(self._words.role): self.role(role),
            self._spelled(self._words.contents): contents,
        }
        if self._words is _GO:
            message = {self._words.contents: contents, self._words.role: role, "ID": ""}
        extension = self._words.extension
        if extension is not None and extension in self._like:
            message[extension] = {}
        if self._words is _PYTHON and "type" in self._like:
            kind = {"type": self._like["type"]}
            message = kind | message if next(iter(self._like)) == "type" else message | kind
        return message

    def _spelled(self, name: str) -> str:
        return key_of(self._like, name) or name

    def role(self, role: str) -> Any:
        """A role as this history spells it: Python releases before 1.0.0b260210 wrote an object."""
        example = self._like.get(self._words.role)
        return {**example, "value": role} if isinstance(example, dict) and "value" in example else role

    def _content(self, names: Mapping[str, str], **values: Any) -> Json:
        kind = names["kind"]
        content = {
            self._words.discriminator if what == "kind" else name: kind if what == "kind" else values[what]
            for what, name in names.items()
        }
        return content if self._words.extension is None else {**content, self._words.extension: {}}
