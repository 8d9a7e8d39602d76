"""A program that answers as it should, and programs that do not."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from pysession.conform import (
    Form,
    ProtocolError,
    Testee,
    TesteeCrashedError,
    TesteeNotStartedError,
    TesteeSilentError,
)

MISBEHAVING = Path(__file__).with_name("misbehaving.py")
LARGE = b"x" * 2**20


def misbehaving(behaviour: str, *, answer_seconds: float = 20.0, start_seconds: float = 20.0) -> Testee:
    command = [sys.executable, str(MISBEHAVING), behaviour]
    return Testee(command, answer_seconds=answer_seconds, start_seconds=start_seconds)


def test_bytes_come_back_as_they_went() -> None:
    data = bytes(range(256)) * 3
    with misbehaving("echoes") as program:
        assert program.read(data, Form.SESSION).saved == data
        assert program.read(LARGE, Form.SESSION).saved == LARGE
        assert program.describe().reader == "made-up@1"


def test_a_crash_is_one_and_the_next_document_is_read_again() -> None:
    with misbehaving("crashes") as program:
        with pytest.raises(TesteeCrashedError, match=r"exit code 139.*segmentation fault, as it were"):
            program.read(b"{}", Form.SESSION)
        assert program.read(b"", Form.SESSION).ok


def test_silence_is_waited_for_no_longer_than_allowed_and_the_next_document_is_read_again() -> None:
    with misbehaving("hangs", answer_seconds=1.0) as program:
        begun = time.monotonic()
        with pytest.raises(TesteeSilentError, match="no answer within 1 seconds"):
            program.read(b"{}", Form.SESSION)
        assert time.monotonic() - begun < 10
        assert program.read(b"", Form.SESSION).ok


def test_half_an_answer_is_a_crash() -> None:
    with misbehaving("half an answer") as program, pytest.raises(TesteeCrashedError):
        program.read(b"{}", Form.SESSION)


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ("says garbage", "what is no answer"),
        ("answers another", "answered request 2 when asked 1"),
        ("invents a stage", "what is no answer"),
        ("fails without a reason", "without saying why"),
        ("nameless", 'which "reader" it is'),
    ],
)
def test_a_broken_protocol_is_the_testees_fault_and_not_the_documents(behaviour: str, says: str) -> None:
    with misbehaving(behaviour) as program, pytest.raises(ProtocolError, match=says):
        program.read(b"{}", Form.SESSION)


def test_a_program_that_is_not_there_is_named() -> None:
    with (
        Testee(["/no/such/program"]) as program,
        pytest.raises(TesteeNotStartedError, match=r"/no/such/program cannot be started"),
    ):
        program.describe()


def test_a_program_that_ends_at_once_did_not_start_and_its_words_are_repeated() -> None:
    with misbehaving("ends at once") as program, pytest.raises(TesteeNotStartedError, match="no such release"):
        program.read(b"{}", Form.SESSION)


def test_a_program_that_never_reads_does_not_block_its_asker() -> None:
    with misbehaving("never reads", start_seconds=1.0) as program, pytest.raises(TesteeNotStartedError):
        program.read(LARGE, Form.SESSION)
