"""Real servers for the tests, started by them: PostgreSQL and Redis as they are packaged."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dotnet import LEFT_OUT

_PATIENCE_SECONDS = 60
_POSTGRES_FOLDERS = "/usr/lib/postgresql"
_POSTGRES_USER = "postgres"


def program(name: str, *folders: Path) -> str:
    """Where a program is; without it the test is left out: openly, or as a failure where nothing may be left out."""
    if name in os.environ.get(LEFT_OUT, "").split(","):
        pytest.skip(f"{LEFT_OUT}={name}")
    found = shutil.which(name) or next((str(folder / name) for folder in folders if (folder / name).exists()), None)
    if found is None:
        message = f"{name} is not installed"
        if os.environ.get("PYSESSION_STRICT") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server, and the URL of a database of it; it listens on a socket in its own folder only."""
    binaries = sorted(Path(_POSTGRES_FOLDERS).glob("*/bin"), reverse=True)
    initdb, server = program("initdb", *binaries), program("postgres", *binaries)
    # The server refuses to be run by root.
    user = {"user": _POSTGRES_USER} if os.geteuid() == 0 else {}
    with _folder(_POSTGRES_USER if user else None) as folder:
        data = folder / "data"
        command = [initdb, "-D", str(data), "-A", "trust", "-U", "pysession", "-E", "UTF8", "--no-locale"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **user)  # type: ignore[call-overload]
        command = [server, "-D", str(data), "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **user)  # type: ignore[call-overload]
        try:
            _wait(process, folder / "log", lambda: b"ready to accept connections" in (folder / "log").read_bytes())
            yield f"postgresql://pysession@/postgres?host={folder}"
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A Redis server, and the URL of its first database; it listens on this machine only."""
    with _folder(None) as folder, (folder / "log").open("wb") as log:
        port = _free_port()
        options = {"port": port, "bind": "127.0.0.1", "dir": folder, "save": "", "appendonly": "yes"}
        command = [
            program("redis-server"),
            *(part for name, value in options.items() for part in (f"--{name}", str(value))),
        ]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(process, folder / "log", lambda: b"Ready to accept connections" in (folder / "log").read_bytes())
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _folder(owner: str | None) -> Iterator[Path]:
    """A folder with a short name, as that of a socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="pysession", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner is not None:
            shutil.chown(folder, owner)
        yield folder


def _wait(process: subprocess.Popen[bytes], log: Path, ready: object) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not ready():  # type: ignore[operator]
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
        time.sleep(0.05)
