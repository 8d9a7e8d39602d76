"""The Go testee. Nothing here builds it, because the module proxy does not serve the SDK; ``testees/go`` tells how to."""

from __future__ import annotations

from pathlib import Path

from pysession.conform.asking import observe
from pysession.conform.judging import Manner
from pysession.conform.oracles import Oracle
from pysession.conform.protocol import Options
from pysession.conform.testee import Testee
from pysession.readers import UnknownReleaseError, release
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding

GO = Manner(fold_names=True, writes_bytes=True)
"""Go reads member names without regard to case, and ``json.Marshal`` gives the bytes of a session."""


def start(program: Path) -> Oracle:
    """The release that ``program``, a built testee, was built with; it says itself which that is.

    Raises:
        TesteeNotStartedError: it does not start.
        UnknownReleaseError: the release is not in the tables.
    """
    testee = Testee([str(program)])
    try:
        reader = str(release(testee.describe().reader or ""))
    except UnknownReleaseError:
        testee.close()
        raise
    return Oracle(reader, testee, _asked)


def _asked(testee: Testee, document: bytes, encoding: Encoding, next_turn: bool, options: Options) -> Recorded | None:
    return observe(testee, document, encoding, next_turn=next_turn, options=options, manner=GO)
