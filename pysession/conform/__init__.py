"""Live oracles: real releases asked what they make of a document, and predictions held against what they did.

A *testee* is a program that runs one release and answers requests (:class:`Testee`); :func:`judge` turns its answer
into what is recorded, and :func:`observe` does both. :func:`interpreter` installs a Python release.
"""

from pysession.conform.agreement import Difference, Disagreement, Tally, anywhere, differences
from pysession.conform.asking import form, observe
from pysession.conform.errors import (
    ProtocolError,
    TesteeCrashedError,
    TesteeError,
    TesteeNotStartedError,
    TesteeSilentError,
)
from pysession.conform.installing import FOLDER_VARIABLE, InstallError, interpreter, releases_folder
from pysession.conform.judging import CRASHED, EXACT, TIMEOUT, Manner, held, judge, value
from pysession.conform.mutants import Base, Mutant, encode, mutants
from pysession.conform.oracles import Oracle, oracle
from pysession.conform.protocol import Answer, Failure, Form, Operation, Options, Request, Turn
from pysession.conform.shrinking import shrink
from pysession.conform.testee import Testee
from pysession.conform.trial import Predict, Trial, sort

__all__ = [
    "CRASHED",
    "EXACT",
    "FOLDER_VARIABLE",
    "TIMEOUT",
    "Answer",
    "Base",
    "Difference",
    "Disagreement",
    "Failure",
    "Form",
    "InstallError",
    "Manner",
    "Mutant",
    "Operation",
    "Options",
    "Oracle",
    "Predict",
    "ProtocolError",
    "Request",
    "Tally",
    "Testee",
    "TesteeCrashedError",
    "TesteeError",
    "TesteeNotStartedError",
    "TesteeSilentError",
    "Trial",
    "Turn",
    "anywhere",
    "differences",
    "encode",
    "form",
    "held",
    "interpreter",
    "judge",
    "mutants",
    "observe",
    "oracle",
    "releases_folder",
    "shrink",
    "sort",
    "value",
]
