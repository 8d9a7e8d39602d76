"""What chat clients and agents answer: messages, whole or in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from pysession.sessions.errors import SessionError
from pysession.sessions.messages import APPROVAL_REQUEST, CALL, Content, Message, message, settled, text, text_of


class ResponseError(SessionError):
    """A chat client answered with something that is no answer, or a response was asked for that is not there yet."""


USAGE = "usage"
"""The kind of a content that says what an answer cost; of a streamed answer it is no part of a message."""


class Response(msgspec.Struct):
    """An answer: its messages, the id of the conversation at a service that keeps it, and what it cost.

    ``usage_details`` has the service's own counts, mostly of tokens, over all turns of the model.
    """

    messages: list[Message]
    conversation_id: str | None = None
    usage_details: dict[str, int] | None = None

    @property
    def text(self) -> str:
        """The texts of all its messages, as one."""
        return "".join(text_of(one) for one in self.messages)

    @property
    def user_input_requests(self) -> list[Content]:
        """What a person is asked: answer each by ``approval_response(request, approved=…)`` in the next run."""
        return [content for one in self.messages for content in one["contents"] if content.get("user_input_request")]

    @property
    def approval_requests(self) -> list[Content]:
        return [content for content in self.user_input_requests if content["type"] == APPROVAL_REQUEST]


class Update(msgspec.Struct):
    """A piece of an answer. Pieces with another ``message_id`` or ``role`` than the one before begin a new message."""

    contents: list[Content]
    role: str = "assistant"
    message_id: str | None = None
    conversation_id: str | None = None

    @property
    def text(self) -> str:
        return "".join(content["text"] for content in self.contents if content["type"] == "text")


def as_response(answer: Any) -> Response:
    """What a chat client may answer with, as a response: a text, a content, a message, several of these, a response.

    Raises:
        ResponseError: it is something else.
    """
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, Update):
        return joined([answer])
    if isinstance(answer, str) or (isinstance(answer, Mapping) and "type" in answer and "role" not in answer):
        return Response([message("assistant", answer)])
    if isinstance(answer, Mapping) or hasattr(answer, "to_dict"):
        return Response([settled(answer)])
    if isinstance(answer, Sequence) and not isinstance(answer, bytes):
        if all(isinstance(one, Mapping) and "role" in one for one in answer):
            return Response([settled(one) for one in answer])
        return Response([message("assistant", answer)])
    raise ResponseError(f"a chat client answered with {type(answer).__name__}, which is no text, message or response")


def as_update(piece: Any) -> Update:
    """What a chat client may send as one piece of a streamed answer."""
    if isinstance(piece, Update):
        return Update(
            message("assistant", piece.contents)["contents"], piece.role, piece.message_id, piece.conversation_id
        )
    if isinstance(piece, str):
        return Update([text(piece)])
    if isinstance(piece, Mapping) and "role" in piece:
        whole = settled(piece)
        return Update(whole["contents"], whole["role"], whole.get("message_id"))
    if isinstance(piece, Mapping) and "type" in piece:
        return Update(message("assistant", piece)["contents"])
    raise ResponseError(f"a chat client sent {type(piece).__name__}, which is no piece of an answer")


def joined(updates: Sequence[Update]) -> Response:
    """The answer that ``updates`` are the pieces of."""
    messages: list[Message] = []
    usage: dict[str, int] | None = None
    last: Update | None = None
    for update in updates:
        if last is None or _begins(update, last, messages):
            messages.append(message(update.role, (), message_id=update.message_id))
        elif update.message_id is not None and "message_id" not in messages[-1]:
            messages[-1] = message(update.role, messages[-1]["contents"], message_id=update.message_id)
        for content in update.contents:
            if content["type"] == USAGE:
                usage = added(usage, content.get("usage_details"))
            else:
                _add(messages[-1]["contents"], content)
        last = update
    named = [update.conversation_id for update in updates if update.conversation_id is not None]
    for one in messages:
        one["contents"] = _coalesced(one["contents"])
    return Response([one for one in messages if one["contents"]], named[-1] if named else None, usage)


def added(usage: Mapping[str, Any] | None, more: Mapping[str, Any] | None) -> dict[str, int] | None:
    """The sums of two counts; None where there are neither. What is no whole number in either is left out."""
    if usage is None and more is None:
        return None
    one, other = usage or {}, more or {}
    names = [*one, *(name for name in other if name not in one)]
    pairs = [(name, one.get(name, 0), other.get(name, 0)) for name in names]
    return {name: first + second for name, first, second in pairs if isinstance(first, int) and isinstance(second, int)}


def _begins(update: Update, last: Update, messages: list[Message]) -> bool:
    known = messages[-1].get("message_id")
    other = update.message_id is not None and known is not None and update.message_id != known
    return other or update.role != last.role


def _add(contents: list[Content], content: Content) -> None:
    """Append ``content``, or to the call that it continues: the same id, or none and a call just before it."""
    previous = contents[-1] if contents else None
    if content["type"] == CALL and previous is not None and previous["type"] == CALL:
        continues = not content.get("call_id") or content["call_id"] == previous["call_id"]
        if continues and isinstance(content.get("arguments") or "", str):
            previous["arguments"] = (previous.get("arguments") or "") + (content.get("arguments") or "")
            return
    contents.append(dict(content))


def _coalesced(contents: list[Content]) -> list[Content]:
    """``contents`` with neighbouring texts, and neighbouring reasoning of one id, joined."""
    found: list[Content] = []
    for content in contents:
        previous = found[-1] if found else None
        if (
            previous is not None
            and content["type"] == previous["type"]
            and content["type"] in ("text", "text_reasoning")
        ):
            same = content.get("id") is None or previous.get("id") is None or content["id"] == previous["id"]
            if same and (content["type"] == "text" or content.get("text") is not None):
                previous["text"] = (previous.get("text") or "") + (content.get("text") or "")
                previous |= {
                    name: value
                    for name, value in content.items()
                    if name not in ("text", "type", "additional_properties") and value is not None
                }
                previous["additional_properties"] = previous["additional_properties"] | content["additional_properties"]
                continue
        found.append(content)
    return found


class ResponseStream:
    """A streamed answer: iterate over its updates, or await :meth:`get_final_response`, which reads the rest of it.

    The session is updated when the last update has been taken, not before.
    """

    def __init__(self, updates: AsyncIterator[Update], finished: Callable[[], Awaitable[Response]]) -> None:
        self._updates = updates
        self._finished = finished
        self._response: Response | None = None

    def __aiter__(self) -> AsyncIterator[Update]:
        return self._read()

    async def _read(self) -> AsyncIterator[Update]:
        async for update in self._updates:
            yield update
        if self._response is None:
            self._response = await self._finished()

    async def get_final_response(self) -> Response:
        """The whole answer."""
        async for _ in self:
            pass
        if self._response is None:
            raise ResponseError("the stream was given up before its end; there is no response")
        return self._response
