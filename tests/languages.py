"""Programs in Go, Node and C# for tests, built from their sources and the definitions in ``proto/``.

Without a language its tests are left out: openly (``PYSESSION_WITHOUT=go,node,dotnet``), or as a failure where nothing may be
left out (``PYSESSION_STRICT=1``). The generated code is written anew for each run of the tests: it takes half a second.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dotnet import need_dotnet
from tests.prerequisites import missing, needed

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from protos.environment import run as run_pinned  # noqa: E402
from pysession.conform.dotnet import executable  # noqa: E402

Command = tuple[str, ...]
GOOGLE = ROOT / "examples" / "exchange" / "third_party"
BUILD_SECONDS = 300


def program(language: str, source: Path, factory: pytest.TempPathFactory) -> Command:
    """The command that runs the program in ``source``. It is built once, also where several processes run the tests."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / f"{source.parent.name}-{language}"
    built = folder.with_suffix(".json")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            built.write_text(json.dumps(BUILDERS[language](source, folder)))
    return tuple(json.loads(built.read_text()))


def _go(source: Path, folder: Path) -> Command:
    _need("go", "go")
    copy = _copy(source, folder)
    _generate(copy)
    built = folder / "program"
    _run(["go", "build", "-o", str(built), "."], copy)
    return (str(built),)


def _node(source: Path, folder: Path) -> Command:
    _need("node", "node", "npm")
    copy = _copy(source, folder)
    _run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], copy)
    _generate(copy)
    return ("node", str(copy / json.loads((copy / "package.json").read_bytes())["main"]))


def _csharp(source: Path, folder: Path) -> Command:
    need_dotnet()
    project = next(source.glob("*.csproj"))
    # Without analyzers and symbols it takes two thirds of the time, which is the compiler's: 8 s of two cores.
    faster = ["-p:RunAnalyzers=false", "-p:DebugType=none", "--verbosity", "quiet"]
    _run([executable(), "build", f"-p:Protoc={_protoc()}", "--artifacts-path", str(folder), *faster], source)
    return (executable(), str(folder / "bin" / project.stem / "debug" / f"{project.stem}.dll"))


BUILDERS: dict[str, Callable[[Path, Path], Command]] = {"go": _go, "node": _node, "csharp": _csharp}


def _copy(source: Path, folder: Path) -> Path:
    """The sources where they can be added to."""
    return shutil.copytree(source, folder / "source", ignore=shutil.ignore_patterns("generated", "node_modules"))


def _generate(folder: Path) -> None:
    """What the first line of ``buf.gen.yaml`` says: code from our definitions, and from Google's for the details of errors."""
    inputs = [ROOT / "proto", GOOGLE] if "third_party" in (folder / "buf.gen.yaml").read_text() else [ROOT / "proto"]
    for one in inputs:
        done = run_pinned("buf", "generate", str(one), cwd=folder)
        if done.returncode:
            pytest.fail(done.stdout + done.stderr)


def _protoc() -> str:
    """The compiler for C#: of the toolchain that ``PYSESSION_DOTNET`` belongs to, or the one on the path."""
    beside = Path(executable()).with_name("protoc-cs")
    found = str(beside) if beside.is_file() else shutil.which("protoc")
    if found is None:
        missing("protoc is missing: neither protoc-cs is beside dotnet nor protoc on the path")
    return found


def _need(language: str, *programs: str) -> None:
    needed(language)
    absent = [one for one in programs if shutil.which(one) is None]
    if absent:
        missing(f"{' and '.join(absent)} is missing on the path")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
