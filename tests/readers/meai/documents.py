"""Message arrays and sessions as texts, for tests that say only what matters to them."""

from __future__ import annotations

LATEST = "meai@10.11.0"


def holding(*contents: str, role: str = "user") -> str:
    """A message with these contents."""
    return f'{{"role":"{role}","contents":[{",".join(contents)}]}}'


def array(*messages: str) -> bytes:
    """The messages as a document of the serializer."""
    return f"[{','.join(messages)}]".encode("utf-8", "surrogatepass")


def text(value: str) -> str:
    """A text content."""
    return f'{{"$type":"text","text":"{value}"}}'
