"""The Python code and its typed stubs, as ``protoc`` writes them from the definitions.

The generated code refuses a ``protobuf`` or a ``grpcio`` older than the one it was made with, and runs with every newer one.
So it is made with the oldest that we support: ``grpcio-tools`` 1.74.0 holds the protoc of ``protobuf`` 6.31.1, and its code was
run with 6.31.1, 6.33.6 and 7.36.2.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from protos.environment import ROOT, run

PROTO = ROOT / "proto"
PACKAGE = Path("pysession/v1")
"""Where definitions lie under ``proto/``, and generated code under the root."""

_SERVICE = re.compile(r"^service\s", re.MULTILINE)
_INIT = '"""Generated from ``proto/pysession/v1`` by ``tools/build_protos.py``: messages, service and their types. Do not edit."""\n'


def definitions(proto: Path = PROTO) -> tuple[Path, ...]:
    """The ``.proto`` files as they stand, sorted, relative to ``proto``."""
    return tuple(sorted(file.relative_to(proto) for file in (proto / PACKAGE).glob("*.proto")))


def generated(proto: Path = PROTO) -> dict[str, bytes]:
    """Name of the file in ``pysession/v1/`` → content.

    Raises:
        ValueError: protoc refuses the definitions; the message is what it said.
    """
    files = definitions(proto)
    # Without a service the plugin of gRPC would write a module with nothing in it but a check of versions.
    services = [file for file in files if _SERVICE.search((proto / file).read_text(encoding="utf-8"))]
    with tempfile.TemporaryDirectory() as folder:
        _protoc(proto, [f"--python_out={folder}", f"--mypy_out=quiet:{folder}"], files)
        if services:
            _protoc(proto, [f"--grpc_python_out={folder}", f"--mypy_grpc_out=quiet:{folder}"], services)
        written = {file.name: file.read_bytes() for file in sorted((Path(folder) / PACKAGE).iterdir())}
    return {"__init__.py": _INIT.encode(), **written}


def stale(files: dict[str, bytes], target: Path = ROOT / PACKAGE) -> tuple[str, ...]:
    """The names of the files in ``target`` that are missing, not the given ones, or there without being generated."""
    there = {file.name: file.read_bytes() for file in target.glob("*.py*") if file.is_file()}
    return tuple(sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name)))


def _protoc(proto: Path, outputs: list[str], files: tuple[Path, ...] | list[Path]) -> None:
    done = run("python", "-m", "grpc_tools.protoc", f"--proto_path={proto}", *outputs, *map(str, files))
    if done.returncode:
        raise ValueError(done.stderr.strip())
