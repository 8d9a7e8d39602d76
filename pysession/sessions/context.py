"""``RunContext``: what providers see of one run, and what they add to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pysession.sessions.messages import Message, settled

if TYPE_CHECKING:
    from pysession.sessions.responses import Response

ATTRIBUTION = "_attribution"
"""The additional property of a message that tells which provider brought it into the run."""


class RunContext:
    """One run: its input, what the providers brought in (by source id, in their order), and at last the response."""

    def __init__(
        self,
        *,
        session_id: str | None,
        service_session_id: str | Mapping[str, Any] | None,
        input_messages: list[Message],
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.session_id = session_id
        self.service_session_id = service_session_id
        self.input_messages = input_messages
        self.context_messages: dict[str, list[Message]] = {}
        self.instructions: list[str] = []
        self.tools: list[Any] = []
        self.options: Mapping[str, Any] = dict(options or {})
        self.metadata: dict[str, Any] = {}
        self.response: Response | None = None

    def extend_messages(self, source: Any, messages: Iterable[Mapping[str, Any]]) -> None:
        """Show ``messages`` to the model before the input. ``source`` is the provider, or a source id.

        They are copied, and each copy says whose it is; what says so already keeps it.
        """
        source_id = source if isinstance(source, str) else source.source_id
        mark: dict[str, Any] = {"source_id": source_id}
        if not isinstance(source, str):
            mark["source_type"] = type(source).__name__
        found = self.context_messages.setdefault(source_id, [])
        for message in messages:
            copied = settled(message)
            properties = copied["additional_properties"]
            before = properties.get(ATTRIBUTION)
            properties[ATTRIBUTION] = {**mark, **before} if isinstance(before, Mapping) else dict(mark)
            found.append(copied)

    def extend_instructions(self, source_id: str, instructions: str | Sequence[str]) -> None:
        """Add to what the agent is told to be."""
        self.instructions.extend([instructions] if isinstance(instructions, str) else instructions)

    def extend_tools(self, source_id: str, tools: Sequence[Any]) -> None:
        """Offer ``tools`` in this run."""
        from pysession.sessions.tools import as_tool

        self.tools.extend(as_tool(tool) for tool in tools)

    def get_messages(
        self,
        *,
        sources: set[str] | None = None,
        exclude_sources: set[str] | None = None,
        include_input: bool = False,
        include_response: bool = False,
    ) -> list[Message]:
        """What the providers brought in, in their order; of these ``sources`` only, or of all but some."""
        found = [
            message
            for source_id, messages in self.context_messages.items()
            if (sources is None or source_id in sources) and source_id not in (exclude_sources or ())
            for message in messages
        ]
        if include_input:
            found += self.input_messages
        if include_response and self.response is not None:
            found += self.response.messages
        return found
