"""The page on the exchange is held to what the server says and what its command takes."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pysession.cli.serve import command

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
NO_REASONS = {"BEGIN", "READER", "RULE", "IMMUTABLE", "DOCUMENT", "GRPC_VERBOSITY", "PRIVATE KEY", "CERTIFICATE"}


def test_every_reason_of_a_refusal_is_on_the_page_and_no_other() -> None:
    table = PAGE.partition("### Errors")[2].partition("###")[0]
    told = re.findall(r"`([A-Z_]+)`", table)
    assert len(told) == len(set(told))
    source = "".join(path.read_text() for path in (ROOT / "pysession" / "exchange" / "server").glob("*.py"))
    said = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+|INTERNAL)"', source)) - NO_REASONS
    assert set(told) == said


@pytest.mark.parametrize("option", re.findall(r"`(--[a-z-]+)", PAGE.partition("## The server")[2]))
def test_every_option_on_the_page_is_one_of_the_command(option: str) -> None:
    assert option in {name for param in command.params if isinstance(param, click.Option) for name in param.opts}
