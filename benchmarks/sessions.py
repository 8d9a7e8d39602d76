"""Long sessions made of real ones: the messages of a golden, turn after turn, with new ids and texts."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from pysession.schema import shipped

PYTHON_GOLDEN = "golden/python/1.22.0/run_tools_stream.json"
OLDER_PYTHON_GOLDEN = "golden/python/1.17.0/fss__run_tools.json"
"""Without the members that releases up to 1.21.0 refuse, so that every release reads it to the end."""
DOTNET_GOLDEN = "golden/dotnet/1.16.0/streaming_tools.json"

_WORDS = (
    "the a session keeps every turn of this conversation and its tools so that tomorrow’s release can read what "
    "yesterday’s wrote weather invoice Kraków résumé “quoted” 42 because however please summarise report total"
).split()


_BEGIN = datetime(2026, 11, 20, tzinfo=UTC)


def long_session(messages: int, *, golden: str = PYTHON_GOLDEN, seed: int = 1) -> bytes:
    """A python session with that many messages, about 570 bytes each: a user, a call, its result, an answer, repeated."""
    session = _golden(golden)
    session.pop("version", None)
    history = session["state"]["in_memory"]
    history["messages"] = _repeated(history["messages"], messages, seed)
    return _written(session)


def long_dotnet_session(messages: int, *, seed: int = 1) -> bytes:
    """The same in .NET's dialect."""
    session = _golden(DOTNET_GOLDEN)
    history = session["stateBag"]["InMemoryChatHistoryProvider"]
    history["messages"] = _repeated(history["messages"], messages, seed)
    return _written(session)


def _golden(path: str) -> Any:
    return json.loads((shipped("fixtures") / path).read_bytes())


def _written(session: Any) -> bytes:
    return json.dumps(session, ensure_ascii=False, separators=(",", ":")).encode()


def _repeated(pattern: list[Any], messages: int, seed: int) -> list[Any]:
    words = random.Random(seed)  # noqa: S311 (texts, not secrets)
    made: list[dict[str, Any]] = []
    turn = 0
    while len(made) < messages:
        made.extend(_renewed(message, turn, words) for message in pattern[: messages - len(made)])
        turn += 1
    return made


def _renewed(message: dict[str, Any], turn: int, words: random.Random) -> dict[str, Any]:
    copy = json.loads(json.dumps(message))
    for name in ("message_id", "messageId"):
        if name in copy:
            copy[name] = f"{copy[name]}_{turn}"
    if "createdAt" in copy:
        # As a conversation has them: later with every turn, with the seven digits that .NET writes.
        copy["createdAt"] = f"{_BEGIN + timedelta(minutes=turn):%Y-%m-%dT%H:%M:%S}.0746303+00:00"
    for content in copy["contents"]:
        _renew(content, turn, words)
    return copy  # type: ignore[no-any-return]


def _renew(content: dict[str, Any], turn: int, words: random.Random) -> None:
    for name in ("call_id", "callId", "id"):
        if name in content:
            content[name] = f"{content[name]}_{turn}"
    kind = content.get("type") or content.get("$type")
    if kind == "text":
        content["text"] = " ".join(words.choices(_WORDS, k=60))
    if kind in ("function_result", "functionResult"):
        content["result"] = " ".join(words.choices(_WORDS, k=30))
        for item in content.get("items", ()):
            item["text"] = content["result"]
