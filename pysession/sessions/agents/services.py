"""Which service keeps a conversation: by the name that an agent gives it, and by the form of the conversation's id.

A session document of the framework does not name a service. Its ``service_session_id`` is sent to whatever service the next
agent uses, and one that did not give it refuses the request, or knows nothing of the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping

from pysession.sessions.session import Session

_RESPONSES = "OpenAI's Responses API"
_FAMILIES: Mapping[str, str] = {
    "resp_": _RESPONSES,
    "conv_": _RESPONSES,  # it takes the id of a conversation in the place of a response's
    "thread_": "the Assistants API",
}
"""Interfaces by the beginning of their conversations' ids; none takes the ids of another."""


def family_of(service_session_id: object) -> str | None:
    """The interface whose conversations have ids of this form, if that is known."""
    if not isinstance(service_session_id, str):
        return None
    return next((family for start, family in _FAMILIES.items() if service_session_id.startswith(start)), None)


def why_another_service(session: Session, service: str | None, family: str | None) -> str | None:
    """Why an agent goes on with what another service began; None when nothing says so.

    ``service`` is the agent's name for its service, ``family`` the interface that is known to be it.
    """
    kept, own = session.record.service, family_of(session.service_session_id)
    if service is not None and kept is not None and service != kept:
        return (
            f"the session {session.session_id!r} was written with the service {kept!r}, and this agent's is {service!r}"
        )
    if own is not None and family is not None and own != family:
        return f"the session {session.session_id!r} is a conversation of {own}, and this agent's service is {family}"
    return None
