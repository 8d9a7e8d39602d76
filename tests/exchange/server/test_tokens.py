"""The file of tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from pysession.exchange.server.tokens import load_tokens
from pysession.findings.failures import UsageError

TOKEN = "0123456789abcdef"


def written(folder: Path, text: str) -> Path:
    path = folder / "tokens.toml"
    path.write_text(text)
    return path


def test_a_token_is_written_as_it_is_or_as_its_digest(tmp_path: Path) -> None:
    digest = sha256(b"another-0123456789").hexdigest()
    tokens = load_tokens(
        written(tmp_path, f'[[token]]\nowner="a"\ntoken="{TOKEN}"\n[[token]]\nowner="b"\nsha256="{digest}"\n')
    )
    assert len(tokens) == 2
    assert tokens.owners == {"a", "b"}
    assert tokens.owner_of(f"Bearer {TOKEN}") == "a"
    assert tokens.owner_of("bearer another-0123456789") == "b"
    assert tokens.owner_of(f"Bearer {digest}") is None


def test_a_token_holds_until_it_expires(tmp_path: Path) -> None:
    tokens = load_tokens(
        written(tmp_path, f'[[token]]\nowner="a"\ntoken="{TOKEN}"\nexpires=2030-01-01T00:00:00+01:00\n')
    )
    assert tokens.owner_of(f"Bearer {TOKEN}", datetime(2029, 12, 31, 22, 59, tzinfo=UTC)) == "a"
    assert tokens.owner_of(f"Bearer {TOKEN}", datetime(2029, 12, 31, 23, 0, tzinfo=UTC)) is None


WRONG = {
    "no TOML": "token",
    "no tokens": "",
    "another table": "[tokens]",
    "no owner": f'[[token]]\ntoken="{TOKEN}"',
    "an empty owner": f'[[token]]\nowner=""\ntoken="{TOKEN}"',
    "the owner of what sessions share": f'[[token]]\nowner="pysession.shared-state"\ntoken="{TOKEN}"',
    "the owner of what was removed": f'[[token]]\nowner="pysession.removals"\ntoken="{TOKEN}"',
    "an owner that is too long": f'[[token]]\nowner="{"a" * 1025}"\ntoken="{TOKEN}"',
    "an owner that is no text": f'[[token]]\nowner=1\ntoken="{TOKEN}"',
    "neither token nor digest": '[[token]]\nowner="a"',
    "both token and digest": f'[[token]]\nowner="a"\ntoken="{TOKEN}"\nsha256="{"0" * 64}"',
    "a short token": '[[token]]\nowner="a"\ntoken="short"',
    "a token with a space": '[[token]]\nowner="a"\ntoken="0123456789 abcdef"',
    "a digest that is none": f'[[token]]\nowner="a"\nsha256="{TOKEN}"',
    "a digest that is no text": '[[token]]\nowner="a"\nsha256=1',
    "a time without a zone": f'[[token]]\nowner="a"\ntoken="{TOKEN}"\nexpires=2030-01-01T00:00:00',
    "letters that are no hexadecimal digits": f'[[token]]\nowner="a"\nsha256="{"xy" * 32}"',
    "an unknown key": f'[[token]]\nowner="a"\ntoken="{TOKEN}"\nexpire=2030-01-01T00:00:00Z',
    "one token twice": f'[[token]]\nowner="a"\ntoken="{TOKEN}"\n' * 2,
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_file_that_is_wrong_is_refused_and_no_token_is_quoted(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_tokens(written(tmp_path, text))
    assert "tokens.toml" in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert "short" not in str(caught.value)
    assert "fromhex" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_tokens(tmp_path / "nowhere.toml")
