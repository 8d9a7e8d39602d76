"""What the wheel carries compiled, and that the same source does the same by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pysession
from tests.cli.processes import environment
from tests.prerequisites import missing

ROOT = Path(__file__).parents[2]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"][
    "custom"
]
MODULES = [module.removesuffix(".py").replace("/", ".") for module in BUILD["modules"]]

_CONVERTS = """
import hashlib, importlib, sys
from pathlib import Path
from pysession import from_proto, to_proto
from pysession.findings.failures import PysessionError

for module in sys.argv[2:]:
    assert importlib.import_module(module).__file__.endswith(sys.argv[1]), module
said, carried = hashlib.sha256(), 0
for path in sorted(map(Path, sys.stdin.read().splitlines())):
    try:
        blob = to_proto(path.read_bytes())
        said.update(blob + from_proto(blob))
        carried += 1
        blob = blob[: len(blob) // 2] + b"\\x07" + blob[len(blob) // 2 :]
        said.update(from_proto(blob))
    except PysessionError as error:
        said.update(str(error).encode())
print(carried, said.hexdigest())
"""


def compiled() -> bool:
    return all(not str(import_module(module).__file__).endswith(".py") for module in MODULES)


def _said(suffix: str, folder: Path, path: str = "") -> str:
    paths = "\n".join(map(str, sorted((ROOT / "fixtures").glob("*/**/*.json"))))
    told = {**environment(), "PYTHONPATH": path}
    command = [sys.executable, "-c", _CONVERTS, suffix, *MODULES]
    return subprocess.run(command, input=paths, capture_output=True, text=True, check=True, env=told, cwd=folder).stdout


def test_every_fixture_becomes_the_same_bytes_and_the_same_refusals_without_a_compiler(tmp_path: Path) -> None:
    if not compiled():
        missing("the wheel was built without a compiler, or the package is installed from its sources")
    source = Path(pysession.__file__).parent
    shutil.copytree(
        source, tmp_path / "pysession", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "fixtures")
    )
    uncompiled = _said(".py", tmp_path, str(tmp_path))
    assert uncompiled == _said(".pyd" if os.name == "nt" else ".so", tmp_path.parent)
    assert int(uncompiled.split()[0]) > 1000
