"""``pysession serve`` as a real process: what it says, whom it lets in, how it stops, what it logs."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import resource
import shutil
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from pysession.cli.serve import command
from pysession.exchange.server import Keepalive, Limits, Server, Settings, TlsFiles
from pysession.exchange.server.tls import server_credentials
from pysession.findings.failures import UsageError
from pysession.stores.memory import MemoryStore
from pysession.v1 import exchange_pb2 as pb
from pysession.v1 import exchange_pb2_grpc
from tests.cli.processes import run
from tests.exchange.certificates import Authority, Identity
from tests.exchange.server.running import CHUNK, bearer, put_request, tokens_file
from tests.exchange.serving import Served, serving

TOKEN = "a-token-that-nobody-guesses"
SERVICE = "pysession.v1.SessionExchange"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@contextmanager
def stub_of(server: Served, credentials: grpc.ChannelCredentials | None = None) -> Iterator[Any]:
    """A stub; with credentials to a name that the server's certificate has."""
    where = f"localhost:{server.port}"
    channel = grpc.insecure_channel(where) if credentials is None else grpc.secure_channel(where, credentials)
    with channel:
        yield exchange_pb2_grpc.SessionExchangeStub(channel)


def code_of(call: Callable[[], Any]) -> StatusCode:
    """How ``call`` ends."""
    try:
        call()
    except grpc.RpcError as error:
        code: StatusCode = error.code()  # type: ignore[attr-defined]
        return code
    return StatusCode.OK


def log_of(server: Served) -> list[dict[str, Any]]:
    """The lines of the log that are JSON: all but the first."""
    lines = server.log.read_text().splitlines()
    return [json.loads(line) for line in lines if not line.startswith("serving on ")]


def test_the_first_line_says_where_on_what_store_and_under_which_policy_it_serves(tmp_path: Path) -> None:
    options = ("--reader", "python@1.21.0", "--accept", "lossy", "--tokens", tokens_file(tmp_path, ada=TOKEN))
    with serving(tmp_path, *options) as server:
        line = server.log.read_text().splitlines()[0]
        assert line == (
            f"serving on http://{server.address} (no TLS, 1 token of 1 owner); store sqlite:///{tmp_path}/sessions.db; "
            "policy: no finding of severity error; at worst lossy for python@1.21.0"
        )
    assert run("serve", "--store", "redis://:secret@127.0.0.1:1/0", cwd=tmp_path).returncode == 3


OPEN = {
    "0.0.0.0:0": {},
    "[::]:0": {},
    "10.1.2.3:50051": {},
    "example.org:50051": {},
    "0.0.0.0:1": {"tokens": Path("tokens.toml")},
    "0.0.0.0:2": {"tls": TlsFiles(Path("server.pem"), Path("server.key"))},
}


@pytest.mark.parametrize("address", OPEN)
def test_an_address_that_others_can_reach_needs_tls_and_tokens(address: str) -> None:
    with pytest.raises(UsageError, match=r"can be reached from other machines.*--allow-insecure"):
        Server(MemoryStore(), Settings(address=address, **OPEN[address]))


