"""Go sessions put together from a few words, as JSON text, because much of what Go does depends on the text."""

from __future__ import annotations

LATEST = "go@5b27c979abb4"

HELLO = '{"Contents":[{"Text":"Hello.","Type":"text"}],"Role":"user","ID":""}'


def session(*messages: str, state: str = "", service_id: str = "") -> bytes:
    """A session with ``messages`` under the default key; ``state`` is the text of members after it."""
    history = f'"in-memory":{{"messages":[{",".join(messages)}]}}'
    return f'{{"State":{{{history}{"," + state if state else ""}}},"ServiceID":"{service_id}"}}'.encode()


def holding(*contents: str, role: str = "assistant") -> str:
    """A message with ``contents``."""
    return f'{{"Contents":[{",".join(contents)}],"Role":"{role}","ID":""}}'


def call(id_: str, *, done: bool = False) -> str:
    return f'{{"Arguments":"{{}}","CallID":"{id_}","Name":"f","InformationalOnly":{str(done).lower()},"Type":"functionCall"}}'


def request(asked: str) -> str:
    return f'{{"RequestID":"r","ToolCall":{asked},"Type":"toolApprovalRequest"}}'


def response(asked: str) -> str:
    return f'{{"RequestID":"r","Approved":true,"ToolCall":{asked},"Type":"toolApprovalResponse"}}'
