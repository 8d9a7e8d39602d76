"""What ``buf`` says of the definitions, without a network: its inputs are folders, and nothing is imported from a registry."""

from __future__ import annotations

from pathlib import Path

from protos.environment import run
from protos.generating import PROTO


def flaws(proto: Path = PROTO) -> tuple[str, ...]:
    """What is against the rules of ``proto/buf.yaml``, and every line that is not laid out as ``buf format`` does it."""
    config = str(proto / "buf.yaml")
    lint = run("buf", "lint", str(proto), "--config", config)
    layout = run("buf", "format", str(proto), "--config", config, "--diff", "--exit-code")
    return (
        *_said(lint.returncode, lint.stdout + lint.stderr),
        *_said(layout.returncode, layout.stdout + layout.stderr),
    )


def breaks(proto: Path, against: Path) -> tuple[str, ...]:
    """What the definitions in ``proto`` break for those who use the ones in ``against``: a line each, with file and place."""
    config = str(PROTO / "buf.yaml")
    done = run("buf", "breaking", str(proto), "--config", config, "--against", str(against), "--against-config", config)
    return _said(done.returncode, done.stdout + done.stderr)


def _said(code: int, text: str) -> tuple[str, ...]:
    """The lines, where the command failed. A failure without a word is still one."""
    return tuple(text.splitlines() or [f"buf ended with {code}"]) if code else ()
