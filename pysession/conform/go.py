"""How what the Go SDK saves is compared. ``testees/go`` is its testee; its README says how to build it."""

from __future__ import annotations

from pysession.conform.judging import Manner

GO = Manner(fold_names=True, writes_bytes=True)
"""Go reads member names without regard to case, and ``json.Marshal`` gives the bytes of a session."""
