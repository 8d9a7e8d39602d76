"""A TCP proxy between client and server that cuts connections, or lets bytes through slowly."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_READ_BYTES = 16 * 1024
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Cut:
    """Ends the connection when so many bytes went one way, of all connections since it was set; then lets all through.

    ``upwards`` is towards the server. The bytes up to the place still go through.
    """

    after: int
    upwards: bool
    passed: int = 0


@dataclass
class Proxy:
    """Listens on ``port`` of this machine and passes to ``target`` (host, port)."""

    target: tuple[str, int]
    port: int
    cut: Cut | None = None
    cuts: int = 0
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

    def _serve(self, listener: socket.socket) -> None:
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
        try:
            while data := source.recv(_READ_BYTES):
                ends = self._count(data, upwards)
                sink.sendall(data if ends is None else data[:ends])
                if ends is not None:
                    self.cuts += 1
                    self.cut_all()
                    return
                if self.bytes_per_second is not None:
                    time.sleep(len(data) / self.bytes_per_second)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for one in (source, sink):
                _reset(one)

    def _count(self, data: bytes, upwards: bool) -> int | None:
        """How much of ``data`` goes through before the cut; None: all, and there is none."""
        with self._lock:
            if upwards:
                self.upwards += len(data)
            else:
                self.downwards += len(data)
            cut = self.cut
            if cut is None or cut.upwards is not upwards:
                return None
            cut.passed += len(data)
            if cut.passed < cut.after:
                return None
            self.cut = None
            return len(data) - (cut.passed - cut.after)


@contextmanager
def proxy(target_port: int) -> Iterator[Proxy]:
    """A proxy to a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(("127.0.0.1", target_port), listener.getsockname()[1])
        threading.Thread(target=made._serve, args=(listener,), daemon=True).start()
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
