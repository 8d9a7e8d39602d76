"""A session that comes from another service than the agent's is told, and refused by a strict agent."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pysession.sessions import Agent, CorruptSessionError, MismatchError, MismatchWarning, Response, Session, message
from pysession.sessions.agents.services import family_of


class Service:
    """A model at a service that gives its conversations this id."""

    def __init__(self, conversation_id: str | None = None) -> None:
        self.conversation_id = conversation_id
        self.asked = 0

    async def __call__(self, messages: Sequence[Mapping[str, Any]]) -> Response:
        self.asked += 1
        return Response([message("assistant", "ok")], self.conversation_id)


def run(agent: Agent, session: Session) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", MismatchWarning)
        asyncio.run(agent.run("hi", session=session))  # type: ignore[arg-type]


def stored(session: Session) -> Session:
    return Session.from_bytes(session.to_bytes())


def test_an_agent_that_names_no_service_adds_nothing_to_the_document() -> None:
    session = Session()
    run(Agent("a", Service("resp_1")), session)
    assert [*json.loads(session.to_bytes())["state"]] == ["in_memory"]


def test_the_service_that_an_agent_names_is_kept_with_the_session() -> None:
    session = Session(session_id="s")
    run(Agent("a", Service("resp_1"), service="openai"), session)
    assert json.loads(session.to_bytes())["state"]["pysession.session"] == {"v": 1, "service": "openai"}
    again = stored(session)
    run(Agent("a", Service("resp_2"), service="openai", strict=True), again)
    assert json.loads(again.to_bytes())["state"]["pysession.session"] == {"v": 1, "service": "openai"}
    assert again.service_session_id == "resp_2"


@pytest.mark.parametrize("conversation_id", ["resp_1", None])
def test_a_session_of_another_service_is_told_and_refused(conversation_id: str | None) -> None:
    session = Session(session_id="s")
    run(Agent("a", Service(conversation_id), service="openai"), session)
    session = stored(session)
    before = session.to_bytes()
    other = Service()
    with pytest.raises(
        MismatchError, match="'s' was written with the service 'openai', and this agent's is 'anthropic'"
    ):
        run(Agent("a", other, service="anthropic", strict=True), session)
    assert (other.asked, session.to_bytes()) == (0, before)
    with pytest.warns(MismatchWarning, match="with the service 'openai', and this agent's is 'anthropic'"):
        asyncio.run(_told(Agent("a", other, service="anthropic"), session))
    assert session.record.service == "anthropic"


async def _told(agent: Agent, session: Session) -> None:
    await agent.run("hi", session=session)


def test_an_agent_without_a_name_for_its_service_says_nothing_of_it() -> None:
    session = Session()
    run(Agent("a", Service(), service="openai"), session)
    run(Agent("a", Service(), strict=True), session)
    assert session.record.service == "openai"


def test_an_agent_that_has_seen_its_service_refuses_the_conversation_of_another_before_it_asks() -> None:
    model = Service("resp_2")
    agent = Agent("a", model, strict=True)
    run(agent, Session())
    session = Session(session_id="s", service_session_id="thread_1")
    with pytest.raises(
        MismatchError, match=r"'s' is a conversation of the Assistants API, and .* is OpenAI's Responses API"
    ):
        run(agent, session)
    assert (model.asked, session.service_session_id) == (1, "thread_1")


@pytest.mark.parametrize("stream", [False, True])
def test_the_first_answer_tells_that_the_conversation_is_anothers(stream: bool) -> None:
    session = Session(service_session_id="thread_1")
    strict = Agent("a", Service("resp_1"), strict=True)

    async def main() -> None:
        if stream:
            await strict.run("hi", session=session, stream=True).get_final_response()
        else:
            await strict.run("hi", session=session)

    with pytest.raises(MismatchError, match="a conversation of the Assistants API"):
        asyncio.run(main())
    assert session.service_session_id == "thread_1"
    with pytest.warns(MismatchWarning, match="a conversation of the Assistants API"):
        asyncio.run(_told(Agent("a", Service("resp_1")), session))
    assert session.service_session_id == "resp_1"


def test_responses_and_conversations_are_of_one_service() -> None:
    agent = Agent("a", Service("resp_2"), strict=True)
    run(agent, Session(service_session_id="conv_1"))
    run(agent, Session(service_session_id="resp_1"))


@pytest.mark.parametrize("unknown", ["c1", "", None, {"id": "thread_1"}])
def test_an_id_of_no_known_form_is_of_no_known_service(unknown: Any) -> None:
    assert family_of(unknown) is None
    session = Session(service_session_id=unknown)
    run(Agent("a", Service("resp_1"), strict=True), session)


def test_a_session_that_was_handed_over_may_change_its_service() -> None:
    session = Session(user_id="ada")
    run(Agent("a", Service(), service="openai"), session)
    session.handoff("b")
    run(Agent("b", Service(), service="anthropic", strict=True), session)


def test_a_session_that_was_cleared_is_no_services_any_more() -> None:
    session = Session()
    run(Agent("a", Service("resp_1"), service="openai"), session)
    session.clear()
    run(Agent("b", Service(), service="anthropic", strict=True), session)
    assert session.record.service == "anthropic"


def test_a_damaged_name_of_a_service_is_told() -> None:
    document = {"type": "session", "session_id": "s", "state": {"pysession.session": {"v": 1, "service": 3}}}
    with pytest.raises(CorruptSessionError, match=r"/state/pysession\.session/service is no text"):
        Session.from_dict(document)
