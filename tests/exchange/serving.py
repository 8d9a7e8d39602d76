"""``pysession serve`` as a real process, which can be killed and started again on the same port and store."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.processes import COMMAND, environment

_PATIENCE_SECONDS = 60
_READY = re.compile(r"serving on \S+:(\d+) ")


class Served:
    """A server on ``folder``: its store is ``sessions.db`` there unless ``options`` name another."""

    def __init__(self, folder: Path, *options: str | Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.log = folder / "serve.log"
        self._options = [str(option) for option in options]
        if "--store" not in self._options:
            self._options += ["--store", f"sqlite:///{folder}/sessions.db"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it serves. The port of one that was killed may not be free at once."""
        command = [*COMMAND, "serve", "--address", self.address, *self._options]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with self.log.open("ab") as stream:
                begin = stream.tell()
                self._process = subprocess.Popen(
                    command, stdout=stream, stderr=stream, cwd=self.folder, env=environment()
                )
            while self._process.poll() is None:
                if _READY.search(self.log.read_bytes()[begin:].decode()):
                    return
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.02)
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it without a warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as an operator does; its exit code."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it ends of itself; its exit code."""
        assert self._process is not None
        return self._process.wait(_PATIENCE_SECONDS)

    def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(_PATIENCE_SECONDS)
        finally:
            process.kill()


@contextmanager
def serving(folder: Path, *options: str | Path) -> Iterator[Served]:
    """A server with ``options``, which is killed in the end."""
    server = Served(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
