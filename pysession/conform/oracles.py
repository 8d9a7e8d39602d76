"""Real releases, running: each library has its own testee, and its own way to be asked and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from pysession.conform import dotnet
from pysession.conform.asking import observe
from pysession.conform.installing import InstallError, interpreter
from pysession.conform.protocol import NO_OPTIONS, Form, Options
from pysession.conform.testee import Testee
from pysession.readers import release
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding

Asked = Callable[[Testee, bytes, Encoding, bool, Options], Recorded | None]


class Oracle:
    """The release ``reader``, ready to be asked what it makes of documents; use it as a context manager."""

    def __init__(self, reader: str, testee: Testee, asked: Asked) -> None:
        self.reader = reader
        self.testee = testee
        self._asked = asked

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.testee.close()

    def observe(
        self,
        document: bytes,
        encoding: Encoding = Encoding.JSON,
        *,
        next_turn: bool = False,
        options: Options = NO_OPTIONS,
    ) -> Recorded | None:
        """What the release makes of ``document``; None where it cannot be asked for it.

        ``next_turn``: also what its next run does, where its testee can run one.

        Raises:
            TesteeNotStartedError, ProtocolError: the testee is broken, which says nothing of the document.
        """
        return self._asked(self.testee, document, encoding, next_turn, options)


def oracle(name: str, testees: Path) -> Oracle:
    """The release that ``name`` means, run by one of the programs in the folder ``testees``.

    Raises:
        UnknownReleaseError: it is not in the tables.
        InstallError: it cannot be installed or built, or is none that can be run.
        DotnetMissingError: it needs .NET, which is not there.
        TesteeNotStartedError: the program does not start.
    """
    reader = str(release(name))
    family = reader.partition("@")[0]
    if family not in _STARTS:
        raise InstallError(reader, f"there is no testee for {family}")
    return _STARTS[family](reader, testees / family)


def _python(reader: str, source: Path) -> Oracle:
    testee = Testee([str(interpreter(reader)), str(source / "testee.py")])

    def asked(
        testee: Testee, document: bytes, encoding: Encoding, next_turn: bool, options: Options
    ) -> Recorded | None:
        return observe(testee, document, encoding, next_turn=next_turn, options=options)

    return Oracle(reader, testee, asked)


def _meai(reader: str, source: Path) -> Oracle:
    version = release(reader).version
    return Oracle(reader, dotnet.start(version, source.with_name("dotnet")), _reads(Form.MESSAGES))


def _dotnet(reader: str, source: Path) -> Oracle:
    """A release of the framework by its serializer: the envelope is the testee's own, and there is no next turn."""
    known = release(reader)
    if known.meai is None or known.history is not None:
        raise InstallError(reader, "the testee reads sessions with a state bag only")
    return Oracle(reader, dotnet.start(known.meai, source), _reads(Form.SESSION))


def _reads(form: Form) -> Asked:
    def asked(testee: Testee, document: bytes, encoding: Encoding, next_turn: bool, options: Options) -> Recorded:
        return dotnet.observe_dotnet(testee, document, form, options)

    return asked


_STARTS: dict[str, Callable[[str, Path], Oracle]] = {"python": _python, "meai": _meai, "dotnet": _dotnet}
