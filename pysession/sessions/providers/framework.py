"""Our providers in an agent of the real framework (the extra ``maf``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pysession.findings.failures import UsageError
from pysession.sessions.context import RunContext
from pysession.sessions.messages import Message, settled
from pysession.sessions.providers.base import ContextProvider, HistoryProvider
from pysession.sessions.responses import Response
from pysession.sessions.tools import Tool, ToolError

if TYPE_CHECKING:
    import agent_framework


def agent_framework_provider(provider: ContextProvider) -> agent_framework.ContextProvider:
    """``provider`` as one that ``agent_framework.Agent(context_providers=[…])`` takes, with the same source id and switches.

    It is given the agent and the session of the framework. Its part of the state holds what it puts there, so messages
    as dictionaries; the framework saves and restores those as its own.

    Raises:
        UsageError: agent-framework-core is not installed.
    """
    try:
        import agent_framework
    except ImportError as error:
        raise UsageError("agent-framework-core is not installed; pip install 'pysession-kit[maf]'") from error
    bases = (agent_framework.HistoryProvider, agent_framework.ContextProvider)
    base = bases[0] if isinstance(provider, HistoryProvider) else bases[1]
    own: dict[str, Any] = {}
    if isinstance(provider, HistoryProvider):
        own |= {"get_messages": _get_messages, "save_messages": _save_messages}
    # A history that leaves loading and storing to its base leaves it to the framework's base.
    for name, bridge in (("before_run", _before_run), ("after_run", _after_run)):
        if getattr(type(provider), name) is not getattr(HistoryProvider, name):
            own[name] = bridge
    # Messages are attributed to the class by its name, so it keeps its own.
    adapted: Any = type(type(provider).__name__, (base,), own)
    if not isinstance(provider, HistoryProvider):
        found = adapted(provider.source_id)
    else:
        found = adapted(
            provider.source_id,
            load_messages=provider.load_messages,
            store_inputs=provider.store_inputs,
            store_context_messages=provider.store_context_messages,
            store_context_from=provider.store_context_from,
            store_outputs=provider.store_outputs,
        )
    found.provider = provider
    return found  # type: ignore[no-any-return]


async def _get_messages(self: Any, session_id: str | None, *, state: Any = None, **kwargs: Any) -> list[Any]:
    from agent_framework import Message as TheirMessage

    return [TheirMessage.from_dict(one) for one in await self.provider.get_messages(session_id, state=state, **kwargs)]


async def _save_messages(
    self: Any, session_id: str | None, messages: Sequence[Any], *, state: Any = None, **kwargs: Any
) -> None:
    own = [settled(one) for one in messages]
    await self.provider.save_messages(session_id, own, state=state, **kwargs)


async def _before_run(self: Any, *, agent: Any, session: Any, context: Any, state: dict[str, Any]) -> None:
    from agent_framework import Message as TheirMessage

    own = _own_context(context)
    before = {source_id: len(messages) for source_id, messages in own.context_messages.items()}
    await self.provider.before_run(agent=agent, session=session, context=own, state=state)
    for source_id, messages in own.context_messages.items():
        new = [TheirMessage.from_dict(one) for one in messages[before.get(source_id, 0) :]]
        context.context_messages.setdefault(source_id, []).extend(new)
    context.extend_instructions(self.source_id, own.instructions)
    context.extend_tools(self.source_id, [_their_tool(tool) for tool in own.tools])


async def _after_run(self: Any, *, agent: Any, session: Any, context: Any, state: dict[str, Any]) -> None:
    await self.provider.after_run(agent=agent, session=session, context=_own_context(context), state=state)


def _own_context(context: Any) -> RunContext:
    """What there is of a run of theirs, in our words."""
    own = RunContext(
        session_id=context.session_id,
        service_session_id=context.service_session_id,
        input_messages=_messages(context.input_messages),
        options=context.options,
    )
    own.context_messages = {source: _messages(messages) for source, messages in context.context_messages.items()}
    own.metadata = context.metadata
    if context.response is not None:
        own.response = Response(_messages(context.response.messages))
    return own


def _messages(theirs: Sequence[Any]) -> list[Message]:
    return [settled(one) for one in theirs]


def _their_tool(tool: Tool) -> Any:
    import agent_framework

    if tool.takes_context:
        raise ToolError(f"the tool {tool.name!r} takes a ToolContext, which only an agent of pysession has")
    make = agent_framework.tool(name=tool.name, description=tool.description, approval_mode=tool.approval_mode)
    return make(tool.function)
