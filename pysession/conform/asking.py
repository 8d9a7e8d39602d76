"""From bytes as stored to what a testee's release makes of them: in which form to ask, and what is recorded."""

from __future__ import annotations

from collections.abc import Collection

from pysession.conform.errors import TesteeCrashedError, TesteeSilentError
from pysession.conform.judging import CRASHED, EXACT, TIMEOUT, Manner, judge, value
from pysession.conform.protocol import NO_OPTIONS, UNSUPPORTED, Form, Options
from pysession.conform.testee import Testee
from pysession.dialects import detect
from pysession.readers.recorded import Recorded
from pysession.wire import Encoding

_FILES = {
    Encoding.JSON_LINES: Form.HISTORY,
    Encoding.MESSAGEPACK: Form.STORE_MESSAGEPACK,
    Encoding.MESSAGEPACK_RECORDS: Form.HISTORY_MESSAGEPACK,
}
_WITHOUT_FILES = (Form.SESSION, Form.THREAD, Form.MESSAGES)
_BYTES_OF_THE_APPLICATION = frozenset({Form.SESSION, Form.THREAD})
"""Forms that a library gives as a value, so that their bytes are whatever the application makes of it."""


def form(document: bytes, encoding: Encoding, forms: Collection[Form]) -> Form:
    """As what a release that has ``forms`` would be given ``document``.

    A session with ``version`` is a file of a Python session store, the others are what ``from_dict`` gets. A release
    that has no such store or history is given the bytes as a session: it is what an application would come to.
    """
    wanted = _FILES.get(encoding)
    if wanted is None and Form.STORE in forms:
        stored = value(document)
        is_file = isinstance(stored, dict) and "version" in stored and detect(stored).dialect == "python"
        wanted = Form.STORE if is_file else None
    if wanted is not None and wanted in forms:
        return wanted
    return next(one for one in _WITHOUT_FILES if one in forms)


def observe(
    testee: Testee,
    document: bytes,
    encoding: Encoding = Encoding.JSON,
    *,
    next_turn: bool = False,
    options: Options = NO_OPTIONS,
    manner: Manner = EXACT,
) -> Recorded | None:
    """What the testee's release makes of ``document``; None where it cannot be asked for it.

    Raises:
        TesteeNotStartedError, ProtocolError: the testee is broken, which says nothing of the document.
    """
    asked = form(document, encoding, testee.describe().forms)
    try:
        answer = testee.read(document, asked, next_turn=next_turn, options=options)
    except TesteeCrashedError:
        return CRASHED
    except TesteeSilentError:
        return TIMEOUT
    if answer.error is not None and answer.error.type == UNSUPPORTED:
        return None
    own_bytes = manner.writes_bytes or asked not in _BYTES_OF_THE_APPLICATION
    return judge(document, answer, encoding=encoding, manner=manner, own_bytes=own_bytes)
