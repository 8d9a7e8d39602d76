"""A testee as a process: started when first asked, ended when it is silent, started anew after it crashed."""

from __future__ import annotations

import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

import msgspec

from pysession.conform.errors import ProtocolError, TesteeCrashedError, TesteeNotStartedError, TesteeSilentError
from pysession.conform.protocol import NO_OPTIONS, Answer, Form, Operation, Options, Request

START_SECONDS = 60.0
"""Importing a release takes seconds, on a busy machine many."""
ANSWER_SECONDS = 20.0
_STOP_SECONDS = 5.0
_STDERR_KEPT = 2000


class Testee:
    """One program that runs one release; use it as a context manager, from one thread.

    ``answer_seconds`` is how long one document may take. A crash or a silence ends the process; the next request starts
    it anew, so one bad document costs one answer.
    """

    __test__ = False  # nothing for pytest to collect

    def __init__(
        self,
        command: Sequence[str],
        *,
        answer_seconds: float = ANSWER_SECONDS,
        start_seconds: float = START_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = tuple(command)
        self._answer_seconds = answer_seconds
        self._start_seconds = start_seconds
        self._environment = environment
        self._process: _Process | None = None
        self._described: Answer | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def describe(self) -> Answer:
        """Which release this is and what it runs on.

        Raises:
            TesteeNotStartedError: the program is not there, or ends or stays silent before it says what it is.
            ProtocolError: what it says is not an answer.
        """
        if self._described is None:
            self._start()
        assert self._described is not None
        return self._described

    def read(self, document: bytes, form: Form, *, next_turn: bool = False, options: Options = NO_OPTIONS) -> Answer:
        """What the release makes of ``document``; with ``next_turn`` also what its next run does.

        Raises:
            TesteeCrashedError, TesteeSilentError: the document was too much for it.
            TesteeNotStartedError, ProtocolError: the testee itself is broken.
        """
        op = Operation.NEXT_TURN if next_turn else Operation.READ
        return self._ask(Request(self._next_id(), op, form, document, options))

    def append(self, document: bytes, form: Form, text: str, *, options: Options = NO_OPTIONS) -> Answer:
        """What the release saves after ``text`` of the user and an answer to it were added to ``document``.

        Raises: as :meth:`read`.
        """
        return self._ask(Request(self._next_id(), Operation.APPEND, form, document, options, text))

    def close(self) -> None:
        """End the process, kindly at first."""
        if self._process is not None:
            self._process.stop(Request(self._next_id(), Operation.STOP))
            self._process = None

    def _next_id(self) -> int:
        self._asked += 1
        return self._asked

    def _start(self) -> _Process:
        self._process = _Process(self.command, self._environment)
        request = Request(self._next_id(), Operation.DESCRIBE)
        try:
            answer = self._exchange(self._process, request, self._start_seconds)
        except (TesteeCrashedError, TesteeSilentError) as error:
            raise TesteeNotStartedError(self.command, "did not start", error.stderr) from error
        if answer.reader is None:
            self._end()
            raise ProtocolError(self.command, 'did not say which "reader" it is')
        self._described = answer
        return self._process

    def _ask(self, request: Request) -> Answer:
        return self._exchange(self._process or self._start(), request, self._answer_seconds)

    def _exchange(self, process: _Process, request: Request, seconds: float) -> Answer:
        try:
            process.write(request)
            line = process.line(seconds)
        except queue.Empty:
            stderr = self._end()
            raise TesteeSilentError(self.command, f"gave no answer within {seconds:g} seconds", stderr) from None
        except EOFError:
            code, stderr = process.code(), self._end()
            raise TesteeCrashedError(
                self.command, f"ended in the middle of a request (exit code {code})", stderr
            ) from None
        try:
            answer = msgspec.json.decode(line, type=Answer)
        except msgspec.MsgspecError as error:
            raise ProtocolError(self.command, f"answered what is no answer ({error})", self._end()) from None
        if answer.id != request.id:
            stderr = self._end()
            raise ProtocolError(self.command, f"answered request {answer.id} when asked {request.id}", stderr)
        if not answer.ok and answer.error is None:
            raise ProtocolError(self.command, "failed without saying why", self._end())
        return answer

    def _end(self) -> str:
        process, self._process = self._process, None
        return process.kill() if process is not None else ""


class _Process:
    """The process, a thread that writes its requests and one that reads its lines: so no wait is without an end, on
    any platform, not even when it never reads a request that is longer than the pipe."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str] | None) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by kill
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, env=environment
            )
        except OSError as error:
            self._stderr.close()
            raise TesteeNotStartedError(command, f"cannot be started: {error.strerror}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        for target, stream in ((self._feed, self._process.stdin), (self._collect, self._process.stdout)):
            threading.Thread(target=target, args=(stream,), daemon=True).start()

    def _feed(self, stdin: IO[bytes]) -> None:
        # A pipe that is broken shows where the answer is awaited.
        with suppress(OSError), stdin:
            while (line := self._requests.get()) is not None:
                stdin.write(line)
                stdin.flush()

    def _collect(self, stdout: IO[bytes]) -> None:
        with stdout:
            for line in stdout:
                self._lines.put(line)
        self._lines.put(b"")

    def write(self, request: Request) -> None:
        self._requests.put(msgspec.json.encode(request) + b"\n")

    def line(self, seconds: float) -> bytes:
        """The next line it writes. Raises queue.Empty when there is none in time, EOFError when it has ended."""
        line = self._lines.get(timeout=seconds)
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, request: Request) -> None:
        self.write(request)
        self._requests.put(None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self.kill()

    def kill(self) -> str:
        """End it at once; the end of what it wrote to its standard error."""
        self._process.kill()
        self._process.wait()
        self._requests.put(None)
        self._stderr.seek(max(0, self._stderr.seek(0, 2) - _STDERR_KEPT))
        said = self._stderr.read().decode("utf-8", "replace")
        self._stderr.close()
        return said