def test_a_server_that_would_let_everybody_in_does_not_start(tmp_path: Path) -> None:
    ended = run("serve", "--address", "0.0.0.0:0", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stdout == b""
    assert b"can be reached from other machines" in ended.stderr


def test_such_an_address_is_listened_on_where_that_is_said_or_all_is_given(tmp_path: Path) -> None:
    identity = Authority(tmp_path).server()
    secured = (
        "--tls-cert",
        identity.certificate,
        "--tls-key",
        identity.key,
        "--tokens",
        tokens_file(tmp_path, a=TOKEN),
    )
    for options in (("--allow-insecure",), secured):
        server = Served(tmp_path, *options)
        server._options += ["--address", f"0.0.0.0:{server.port}"]  # the last one counts
        server.start()
        assert server.stop() == 0


USAGE = {
    "no address": ("--address", "nowhere"),
    "a certificate without its key": ("--tls-cert", "x.pem"),
    "a certificate that is not there": ("--tls-cert", "x.pem", "--tls-key", "x.key"),
    "tokens that are not there": ("--tokens", "nowhere.toml"),
    "a reader that is none": ("--reader", "cobol@1"),
}


@pytest.mark.parametrize("options", USAGE.values(), ids=USAGE)
def test_what_cannot_be_followed_is_told_before_it_serves(options: tuple[str, ...], tmp_path: Path) -> None:
    ended = run("serve", "--address", "127.0.0.1:0", *options, cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stdout == b""
    assert b"Traceback" not in ended.stderr


NUMBERS = {
    "more than gRPC counts to": ("--max-message-bytes", "9999999999"),
    "a message without room for a chunk": ("--max-message-bytes", "10"),
    "more milliseconds than gRPC counts to": ("--idle-seconds", "99999999999"),
    "deeper than a program can go": ("--max-depth", "100000000"),
    "sessions that could never come": ("--max-bytes", "2000", "--max-bytes-in-flight", "1000"),
}


@pytest.mark.parametrize("options", NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_cannot_be_is_refused_by_its_name(options: tuple[str, ...], tmp_path: Path) -> None:
    ended = run("serve", "--address", "127.0.0.1:0", *options, cwd=tmp_path)
    assert ended.returncode == 2
    assert options[0] in ended.stderr.decode()


def test_what_is_wrong_with_certificates_is_told_before_it_serves(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, other = authority.server(), authority.server("other")
    protected = tmp_path / "protected.key"
    key = serialization.load_pem_private_key(server.key.read_bytes(), None)
    password = serialization.BestAvailableEncryption(b"secret")
    protected.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, password))
    for kind in ("CERTIFICATE", "PRIVATE KEY"):
        damaged = f"-----BEGIN {kind}-----\nMIIB\n-----END {kind}-----\n"
        (tmp_path / f"damaged {kind}.pem").write_text(damaged)
    damaged_certificate, damaged_key = tmp_path / "damaged CERTIFICATE.pem", tmp_path / "damaged PRIVATE KEY.pem"
    for files, told in (
        (TlsFiles(server.certificate, other.key), f"the key {other.key} is not that of the certificate"),
        (TlsFiles(server.certificate, protected), "has a password"),
        (TlsFiles(server.certificate, damaged_key), f"the key {damaged_key} is damaged"),
        (TlsFiles(damaged_certificate, server.key), f"the certificate {damaged_certificate} is damaged"),
        (TlsFiles(server.key, server.certificate), f"{server.key} holds no certificate"),
        (TlsFiles(server.certificate, tmp_path), "is a directory"),
        (TlsFiles(server.certificate, server.key, damaged_certificate), f"CA file {damaged_certificate} is damaged"),
    ):
        with pytest.raises(UsageError, match=re.escape(told)):
            server_credentials(files)


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("serve", "--address", f"127.0.0.1:{taken.getsockname()[1]}", cwd=tmp_path)
    assert ended.returncode == 2
    assert b"cannot be listened on: another program listens there" in ended.stderr


def test_a_socket_file_can_be_listened_on(tmp_path: Path) -> None:
    server = Served(tmp_path)
    path = f"unix:{tmp_path}/s"
    server._options += ["--address", path]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.exchange.serving._READY", re.compile(r"serving on unix:(\S+) "))
        server.start()
    try:
        assert stat.S_ISSOCK(os.stat(tmp_path / "s").st_mode)
        with grpc.insecure_channel(path) as channel:
            exchange_pb2_grpc.SessionExchangeStub(channel).List(pb.ListRequest(), timeout=10)
        second = run("serve", "--address", path, "--store", "memory:", cwd=tmp_path)
        assert second.returncode == 2
        assert b"another program listens there" in second.stderr
        # What one that was killed left behind keeps nobody from it.
        server.kill()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.exchange.serving._READY", re.compile(r"serving on unix:(\S+) "))
            server.start()
    finally:
        assert server.stop() == 0


@contextmanager
def secured(folder: Path, *options: str | Path) -> Iterator[tuple[Served, Authority, Identity]]:
    authority = Authority(folder)
    identity = authority.server()
    with serving(folder, "--tls-cert", identity.certificate, "--tls-key", identity.key, *options) as server:
        yield server, authority, identity


def test_over_tls_only_those_who_trust_the_authority_and_speak_tls_are_served(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    with secured(tmp_path) as (server, authority, _):
        right = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
        with stub_of(server, right) as stub:
            assert code_of(lambda: stub.List(pb.ListRequest(), timeout=10)) is StatusCode.OK
        for wrong in (grpc.ssl_channel_credentials(other.certificate.read_bytes()), None):
            with stub_of(server, wrong) as stub:
                assert code_of(lambda: stub.List(pb.ListRequest(), timeout=10)) is StatusCode.UNAVAILABLE


def test_a_client_needs_a_certificate_of_the_right_authority_where_one_is_asked_for(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("clients", "other")]
    for folder in folders:
        folder.mkdir()
    clients, other = (Authority(folder, folder.name) for folder in folders)
    with secured(tmp_path, "--tls-client-ca", clients.certificate) as (server, authority, _):
        trusted = authority.certificate.read_bytes()

        def outcome(identity: Identity | None) -> StatusCode:
            own = (None, None) if identity is None else (identity.key.read_bytes(), identity.certificate.read_bytes())
            with stub_of(server, grpc.ssl_channel_credentials(trusted, *own)) as stub:
                return code_of(lambda: stub.List(pb.ListRequest(), timeout=10))

        assert outcome(clients.client()) is StatusCode.OK
        assert outcome(other.client()) is StatusCode.UNAVAILABLE
        assert outcome(authority.client("of the server's")) is StatusCode.UNAVAILABLE
        assert outcome(None) is StatusCode.UNAVAILABLE


def test_a_certificate_that_is_replaced_is_used_for_the_next_connection(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = Authority(tmp_path / "new")
    with secured(tmp_path) as (server, authority, identity):
        renewed = new.server()
        for old, fresh in ((identity.certificate, renewed.certificate), (identity.key, renewed.key)):
            shutil.copy(fresh, old.with_suffix(".next"))
            old.with_suffix(".next").replace(old)
        outcomes = []
        for trusted in (new, authority):
            with stub_of(server, grpc.ssl_channel_credentials(trusted.certificate.read_bytes())) as stub:
                outcomes.append(code_of(lambda stub=stub: stub.List(pb.ListRequest(), timeout=10)))
        assert outcomes == [StatusCode.OK, StatusCode.UNAVAILABLE]
        # One that is no certificate changes nothing, and neither does one without its key.
        for wrong in (b"nonsense", authority.server("another").certificate.read_bytes()):
            identity.certificate.write_bytes(wrong)
            with stub_of(server, grpc.ssl_channel_credentials(new.certificate.read_bytes())) as stub:
                assert code_of(lambda stub=stub: stub.List(pb.ListRequest(), timeout=10)) is StatusCode.OK
        problems = [line["problem"] for line in log_of(server) if "problem" in line]
        assert problems[0].endswith("holds no certificate in PEM (-----BEGIN … CERTIFICATE-----)")
        assert problems[1].endswith(f"is not that of the certificate {identity.certificate}")


def test_it_is_healthy_for_anybody_and_says_so_when_it_stops(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--tokens", tokens_file(tmp_path, ada=TOKEN)) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        for service in ("", SERVICE):
            assert health.Check(health_pb2.HealthCheckRequest(service=service), timeout=10).status == SERVING
        unknown = health_pb2.HealthCheckRequest(service="other")
        assert code_of(lambda: health.Check(unknown, timeout=10)) is StatusCode.NOT_FOUND
        assert next(health.Watch(unknown, timeout=10)).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        watch = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=30)
        assert next(watch).status == SERVING
        os.kill(server.pid, signal.SIGTERM)
        assert next(watch).status == NOT_SERVING
        # It is the last word, and does not keep the server.
        assert list(watch) == []
        assert server.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_finishes_what_is_under_way_and_takes_nothing_new(
    number: signal.Signals, tmp_path: Path
) -> None:
    data = os.urandom(4 * CHUNK)

    async def body(server: Served) -> None:
        channel = grpc.aio.insecure_channel(server.address)
        stub = exchange_pb2_grpc.SessionExchangeStub(channel)
        call = stub.Upload()
        header = pb.UploadHeader(session_id="s", upload_id="x" * 20, size=len(data), sha256=sha256(data).digest())
        await call.write(pb.UploadRequest(header=header))
        await call.write(pb.UploadRequest(chunk=pb.Chunk(offset=0, data=data[:CHUNK])))
        watch = stub.Watch(pb.WatchRequest())
        await watch.read()
        os.kill(server.pid, number)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watch.read()
        assert caught.value.code() is StatusCode.UNAVAILABLE
        for offset in range(CHUNK, len(data), CHUNK):
            await asyncio.sleep(0.1)
            await call.write(pb.UploadRequest(chunk=pb.Chunk(offset=offset, data=data[offset : offset + CHUNK])))
        refusing = grpc.aio.insecure_channel(server.address)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await exchange_pb2_grpc.SessionExchangeStub(refusing).List(pb.ListRequest(), timeout=5)
        assert caught.value.code() is StatusCode.UNAVAILABLE
        await call.write(pb.UploadRequest(trailer=pb.UploadTrailer(sha256=header.sha256)))
        assert (await call).entry.size == len(data)
        await refusing.close()
        await channel.close()

    with serving(tmp_path) as server:
        asyncio.run(body(server))
        assert server.wait() == 0
    with serving(tmp_path) as server, stub_of(server) as stub:
        assert stub.Get(pb.GetRequest(session_id="s"), timeout=10).payload.document.data == data


def test_a_call_that_takes_too_long_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    with serving(tmp_path, "--drain-seconds", "1") as server, stub_of(server) as stub:
        data = bytes(CHUNK)

        def never() -> Iterator[pb.UploadRequest]:
            header = pb.UploadHeader(session_id="s", upload_id="x" * 20, size=2 * CHUNK, sha256=bytes(32))
            yield pb.UploadRequest(header=header)
            yield pb.UploadRequest(chunk=pb.Chunk(offset=0, data=data))
            time.sleep(8)

        call = stub.Upload.future(never())
        while b"UPLOAD_NOT_FOUND" in _status_of_upload(stub):
            time.sleep(0.02)
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait() == 0
        assert 0.5 < time.monotonic() - began < 5
        call.cancel()


def _status_of_upload(stub: Any) -> bytes:
    try:
        stub.GetUpload(pb.GetUploadRequest(upload_id="x" * 20), timeout=10)
    except grpc.RpcError as error:
        return dict(error.trailing_metadata())["grpc-status-details-bin"]  # type: ignore[attr-defined, no-any-return]
    return b""


def test_tokens_are_read_again_on_sighup(tmp_path: Path) -> None:
    path = tokens_file(tmp_path, ada=TOKEN)
    with serving(tmp_path, "--tokens", path) as server, stub_of(server) as stub:

        def outcome(token: str) -> StatusCode:
            return code_of(lambda: stub.List(pb.ListRequest(), metadata=bearer(token), timeout=10))

        assert outcome(TOKEN) is StatusCode.OK
        tokens_file(tmp_path, ada="another-token-0123456789")
        os.kill(server.pid, signal.SIGHUP)
        deadline = time.monotonic() + 10
        while outcome(TOKEN) is not StatusCode.UNAUTHENTICATED:
            assert time.monotonic() < deadline
        assert outcome("another-token-0123456789") is StatusCode.OK


def test_the_log_is_lines_of_json_without_documents_tokens_and_ids(tmp_path: Path) -> None:
    secret = b"what-the-user-said"
    with serving(tmp_path, "--tokens", tokens_file(tmp_path, ada=TOKEN), "--reader", "python@latest") as server:
        with stub_of(server) as stub:
            stub.Put(
                put_request("the-session-id", b'{"type":"session","session_id":"%s","state":{}}' % secret),
                metadata=(*bearer(TOKEN), ("x-request-id", "req-7")),
                timeout=10,
            )
            refused = put_request("the-session-id", b'{"%s": 1}' % secret)
            assert code_of(lambda: stub.Put(refused, metadata=bearer(TOKEN), timeout=10)) is StatusCode.INVALID_ARGUMENT
            assert (
                code_of(lambda: stub.Put(refused, metadata=bearer("wrong" * 5), timeout=10))
                is StatusCode.UNAUTHENTICATED
            )
        assert server.stop() == 0
        calls = [line for line in log_of(server) if line["event"] == "call"]
        first = calls[0]
        assert (first["request"], first["method"], first["code"], first["owner"]) == ("req-7", "Put", "OK", "ada")
        assert first["session"] == sha256(b"the-session-id").hexdigest()[:16]
        assert first["received"] > 50
        assert first["milliseconds"] > 0
        assert [(line["code"], line["reason"]) for line in calls[1:]] == [
            ("INVALID_ARGUMENT", "NOT_A_SESSION"),
            ("UNAUTHENTICATED", "TOKEN_INVALID"),
        ]
        text = server.log.read_text()
        for hidden in (secret.decode(), TOKEN, "wrong", "the-session-id"):
            assert hidden not in text


def test_a_quiet_server_logs_no_calls(tmp_path: Path) -> None:
    with serving(tmp_path, "--quiet") as server, stub_of(server) as stub:
        stub.List(pb.ListRequest(), timeout=10)
        assert log_of(server) == []


def test_methods_can_be_asked_for_where_that_is_allowed_with_a_token(tmp_path: Path) -> None:
    def listed(server: Served, metadata: tuple[tuple[str, str], ...] = ()) -> list[str]:
        with grpc.insecure_channel(server.address) as channel:
            asked = reflection_pb2.ServerReflectionRequest(list_services="")
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            (answer,) = stub.ServerReflectionInfo(iter([asked]), metadata=metadata, timeout=10)
            return [service.name for service in answer.list_services_response.service]

    def described(server: Served, symbol: str) -> str | None:
        """The service in the file that ``symbol`` is found in; None: it is in none."""
        with grpc.insecure_channel(server.address) as channel:
            asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            (answer,) = stub.ServerReflectionInfo(iter([asked]), metadata=bearer(TOKEN), timeout=10)
        if answer.HasField("error_response"):
            assert answer.error_response.error_code == StatusCode.NOT_FOUND.value[0]
            return None
        files = map(FileDescriptorProto.FromString, answer.file_descriptor_response.file_descriptor_proto)
        (service,) = (service.name for file in files for service in file.service)
        return service

    with serving(tmp_path) as server:
        assert code_of(lambda: listed(server)) is StatusCode.UNIMPLEMENTED
    with serving(tmp_path, "--reflection", "--tokens", tokens_file(tmp_path, ada=TOKEN)) as server:
        assert code_of(lambda: listed(server)) is StatusCode.UNAUTHENTICATED
        assert SERVICE in listed(server, bearer(TOKEN))
        # As grpcurl asks before it calls: by the service, by a method, by a message.
        for symbol, kind in (("", "SessionExchange"), (".Put", "SessionExchange"), (".Nothing", None)):
            assert described(server, f"{SERVICE}{symbol}") == kind
        assert described(server, "pysession.v1.PutRequest") == "SessionExchange"


@pytest.fixture
def as_many_files_as_may_be() -> Iterator[None]:
    """The test has the other end of each connection, and 1,024 open files is a common limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("as_many_files_as_may_be")
def test_a_thousand_idle_connections_hinder_nobody_and_leave_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, "--quiet") as server, stub_of(server) as stub, ExitStack() as idle:
        stub.Put(put_request("s", b"1"), timeout=10)
        before, files = _resident(server), _files(server)
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
        for _ in range(1000):
            connection = idle.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            connection.sendall(preface)
        deadline = time.monotonic() + 20
        while _files(server) < files + 1000:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        began = time.monotonic()
        for _ in range(20):
            stub.Get(pb.GetRequest(session_id="s"), timeout=10)
        assert time.monotonic() - began < 5
        assert _resident(server) - before < 200 * 2**20
        idle.close()
        while _files(server) > files + 5:
            assert time.monotonic() < deadline + 20
            time.sleep(0.05)


def test_a_silent_connection_is_closed_after_a_while(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--idle-seconds", "1") as server,
        socket.create_connection(("127.0.0.1", server.port), 20) as connection,
    ):
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        connection.settimeout(20)
        while connection.recv(65536):
            pass


def test_its_options_can_stand_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    tokens_file(tmp_path / "conf", ada=TOKEN)
    config = tmp_path / "conf" / "pysession.toml"
    config.write_text('[serve]\ntokens = "tokens.toml"\nreader = ["python@1.21.0"]\ndrain-seconds = 1\nquiet = true\n')
    with serving(tmp_path, "--config", config) as server:
        assert "1 token of 1 owner" in server.log.read_text()
        assert "python@1.21.0" in server.log.read_text()
    config.write_text("[serve]\nno-such-option = 1\n")
    assert run("serve", "--config", config, cwd=tmp_path).returncode == 2


def test_the_options_of_the_command_are_those_of_the_library() -> None:
    defaults = {param.name: param.default for param in command.params if isinstance(param, click.Option)}
    limits, settings, alive = Limits(), Settings(), Keepalive()
    assert defaults["address"] == settings.address
    assert defaults["max_bytes"] == limits.document_bytes
    assert defaults["max_message_bytes"] == limits.message_bytes
    assert defaults["max_depth"] == limits.depth
    assert defaults["max_bytes_in_flight"] == limits.bytes_in_flight
    assert defaults["max_calls"] == limits.calls
    assert defaults["max_watches"] == limits.watches
    for name in ("call_seconds", "transfer_seconds", "stall_seconds", "upload_seconds"):
        assert defaults[name] == getattr(limits, name)
    assert defaults["watch_seconds"] == settings.watch_seconds
    assert defaults["sweep_seconds"] == settings.sweep_seconds
    assert defaults["drain_seconds"] == settings.drain_seconds
    assert (defaults["keepalive_seconds"], defaults["idle_seconds"]) == (alive.after, alive.idle)
    assert inspect.getdoc(command.callback)


def _resident(server: Served) -> int:
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _files(server: Served) -> int:
    return len(os.listdir(f"/proc/{server.pid}/fd"))
