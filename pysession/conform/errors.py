"""What can go wrong with a testee. None of these says anything about a document, except crash and silence."""

from __future__ import annotations

from pysession.findings.failures import PysessionError


class TesteeError(PysessionError):
    """The testee ``command`` did not answer as it should; ``stderr`` is the end of what it wrote there."""

    __test__ = False  # nothing for pytest to collect

    def __init__(self, command: tuple[str, ...], what: str, stderr: str = "") -> None:
        said = f"; it last wrote: {stderr.splitlines()[-1].strip()[:300]}" if stderr.strip() else ""
        super().__init__(f"the testee {' '.join(command)} {what}{said}")
        self.command = command
        self.stderr = stderr


class TesteeNotStartedError(TesteeError):
    """There is no such program, or it ended before it said what it is."""


class TesteeCrashedError(TesteeError):
    """It ended in the middle of a request."""


class TesteeSilentError(TesteeError):
    """It gave no answer within the time allowed, and was ended."""


class ProtocolError(TesteeError):
    """It answered with something that the protocol does not have: another id, no JSON, a word that is not in it."""
