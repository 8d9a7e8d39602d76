"""Messages that are queued for an agent while it is at work, or before: it is told them when it next asks the model.

The queue is where MessageInjectionMiddleware of agent-framework-core (1.11.0 on) has it, in the state of the session, so
that what is left in it is saved with the session and either goes on with it. As there, such a message is shown to the
model once and is no part of the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysession.dialects.python import PENDING_MESSAGES
from pysession.sessions.errors import CorruptSessionError
from pysession.sessions.messages import Input, InputError, Message, normalised, settled

if TYPE_CHECKING:
    from pysession.sessions.session import Session


def enqueue_messages(session: Session, messages: Input) -> None:
    """Queue ``messages`` for the next time that an agent with ``message_injection`` asks the model in ``session``."""
    if told := normalised(messages):
        queued_messages(session)
        session.state[PENDING_MESSAGES] += told


def queued_messages(session: Session) -> list[Message]:
    """What waits in the queue, oldest first; there is a queue afterwards.

    Raises:
        CorruptSessionError: the state has something else in its place.
    """
    found = session.state.setdefault(PENDING_MESSAGES, [])
    try:
        if not isinstance(found, list):
            raise InputError("it is no list")
        return [settled(one) for one in found]
    except InputError as error:
        raise CorruptSessionError(f"/state/{PENDING_MESSAGES} is no queue of messages: {error}") from None


def shown(session: Session, count: int) -> None:
    """The oldest ``count`` messages of the queue have been shown to the model, which has answered."""
    del session.state[PENDING_MESSAGES][:count]
