"""A TCP proxy between client and server that cuts connections, changes a byte, or lets bytes through slowly."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_READ_BYTES = 16 * 1024
_RESET = struct.pack("ii", 1, 0)
_FRAME_HEADER_BYTES = 9
_HEADERS = 1


@dataclass
class Cut:
    """Ends all connections when ``after`` bytes went one way (``upwards``: to the server), counted from now on.

    With ``after`` None it is when the server begins to answer a call, before a byte of that is through. ``then`` is done
    before anybody is told. Afterwards everything goes through again.
    """

    after: int | None
    upwards: bool = False
    then: Callable[[], object] = lambda: None
    passed: int = 0


@dataclass
class Proxy:
    """Listens on ``port`` of this machine and passes to ``target`` (host, port)."""

    target: tuple[str, int]
    port: int
    cut: Cut | None = None
    cuts: int = 0
    flips: tuple[bytes, bytes] | None = None
    """What is changed on the way, once, and into what; as long, and in one piece on the line."""
    connections: int = 0
    bytes_per_second: float | None = None
    upwards: int = 0
    downwards: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cut_all(self) -> None:
        """End every connection now, as a router that is switched off would tell it."""
        with self._lock:
            taken, self._open = list(self._open), set()
        for one in taken:
            _reset(one)

    def serve(self, listener: socket.socket) -> None:
        """Take connections until ``listener`` is shut down."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(self.target, timeout=10)
                except OSError:
                    _reset(client)
                    continue
                server.settimeout(None)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self.connections += 1
                    self._open |= {client, server}
                for source, sink, upwards in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(source, sink, upwards), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, upwards: bool) -> None:
        answers = _Answers()
        try:
            while data := source.recv(_READ_BYTES):
                if self.flips is not None and self.flips[0] in data:
                    data = data.replace(*self.flips, 1)
                    self.flips = None
                if self.bytes_per_second is not None:
                    time.sleep(len(data) / self.bytes_per_second)
                answer = None if upwards else answers.begins(data)
                cut, ends = self._count(data, upwards, answer)
                sink.sendall(data[:ends])
                if cut is not None:
                    cut.then()
                    self.cuts += 1
                    self.cut_all()
                    return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for one in (source, sink):
                _reset(one)

    def _count(self, data: bytes, upwards: bool, answer: int | None) -> tuple[Cut | None, int]:
        """Whether ``data``, in which an answer begins at ``answer``, is cut, and how much of it goes through."""
        with self._lock:
            if upwards:
                self.upwards += len(data)
            else:
                self.downwards += len(data)
            cut = self.cut
            if cut is None or cut.upwards is not upwards:
                return None, len(data)
            before, cut.passed = cut.passed, cut.passed + len(data)
            ends = answer if cut.after is None else cut.after - before
            if ends is None or ends > len(data):
                return None, len(data)
            self.cut = None
            return cut, ends


class _Answers:
    """Finds in what a server sends where it begins to answer: with a HEADERS frame of HTTP/2 (RFC 9113, section 6.2)."""

    def __init__(self) -> None:
        self._left = 0
        self._header = b""

    def begins(self, data: bytes) -> int | None:
        """The place in ``data`` of the first such frame; 0 also where its own header began before."""
        found = None
        place = 0
        while place < len(data):
            skipped = min(self._left, len(data) - place)
            self._left -= skipped
            place += skipped
            if self._left or place == len(data):
                break
            begin = place
            missing = _FRAME_HEADER_BYTES - len(self._header)
            self._header += data[place : place + missing]
            place += missing
            if len(self._header) == _FRAME_HEADER_BYTES:
                if self._header[3] == _HEADERS and found is None:
                    found = begin
                self._left = int.from_bytes(self._header[:3], "big")
                self._header = b""
        return found


@contextmanager
def proxy(target_port: int) -> Iterator[Proxy]:
    """A proxy to a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(("127.0.0.1", target_port), listener.getsockname()[1])
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        try:
            yield made
        finally:
            # Wakes the thread that waits for connections; to close the socket does not.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            made.cut_all()


def _reset(one: socket.socket) -> None:
    """Close so that the other side is told of a failure, not of an end."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
