"""The next turn, really run: the library's agent with a scripted model, everything else as it is by default."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import agent_framework
from pydantic import BaseModel, ConfigDict

from forms import HAS_SESSIONS, LOOP, Loaded, Message, Options, stage

REPLY = "yes"
QUESTION = "next"
ROUNDS = 4
"""How often the user answers before it counts as ignored."""


class Scripted:
    """A model that always says the same and keeps count of what it was sent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sent: list[list[Any]] = []

    def _reply(self, messages: Any, options: Any) -> Any:
        self.sent.append(list(messages))
        answer = Message("assistant", contents=[_text(REPLY)])
        # A service that has the conversation says so again; agents with threads fail when it does not.
        conversation = options.get("conversation_id") if isinstance(options, Mapping) else options.conversation_id
        more = {} if conversation is None else {"conversation_id": conversation}
        return agent_framework.ChatResponse(messages=[answer], **more)


def _text(words: str) -> Any:
    if hasattr(agent_framework, "TextContent"):
        return agent_framework.TextContent(words)
    return agent_framework.Content.from_text(words)


def _layers() -> tuple[type, ...]:
    """The layers in the order in which this release's own clients stack them: each hands what is left to the next."""
    functions, chat = agent_framework.FunctionInvocationLayer, agent_framework.ChatMiddlewareLayer
    takes = inspect.signature(functions.__init__).parameters
    return (functions, chat) if "middleware" in takes else (chat, functions)


def _client_class() -> type:
    """The scripted model as a chat client with the layers that the library's own clients have."""
    if hasattr(agent_framework, "FunctionInvocationLayer"):

        class Layered(
            Scripted,
            *_layers(),
            agent_framework.BaseChatClient,
        ):
            def _inner_get_response(self, *, messages: Any, options: Any, **kwargs: Any) -> Any:
                async def respond() -> Any:
                    return self._reply(messages, options)

                return respond()

        return Layered

    class Wrapped(Scripted, agent_framework.BaseChatClient):
        async def _inner_get_response(self, *, messages: Any, **kwargs: Any) -> Any:
            return self._reply(messages, kwargs["options" if "options" in kwargs else "chat_options"])

        async def _inner_get_streaming_response(self, *, messages: Any, **kwargs: Any) -> Any:
            raise NotImplementedError("the testee does not stream")
            yield

    return agent_framework.use_function_invocation(agent_framework.use_chat_middleware(Wrapped))


CLIENT = _client_class()


class AnyArguments(BaseModel):
    """Whatever the model said to the tool."""

    model_config = ConfigDict(extra="allow")


def _tool(name: str, ran: list[str]) -> Any:
    """A tool of this name that needs an approval and notes that it ran."""

    def run(**arguments: Any) -> str:
        ran.append(name)
        return "done"

    make = getattr(agent_framework, "FunctionTool", None) or agent_framework.AIFunction
    return make(name=name, description="A tool.", approval_mode="always_require", func=run, input_model=AnyArguments)


def _agent(loaded: Loaded, options: Options, client: Any, tools: Sequence[Any]) -> Any:
    more: dict[str, Any] = {"tools": list(tools)} if tools else {}
    if not HAS_SESSIONS:
        make = getattr(agent_framework, "ChatAgent", None) or agent_framework.Agent
        return make(client, **more)
    if options.history_keys:
        provider = agent_framework.InMemoryHistoryProvider
        more["context_providers"] = [provider(key) for key in options.history_keys]
    return agent_framework.Agent(client, **more)


def _run(loaded: Loaded, options: Options, client: Any, tools: Sequence[Any], messages: Any) -> Any:
    agent = _agent(loaded, options, client, tools)
    keyword = "session" if HAS_SESSIONS else "thread"

    async def turn() -> Any:
        # Inside a task, as an application does: 1.6.0 to 1.9.0 reset variables of the context in which run was called.
        return await agent.run(messages, **{keyword: loaded.session})

    return LOOP.run_until_complete(turn())


def next_turn(loaded: Loaded, options: Options) -> dict[str, Any]:
    """What a run with a new message does: ``outcome``, ``sent`` and, where it fails, ``error``.

    Where calls wait for an approval the user gives it, and the question is whether the tools run.
    """
    if loaded.session is None:
        return {"outcome": "unknown"}
    client = CLIENT()
    held = [message for message in loaded.messages if isinstance(message, Message)]
    waiting = _waiting(held)
    service = service_id(loaded.session)
    ran: list[str] = []
    try:
        tools = [_tool(name, ran) for name in sorted({request.function_call.name for request in waiting})]
        question: Any = _approvals(waiting) if waiting else QUESTION
        for _ in range(ROUNDS):
            response = _run(loaded, options, client, tools, question)
            # A queue of requests is put to the user one after the other.
            if not waiting or not (asked := list(response.user_input_requests)):
                break
            question = _approvals(asked)
    except Exception as error:
        return {"outcome": "fails", "sent": _sent(client), "error": error}
    return {"outcome": _outcome(client, held, service, len(waiting), len(ran)), "sent": _sent(client)}


def _outcome(client: Any, held: list[Any], service: Any, waiting: int, ran: int) -> str:
    if service:
        return "service-managed"
    if waiting and ran < waiting:
        return "approval-ignored"
    return "sees-fewer" if held and _sent(client) < 2 else "sees-all"


def _sent(client: Any) -> int:
    return len(client.sent[0]) if client.sent else 0


def service_id(session: Any) -> Any:
    return session.service_session_id if HAS_SESSIONS else session.service_thread_id


def _approvals(requests: Sequence[Any]) -> Any:
    """The message of a user who approves all that is asked."""
    make = (
        "to_function_approval_response" if hasattr(requests[0], "to_function_approval_response") else "create_response"
    )
    return Message("user", contents=[getattr(request, make)(True) for request in requests])


def _waiting(messages: Sequence[Any]) -> list[Any]:
    """The approval requests that nobody has answered, and whose call has no result; each once, however often it stands
    in the history. A request for a call without a name is none that a user could be shown."""
    contents = [content for message in messages for content in message.contents or ()]
    by_kind: dict[Any, list[Any]] = {}
    for content in contents:
        kind = getattr(content, "type", None)
        by_kind.setdefault(kind if isinstance(kind, str) else None, []).append(content)
    answered = [content.id for content in by_kind.get("function_approval_response", ())]
    done = [content.call_id for content in by_kind.get("function_result", ())]
    waiting: dict[Any, Any] = {}
    for request in by_kind.get("function_approval_request", ()):
        call = request.function_call
        if isinstance(getattr(call, "name", None), str) and call.call_id not in done and request.id not in answered:
            waiting.setdefault(repr(request.id), request)
    return list(waiting.values())


def append(loaded: Loaded, options: Options, text: str) -> None:
    """Let the user say ``text`` and the model answer."""
    with stage("touch"):
        _run(loaded, options, CLIENT(), (), text)
