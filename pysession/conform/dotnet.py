"""The .NET testee for one release of its serializer: built on first use, kept in a folder of its own, started as a program.

``PYSESSION_DOTNET`` names the ``dotnet`` to build and run with; without it, the one that is found on the path.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from pysession.conform.errors import TesteeCrashedError, TesteeSilentError
from pysession.conform.judging import CRASHED, TIMEOUT, Manner, judge, value
from pysession.conform.protocol import NO_OPTIONS, Answer, Form, Options
from pysession.conform.testee import ANSWER_SECONDS, Testee
from pysession.dialects import detect, histories
from pysession.findings.failures import PysessionError
from pysession.readers.recorded import Recorded

VARIABLE = "PYSESSION_DOTNET"

DOTNET = Manner(numbers_by_value=True, fold_names=True)
"""How .NET's values are compared: a double 1.0 is written as ``1``, and member names are read without regard to case."""

HISTORY_KEY = "InMemoryChatHistoryProvider"
"""The key of the state bag under which the framework keeps messages by default."""

BUILD_SECONDS = 300.0
_PROJECT = "testee"
_SOURCES = ("*.cs", "*.csproj")


class DotnetMissingError(PysessionError):
    """There is no ``dotnet`` to build and run the testee with."""

    def __init__(self) -> None:
        super().__init__(f"there is no dotnet on the path; install .NET 10, or let {VARIABLE} name its program")


class DotnetBuildError(PysessionError):
    """The testee for ``version`` could not be built; ``output`` is what the compiler said."""

    def __init__(self, version: str, output: str) -> None:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        first = next((line for line in lines if " error " in line or ": error" in line), lines[-1] if lines else "")
        super().__init__(f"the .NET testee for meai@{version} cannot be built: {first}")
        self.version = version
        self.output = output


def executable() -> str:
    """The ``dotnet`` to use.

    Raises:
        DotnetMissingError: there is none.
    """
    found = os.environ.get(VARIABLE) or shutil.which("dotnet")
    if found is None:
        raise DotnetMissingError
    return found


def program(version: str, source: Path, cache: Path | None = None) -> Path:
    """The testee in ``source`` compiled against release ``version`` of Microsoft.Extensions.AI.Abstractions.

    It is built unless ``cache`` (default: in the user's cache folder) has it from the same sources already.

    Raises:
        DotnetMissingError: no ``dotnet``.
        DotnetBuildError: no such release, or the sources do not compile against it.
    """
    folder = (cache or default_cache()) / f"{version}-{_digest(source)}"
    built = folder / "bin" / _PROJECT / "debug" / f"{_PROJECT}.dll"
    if not built.exists():
        _build(version, source, folder)
    return built


def start(version: str, source: Path, *, cache: Path | None = None, answer_seconds: float = ANSWER_SECONDS) -> Testee:
    """A testee for ``meai@<version>``, ready to be asked.

    Raises: as :func:`program`.
    """
    command = (executable(), str(program(version, source, cache)))
    return Testee(command, answer_seconds=answer_seconds)


def observe_dotnet(testee: Testee, document: bytes, form: Form, options: Options = NO_OPTIONS) -> Recorded:
    """What the release that ``testee`` runs makes of ``document``, whatever it is stored in: .NET parses it as JSON.

    Raises:
        TesteeNotStartedError, ProtocolError: the testee is broken, which says nothing of the document.
    """
    try:
        answer = testee.read(document, form, options=options)
    except TesteeCrashedError:
        return CRASHED
    except TesteeSilentError:
        return TIMEOUT
    return judge_dotnet(document, answer, form, options)


def judge_dotnet(document: bytes, answer: Answer, form: Form = Form.SESSION, options: Options = NO_OPTIONS) -> Recorded:
    """What is recorded when ``document`` got ``answer`` from a .NET testee that was asked with ``options``."""
    # A byte that is no UTF-8 is U+FFFD to .NET, half a surrogate pair too: the same value, in other bytes.
    text = document.decode("utf-8", "replace").encode()
    if not answer.ok:
        return judge(text, answer, manner=DOTNET)
    kept = _kept(text, answer, options) if form is Form.SESSION else 0
    counted = msgspec.structs.replace(answer, messages_restored=(answer.messages_restored or 0) + kept)
    recorded = judge(text, counted, manner=DOTNET)
    same_bytes = document == answer.saved
    return msgspec.structs.replace(recorded, messages_restored=answer.messages_restored, same_bytes=same_bytes)


def _kept(document: bytes, answer: Answer, options: Options) -> int:
    """How many messages stay in the state bag unread, under keys that the application did not name.

    Loading and saving loses nothing of them; that the next run does not see them is another matter.
    """
    read = options.history_keys or (HISTORY_KEY,)
    saved = _histories(answer.saved or b"")
    return sum(count for key, count in _histories(document).items() if key not in read and saved.get(key) == count)


def _histories(document: bytes) -> dict[str, int]:
    """How many messages each history of a document holds, by its key."""
    found = value(document)
    return {
        history.key: sum(isinstance(message, dict) for _, message in history.positioned())
        for history in histories(found, detect(found))
        if history.live
    }


def default_cache() -> Path:
    """Where built testees are kept unless somebody says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pysession" / "testees" / "dotnet"


def _digest(source: Path) -> str:
    """What tells one state of the sources from another."""
    digest = hashlib.sha256()
    for file in sorted(file for pattern in _SOURCES for file in source.glob(pattern)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _build(version: str, source: Path, folder: Path) -> None:
    # Built aside and moved when complete: of several that build at once the first wins, and nobody runs half a program.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as aside:
        made = Path(aside) / "made"
        command = (executable(), "build", str(source / f"{_PROJECT}.csproj"), "--nologo", "--verbosity", "quiet")
        try:
            done = subprocess.run(
                (*command, f"-p:MeaiVersion={version}", "--artifacts-path", str(made)),
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
                check=False,
            )
        except OSError as error:
            raise DotnetMissingError from error
        if done.returncode != 0:
            raise DotnetBuildError(version, done.stdout + done.stderr)
        with suppress(OSError):
            made.rename(folder)
