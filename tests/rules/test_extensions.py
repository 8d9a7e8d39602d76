"""Rules that an organisation adds with a package of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package of docs/own-rules.md, as an installer would leave it."""
    text = (ROOT / "docs" / "own-rules.md").read_text(encoding="utf-8")
    (module,) = re.findall(r"```python\n# acme_rules.py\n(.*?)```", text, re.S)
    site = tmp_path / "site"
    info = site / "acme_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "acme_rules.py").write_text(module, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pysession.rules]\nacme = acme_rules\n", encoding="utf-8")
    return site


def pysession(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "pysession", *arguments]
    return subprocess.run(command, env=environment, cwd=site, capture_output=True, text=True, check=False)


def test_a_rule_of_an_installed_package_is_listed_and_finds(package: Path, tmp_path: Path) -> None:
    document = tmp_path / "one.json"
    document.write_text('{"type":"session","session_id":"s","service_session_id":"x","state":{}}', encoding="utf-8")
    assert "acme-tenant-missing" in pysession(package, "rules", "list").stdout
    found = pysession(package, "check", str(document), "--select", "acme")
    assert found.returncode == 1
    assert "The state names no tenant; store it under state.tenant." in found.stdout
    assert "one.json:1:" in found.stdout


def test_a_rule_of_an_installed_package_can_be_left_out(package: Path, tmp_path: Path) -> None:
    document = tmp_path / "one.json"
    document.write_text('{"type":"session","session_id":"s","service_session_id":"x","state":{}}', encoding="utf-8")
    assert pysession(package, "check", str(document), "--ignore", "acme-tenant-missing").returncode == 0


def test_an_id_that_is_taken_is_an_error_that_names_it(package: Path) -> None:
    module = package / "acme_rules.py"
    taken = module.read_text(encoding="utf-8").replace("acme-tenant-missing", "json-invalid")
    module.write_text(taken, encoding="utf-8")
    failed = pysession(package, "rules", "list")
    assert failed.returncode == 2
    assert "json-invalid" in failed.stderr
    assert "Traceback" not in failed.stderr
