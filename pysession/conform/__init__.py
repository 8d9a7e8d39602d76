"""Live oracles: real releases asked what they make of a document, and predictions held against what they did.

A *testee* is a program that runs one release and answers requests (:class:`Testee`); :func:`judge` turns its answer
into what is recorded.
"""

from pysession.conform.errors import (
    ProtocolError,
    TesteeCrashedError,
    TesteeError,
    TesteeNotStartedError,
    TesteeSilentError,
)
from pysession.conform.judging import CRASHED, EXACT, TIMEOUT, Manner, held, judge
from pysession.conform.protocol import Answer, Failure, Form, Operation, Options, Request, Turn
from pysession.conform.testee import Testee

__all__ = [
    "CRASHED",
    "EXACT",
    "TIMEOUT",
    "Answer",
    "Failure",
    "Form",
    "Manner",
    "Operation",
    "Options",
    "ProtocolError",
    "Request",
    "Testee",
    "TesteeCrashedError",
    "TesteeError",
    "TesteeNotStartedError",
    "TesteeSilentError",
    "Turn",
    "held",
    "judge",
]
