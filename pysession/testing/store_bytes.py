"""Demands on the bytes: what is put comes back, and messages go where they belong."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable

import msgspec

from pysession.stores import Capability, NotAppendableError, NotFoundError, TooLargeError
from pysession.testing.store_demands import (
    NO_MESSAGE,
    SESSION,
    Listed,
    OpenStore,
    demands,
    message,
    raises,
)

BYTES: Listed = []

_EXACT = {
    "a_session": SESSION,
    "the_order_of_members": b'{"z":1,"a":2,"state":{"b":null,"a":[]},"session_id":"s"}',
    "the_texts_of_numbers": b'{"n":[1.0,1,1e2,1E+2,-0.0,0.10,1e400,123456789012345678901234567890,0.1234567890123456789]}',
    "repeated_names": b'{"a":1,"a":2,"b":{"c":1,"c":1}}',
    "a_byte_order_mark": b"\xef\xbb\xbf" + SESSION,
    "white_space_and_line_ends": b' {\r\n\t"state" : { } ,\r\n  "session_id":"s"\r\n}\r\n\r\n',
    "escapes_as_they_are_written": b'{"a":"\\u0041\\/\\u00e9\\ud83d\\ude00","b":"\\u0000","c":"\\ud800"}',
    "unicode_unchanged": '{"a":"e\u0301 \u00e9 \u2028 \U0001f600 \ufeff"}'.encode(),
    "json_lines": message("one") + b"\n" + message("two") + b"\r\n\n" + message("three"),
    "json_lines_that_are_torn": message("one") + b"\n" + message("two")[:20],
    "messagepack": msgspec.msgpack.encode({"type": "session", "state": {"n": 1.0, "b": b"\x00\xff"}}),
    "messagepack_records": b"\x00\x00\x00\x04\x81\xa1a\x01" * 2,
    "no_bytes": b"",
    "a_nul_byte": b"\x00",
    "bytes_that_are_no_text": bytes(range(256)) * 3,
    "a_megabyte": random.Random(1).randbytes(1_000_000),  # noqa: S311 (bytes, not secrets)
}


class _Exact:
    """What is put comes back byte for byte."""

    def __init__(self, name: str, data: bytes) -> None:
        self.__name__ = f"keeps_{name}"
        self.__doc__ = f"What is put comes back byte for byte: {name.replace('_', ' ')}."
        self._data = data

    def __call__(self, open_store: OpenStore) -> Awaitable[None]:
        return self._check(open_store)

    async def _check(self, open_store: OpenStore) -> None:
        async with open_store() as store:
            entry = await store.put("s", self._data)
            stored = await store.get("s")
            assert stored.data == self._data
            assert (entry.size, stored.size) == (len(self._data),) * 2
            assert (stored.id, stored.owner, stored.etag) == ("s", "", entry.etag)


for _name, _data in _EXACT.items():
    demands(BYTES)(_Exact(_name, _data))


@demands(BYTES)
async def demand_put_again_changes_nothing(open_store: OpenStore) -> None:
    """What is put twice is there once, as it was."""
    async with open_store() as store:
        for _ in range(3):
            await store.put("s", b"[1.0]")
        assert (await store.get("s")).data == b"[1.0]"


@demands(BYTES)
async def demand_put_replaces_the_whole(open_store: OpenStore) -> None:
    """Of what was there before nothing is left."""
    async with open_store() as store:
        for data in (b"[1.0]", b"[]", b"[1,2]" * 1000, b"\x00", b"", b"[1.0]"):
            await store.put("s", data)
            assert (await store.get("s")).data == data


@demands(BYTES)
async def demand_missing_is_not_found(open_store: OpenStore) -> None:
    """What was never put, or was deleted, is not found, and to delete it again does nothing."""
    async with open_store() as store:
        with raises(NotFoundError):
            await store.get("s")
        assert await store.delete("s") is False
        await store.put("s", b"[]")
        assert await store.delete("s") is True
        with raises(NotFoundError):
            await store.get("s")
        assert await store.delete("s") is False


@demands(BYTES)
async def demand_limit_is_the_same_for_writing_and_reading(open_store: OpenStore) -> None:
    """A document of the largest size can be put and read; one byte more is refused, and changes nothing."""
    async with open_store() as store:
        limit = store.max_bytes
        assert limit <= 16 * 2**20, "open the store with a max_bytes of at most 16 MiB, so that it can be tried"
        largest = b'"' + b"x" * (limit - 2) + b'"'
        await store.put("s", largest)
        assert (await store.get("s")).data == largest
        with raises(TooLargeError):
            await store.put("s", largest + b" ")
        assert (await store.get("s")).data == largest


# --- appended messages ------------------------------------------------------------------------------------------------

_ONE, _TWO = message("one"), message("two")


def _dotnet(messages: bytes) -> bytes:
    return b'{"stateBag": {"InMemoryChatHistoryProvider": {"messages": [' + messages + b"]}}}"


_HELLO, _BYE = b'{"role": "user", "contents": []}', b'{"role": "user", "contents": [{"n": 1.0}]}'
_APPENDED = {
    "to_a_session": (SESSION, SESSION.replace(b"]}}}", b"," + _ONE + b"," + _TWO + b"]}}}"), (_ONE, _TWO)),
    "to_a_session_without_messages": (
        NO_MESSAGE,
        NO_MESSAGE.replace(b"[]", b"[" + _ONE + b"," + _TWO + b"]"),
        (_ONE, _TWO),
    ),
    "to_a_session_of_dotnet": (_dotnet(_HELLO), _dotnet(_HELLO + b"," + _BYE), (_BYE,)),
    "to_json_lines": (_ONE + b"\n", _ONE + b"\n" + _TWO + b"\n" + _ONE + b"\n", (_TWO, _ONE)),
    "to_json_lines_without_an_end": (_ONE, _ONE + b"\n" + _TWO + b"\n" + _TWO + b"\n", (_TWO, _TWO)),
    "to_nothing": (b"", _ONE + b"\n" + _TWO + b"\n", (_ONE, _TWO)),
}


def _packed(*texts: str) -> bytes:
    said = [{"type": "message", "role": "user", "contents": [text]} for text in texts]
    return msgspec.msgpack.encode({"type": "session", "session_id": "s", "state": {"in_memory": {"messages": said}}})


def _packed_message(text: str) -> bytes:
    return msgspec.msgpack.encode({"type": "message", "role": "user", "contents": [text]})


class _Appended:
    """Appended messages are spliced in."""

    def __init__(self, name: str, before: bytes, after: bytes, messages: tuple[bytes, ...]) -> None:
        self.__name__ = f"appends_{name}"
        self.__doc__ = f"Appended messages are where they belong, and nothing else changes: {name.replace('_', ' ')}."
        self._before = before
        self._after = after
        self._messages = messages

    def __call__(self, open_store: OpenStore) -> Awaitable[None]:
        return self._check(open_store)

    async def _check(self, open_store: OpenStore) -> None:
        async with open_store() as store:
            await store.put("s", self._before)
            for each in self._messages:
                entry = await store.append("s", each)
            stored = await store.get("s")
            assert stored.data == self._after, f"{stored.data!r} in place of {self._after!r}"
            assert (entry.size, entry.etag) == (stored.size, stored.etag)
            assert stored.size == len(self._after)


for _name, (_before, _after, _messages) in _APPENDED.items():
    demands(BYTES, Capability.APPEND)(_Appended(_name, _before, _after, _messages))
_texts = [f"{number}" for number in range(20)]
_added = tuple(map(_packed_message, _texts[1:]))
_many = _Appended("to_messagepack", _packed(_texts[0]), _packed(*_texts), _added)
demands(BYTES, Capability.APPEND)(_many)


@demands(BYTES, Capability.APPEND)
async def demand_append_then_put_then_append(open_store: OpenStore) -> None:
    """What is put replaces what was appended before it, and takes messages as any other document."""
    async with open_store() as store:
        await store.put("s", SESSION)
        await store.append("s", _ONE)
        await store.put("s", NO_MESSAGE)
        assert (await store.get("s")).data == NO_MESSAGE
        await store.append("s", _TWO)
        assert (await store.get("s")).data == NO_MESSAGE.replace(b"[]", b"[" + _TWO + b"]")


@demands(BYTES, Capability.APPEND)
async def demand_append_to_the_array_that_is_named(open_store: OpenStore) -> None:
    """With ``at`` the message goes to that array, also after messages for another one."""
    both = b'{"state":{"a":{"messages":[]},"b":{"messages":[]}}}'
    async with open_store() as store:
        await store.put("s", both)
        await store.append("s", _ONE, at="/state/b/messages")
        await store.append("s", _TWO, at="/state/a/messages")
        await store.append("s", _ONE, at="/state/a/messages")
        expected = b'{"state":{"a":{"messages":[%b,%b]},"b":{"messages":[%b]}}}' % (_TWO, _ONE, _ONE)
        assert (await store.get("s")).data == expected


@demands(BYTES, Capability.APPEND)
async def demand_append_refuses_what_does_not_fit(open_store: OpenStore) -> None:
    """A document without a history, one that cannot be read, and what is no message are refused; nothing changes."""
    async with open_store() as store:
        for data in (b"{}", b"[1]", b'{"type":"session"', b"\x00\xff", b'{"state":{"in_memory":{"messages":"x"}}}'):
            await store.put("s", data)
            with raises(NotAppendableError):
                await store.append("s", _ONE)
            assert (await store.get("s")).data == data
        await store.put("s", SESSION)
        for no_message in (b"", b"[]", b'"text"', _ONE[:-1], _ONE + _ONE, _packed_message("x"), b'{"n":NaN}'):
            with raises(NotAppendableError):
                await store.append("s", no_message)
        with raises(NotAppendableError):
            await store.append("s", _ONE, at="/state/other")
        assert (await store.get("s")).data == SESSION
        with raises(NotFoundError):
            await store.append("other", _ONE)
        with raises(NotFoundError):
            await store.get("other")


@demands(BYTES, Capability.APPEND)
async def demand_append_keeps_the_limit(open_store: OpenStore) -> None:
    """A message that would make the document too large is refused; what fits to the last byte is not."""
    async with open_store() as store:
        room = store.max_bytes - len(NO_MESSAGE)
        await store.put("s", NO_MESSAGE)
        with raises(TooLargeError):
            await store.append("s", message("x" * (room + 1 - len(message("")))))
        assert (await store.get("s")).data == NO_MESSAGE
        await store.append("s", message("x" * (room - len(message("")))))
        assert (await store.get("s")).size == store.max_bytes
        with raises(TooLargeError):
            await store.append("s", b"{}")


@demands(BYTES, Capability.APPEND)
async def demand_append_by_many_tasks(open_store: OpenStore) -> None:
    """Of messages that 16 tasks append at once none is lost, and each task's are in its order."""
    async with open_store() as store:
        await store.put("s", b"")

        async def append(task: int) -> None:
            for number in range(5):
                await store.append("s", b'{"task":%d,"number":%d}' % (task, number))

        await asyncio.gather(*map(append, range(16)))
        found = [msgspec.json.decode(line) for line in (await store.get("s")).data.splitlines()]
        for task in range(16):
            assert [one["number"] for one in found if one["task"] == task] == [0, 1, 2, 3, 4]
        assert len(found) == 80


@demands(BYTES, Capability.APPEND)
async def demand_append_by_many_tasks_to_two_arrays(open_store: OpenStore) -> None:
    """Nor when they append to different arrays of one document; each message is in the array it was meant for."""
    async with open_store() as store:
        await store.put("s", b'{"state":{"a":{"messages":[]},"b":{"messages":[]}}}')

        async def append(task: int) -> None:
            array = "ab"[task % 2]
            for number in range(3):
                await store.append("s", b'{"task":%d,"number":%d}' % (task, number), at=f"/state/{array}/messages")

        await asyncio.gather(*map(append, range(16)))
        state = msgspec.json.decode((await store.get("s")).data)["state"]
        for task in range(16):
            found = [one["number"] for one in state["ab"[task % 2]]["messages"] if one["task"] == task]
            assert found == [0, 1, 2]
