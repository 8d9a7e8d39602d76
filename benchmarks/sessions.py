"""Long sessions made of real ones: the messages of a golden, turn after turn, with new ids and texts."""

from __future__ import annotations

import json
import random
from typing import Any

from pysession.schema import shipped

PYTHON_GOLDEN = "golden/python/1.22.0/run_tools_stream.json"
DOTNET_GOLDEN = "golden/dotnet/1.16.0/tools.json"

_WORDS = (
    "the a session keeps every turn of this conversation and its tools so that tomorrow’s release can read what "
    "yesterday’s wrote weather invoice Kraków résumé “quoted” 42 because however please summarise report total"
).split()


def long_session(messages: int, *, seed: int = 1) -> bytes:
    """A python session with that many messages, about 570 bytes each: a user, a call, its result, an answer, repeated."""
    golden = json.loads((shipped("fixtures") / PYTHON_GOLDEN).read_bytes())
    pattern = golden["state"]["in_memory"]["messages"]
    words = random.Random(seed)  # noqa: S311 (texts, not secrets)
    made: list[dict[str, Any]] = []
    turn = 0
    while len(made) < messages:
        made.extend(_renewed(message, turn, words) for message in pattern[: messages - len(made)])
        turn += 1
    golden["state"]["in_memory"]["messages"] = made
    return json.dumps(golden, ensure_ascii=False, separators=(",", ":")).encode()


def _renewed(message: dict[str, Any], turn: int, words: random.Random) -> dict[str, Any]:
    copy = json.loads(json.dumps(message))
    if "message_id" in copy:
        copy["message_id"] = f"{copy['message_id']}_{turn}"
    for content in copy["contents"]:
        _renew(content, turn, words)
    return copy  # type: ignore[no-any-return]


def _renew(content: dict[str, Any], turn: int, words: random.Random) -> None:
    for name in ("call_id", "id"):
        if name in content:
            content[name] = f"{content[name]}_{turn}"
    if content["type"] == "text":
        content["text"] = " ".join(words.choices(_WORDS, k=60))
    if content["type"] == "function_result":
        content["result"] = " ".join(words.choices(_WORDS, k=30))
        for item in content["items"]:
            item["text"] = content["result"]
