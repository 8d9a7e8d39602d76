"""Messages added by hand, the history that they make, and what is exported of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from agent_framework import Message as TheirMessage

from pysession import check, convert
from pysession.findings.failures import UsageError
from pysession.sessions import (
    Agent,
    CorruptSessionError,
    InputError,
    MessageView,
    Response,
    Session,
    SessionError,
    StoreHistoryProvider,
    approval_request,
    function_call,
    message,
    text,
)
from pysession.sessions.messages import Message, function_result
from pysession.stores import open_store


async def echo(messages: Sequence[Message]) -> str:
    return f"heard {messages[-1]['contents'][0]['text']}"


def talk(*told: Any, session: Session | None = None) -> Session:
    async def main() -> Session:
        found = session or Session(id="s")
        for one in told:
            await found.send_message(one)
        return found

    return asyncio.run(main())


def history(session: Session, limit: int | None = None) -> list[MessageView]:
    return asyncio.run(session.history(limit))


class TestSendMessage:
    def test_a_message_is_added_in_the_words_of_the_framework(self) -> None:
        session = talk({"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"})
        first, second = session.state["in_memory"]["messages"]
        when = first["additional_properties"]["pysession"]["parked"]["created_at"]
        assert first == {
            "role": "user",
            "contents": [{"type": "text", "text": "hi", "additional_properties": {}}],
            "additional_properties": {"pysession": {"v": 1, "parked": {"created_at": when}}},
            "type": "message",
        }
        assert second["role"] == "assistant"
        assert check(session.to_bytes()).findings == ()

    def test_it_is_given_back_as_it_stands_there(self) -> None:
        session = Session(id="s")
        before = datetime.now(UTC)
        found = asyncio.run(session.send_message({"role": "user", "content": "hi"}))
        assert isinstance(found, MessageView)
        assert (found["role"], found["content"]) == ("user", "hi")
        assert before <= datetime.fromisoformat(found["timestamp"]) <= datetime.now(UTC)
        assert found.wire is session.state["in_memory"]["messages"][0]

    @pytest.mark.parametrize(
        ("told", "role", "content"),
        [
            ("hi", "user", "hi"),
            (message("system", "be kind"), "system", "be kind"),
            (TheirMessage("assistant", ["hello"]), "assistant", "hello"),
            ({"role": "user", "content": [text("a"), "b"]}, "user", "a b"),
            ({"role": "user", "content": text("a")}, "user", "a"),
            ({"role": "assistant", "content": None}, "assistant", ""),
        ],
    )
    def test_texts_and_messages_of_the_framework_are_taken_too(self, told: Any, role: str, content: str) -> None:
        (found,) = history(talk(told))
        assert (found["role"], found["content"]) == (role, content)

    def test_other_members_are_kept_as_additional_properties(self) -> None:
        (found,) = history(talk({"role": "user", "content": "hi", "metadata": {"channel": "web"}, "lang": "en"}))
        assert found["additional_properties"]["lang"] == found["lang"] == "en"
        assert found["metadata"] == {"channel": "web"}
        assert check(talk({"role": "assistant", "content": "hi", "lang": "en"}).to_bytes()).findings == ()

    def test_a_message_of_another_session_keeps_its_time(self) -> None:
        (first,) = history(talk({"role": "user", "content": "hi", "timestamp": "2024-01-02T03:04:05.600000+01:00"}))
        assert first["timestamp"] == "2024-01-02T02:04:05.6+00:00"
        (again,) = history(talk(first))
        assert dict(again) == dict(first)

    @pytest.mark.parametrize("said", ["yesterday", "2024-01-02T03:04:05", 1704164645.6, None])
    def test_a_time_that_is_none_is_a_property_like_others(self, said: Any) -> None:
        (found,) = history(talk({"role": "user", "content": "hi", "timestamp": said}))
        assert found["additional_properties"]["timestamp"] == said
        assert datetime.fromisoformat(found["timestamp"]).year >= 2026

    @pytest.mark.parametrize(
        "told",
        [
            None,
            7,
            {},
            {"role": "user"},
            {"content": "hi"},
            {"role": "judge", "content": "hi"},
            {"role": "user", "content": "hi", "contents": ["hi"]},
            {"role": "user", "content": 7},
            {"role": "user", "content": [7]},
            {"role": "user", "content": "hi", "additional_properties": []},
            {"role": "assistant", "content": None, "tool_calls": []},
        ],
    )
    def test_what_is_no_message_is_refused_and_adds_nothing(self, told: Any) -> None:
        session = Session(id="s")
        with pytest.raises(InputError):
            asyncio.run(session.send_message(told))
        assert session.to_dict() == Session(id="s").to_dict()

    def test_what_is_no_json_adds_nothing(self) -> None:
        session = Session(id="s")
        with pytest.raises(SessionError, match="/messages/additional_properties/at"):
            asyncio.run(session.send_message({"role": "user", "content": "hi", "at": datetime.now(UTC)}))
        assert history(session) == []

    def test_a_message_does_not_share_anything_with_what_was_told(self) -> None:
        told = {"role": "user", "content": "hi", "tags": ["a"]}
        session = talk(told)
        told["tags"].append("b")  # type: ignore[attr-defined]
        assert history(session)[0]["tags"] == ["a"]

    def test_the_time_is_that_of_a_dotnet_session_made_of_it_and_comes_back(self) -> None:
        session = talk({"role": "user", "content": "hi"})
        theirs = convert(session.to_bytes(), to="dotnet").data
        (told,) = json.loads(theirs)["stateBag"]["InMemoryChatHistoryProvider"]["messages"]
        assert told["createdAt"] == history(session)[0]["timestamp"]
        again = Session.from_bytes(convert(theirs, to="python").data)
        assert again.to_dict() == session.to_dict()

    def test_a_message_goes_where_the_history_is(self) -> None:
        session = Session(id="s")
        session.state["other"] = {"messages": ["no history"]}
        session.state["mine"] = {"messages": [message("user", "a")]}
        talk("b", session=session)
        assert [one["content"] for one in history(session)] == ["a", "b"]
        assert len(session.state["mine"]["messages"]) == 2

    def test_a_history_that_is_none_raises(self) -> None:
        session = Session(id="s")
        session.state["in_memory"] = {"messages": {}}
        for attempt in (session.send_message("hi"), session.history()):
            with pytest.raises(CorruptSessionError, match="'in_memory' is no list of messages"):
                asyncio.run(attempt)  # type: ignore[arg-type]

    def test_what_a_service_would_never_see_is_refused(self) -> None:
        session = Session(id="s", service_session_id="conv")
        with pytest.raises(SessionError, match="bind an agent"):
            asyncio.run(session.send_message("hi"))
        assert session.state == {}


class TestBinding:
    def test_the_agent_answers_what_the_user_says(self) -> None:
        session = Session(id="s")
        session.bind(Agent("helper", echo))
        response = asyncio.run(session.send_message({"role": "user", "content": "hi"}))
        assert isinstance(response, Response)
        assert response.text == "heard hi"
        assert [(one["role"], one["content"]) for one in history(session)] == [
            ("user", "hi"),
            ("assistant", "heard hi"),
        ]
        assert all(one["timestamp"] for one in history(session))
        assert [event.actor for event in session.events() if event.kind == "message_added"] == ["user", "helper"]

    def test_messages_of_others_are_only_added(self) -> None:
        session = Session(id="s")
        session.bind(Agent("helper", echo))
        talk({"role": "assistant", "content": "by hand"}, session=session)
        assert [one["content"] for one in history(session)] == ["by hand"]

    def test_without_it_nobody_answers(self) -> None:
        session = Agent("helper", echo).create_session()
        talk("hi", session=session)
        assert [one["content"] for one in history(session)] == ["hi"]
        session.bind(Agent("helper", echo))
        session.bind(None)
        talk("again", session=session)
        assert len(history(session)) == 2

    def test_a_service_is_told_by_the_agent(self) -> None:
        session = Session(id="s", service_session_id="conv")
        session.bind(Agent("helper", echo))
        assert asyncio.run(session.send_message("hi")).text == "heard hi"  # type: ignore[union-attr]

    def test_a_history_elsewhere_is_read_there(self) -> None:
        async def main() -> None:
            async with open_store("memory:") as store:
                session = Session(id="s")
                session.bind(Agent("helper", echo, context_providers=[StoreHistoryProvider(store)]))
                await session.send_message("hi")
                assert "in_memory" not in session.state
                assert [one["content"] for one in await session.history()] == ["hi", "heard hi"]

        asyncio.run(main())


class TestHistory:
    def test_the_last_are_given_oldest_first(self) -> None:
        session = talk(*"abcde")
        assert [one["content"] for one in history(session, 2)] == ["d", "e"]
        assert [one["content"] for one in history(session)] == [*"abcde"]
        assert [len(history(session, limit)) for limit in (0, 5, 99)] == [0, 5, 5]

    @pytest.mark.parametrize("limit", [-1, 1.5, "2", True])
    def test_a_limit_that_is_none_is_told(self, limit: Any) -> None:
        with pytest.raises(UsageError, match="a limit is a whole number"):
            history(talk("a"), limit)

    def test_a_session_without_one_has_an_empty_history(self) -> None:
        assert history(Session()) == []

    def test_messages_of_the_framework_without_a_time_have_none(self) -> None:
        session = Session(id="s")
        session.state["in_memory"] = {"messages": [message("user", "hi")]}
        assert history(session)[0]["timestamp"] is None

    def test_a_view_names_its_members_and_shows_no_text(self) -> None:
        (found,) = history(talk({"role": "user", "content": "hunter2"}))
        assert {"role", "contents", "type", "additional_properties", "content", "timestamp"} == set(found)
        assert len(found) == 6
        assert "hunter2" not in repr(found)
        assert found.get("author_name") is None


class TestExport:
    CALL = function_call("c1", "weather", '{"city": "Oslo"}')

    def whole(self) -> Session:
        session = Session(id="s", app_name="app", user_id="ann", metadata={"project": "safety"})
        return talk(
            {"role": "user", "content": "weather in Tromsø?", "metadata": {"channel": "web"}},
            {"role": "assistant", "content": [self.CALL], "author_name": "helper"},
            {"role": "tool", "content": [function_result(self.CALL, "sunny")]},
            {"role": "assistant", "content": "sunny", "message_id": "m4"},
            session=session,
        )

    def test_each_line_is_a_message_with_what_is_known_of_it(self) -> None:
        session = self.whole()
        lines = [json.loads(line) for line in session.export(format="jsonl").split("\n")]
        times = [one["timestamp"] for one in history(session)]
        asked = {"id": "c1", "name": "weather", "arguments": '{"city": "Oslo"}'}
        assert lines == [
            {
                "timestamp": times[0],
                "role": "user",
                "message": "weather in Tromsø?",
                "metadata": {"project": "safety", "channel": "web"},
                "tool_calls": [],
            },
            {
                "timestamp": times[1],
                "role": "assistant",
                "message": "",
                "metadata": {"project": "safety", "author_name": "helper"},
                "tool_calls": [asked],
            },
            {
                "timestamp": times[2],
                "role": "tool",
                "message": "sunny",
                "metadata": {"project": "safety"},
                "tool_calls": [],
                "tool_results": [{"id": "c1", "result": "sunny", "failed": False}],
            },
            {
                "timestamp": times[3],
                "role": "assistant",
                "message": "sunny",
                "metadata": {"project": "safety", "message_id": "m4"},
                "tool_calls": [],
            },
        ]

    def test_as_one_object_the_session_stands_above_its_messages(self) -> None:
        whole = json.loads(self.whole().export(format="json"))
        assert {name: value for name, value in whole.items() if name != "messages"} == {
            "session_id": "s",
            "app_name": "app",
            "user_id": "ann",
            "metadata": {"project": "safety"},
        }
        assert [one["metadata"] for one in whole["messages"]] == [
            *({"channel": "web"}, {"author_name": "helper"}, {}, {"message_id": "m4"})
        ]

    def test_it_can_be_awaited(self) -> None:
        session = self.whole()

        async def main() -> None:
            assert await session.export() == str(session.export())
            assert [event.kind for event in await session.events(limit=2)] == ["exported", "exported"]

        asyncio.run(main())

    def test_nothing_is_the_empty_text(self) -> None:
        assert Session().export() == ""

    def test_metadata_is_what_the_application_says(self) -> None:
        session = talk("hi", session=Session(id="s", metadata={"type": "support", "at": datetime(2026, 1, 1)}))
        when = {"type": "pysession.datetime", "value": "2026-01-01T00:00:00"}
        assert json.loads(session.export())["metadata"] == {"type": "support", "at": when}

    def test_half_an_emoji_is_escaped(self) -> None:
        assert json.loads(talk("\ud83d").export().encode())["message"] == "\ud83d"

    def test_a_format_that_is_none_is_told(self) -> None:
        with pytest.raises(UsageError, match="one of jsonl, json"):
            Session().export(format="csv")

    def test_a_call_that_waits_for_approval_is_exported_once(self) -> None:
        session = talk({"role": "assistant", "content": [self.CALL, approval_request(self.CALL)]})
        assert len(json.loads(session.export())["tool_calls"]) == 1
