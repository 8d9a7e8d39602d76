"""Sessions for the tests of the exchange, of any size."""

from __future__ import annotations

import json


def session(text: str = "hi", *, size: int = 0, session_id: str = "s1") -> bytes:
    """A session as Python writes it, in which the user says ``text``; with ``size`` in so many bytes."""
    message = {"type": "message", "role": "user", "contents": [{"type": "text", "text": text}]}
    value = {"type": "session", "session_id": session_id, "state": {"in_memory": {"messages": [message]}}}
    data = json.dumps(value, separators=(",", ":")).encode()
    if size > len(data):
        # Not the same everywhere: bytes that come twice or in another order must be noticed.
        filling = " ".join(map(str, range(size // 4)))[: size - len(data)]
        message["contents"][0]["text"] = text + filling
        data = json.dumps(value, separators=(",", ":")).encode()
        assert len(data) == size
    return data
