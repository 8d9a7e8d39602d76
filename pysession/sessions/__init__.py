"""The reference implementation: sessions whose documents are what Agent Framework for Python writes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pysession.sessions.agents.agent import Agent, Call, MismatchError, MismatchWarning
    from pysession.sessions.agents.deciding import scored_by, summarised_by
    from pysession.sessions.agents.injection import enqueue_messages
    from pysession.sessions.conflicts import TrailConflictError
    from pysession.sessions.context import RunContext
    from pysession.sessions.conversation import MessageView
    from pysession.sessions.envelopes import Form
    from pysession.sessions.errors import (
        CorruptSessionError,
        DuplicateSourceError,
        HistoryChangedError,
        NotASessionError,
        NotYoursError,
        SessionError,
        StateTypeError,
        StateValueError,
        UnregisteredTypeWarning,
    )
    from pysession.sessions.events import Event, EventKind, Events
    from pysession.sessions.exporting import Export, ExportFormat
    from pysession.sessions.memory import Memory
    from pysession.sessions.messages import (
        InputError,
        approval_request,
        approval_response,
        function_call,
        message,
        text,
    )
    from pysession.sessions.providers.base import ContextProvider, HistoryProvider
    from pysession.sessions.providers.file_history import FileHistoryProvider
    from pysession.sessions.providers.framework import agent_framework_provider
    from pysession.sessions.providers.in_memory import InMemoryHistoryProvider
    from pysession.sessions.providers.postgres_history import PostgresHistoryProvider
    from pysession.sessions.providers.store_histories import (
        CosmosHistoryProvider,
        RedisHistoryProvider,
        SqliteHistoryProvider,
    )
    from pysession.sessions.providers.stored_history import StoreHistoryProvider
    from pysession.sessions.responses import Response, ResponseError, ResponseStream, Update
    from pysession.sessions.retention import Retention, RetentionError, RetentionWarning
    from pysession.sessions.saved import SessionStore, open_sessions
    from pysession.sessions.scoped_state import Scope, ScopeError
    from pysession.sessions.session import Session
    from pysession.sessions.state_types import register_state_type
    from pysession.sessions.state_values import Unregistered
    from pysession.sessions.sweeping import Swept, removals, sweep
    from pysession.sessions.tools import Tool, ToolContext, ToolError, tool

_ROOM = "pysession.sessions"
_PUBLIC = {
    "Agent": "agents.agent",
    "Call": "agents.agent",
    "ContextProvider": "providers.base",
    "CorruptSessionError": "errors",
    "CosmosHistoryProvider": "providers.store_histories",
    "DuplicateSourceError": "errors",
    "Event": "events",
    "EventKind": "events",
    "Events": "events",
    "Export": "exporting",
    "ExportFormat": "exporting",
    "FileHistoryProvider": "providers.file_history",
    "Form": "envelopes",
    "HistoryChangedError": "errors",
    "HistoryProvider": "providers.base",
    "InMemoryHistoryProvider": "providers.in_memory",
    "InputError": "messages",
    "Memory": "memory",
    "MessageView": "conversation",
    "MismatchError": "agents.agent",
    "MismatchWarning": "agents.agent",
    "NotASessionError": "errors",
    "NotYoursError": "errors",
    "PostgresHistoryProvider": "providers.postgres_history",
    "RedisHistoryProvider": "providers.store_histories",
    "Response": "responses",
    "ResponseError": "responses",
    "ResponseStream": "responses",
    "Retention": "retention",
    "RetentionError": "retention",
    "RetentionWarning": "retention",
    "RunContext": "context",
    "Scope": "scoped_state",
    "ScopeError": "scoped_state",
    "Session": "session",
    "SessionError": "errors",
    "SessionStore": "saved",
    "SqliteHistoryProvider": "providers.store_histories",
    "StateTypeError": "errors",
    "StateValueError": "errors",
    "StoreHistoryProvider": "providers.stored_history",
    "Swept": "sweeping",
    "Tool": "tools",
    "ToolContext": "tools",
    "ToolError": "tools",
    "TrailConflictError": "conflicts",
    "Unregistered": "state_values",
    "UnregisteredTypeWarning": "errors",
    "Update": "responses",
    "agent_framework_provider": "providers.framework",
    "approval_request": "messages",
    "approval_response": "messages",
    "enqueue_messages": "agents.injection",
    "function_call": "messages",
    "message": "messages",
    "open_sessions": "saved",
    "register_state_type": "state_types",
    "removals": "sweeping",
    "scored_by": "agents.deciding",
    "summarised_by": "agents.deciding",
    "sweep": "sweeping",
    "text": "messages",
    "tool": "tools",
}

__all__ = [
    "Agent",
    "Call",
    "ContextProvider",
    "CorruptSessionError",
    "CosmosHistoryProvider",
    "DuplicateSourceError",
    "Event",
    "EventKind",
    "Events",
    "Export",
    "ExportFormat",
    "FileHistoryProvider",
    "Form",
    "HistoryChangedError",
    "HistoryProvider",
    "InMemoryHistoryProvider",
    "InputError",
    "Memory",
    "MessageView",
    "MismatchError",
    "MismatchWarning",
    "NotASessionError",
    "NotYoursError",
    "PostgresHistoryProvider",
    "RedisHistoryProvider",
    "Response",
    "ResponseError",
    "ResponseStream",
    "Retention",
    "RetentionError",
    "RetentionWarning",
    "RunContext",
    "Scope",
    "ScopeError",
    "Session",
    "SessionError",
    "SessionStore",
    "SqliteHistoryProvider",
    "StateTypeError",
    "StateValueError",
    "StoreHistoryProvider",
    "Swept",
    "Tool",
    "ToolContext",
    "ToolError",
    "TrailConflictError",
    "Unregistered",
    "UnregisteredTypeWarning",
    "Update",
    "agent_framework_provider",
    "approval_request",
    "approval_response",
    "enqueue_messages",
    "function_call",
    "message",
    "open_sessions",
    "register_state_type",
    "removals",
    "scored_by",
    "summarised_by",
    "sweep",
    "text",
    "tool",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: a session needs neither the releases' tables nor the agent.
    if name not in _PUBLIC:
        raise AttributeError(f"module {_ROOM!r} has no attribute {name!r}")
    return getattr(import_module(f"{_ROOM}.{_PUBLIC[name]}"), name)
