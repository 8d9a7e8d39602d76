"""What a release knows is what the release itself says (``introspected.json``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pysession.readers import known_kinds, known_members

INTROSPECTED: dict[str, Any] = json.loads(Path(__file__).with_name("introspected.json").read_bytes())


@pytest.mark.parametrize("release", INTROSPECTED["python"])
def test_python_release_knows_what_its_classes_take(release: str) -> None:
    facts = INTROSPECTED["python"][release]
    name = f"python@{release}"
    assert sorted(known_kinds(name)) == facts["kinds"]
    assert sorted(known_members(name, "content", "text")) == facts["content"]
    assert sorted(known_members(name, "message")) == facts["message"]
    assert sorted(known_members(name, "usage")) == facts["usage"]


@pytest.mark.parametrize("release", INTROSPECTED["meai"])
def test_meai_release_knows_the_contract_of_its_serializer(release: str) -> None:
    facts = INTROSPECTED["meai"][release]
    name = f"meai@{release}"
    assert known_kinds(name) == facts["kinds"].keys()
    for kind, members in facts["kinds"].items():
        assert sorted(known_members(name, "content", kind) - {"$type"}) == members
    assert sorted(known_members(name, "message")) == facts["message"]
    assert sorted(known_members(name, "usage")) == facts["usage"]


def test_dotnet_release_knows_what_its_serializer_knows() -> None:
    assert known_kinds("dotnet@1.5.0") == known_kinds("meai@10.5.1")
    assert known_kinds("dotnet@1.0.0-rc4") == known_kinds("meai@10.3.0")
    assert "outputs" in known_members("dotnet@1.5.0", "content", "webSearchToolResult")
    assert "results" not in known_members("dotnet@1.5.0", "content", "webSearchToolResult")


def test_hosted_is_known_from_1_22_in_any_python_content() -> None:
    assert "hosted" not in known_members("python@1.21.0", "content", "function_call")
    assert "hosted" in known_members("python@1.22.0", "content", "text")


def test_old_approval_kinds_end_with_rc4() -> None:
    assert "functionApprovalRequest" in known_kinds("dotnet@1.0.0-rc4")
    assert "functionApprovalRequest" not in known_kinds("dotnet@1.0.0-rc5")
    assert known_members("dotnet@1.0.0-rc5", "content", "functionApprovalRequest") == frozenset()


def test_unknown_place_has_no_members() -> None:
    assert known_members("python@latest", "nowhere") == frozenset()
