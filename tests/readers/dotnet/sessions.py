"""Sessions of .NET as texts, for tests that say only what matters to them."""

from __future__ import annotations

LATEST = "dotnet@HEAD-5eb3eb745+meai-10.11.0"
KEY = "InMemoryChatHistoryProvider"
HELLO = '{"role":"user","contents":[{"$type":"text","text":"Hello?"}]}'


def session(*messages: str, before: str = "", beside: str = "", key: str = KEY) -> bytes:
    """A session with these messages; ``before`` and ``beside`` are members of the envelope and of the state bag."""
    return f'{{{before}"stateBag":{{{beside}"{key}":{{"messages":[{",".join(messages)}]}}}}}}'.encode(
        "utf-8", "surrogatepass"
    )


def thread(*messages: str, member: str = "storeState", before: str = "") -> bytes:
    """A thread of the previews."""
    return f'{{{before}"{member}":{{"messages":[{",".join(messages)}]}}}}'.encode()


def holding(*contents: str, role: str = "assistant") -> str:
    """A message with these contents."""
    return f'{{"role":"{role}","contents":[{",".join(contents)}]}}'


def call(call_id: str, *, done: bool = False) -> str:
    """A call of a function, carried out (``informationalOnly``) or not."""
    done_ = "true" if done else "false"
    return f'{{"$type":"functionCall","name":"f","informationalOnly":{done_},"callId":"{call_id}"}}'


def request(of: str) -> str:
    """A request for approval."""
    return f'{{"$type":"toolApprovalRequest","toolCall":{of},"requiresConfirmation":true,"requestId":"r"}}'


def response(of: str) -> str:
    """An answer to one."""
    return f'{{"$type":"toolApprovalResponse","approved":true,"toolCall":{of},"requestId":"r"}}'
