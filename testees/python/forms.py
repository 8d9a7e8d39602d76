"""The forms in which a release reads what is stored, as far as it has them: session, store, history file, thread."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import agent_framework

HAS_SESSIONS = hasattr(agent_framework, "AgentSession")
Message = agent_framework.Message if HAS_SESSIONS or not hasattr(agent_framework, "ChatMessage") else None
"""The class of a message. Among the releases with threads only the last one called it so; the others have a class
``Message`` too, which is part of their workflows."""

if Message is None:
    Message = agent_framework.ChatMessage

LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)

_ID = "s"
_DECODING = frozenset({"JSONDecodeError", "UnicodeDecodeError", "DecodeError"})


class StageError(Exception):
    """The library failed at ``stage``; its own exception is the cause."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage)
        self.stage = stage


@dataclass
class Options:
    """What the application tells its library."""

    history_keys: tuple[str, ...] = ()
    registered_types: tuple[str, ...] = ()


@dataclass
class Loaded:
    """What a release made of the bytes: the object that an application would hold, and how it is saved.

    ``session`` is an AgentSession or, in older releases, an AgentThread; None for a history file, whose ``messages``
    the application's own agent gets.
    """

    session: Any
    messages: list[Any]
    save: Callable[[], bytes]
    keep: list[Any] = field(default_factory=list)

    @property
    def messages_restored(self) -> int:
        return sum(isinstance(message, Message) for message in self.messages)


