"""Who was recorded: the .NET releases as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pysession.readers.recorded import Column

RECORDED = "2026-11-20"
"""The day of the runs, as their report gives it."""


def column(name: str, builds: Mapping[str, Any], how: str) -> Column:
    """The release called ``name`` in the recordings; ``HEAD+…`` there is short for ``HEAD-<commit>+…``."""
    build = name if name in builds else next(one for one in builds if _shortened(one) == name)
    facts = builds[build]
    return Column(
        reader=f"dotnet@{build}",
        recorded=RECORDED,
        how=how,
        environment={
            "runtime": facts["runtime"],
            "System.Text.Json": facts["stj"].rpartition(" ")[2],
            "Microsoft.Extensions.AI.Abstractions": f"{facts['meai_used']} ({facts['meai_abstractions_origin']})",
            "agent framework": f"compiled from commit {facts['commit'][:12]}",
        },
    )


def _shortened(build: str) -> str:
    commit, plus, serializer = build.partition("+")
    return commit.partition("-")[0] + plus + serializer if plus else build
