"""``predict``: what a release will make of a document, without installing it."""

from __future__ import annotations

from pysession.findings import Reading
from pysession.findings.failures import UsageError
from pysession.readers import DEFAULT_SETTINGS, Settings, readings
from pysession.verbs.opening import open_document
from pysession.wire import DEFAULT_LIMITS, Encoding, Limits


def predict(
    data: bytes,
    reader: str,
    *,
    encoding: Encoding | None = None,
    at: str | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    limits: Limits = DEFAULT_LIMITS,
) -> Reading:
    """What ``reader`` (``python@1.21.0``, ``dotnet@latest``) makes of a document when it loads, uses and saves it.

    ``data`` are the bytes as stored, in ``encoding`` (None: JSON); ``at`` is a JSON Pointer to the session inside them;
    ``settings`` what the application tells its library.

    >>> reading = predict(b'{"type": "session", "state": {}}', "python@1.23.0")
    >>> reading.verdict.value, reading.stage.value, reading.error.type
    ('rejected', 'load', 'KeyError')

    Raises:
        UsageError: the release is not in the tables (the error names the nearest), or ``at`` is no pointer.
    """
    if isinstance(data, str):
        raise UsageError("predict takes the bytes as stored; encode the text: predict(text.encode(), ...)")
    return readings(open_document(data, encoding or Encoding.JSON, at, limits), [reader], settings)[0]
