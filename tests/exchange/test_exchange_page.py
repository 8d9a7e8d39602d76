"""The page on the exchange: what it shows runs as typed, and it names what there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pysession.exchange import client
from pysession.exchange.client import ExchangeClient
from pysession.schema import shipped
from pysession.stores import StoreError
from tests.cli.processes import environment, run
from tests.exchange.certificates import Authority
from tests.exchange.documents import session
from tests.exchange.serving import Served, serving

PAGE = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")
FAILURES = [name for name, one in vars(client).items() if isinstance(one, type) and issubclass(one, StoreError)]
METHODS = [name for name in vars(ExchangeClient) if not name.startswith("_") and name not in ("address", "close")]


def test_serve_push_and_pull_work_as_they_are_typed(tmp_path: Path) -> None:
    block = re.search(r"```\npip install .*?\n(.*?)```", PAGE, re.S)
    assert block is not None
    serve, push, pull = (shlex.split(line, comments=True) for line in block[1].splitlines())
    assert serve == ["pysession", "serve"]
    (tmp_path / "fixtures").symlink_to(shipped("fixtures"))
    with serving(tmp_path) as served:
        for typed in (push, pull):
            command = [part.replace("localhost:50051", served.address) for part in typed[1:]]
            done = run(*command, cwd=tmp_path)
            assert done.returncode == 0, done.stderr.decode()
        assert json.loads((tmp_path / "session.json").read_bytes())["type"] == "session"
        back = ("push", "session.json", "--id", "streaming_tools", "--to", served.address)
        assert run(*back, cwd=tmp_path).returncode == 0
        pulled = run("pull", "streaming_tools", "--from", served.address, "--to", "dotnet@1.17.0", cwd=tmp_path)
        golden = shipped("fixtures") / "golden/dotnet/1.17.0/streaming_tools.json"
        assert json.loads(pulled.stdout) == json.loads(golden.read_bytes())


def test_the_example_in_python_runs(server: Served, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    (tmp_path / "example.py").write_text(example.replace("localhost:50051", server.address))
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b""), os.fsdecode(done.stderr)
    assert b"s1 " in done.stdout


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_on_the_page(name: str) -> None:
    assert re.search(rf"^\| .*`{name}\(", PAGE, re.M)


def test_a_server_for_others_is_set_up_as_it_is_typed(tmp_path: Path) -> None:
    block = re.search(r"```sh\n(openssl.*?)```", PAGE, re.S)
    assert block is not None
    *made, serve, push = block[1].splitlines()
    subprocess.run(["bash", "-e", "-c", "\n".join(made)], cwd=tmp_path, check=True)
    authority = Authority(tmp_path)
    authority.server()
    (tmp_path / "session.json").write_bytes(session(session_id="s"))
    server = Served(tmp_path, *shlex.split(serve)[2:])
    server._options += ["--address", f"0.0.0.0:{server.port}"]  # the last one counts
    server.start()
    try:
        typed = [
            part.replace("sessions.example.com:50051", f"localhost:{server.port}")
            for part in shlex.split(push, comments=True)
        ]
        assert run(*typed[1:], "--ca", authority.certificate, cwd=tmp_path).returncode == 0
        (tmp_path / "billing.token").write_text("another-token-of-sixteen")
        assert run(*typed[1:], "--ca", authority.certificate, cwd=tmp_path).returncode == 3
    finally:
        server.kill()