@contextmanager
def stage(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise StageError(name) from error


@contextmanager
def as_from_the_top() -> Iterator[None]:
    """Leave the library as much of the stack as a program has that calls it from its outermost level."""
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    # The generator's frame and contextlib's are gone when the library is called, the caller's own stays.
    sys.setrecursionlimit(DEFAULT_LIMIT + depth - 3)
    try:
        yield
    finally:
        sys.setrecursionlimit(DEFAULT_LIMIT)


DEFAULT_LIMIT = sys.getrecursionlimit()


def dumped(value: Any) -> bytes:
    """The value as JSON text; how deep it is was the library's matter, not that of the way back."""
    sys.setrecursionlimit(100_000)
    try:
        return json.dumps(value).encode()
    finally:
        sys.setrecursionlimit(DEFAULT_LIMIT)


def session(data: bytes, options: Options) -> Loaded:
    """``AgentSession.from_dict(json.loads(data))``, ``to_dict()``."""
    with as_from_the_top(), stage("parse"):
        value = json.loads(data)
    with registered(options):
        with as_from_the_top(), stage("load"):
            restored = agent_framework.AgentSession.from_dict(value)

        def save() -> bytes:
            with registered(options), as_from_the_top(), stage("save"):
                stored = restored.to_dict()
            with stage("save"):
                return dumped(stored)

        return Loaded(restored, held(restored.state), save)


def held(state: Any) -> list[Any]:
    """What stands where the histories of a session are: the items of ``state.<key>.messages``."""
    entries = state.values() if isinstance(state, dict) else ()
    lists = [entry["messages"] for entry in entries if isinstance(entry, dict) and "messages" in entry]
    return [message for messages in lists if isinstance(messages, list) for message in messages]


@contextmanager
def registered(options: Options) -> Iterator[None]:
    """The application's state types, each a class that keeps its data as it is, known for this document only."""
    if not options.registered_types:
        yield
        return
    import agent_framework._sessions as sessions

    registries = [getattr(sessions, name) for name in REGISTRIES if hasattr(sessions, name)]
    before = [dict(registry) for registry in registries]
    try:
        for name in options.registered_types:
            agent_framework.register_state_type(_kept_type(name))
        yield
    finally:
        for registry, entries in zip(registries, before, strict=True):
            registry.clear()
            registry.update(entries)


REGISTRIES = ("_STATE_TYPE_REGISTRY", "_STATE_CLASS_REGISTRY")
_KEPT: dict[str, type] = {}


def _kept_type(name: str) -> type:
    if name not in _KEPT:

        class Kept:
            def __init__(self, data: dict[str, Any]) -> None:
                self.data = data

            def to_dict(self) -> dict[str, Any]:
                return {"type": name, **self.data}

            @classmethod
            def from_dict(cls, data: dict[str, Any]) -> Any:
                return cls({key: value for key, value in data.items() if key != "type"})

            @classmethod
            def _get_type_identifier(cls) -> str:
                return name

        _KEPT[name] = Kept
    return _KEPT[name]


def store(data: bytes, options: Options, serialization_format: str = "json") -> Loaded:
    """``FileSessionStore.get`` of a file with these bytes, ``set`` into the same store."""
    folder = tempfile.TemporaryDirectory()
    files = agent_framework.FileSessionStore(folder.name, serialization_format=serialization_format)
    LOOP.run_until_complete(files.set(_ID, agent_framework.AgentSession()))
    (path,) = Path(folder.name).iterdir()
    path.write_bytes(data)
    with registered(options):
        try:
            restored = LOOP.run_until_complete(files.get(_ID))
        except Exception as error:
            raise StageError(reading_stage(error)) from error

    def save() -> bytes:
        with registered(options), stage("save"):
            LOOP.run_until_complete(files.set(_ID, restored))
        return path.read_bytes()

    return Loaded(restored, held(restored.state), save, keep=[folder])


def history(data: bytes, options: Options, **settings: Any) -> Loaded:
    """``FileHistoryProvider.get_messages`` of a file with these bytes, and each message written to a file again.

    To a file of its own: into one file the later releases do not write a message twice, which would say something of
    the writer's habits and nothing of the document.
    """
    folder = tempfile.TemporaryDirectory()
    provider = agent_framework.FileHistoryProvider(folder.name, **settings)
    path = provider._session_file_path(_ID)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    try:
        messages = LOOP.run_until_complete(provider.get_messages(_ID))
    except Exception as error:
        raise StageError(reading_stage(error)) from error

    def save() -> bytes:
        records = []
        for message in messages:
            with stage("save"):
                path.unlink(missing_ok=True)
                LOOP.run_until_complete(provider.save_messages(_ID, [message]))
            records.append(path.read_bytes())
        return b"".join(records)

    return Loaded(None, messages, save, keep=[folder])


def reading_stage(error: BaseException) -> str:
    """Whether a file could not be decoded or what was in it could not be made an object: both raise ValueError."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    if any(type(one).__name__ in _DECODING for one in chain):
        return "parse"
    built = any("deserialize" in name for name in _functions(chain[-1])) or any(
        "from_dict" in _functions(one) for one in chain
    )
    # The decoder itself raises these: too deep, or a map whose key is a map.
    return "parse" if isinstance(chain[-1], RecursionError | TypeError) and not built else "load"


def _functions(error: BaseException) -> set[str]:
    """The names of the functions that ``error`` came up through."""
    names, trace = set(), error.__traceback__
    while trace is not None:
        names.add(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return names


def thread(data: bytes, options: Options) -> Loaded:
    """``AgentThread.deserialize(json.loads(data))``, ``serialize()``."""
    with as_from_the_top(), stage("parse"):
        value = json.loads(data)
    with stage("load"):
        restored = LOOP.run_until_complete(agent_framework.AgentThread.deserialize(value))
    with stage("touch"):
        kept = restored.message_store
        messages = [] if kept is None else LOOP.run_until_complete(kept.list_messages())

    def save() -> bytes:
        with stage("save"):
            return dumped(LOOP.run_until_complete(restored.serialize()))

    return Loaded(restored, list(messages), save)


def _forms() -> dict[str, Callable[[bytes, Options], Loaded]]:
    if not HAS_SESSIONS:
        return {"thread": thread}
    found: dict[str, Callable[..., Loaded]] = {"session": session}
    if hasattr(agent_framework, "FileSessionStore"):
        found["store"] = store
        found["store-msgpack"] = lambda data, options: store(data, options, "msgpack")
    if hasattr(agent_framework, "FileHistoryProvider"):
        found["history"] = history
        parameters = agent_framework.FileHistoryProvider.__init__.__kwdefaults__ or {}
        if "serialization_format" in parameters:
            found["history-msgpack"] = lambda data, options: history(data, options, serialization_format="msgpack")
    return found


FORMS = _forms()
